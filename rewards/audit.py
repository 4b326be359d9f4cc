"""Compare verifiers with labels or with each other, before a model is trained on them.

    audit(rows, [rewards.math, rewards.exact], label="is_correct")

A verifier says right, wrong, or nothing (None). Against labels: false positives and negatives with Wilson's 95 %
interval. Without labels and with at least three verifiers, what most of the others say stands in for the label: an
estimate, blind to mistakes they share. The golds are audited by themselves: a gold the verifier cannot read, or that
is not right against itself, makes its rows worthless for training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

from rewards.base import Reward, RewardError, Score
from rewards.rescoring import judge

_FORMS = ("{}", "\\boxed{{{}}}", "<answer>{}</answer>", "#### {}")


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

    reasons: why rows are undecided, and how many for each reason, the most frequent first.
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


def audit(
    rows: Sequence[Mapping[str, Any]], verifiers: Sequence[Reward], *, label: str = "", threshold: float = 0.5
) -> Audit:
    """Judge all rows with all verifiers and compare.

    rows: `completion`, the columns of the verifiers, and `label` (true/false, 1/0; null is left out). threshold: from
    this value on, a completion is called right. Raises RewardError where completion or label is missing or no truth.

    >>> import rewards
    >>> found = audit([{"completion": "0.5", "answer": "1/2", "ok": True}], [rewards.math, rewards.exact], label="ok")
    >>> [one.agreement.count for one in found.verdicts], found.disagreements[0].values
    ([1, 0], {'math': 1.0, 'exact': 0.0})
    """
    if not rows or not any("completion" in row for row in rows):
        raise RewardError("nothing to audit: no row has a completion; map a column to it")
    if label and not any(label in row for row in rows):
        raise RewardError(f"no row has the label '{label}' (columns: {', '.join(sorted(rows[0]))})")
    labels = [truth(row.get(label), number, label) if label else None for number, row in enumerate(rows)]
    scores = {verifier.name: judge(rows, verifier) for verifier in verifiers}
    said = {name: [_said(score, threshold) for score in given] for name, given in scores.items()}
    verdicts = [
        _verdicts(verifier, rows, scores[verifier.name], said, labels if label else None, label, threshold)
        for verifier in verifiers
    ]
    names = list(said)
    pairs = {(one, other): _same(said[one], said[other]) for i, one in enumerate(names) for other in names[i + 1 :]}
    return Audit(len(rows), label, verdicts, pairs, _disagreements(rows, verifiers, scores, said, labels))


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


def truth(value: Any, row: int, label: str) -> bool | None:
    """A label as it stands in a file.

    >>> truth("True", 0, "ok"), truth(0, 0, "ok"), truth(None, 0, "ok")
    (True, False, None)
    """
    known = {"true": True, "1": True, "1.0": True, "yes": True, "false": False, "0": False, "0.0": False, "no": False}
    if value is None:
        return None
    if str(value).strip().lower() not in known:
        raise RewardError(f"row {row}: '{label}' is {value!r}, neither true nor false")
    return known[str(value).strip().lower()]


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:40]} ... {text[-35:]}")


def _said(score: Score, threshold: float) -> bool | None:
    return None if score.value is None else score.value >= threshold


def _same(one: Sequence[bool | None], other: Sequence[bool | None]) -> Rate:
    both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return Rate(sum(a == b for a, b in both), len(both))


def _verdicts(
    verifier: Reward,
    rows: Sequence[Mapping[str, Any]],
    scores: Sequence[Score],
    said: Mapping[str, Sequence[bool | None]],
    labels: Sequence[bool | None] | None,
    label: str,
    threshold: float,
) -> Verdicts:
    mine = said[verifier.name]
    others = [given for name, given in said.items() if name != verifier.name]
    reference = f"label '{label}'" if labels else ""
    if labels is None and len(others) >= 2:
        labels, reference = [_most(row) for row in zip(*others, strict=True)], "most of the others (an estimate)"
    counted = Counter(zip(mine, labels or [None] * len(mine), strict=True))
    bad, rejecting, golds = _gold_audit(verifier, rows, scores, threshold)
    reasons = Counter(" ".join(score.why.split())[:100] for score in scores if score.value is None)
    return Verdicts(
        name=verifier.name,
        reference=reference,
        undecided=sum(one is None for one in mine),
        reasons=dict(reasons.most_common()),
        right=sum(one is True for one in mine),
        true_positive=counted[True, True],
        false_positive=counted[True, False],
        false_negative=counted[False, True],
        true_negative=counted[False, False],
        bad_golds=Rate(len(bad), golds),
        bad_gold_examples=bad,
        self_rejecting=rejecting,
    )


def _most(votes: Sequence[bool | None]) -> bool | None:
    count = Counter(vote for vote in votes if vote is not None)
    return None if count[True] == count[False] else count[True] > count[False]


def _gold_audit(
    verifier: Reward, rows: Sequence[Mapping[str, Any]], scores: Sequence[Score], threshold: float
) -> tuple[list[str], list[str], int]:
    """Rows' golds that cannot be read, golds called wrong against themselves, and how many were looked at.

    A gold cannot be read when it gives None on itself, or on its row's completion for a reason that names the gold.
    """
    if "answer" not in verifier.columns:
        return [], [], 0
    golds = [row for row in rows if row.get("answer") is not None]
    blamed = [
        score.value is None and score.why.startswith("the gold")
        for row, score in zip(rows, scores, strict=True)
        if row.get("answer") is not None
    ]
    texts = [gold[0] if isinstance(gold, list) and gold else gold for gold in (row["answer"] for row in golds)]
    best: list[float | None] = [None] * len(golds)
    for form in _FORMS:
        scores = judge([{**row, "completion": form.format(t)} for row, t in zip(golds, texts, strict=True)], verifier)
        given = [score.value for score in scores]
        best = [max((x for x in (a, b) if x is not None), default=None) for a, b in zip(best, given, strict=True)]
    bad = [str(text) for text, value, named in zip(texts, best, blamed, strict=True) if value is None or named]
    rejecting = [str(t) for t, value in zip(texts, best, strict=True) if value is not None and value < threshold]
    return bad, rejecting, len(golds)


def _disagreements(
    rows: Sequence[Mapping[str, Any]],
    verifiers: Sequence[Reward],
    scores: Mapping[str, Sequence[Score]],
    said: Mapping[str, Sequence[bool | None]],
    labels: Sequence[bool | None],
) -> list[Disagreement]:
    gold = next((column for verifier in verifiers for column in verifier.columns), "answer")
    found = []
    for number, row in enumerate(rows):
        views = {given[number] for given in said.values()} | ({labels[number]} - {None})
        if len(views) > 1:
            values = {name: given[number].value for name, given in scores.items()}
            why = {name: given[number].why for name, given in scores.items()}
            text = str(row.get("completion"))
            found.append(Disagreement(number, str(row.get(gold)), text, labels[number], values, why))
    return found
