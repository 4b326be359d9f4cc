"""`win_rate`: which of two models' answers a judge prefers, asked in both orders, and what may have swayed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, did_you_mean
from trainers.evaluating.estimators import Interval, mean_interval

if TYPE_CHECKING:
    import polars as pl

    from rewards.base import Reward


@dataclass(frozen=True)
class WinRate:
    """Wins plus half the ties over all that were decided, with its 95% interval over prompts.

    undecided: pairs without a verdict, by reason; a judge that changed its mind with the order is counted there.
    longer_wins: share of decided pairs without ties in which the longer answer won; far from the win rate of chance,
    0.5, it says that the judge likes length. None where there are none.
    """

    rate: Interval
    won: int
    tied: int
    lost: int
    undecided: dict[str, int]
    longer_wins: float | None

    def to_dict(self) -> dict[str, Any]:
        """All figures, as JSON holds them."""
        return asdict(self)

    def __str__(self) -> str:
        counts = f"{self.won:,} won, {self.tied:,} tied, {self.lost:,} lost"
        lines = [f"win rate {self.rate} over {self.rate.problems:,} prompts: {counts}"]
        if self.longer_wins is not None:
            lines.append(f"the longer answer won {self.longer_wins:.0%} of those decided")
        lines += [f"undecided: {count:,}  {reason}" for reason, count in self.undecided.items()]
        return "\n".join(lines)


def win_rate(rows: pl.DataFrame, judge: Reward, *, ours: str = "completion", theirs: str = "against") -> WinRate:
    """Let `judge` compare two columns of answers to the column `prompt`.

    judge: a reward that takes `prompt` and `against`, such as `rewards.get("judge", url=..., model=...)`; more than 0.5
    is a win. Equal answers are ties and are not asked about.
    Raises DataError for a column that is not there, or without rows.
    """
    for name in ("prompt", ours, theirs):
        if name not in rows.columns:
            raise DataError(f"win rate: no column '{name}'{did_you_mean(name, rows.columns)}")
    if rows.is_empty():
        raise DataError("win rate: there are no rows")
    prompts, left, right = (rows[name].to_list() for name in ("prompt", ours, theirs))
    asked = [place for place in range(rows.height) if left[place] != right[place]]
    scores = judge.score_batch(
        [left[place] for place in asked],
        prompt=[prompts[place] for place in asked],
        against=[right[place] for place in asked],
    )
    values: list[float | None] = [0.5] * rows.height
    undecided: dict[str, int] = {}
    for place, score in zip(asked, scores, strict=True):
        values[place] = score.value
        if score.value is None:
            undecided[score.why] = undecided.get(score.why, 0) + 1
    return _counted(values, left, right, undecided)


def _counted(
    values: Sequence[float | None], left: Sequence[str], right: Sequence[str], undecided: dict[str, int]
) -> WinRate:
    import numpy as np

    wins = [None if value is None else 1.0 if value > 0.5 else 0.0 if value < 0.5 else 0.5 for value in values]
    longer = [
        (win == 1.0) == (len(a) > len(b))
        for win, a, b in zip(wins, left, right, strict=True)
        if win in (0.0, 1.0) and len(a) != len(b)
    ]
    return WinRate(
        rate=mean_interval(np.asarray([np.nan if win is None else win for win in wins], dtype=np.float64)),
        won=wins.count(1.0),
        tied=wins.count(0.5),
        lost=wins.count(0.0),
        undecided=dict(sorted(undecided.items(), key=lambda pair: -pair[1])),
        longer_wins=sum(longer) / len(longer) if longer else None,
    )
