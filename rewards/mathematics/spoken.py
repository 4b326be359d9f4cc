"""Numbers in English words: `twelve`, `twenty-five`, `three hundred and six`, `one million`, `two thirds`.

>>> spoken("one hundred twenty-five"), spoken("two and a half"), spoken("red")
(125, Fraction(5, 2), None)
"""

from __future__ import annotations

from fractions import Fraction

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
