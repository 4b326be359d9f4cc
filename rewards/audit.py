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
from typing import Any

from rewards.agreement import MIN_RANKED, Audit, Disagreement, Rate, Verdicts, rank_correlation
from rewards.base import Reward, RewardError, Score, text_of
from rewards.rescoring import judge

_FORMS = ("{}", "\\boxed{{{}}}", "<answer>{}</answer>", "#### {}")


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
    names = [verifier.name for verifier in verifiers]
    if len(set(names)) < len(names):
        raise RewardError(f"two verifiers have one name ({', '.join(names)}); rename one with .named('...')")
    if label and not any(label in row for row in rows):
        raise RewardError(f"no row has the label '{label}' (columns: {', '.join(sorted(rows[0]))})")
    labels = [truth(row.get(label), number, label) if label else None for number, row in enumerate(rows)]
    scores = {verifier.name: judge(rows, verifier) for verifier in verifiers}
    said = {name: [_said(score, threshold) for score in given] for name, given in scores.items()}
    verdicts = [
        _verdicts(verifier, rows, scores[verifier.name], said, labels if label else None, label, threshold)
        for verifier in verifiers
    ]
    pairs = {(one, other): _same(said[one], said[other]) for i, one in enumerate(names) for other in names[i + 1 :]}
    return Audit(len(rows), label, verdicts, pairs, _disagreements(rows, verifiers, scores, said, labels))


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
        constant=_constant(scores),
        by_length=_by_length(rows, scores, labels or [None] * len(mine)),
    )


def _constant(scores: Sequence[Score]) -> float | None:
    values = [score.value for score in scores if score.value is not None]
    return values[0] if len(values) > 1 and len(set(values)) == 1 else None


def _by_length(
    rows: Sequence[Mapping[str, Any]], scores: Sequence[Score], labels: Sequence[bool | None]
) -> float | None:
    """Among the rows of the most frequent label: right answers may well be longer than wrong ones."""
    judged = [
        (len(text_of(row["completion"])), score.value, label)
        for row, score, label in zip(rows, scores, labels, strict=True)
        if score.value is not None
    ]
    counted = Counter(label for _, _, label in judged)
    alike = [(length, value) for length, value, label in judged if label == counted.most_common(1)[0][0]]
    if len(alike) < MIN_RANKED:
        return None
    return rank_correlation(*zip(*alike, strict=True))


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
