r"""Numbers as written, in digits and in words -> exact values: grouped digits, periods, bases, `twenty-five`.

>>> spoken("one hundred twenty-five"), spoken("two and a half"), spoken("red")
(125, Fraction(5, 2), None)
"""

from __future__ import annotations

import re
from fractions import Fraction

from rewards.mathematics.tree import Num, Unreadable

_REPEATING = re.compile(r"(\d*)\.?(\d*)(?:\\(?:overline|bar|dot)\s*\{?(\d+)\}?|\.?\((\d+)\))\Z")
_SEPARATOR = re.compile(r"\{,\}|,\\!|\\!,|\\[,!;: ]|,\\ |,| ")
_GROUPED = re.compile(r"\d{1,3}(\{,\}\d{3})+(\.\d+)?")
_SWISS = re.compile(
    r"\d{1,3}(?:(?:'\d{3})+(?:\.\d+)?|(?:\.\d{3}){2,}(?:,\d\d?)?|\.\d{3},\d\d|(?:_\d{3}){2,})"
)  # 1'234, 1.234.567,8
_MARKS = str.maketrans({".": None, "_": None, ",": "."})
_PREFIXES = frozenset({"0x", "0b", "0o"})
_DOTS = re.compile(r"(\.\.\.|\\l?dots)\Z")
_PERIOD = re.compile(r"(\d{1,20}?)\1+\Z")
_MAX_EXPONENT = 5_000
_BASE_WORDS = {
    word: str(base)
    for base, word in enumerate(("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=2)
} | {"twelve": "12", "sixteen": "16"}


def number(text: str) -> Num:
    """The exact value of a number as written. Raises Unreadable for an exponent beyond 5,000.

    >>> number("1,234.50").value, number("1,234.50").places
    (Fraction(2469, 2), 2)
    >>> number("0.1666...").value
    Fraction(1, 6)
    """
    if text.isdigit():
        return Num(int(text))
    if _SWISS.fullmatch(text):
        return number(text.replace("'", "") if "'" in text else text.translate(_MARKS))
    if text[:2].lower() in _PREFIXES:
        return Num(int(text, 0))
    whole, _, decimals = text.partition(".")
    if decimals.isdigit() and (whole.isdigit() or not whole):
        return Num(Fraction(int(whole + decimals), 10 ** len(decimals)), len(decimals))
    if text.endswith(("...", "dots")):
        return _with_dots(_DOTS.sub("", text))
    if text.count("dot") == 2:  # dots over the first and the last digit of the period
        fixed, _, period = text.partition("\\dot")
        text = f"{fixed}({re.sub('[^0-9]', '', period)})"
    repeating = _REPEATING.match(_SEPARATOR.sub("", text))
    if repeating:
        return Num(_repeating(repeating.group(1), repeating.group(2), repeating.group(3) or repeating.group(4)))
    return _separated(text)


def in_base(digits: str, base: str) -> Num:
    """The value of `10.1_2`. Raises Unreadable for digits the base does not have.

    >>> in_base("1A", "16").value
    Fraction(26, 1)
    """
    whole, _, fraction = digits.partition(".")
    base = _BASE_WORDS.get(base.lower(), base)
    if not (base.isdigit() and 2 <= int(base) <= 36 and (whole + fraction).isalnum() and digits.isascii()):
        raise Unreadable("a numeral in an unknown base")
    try:
        return Num(Fraction(int(whole + fraction, int(base)), int(base) ** len(fraction)))
    except ValueError:
        raise Unreadable(f"{digits} is no numeral in base {base}") from None


def _separated(text: str) -> Num:
    """Digits with separators or an exponent."""
    mantissa, _, exponent = text.lower().partition("e")
    if "{,}" in mantissa and not _GROUPED.fullmatch(mantissa):
        mantissa = mantissa.replace("{,}", ".")  # a decimal comma
    mantissa = _SEPARATOR.sub("", mantissa).rstrip(".")
    places = len(mantissa.partition(".")[2]) if "." in mantissa else -1
    if not exponent:
        return Num(int(mantissa) if places < 0 else Fraction(mantissa), places)
    if len(exponent) > 6 or abs(int(exponent)) > _MAX_EXPONENT:
        raise Unreadable(f"an exponent beyond {_MAX_EXPONENT}")
    return Num(Fraction(mantissa) * Fraction(10) ** int(exponent), max(places - int(exponent), 0))


def _repeating(whole: str, fixed: str, block: str) -> Fraction:
    scale = 10 ** len(fixed)
    tail = Fraction(int(block), (10 ** len(block) - 1) * scale)
    return int(whole or 0) + Fraction(int(fixed or 0), scale) + tail


def _with_dots(digits: str) -> Num:
    """`0.333...` repeats its last block when that stands there twice; other dots are decoration."""
    whole, _, decimals = digits.partition(".")
    run = _PERIOD.search(decimals[-60:])
    if run is None:
        return number(digits)
    fixed = decimals[: len(decimals) - len(run.group())]
    return Num(_repeating(whole, fixed, run.group(1)))


_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: value for value, word in enumerate(_SMALL.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), start=2)
}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8}
_WHOLE_TENS = frozenset(range(20, 100, 10))
COUNTED = frozenset({"hundred", *_SCALES})
"""Words that are no noun behind a number: "ninety hundred"."""
_MAX_WORDS = 16


def spoken(text: str) -> int | Fraction | None:
    """The number a phrase in small letters names, or None when it names none."""
    words = text.replace("-", " ").split()
    if not words or len(words) > _MAX_WORDS:
        return None
    part = _PARTS.get(words[-1].removesuffix("s"))
    if part is not None:
        whole, _, rest = " ".join(words).partition(" and ")
        if rest and (more := spoken(rest)) is not None and more < 1:  # two and a half
            ones = _whole(whole.split())
            return None if ones is None else ones + more
        count = 1 if words[:-1] in ([], ["a"], ["one"]) else _whole(words[:-1])
        return None if count is None else Fraction(count, part)
    return _whole(words)


def _whole(words: list[str]) -> int | None:
    total, group, last = 0, 0, 1000
    for index, word in enumerate(words):
        if word in _SCALES and group:
            total, group, last = total + group * _SCALES[word], 0, 1000
        elif word == "hundred" and 0 < group < 100 and group % 10:  # twelve hundred
            group, last = group * 100, 100
        elif word in _UNITS and (last >= 100 or (last in _WHOLE_TENS and _UNITS[word] < 10)):
            group, last = group + _UNITS[word], _UNITS[word]
        elif not (word == "and" and 0 < index < len(words) - 1):
            return None
    return total + group
