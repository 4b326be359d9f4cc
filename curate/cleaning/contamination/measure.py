"""How much of an item a row holds: the numbers a verdict is made of, for each pair worth a look."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from curate.cleaning.contamination.compare import Common, Words, common, without_numbers

SHORT = 8
"""Items with fewer words than this (Open-R1 never finds them) must be in a row whole, and stand alone."""

ALONE = 4
"""Items with fewer words than this must be the whole row: "Neural networks:" is a headline of every other text."""

DIGITS = frozenset("0123456789")
SAME, OTHER = 1, 2
_ENDS = r"\n.?!:;|#<>。？！：；"
_BEFORE = re.compile(rf"(?:^|[{_ENDS}])[^\w{_ENDS}]*$")
_AFTER = re.compile(rf"[^\w{_ENDS}]*(?:$|[{_ENDS}])")
_NEAR = 24
"""Characters beside a span in which its sentence must end."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One row and one item.

    begin, end: the longest span of the item in the row's text, numbers aside. words: the longest with its numbers.
    covered: share of the item that the row has near there, every word weighed by how rare it is among the items.
    same: the same for its words that are no numbers. weight: the more, the rarer what is covered; the rarest word is 1.
    changed: numbers of that part of the item that are others in the row. whole: the item is there from its first word
    to its last, in one piece. alone: and stands by itself, as a sentence or a line. equal: and is the whole row.
    """

    begin: int
    end: int
    words: int
    covered: float
    same: float
    weight: float
    changed: int
    whole: bool
    alone: bool
    equal: bool


_COMMON = """
the of a is to in and that for which what are following as if be with s how on an by at from many has two it find x was
have not does this one all i he who each his when will number can or these do most there than b had c given function
value then n she according her more such after would did frac they us let but their its my write first positive y no
were into me where other uses your so t between likely you m should any because we only information sum same times best
much them total during real compute out been question some k answer explain
"""
COMMON_WORDS = frozenset(_COMMON.split())
"""Words that say little, whatever the benchmarks: the most frequent of 27,000 items of 20 English ones."""


class Weights:
    """What each word says: the logarithm of how few items have it, 1 for a word that hardly one has, at least `LEAST`.

    A benchmark alone is too small to tell a common word by: it counts as `ITEMS` items, and `COMMON_WORDS` help.
    """

    LEAST, USUAL, ITEMS = 0.05, 0.15, 1_000

    def __init__(self, items: Iterable[Sequence[str]]) -> None:
        self.having: Counter[str] = Counter()
        count = 0
        for words in items:
            count += 1
            self.having.update(set(words))
        self.count = max(count, self.ITEMS)

    def of(self, words: Sequence[str]) -> list[float]:
        """The weight of each word.

        >>> Weights([("the", "cat"), ("the", "dog")]).of(("the", "cat"))
        [0.15, 1.0]
        """
        return [self._of(word) for word in words]

    def _of(self, word: str) -> float:
        weight = max(self.LEAST, log(self.count / max(1, self.having[word])) / log(self.count))
        return min(weight, self.USUAL) if word in COMMON_WORDS else weight


def measure(text: str, row: Words, item: Words, weights: Sequence[float]) -> Measured:
    """Measure one pair. text: of the row; row: its words; item, weights: words of the item and what each says."""
    exact = common(item.words, row.words)
    whole = bool(item.words) and exact.longest.words == len(item.words)
    covered = _covered(exact, item.words, row.words)
    longest, loose = exact.longest, covered
    if not whole and any(word[0] in DIGITS for word in item.words):
        found = common(without_numbers(item.words), without_numbers(row.words))
        longest, loose = found.longest, _covered(found, item.words, row.words)
    spoken = [0.0 if word[0] in DIGITS else weight for word, weight in zip(item.words, weights, strict=True)]
    begin = row.places[longest.row][0] if longest.words else 0
    end = row.places[longest.row + longest.words - 1][1] if longest.words else 0
    return Measured(
        begin,
        end,
        exact.longest.words,
        _share(covered, weights),
        _share(loose, spoken),
        sum(weight for said, weight in zip(loose, weights, strict=True) if said),
        sum(1 for one, other in zip(covered, loose, strict=True) if other == OTHER and one != SAME),
        whole,
        whole and _alone(text, begin, end),
        whole and len(row.words) == len(item.words),
    )


def _covered(found: Common, item: Sequence[str], row: Sequence[str]) -> bytearray:
    """For each word of the item: 0 when the row does not say it, `SAME` when it does, `OTHER` with another number."""
    said = bytearray(len(item))
    for run in found.runs:
        for step in range(run.words):
            place = run.item + step
            same = item[place] == row[run.row + step]
            said[place] = SAME if same or said[place] == SAME else OTHER
    return said


def _share(said: bytearray, weights: Sequence[float]) -> float:
    return sum(weight for one, weight in zip(said, weights, strict=True) if one) / (sum(weights) or 1.0)


def _alone(text: str, begin: int, end: int) -> bool:
    """Whether a span is a sentence or a line of its own."""
    before = _BEFORE.search(text[max(0, begin - _NEAR) : begin])
    return before is not None and _AFTER.match(text[end : end + _NEAR]) is not None
