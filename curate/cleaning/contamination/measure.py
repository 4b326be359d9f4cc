"""How much of an item a row holds: the numbers a verdict is made of, for each pair worth a look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import log

import polars as pl

from curate.cleaning.contamination.compare import RUN, Common, Run, Words, common, grams, without_numbers

SHORT = 8
"""Items with fewer words than this (Open-R1 never finds them) must be in a row whole, and stand alone."""

ALONE = 4
"""Items with fewer words than this must be the whole row: "Neural networks:" is a headline of every other text."""

IN_A_ROW = 6
"""Words of the longest run without which no share of an item counts: its words alone are no copy."""

ALIKE = 0.5
"""An item of which fewer runs of words differ from each other, numbers aside, says the same over and over."""

DIGITS = frozenset("0123456789")
SAME, OTHER = 1, 2
_ENDS = r"\n.?!:;|#<>。？！：；"
_BEFORE = re.compile(rf"(?:^|[{_ENDS}])[^\w{_ENDS}]*$")
_AFTER = re.compile(rf"[^\w{_ENDS}]*(?:$|[{_ENDS}])")
_NEAR = 24
"""Characters beside a span in which its sentence must end."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it is compared. loose: its words with every number as 0. said: what each word says.

    rarity: of each run of `RUN` words, from 1 down to 0. rare: of each word, see `_rarity`.
    total: what all of it says; spoken: and its words that are no numbers. alike: without its numbers it says the same
    over and over (a table, `x1 x2 x3`), so that only with them it is compared.
    """

    words: tuple[str, ...]
    loose: tuple[str, ...]
    said: Sequence[float]
    rarity: Sequence[float]
    rare: Sequence[float]
    total: float
    spoken: float
    alike: bool

    @classmethod
    def of(cls, words: tuple[str, ...], said: Sequence[float], families: Iterable[int]) -> Item:
        """families: how many of them have each run of `RUN` words; 1 for two of them, less for more."""
        rarity = [min(1.0, 2 / count) for count in families]
        rare = _rarity(rarity, len(words))
        weights = [one * by for one, by in zip(said, rare, strict=True)]
        spoken = (weight for weight, word in zip(weights, words, strict=True) if word[0] not in DIGITS)
        loose = without_numbers(words)
        runs = list(grams(loose, RUN))
        alike = len(set(runs)) < ALIKE * len(runs)
        return cls(words, loose, said, rarity, rare, sum(weights) or 1.0, sum(spoken) or 1.0, alike)

    def rarity_of(self, run: Run) -> Sequence[float]:
        """Of each word of a run: the rarity of the rarest `RUN` words of the run that it is one of."""
        if run.words == len(self.words):
            return self.rare
        return _rarity(self.rarity[run.item : max(run.item, run.item + run.words - RUN + 1)], run.words)


@dataclass(frozen=True, slots=True)
class Measured:
    """One row and one item.

    Words are weighed by how rare they are among the items, and by how rare the run of words is in which the row has
    them: what many items say is said by clean rows too.

    span: the longest run, numbers aside. words: of the longest with its numbers.
    rare: what those words come to by the rarity of their runs. covered: share of the item that the row has near there.
    same: the same for its words that are no numbers. weight: of what is covered; the rarest word is 1.
    told: share of its words that the row has near there, each counting as one.
    changed: numbers of that part of the item that are others in the row. whole: the item is there from its first word
    to its last, in one piece. alone: and stands by itself, as a sentence or a line. equal: and is the whole row.
    """

    span: Run
    words: int
    rare: float
    covered: float
    same: float
    weight: float
    told: float
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

    forms: the items, see `curate.text.ngrams.forms`. One benchmark is too small to tell a common word by: few items
    count as `ITEMS`, and `COMMON_WORDS` help.
    """

    LEAST, USUAL, ITEMS = 0.05, 0.15, 1_000

    def __init__(self, forms: pl.Series) -> None:
        words = forms.str.split(" ").list.unique().explode().value_counts(name="items")
        self.having: dict[str, int] = dict(words.iter_rows())
        self.count = max(forms.len(), self.ITEMS)
        self._of = cache(self._weight)

    def of(self, words: Sequence[str]) -> list[float]:
        """The weight of each word.

        >>> Weights(pl.Series(["the cat", "the dog"])).of(("the", "cat"))
        [0.15, 1.0]
        """
        return [self._of(word) for word in words]

    def _weight(self, word: str) -> float:
        weight = max(self.LEAST, log(self.count / max(1, self.having.get(word, 0))) / log(self.count))
        return min(weight, self.USUAL) if word in COMMON_WORDS else weight


def measure(row: Words, item: Item) -> Measured | None:
    """Measure one pair; None when no run of `IN_A_ROW` words is in both, nor the whole item."""
    words = item.words
    exact = common(words, row.exact)
    run = exact.longest
    whole = bool(words) and run.words == len(words)
    found = exact
    if not whole and not item.alike and any(word[0] in DIGITS for word in words):
        found = common(item.loose, row.loose)
    if not whole and max(run.words, found.longest.words) < IN_A_ROW:
        return None
    said, state = _covered(exact, item, row.words)
    longest, (loose, loose_state) = found.longest, (said, state) if found is exact else _covered(found, item, row.words)
    return Measured(
        longest,
        run.words,
        sum(item.rarity_of(run)),
        min(1.0, sum(said) / item.total),
        min(1.0, sum(one for one, word in zip(loose, words, strict=True) if word[0] not in DIGITS) / item.spoken),
        sum(loose),
        state.count(SAME) / len(words),
        sum(1 for one, other in zip(state, loose_state, strict=True) if other == OTHER and one != SAME),
        whole,
        whole and _alone(row, run),
        whole and len(row.words) == len(words),
    )


def _covered(found: Common, item: Item, row: Sequence[str]) -> tuple[list[float], bytearray]:
    """What the row says of each word of an item, by weight; and whether it is the `SAME`, or an `OTHER` number.

    The longest runs first, and each word of the row once: else a list of numbers would match itself at every shift.
    """
    words = item.words
    said, state, taken = [0.0] * len(words), bytearray(len(words)), set[int]()
    for run in sorted(found.runs, key=lambda run: -run.words):
        for step, rare in enumerate(item.rarity_of(run)):
            place, there = run.item + step, run.row + step
            if not state[place] and there not in taken:
                taken.add(there)
                said[place] = item.said[place] * rare
                state[place] = SAME if words[place] == row[there] else OTHER
    return said, state


def _rarity(grams: Sequence[float], count: int) -> Sequence[float]:
    """Of each of `count` words: the rarity of the rarest `RUN` words that it is one of; 1 when they are fewer."""
    if not grams or min(grams) == 1.0:
        return [1.0] * count
    none = [0.0] * (RUN - 1)
    padded = [*none, *grams, *none]
    return list(map(max, *(padded[skip:] for skip in range(RUN))))


def _alone(row: Words, run: Run) -> bool:
    """Whether a run is a sentence or a line of its own."""
    begin, end = span_of(row, run)
    before = _BEFORE.search(row.text[max(0, begin - _NEAR) : begin])
    return before is not None and _AFTER.match(row.text[end : end + _NEAR]) is not None


def span_of(row: Words, run: Run) -> tuple[int, int]:
    """Where a run begins and ends in the row's text."""
    return (row.places[run.row][0], row.places[run.row + run.words - 1][1]) if run.words else (0, 0)
