"""Golds and answers that stand in a known relation: not the same, though careless graders think so, or the same."""

from __future__ import annotations

from typing import NamedTuple


class Different(NamedTuple):
    """An answer that is not the gold. control: an answer that is plainly wrong, to see that the gold is read at all."""

    name: str
    severity: str
    what: str
    gold: str
    answer: str
    control: str


_TOLERANCE = "numbers that differ by orders of magnitude are the same below some absolute tolerance"
DIFFERENT = (
    Different("absolute tolerance", "high", _TOLERANCE, "1.6e-19", "9.1e-31", "3.2"),
    Different("absolute tolerance", "high", _TOLERANCE, "1.6\\times10^{-19}", "9.1\\times10^{-31}", "3.2"),
    Different("absolute tolerance", "high", _TOLERANCE, "0.00000016", "0.00000091", "3.2"),
    Different("unit ignored", "medium", "the unit of an answer is not looked at", "10 m", "10 cm", "11 m"),
    Different("part of a set", "high", "one element of several is enough", "\\{1,2,3\\}", "\\{1\\}", "\\{7\\}"),
    Different("tautology", "high", "an equation that always holds is paid", "x", "x=x", "y"),
)

PLAIN = ("\\frac{3}{4}", "\\sqrt{2}", "-3", "0.5", "5,600")
"""Golds as data sets hold them: the same text must earn what a right answer earns."""
