"""What an audit found (`rewards.audit`): rates with intervals, a verifier's verdicts, rows on which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isnan, sqrt
from typing import Any

MIN_RANKED = 10  # rows from which on a rank correlation says something
FOLLOWS = 0.7  # rank correlation from which on values are said to follow the length


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with Wilson's 95 % interval."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high end; (0, 1) where nothing was seen."""
        return wilson(self.count, self.of)

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        low, high = self.interval
        return {"count": self.count, "of": self.of, "low": low, "high": high}

    def __str__(self) -> str:
        if not self.of:
            return "0 of 0"
        low, high = self.interval
        return f"{self.count:,} of {self.of:,} = {self.count / self.of:.2%} [{low:.2%}, {high:.2%}]"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One verifier. reference: what it is measured against ("" for nothing); the four counts are over decided rows.

    reasons: why rows are undecided, and how many for each reason, the most frequent first. constant: the one value of
    all decided rows, two or more; None where they differ. by_length: rank correlation (-1 to 1) of the values with the
    characters of the completions, among the rows that the reference calls alike; None for fewer than MIN_RANKED rows.
    """

    name: str
    reference: str
    undecided: int
    reasons: dict[str, int]
    right: int
    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    bad_golds: Rate
    bad_gold_examples: list[str]
    self_rejecting: list[str]
    constant: float | None = None
    by_length: float | None = None

    @property
    def false_positives(self) -> Rate:
        """Of the wrong ones, those called right."""
        return Rate(self.false_positive, self.false_positive + self.true_negative)

    @property
    def false_negatives(self) -> Rate:
        """Of the right ones, those called wrong."""
        return Rate(self.false_negative, self.false_negative + self.true_positive)

    @property
    def agreement(self) -> Rate:
        """Decided rows on which it says what the reference says."""
        right = self.true_positive + self.true_negative
        return Rate(right, right + self.false_positive + self.false_negative)

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        rates = {name: getattr(self, name).to_dict() for name in ("agreement", "false_positives", "false_negatives")}
        return asdict(self) | {"bad_golds": self.bad_golds.to_dict()} | rates

    def __str__(self) -> str:
        lines = [f"{self.name}: right {self.right:,}, None {self.undecided:,}"]
        lines += [f"    None, {count:,}: {why}" for why, count in list(self.reasons.items())[:3]]
        if self.constant is not None:
            lines.append(f"  every row earns {self.constant:g}: it tells nothing apart")
        if self.by_length is not None and abs(self.by_length) >= FOLLOWS:
            longer = "more" if self.by_length > 0 else "less"
            lines.append(f"  longer completions earn {longer}: rank correlation {self.by_length:.2f}")
        if self.reference:
            lines += [
                f"  against {self.reference}",
                "                    is right   is wrong",
                f"    says right  {self.true_positive:>12,} {self.false_positive:>10,}",
                f"    says wrong  {self.false_negative:>12,} {self.true_negative:>10,}",
                f"  agreement        {self.agreement}",
                f"  false positives  {self.false_positives}",
                f"  false negatives  {self.false_negatives}",
            ]
        lines.append(f"  golds that cannot be read: {self.bad_golds}")
        lines += [f"    {_short(gold)}" for gold in dict.fromkeys(self.bad_gold_examples)][:5]
        if self.self_rejecting:
            lines.append(f"  golds that are not right against themselves: {len(self.self_rejecting):,}")
            lines += [f"    {_short(gold)}" for gold in dict.fromkeys(self.self_rejecting)][:5]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A row on which not all say the same. row: from 0. values and why: by verifier."""

    row: int
    gold: str
    completion: str
    label: bool | None
    values: dict[str, float | None]
    why: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """A flat row, for a file."""
        scores = {f"score.{name}": value for name, value in self.values.items()}
        reasons = {f"why.{name}": why for name, why in self.why.items()}
        own = {"row": self.row, "gold": self.gold, "label": self.label, "completion": self.completion}
        return own | scores | reasons

    def __str__(self) -> str:
        label = "" if self.label is None else f", label {'right' if self.label else 'wrong'}"
        tail = " ".join(self.completion.split())
        lines = [f"row {self.row}: gold {_short(self.gold)}{label}", f"    ... {tail[-100:]}"]
        lines += [
            f"    {name}: {value}, {' '.join(self.why[name].split())[:100]}" for name, value in self.values.items()
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Audit:
    """What k verifiers say of the same rows. pairs: on how many rows two of them say the same, where both decide."""

    rows: int
    label: str
    verdicts: list[Verdicts]
    pairs: dict[tuple[str, str], Rate]
    disagreements: list[Disagreement]

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "rows": self.rows,
            "label": self.label or None,
            "verifiers": [one.to_dict() for one in self.verdicts],
            "pairs": [{"names": list(names), **rate.to_dict()} for names, rate in self.pairs.items()],
            "disagreements": [one.to_dict() for one in self.disagreements],
        }

    def text(self, rows: int = 10) -> str:
        """For a person; `rows`: how many disagreements to show."""
        lines = [f"{self.rows:,} rows", *map(str, self.verdicts)]
        lines += [f"{one} and {other} agree: {rate}" for (one, other), rate in self.pairs.items()]
        lines.append(f"disagreements: {len(self.disagreements):,}")
        return "\n".join([*lines, *map(str, self.disagreements[:rows])])


def wilson(count: int, of: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval of a share. Source: E. B. Wilson, JASA 22 (1927); z = 1.96 for 95 %.

    >>> [round(end, 4) for end in wilson(0, 10)]
    [0.0, 0.2775]
    """
    if not of:
        return 0.0, 1.0
    share, weight = count / of, z * z / of
    middle = (share + weight / 2) / (1 + weight)
    half = z * sqrt(share * (1 - share) / of + weight / (4 * of)) / (1 + weight)
    return (0.0 if count == 0 else middle - half), (1.0 if count == of else middle + half)


def rank_correlation(left: Sequence[float], right: Sequence[float]) -> float | None:
    """Spearman's rank correlation, ties at their mean rank; None where one side is all the same.

    >>> rank_correlation([1, 2, 3], [10, 20, 90]), rank_correlation([1, 2, 3], [1, 1, 1])
    (1.0, None)
    """
    import polars as pl

    columns = (pl.Series(side, dtype=pl.Float64) for side in (left, right))
    value = float(pl.select(pl.corr(*columns, method="spearman")).item())
    return None if isnan(value) else value


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:40]} ... {text[-35:]}")
