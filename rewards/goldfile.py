"""Golden files: completions with the values a reward must give them.

One row a line: `completion`, the reward's columns, `value` (null: cannot be judged), and `options` of the reward.
Where the reward has a column called `options`, its options stand under `with`. A reward that compares completions
with each other has rows of lists: `completions`, columns, `values`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

from rewards.base import RewardError, signature_of
from rewards.registry import get


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that earned another value. row: counted from 1."""

    row: int
    completion: str
    expected: float | None
    earned: float | None
    why: str

    def __str__(self) -> str:
        shown = self.completion if len(self.completion) <= 80 else f"{self.completion[:60]} ... {self.completion[-15:]}"
        return f"row {self.row}: expected {_value(self.expected)}, got {_value(self.earned)}: {self.why}\n    {shown!r}"


def check(name: str, rows: Sequence[Mapping[str, Any]]) -> list[Failure]:
    """The completions that did not earn their value.

    Raises RewardError for an unknown reward and for a row that holds no completion or no value.

    >>> check("exact", [{"completion": "Paris", "answer": "Rome", "value": 1}])[0].earned
    0.0
    """
    get(name)
    return [failure for number, row in enumerate(rows, 1) for failure in _check_row(name, number, dict(row))]


def _check_row(name: str, number: int, columns: dict[str, Any]) -> list[Failure]:
    options = columns.pop("with", None)
    if options is None and "options" not in signature_of(get(name).entry.use).options:
        options = columns.pop("options", None)
    if options is not None and not isinstance(options, Mapping):
        raise RewardError(f"row {number}: options must be an object, got {options!r}")
    reward = get(name, **(options or {}))
    many = "completions" in columns
    for needed in ("completions", "values") if many else ("completion", "value"):
        if needed not in columns:
            raise RewardError(f"row {number}: no '{needed}' (columns: {', '.join(sorted(columns)) or 'none'})")
    if many:
        completions, expected = columns.pop("completions"), columns.pop("values")
        if len(completions) != len(expected):
            raise RewardError(f"row {number}: {len(completions)} completions, {len(expected)} values")
    else:
        completions, expected = [columns.pop("completion")], [columns.pop("value")]
    for value in expected:
        if value is not None and not isinstance(value, (int, float)):
            raise RewardError(f"row {number}: a value is a number or null, got {value!r:.60}")
    scores = reward.score_batch(completions, **columns) if many else [reward.score(completions[0], **columns)]
    return [
        Failure(number, str(completion), wanted, score.value, score.why)
        for completion, wanted, score in zip(completions, expected, scores, strict=True)
        if not same_value(wanted, score.value)
    ]


def same_value(one: float | None, other: float | None) -> bool:
    """Whether two values are the same, None only like None, numbers to a millionth."""
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)


def _value(value: float | None) -> str:
    return "None" if value is None else f"{value:g}"
