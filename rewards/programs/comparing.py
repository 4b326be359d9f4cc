"""Compare what a solution gave with what was expected. Only here, in the caller's process, do the two meet.

Values (call-based tests): as LiveCodeBench and APPS, whose results come from JSON. A bool equals only a bool; numbers
equal by value, within `tolerance` (relative to the expected value where that is above 1) when either is a float; a
tuple equals a list of the same items, as JSON knows no tuples; dicts item by item; all else its own type and value.

Text (stdin/stdout tests): as LiveCodeBench, with the tolerance that contest judges and NeMo-Gym's fix of it use
(NVIDIA-NeMo/Gym#2956). Blank lines and space at the ends of lines do not count; lines do. A line is equal, or has equal
tokens: the same text or the same number, `3.0` for `3`; a number whose expected form has a point or an exponent may
differ by `tolerance`. `tolerance=0` is LiveCodeBench's own rule. Space and digits are those of ASCII: a full-width 3
or a no-break space is another text.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

SHOWN = 200
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?", re.ASCII)
_SPACE = " \t\r\f\v"
_SPACES = re.compile(rf"[{_SPACE}]+")
_LONGEST_NUMBER = 400


def value_problem(got: Any, expected: Any, tolerance: float) -> str:
    """What is wrong with a value, or nothing.

    >>> value_problem((1, 2.0), [1, 2], 0.0)
    ''
    >>> value_problem(1, True, 0.0)
    'expected True, got 1'
    """
    return "" if same_value(got, expected, tolerance) else f"expected {short(expected)}, got {short(got)}"


def same_value(got: Any, expected: Any, tolerance: float) -> bool:
    """Whether two plain values are the same result; see the module."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return got is expected
    if isinstance(expected, (int, float)) and isinstance(got, (int, float)):
        return got == expected or _close(got, expected, tolerance)
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, (list, tuple)) or len(got) != len(expected):
            return False
        return all(same_value(one, other, tolerance) for one, other in zip(got, expected, strict=True))
    if isinstance(expected, dict):
        if not isinstance(got, dict) or got.keys() != expected.keys():
            return False
        return all(same_value(got[key], value, tolerance) for key, value in expected.items())
    return type(got) is type(expected) and bool(got == expected)


def _close(got: float, expected: float, tolerance: float) -> bool:
    if isinstance(got, int) and isinstance(expected, int):
        return False
    try:
        if math.isnan(expected) or math.isnan(got):
            return math.isnan(expected) and math.isnan(got)
        return math.isfinite(expected) and abs(got - expected) <= tolerance * max(1.0, abs(expected))
    except OverflowError:  # an int no float can hold
        return False


def text_problem(got: str, expected: str, tolerance: float) -> str:
    r"""What is wrong with a text, or nothing.

    >>> text_problem("0.3333333\n", "0.333333333", 1e-6)
    ''
    >>> text_problem("1 2", "1 3", 1e-6)
    "line 1: expected '1 3', got '1 2'"
    """
    ours, theirs = _lines(got), _lines(expected)
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False), start=1):
        if one != other and not _same_tokens(_SPACES.split(one), _SPACES.split(other), tolerance):
            return f"line {number}: expected {short(other)}, got {short(one)}"
    if len(ours) != len(theirs):
        return f"expected {len(theirs)} lines, got {len(ours)}"
    return ""


def _lines(text: str) -> list[str]:
    return [line for line in (line.strip(_SPACE) for line in text.split("\n")) if line]


def _same_tokens(got: list[str], expected: list[str], tolerance: float) -> bool:
    return len(got) == len(expected) and all(
        one == other or _same_number(one, other, tolerance) for one, other in zip(got, expected, strict=True)
    )


def _same_number(got: str, expected: str, tolerance: float) -> bool:
    if max(len(got), len(expected)) > _LONGEST_NUMBER or not (_NUMBER.fullmatch(got) and _NUMBER.fullmatch(expected)):
        return False
    one, other = Decimal(got), Decimal(expected)
    if one == other:
        return True
    if not any(sign in expected for sign in ".eE"):
        return False
    return _close(float(one), float(other), tolerance)


def short(value: object) -> str:
    """A value as a person reads it in a verdict."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an int of too many digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"
