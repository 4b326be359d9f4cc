"""Two evaluations of the same problems, compared problem by problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from curate.errors import DataError
from trainers.evaluating.estimators import Interval, mean_interval, pass_at_k
from trainers.evaluating.evaluation import Evaluation


@dataclass(frozen=True)
class Comparison:
    """How much better `model` is than `against`: differences of pass@k, paired by problem.

    problems: those that both answered. won, lost: problems with a higher, a lower pass rate.
    """

    model: str
    against: str
    problems: int
    pass_at: Mapping[int, Interval]
    won: int
    lost: int

    @property
    def better(self) -> bool:
        """Whether the interval of the first k lies above zero."""
        first = self.pass_at[min(self.pass_at)]
        return first.low > 0

    def to_dict(self) -> dict[str, Any]:
        """All figures, as JSON holds them."""
        return {**asdict(self), "better": self.better}

    def __str__(self) -> str:
        lines = [
            f"{self.model} against {self.against}, {self.problems:,} problems: {self.won:,} won, {self.lost:,} lost"
        ]
        for k, interval in self.pass_at.items():
            verdict = "beyond chance" if interval.excludes_zero else "within chance"
            sign = f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"
            lines.append(f"  pass@{k}  {sign}  {verdict}")
        return "\n".join(lines)


def compare(model: Evaluation, against: Evaluation) -> Comparison:
    """Pair two evaluations by problem id and bootstrap the differences.

    Differences of one problem share its difficulty, so the paired interval is much narrower than two intervals side by
    side. Raises DataError when they share no problem.
    """
    pairs = model.problems.join(against.problems, on="problem", how="inner", maintain_order="left", suffix="_against")
    if pairs.is_empty():
        raise DataError(f"the evaluations of {model.model} and {against.model} share no problem (ids differ)")
    differences: dict[int, Interval] = {}
    for k in (k for k in model.k if k in against.k):
        ours = pass_at_k(pairs["judged"].to_list(), pairs["passed"].to_list(), k)
        theirs = pass_at_k(pairs["judged_against"].to_list(), pairs["passed_against"].to_list(), k)
        differences[k] = mean_interval(ours - theirs, seed=model.seed)
    if not differences:
        raise DataError(f"{model.model} was measured at k={list(model.k)}, {against.model} at k={list(against.k)}")
    rates = pairs["passed"] / pairs["judged"] - pairs["passed_against"] / pairs["judged_against"]
    won, lost = int((rates > 0).sum()), int((rates < 0).sum())
    return Comparison(model.model, against.model, pairs.height, differences, won, lost)
