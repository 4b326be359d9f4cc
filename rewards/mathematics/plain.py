r"""A verdict, and how most of them are found: two plain numbers need no grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from rewards.mathematics.expressions import rounds_to
from rewards.mathematics.tree import Num

_PLAIN = re.compile(
    r"\s*(?P<sign>[-+])?(?:(?P<whole>\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.(?P<decimals>\d{1,18}))?"
    r"|(?P<numerator>\d{1,18})/(?P<over>\d{1,18})"
    r"|\\[dt]?frac\{(?P<top>-?\d{1,18})\}\{(?P<bottom>\d{1,18})\})\s*"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """equal: the same answer, or None when the own rules cannot decide. why: for a person. rule: what decided."""

    equal: bool | None
    why: str
    rule: str


def compare_plain(gold: str, pred: str, tolerance: float | None) -> Verdict | None:
    """The verdict on two plain numbers, without a grammar; None for anything else."""
    left = _plain_number(gold)
    right = None if left is None else _plain_number(pred)
    if left is None or right is None:
        return None
    if left == right:
        return Verdict(True, f"{short(pred)} equals {short(gold)}", "number")
    if tolerance is not None and abs(Fraction(left) - right) <= Fraction(tolerance) * abs(Fraction(left)):
        return Verdict(True, f"{short(pred)} is within {tolerance:g} of {short(gold)}", "tolerance")
    places = len(gold.partition(".")[2].rstrip())
    if places and rounds_to(Num(left, places), Num(right, -1 if "/" in pred or "frac" in pred else 0)):
        return Verdict(True, f"{short(gold)} is {short(pred)}, rounded", "number")
    return Verdict(False, f"{short(pred)} is not {short(gold)}", "number")


def _plain_number(text: str) -> Fraction | int | None:
    r"""`-1,234`, `0.50`, `3/4`, `\frac{3}{4}` as a number; None for anything else."""
    if len(text) <= 18 and text.isdigit() and text.isascii():
        return int(text)
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    whole, decimals, over, top, bottom = match.group("whole", "decimals", "over", "top", "bottom")
    try:
        if top is not None:
            value: Fraction | int = Fraction(int(top), int(bottom))
        elif over is not None:
            value = Fraction(int(match.group("numerator")), int(over))
        elif decimals is not None:
            value = Fraction(int(whole.replace(",", "") + decimals), 10 ** len(decimals))
        else:
            value = int(whole.replace(",", ""))
    except ZeroDivisionError:
        return None
    return -value if match.group("sign") == "-" else value


def short(text: str) -> str:
    """A text for a person, on one line."""
    text = text if text.isalnum() else " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."
