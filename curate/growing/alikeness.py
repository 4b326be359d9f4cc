"""How alike two instructions are: ROUGE-L F over their words, exact, against a pool of any size.

ROUGE-L F of texts of m and n words whose longest common subsequence has l words is 2 l / (m + n). Words are those of
Google's rouge_score without stemming (runs of a-z and 0-9 in lower case), and beyond ASCII letters and digits of all
scripts, each character a word where a script writes no spaces: rouge_score finds no words there, and would call all
such texts new.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from curate.text.words import UNSPACED_RANGES

_UNSPACED = "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED_RANGES)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
BITS = 64
AT_ONCE = 64
"""Pool texts compared before the bound is taken again: the first are the likeliest."""

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bits = np.ndarray[Any, np.dtype[np.uint64]]


class Near(NamedTuple):
    """The text of a pool that is most alike, and how much: ROUGE-L F in [0, 1]."""

    name: str
    score: float


def words(text: str) -> list[str]:
    """The words of a text.

    >>> words("Don't add 2.5 to the na\u00efve_sum: \u4e8c\u4e09!")
    ['don', 't', 'add', '2', '5', 'to', 'the', 'na\u00efve', 'sum', '\u4e8c', '\u4e09']
    """
    return _WORD.findall(text.lower())


def rouge_l(first: str, second: str) -> float:
    """ROUGE-L F of two texts; 0.0 when one has no words.

    >>> rouge_l("Name three fruits", "name two red fruits")
    0.5714285714285714
    """
    pool = Pool()
    pool.add("second", second)
    near = pool.nearest(first)
    return near.score if near else 0.0


class Pool:
    """Texts to be compared with: `nearest` compares with all of them, and gives what a comparison of each would.

    Two texts share at most as many words in order as in any order, so those shared in any order (looked up by word)
    bound the score from above; only where the bound exceeds the best score so far the common subsequence is made.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._begins, self._lengths, self._words = array("q"), array("q"), array("q")
        self._with: dict[tuple[int, int], array[int]] = {}

    def add(self, name: str, text: str) -> None:
        """Put a text into the pool."""
        numbers = [self._numbers.setdefault(word, len(self._numbers)) for word in words(text)]
        for one in _counted(numbers):
            self._with.setdefault(one, array("q")).append(len(self.names))
        self._begins.append(len(self._words))
        self._lengths.append(len(numbers))
        self._words.extend(numbers)
        self.names.append(name)

    def nearest(self, text: str) -> Near | None:
        """The text of the pool that is most alike (one of them, where several are); None when none shares a word."""
        numbers = [self._numbers.get(word, -1) for word in words(text)]
        shared = np.zeros(len(self.names), dtype=np.int64)
        for one in _counted(numbers):
            if one in self._with:
                shared[np.frombuffer(self._with[one], dtype=np.int64)] += 1
        places = np.flatnonzero(shared)
        if not len(places):
            return None
        sizes = np.frombuffer(self._lengths, dtype=np.int64)[places] + len(numbers)
        bounds = 2 * shared[places] / sizes
        best, score = -1, -1.0
        while len(places := places[keep := bounds > score]):
            bounds, sizes = bounds[keep], sizes[keep]
            first = slice(None) if len(places) <= AT_ONCE else np.argpartition(-bounds, AT_ONCE)[:AT_ONCE]
            scores = 2 * self._common(numbers, places[first]) / sizes[first]
            if scores.max() > score:
                best, score = int(places[first][scores.argmax()]), float(scores.max())
            bounds[first] = -1.0
        return Near(self.names[best], score)

    def _common(self, numbers: Sequence[int], places: Ints) -> Ints:
        """Words of the longest common subsequence with each of the texts at `places`, shape (places,).

        Bit-parallel (Hyyro 2004): a bit of `row` for each word of the text, cleared where the subsequence grows.
        """
        if len(numbers) > BITS:
            return np.array([self._common_long(numbers, place) for place in places], dtype=np.int64)
        masks = np.zeros(len(self._numbers) + 1, dtype=np.uint64)
        for bit, number in enumerate(numbers):
            masks[number] |= np.uint64(1 << bit)
        masks[-1] = 0  # of words that the pool does not have, and beyond the end of a text
        begins = np.frombuffer(self._begins, dtype=np.int64)[places]
        lengths = np.frombuffer(self._lengths, dtype=np.int64)[places]
        said = np.frombuffer(self._words, dtype=np.int64)
        row: Bits = np.full(len(places), ~np.uint64(0))
        for at in range(int(lengths.max())):
            mask = masks[np.where(at < lengths, said[np.minimum(begins + at, len(said) - 1)], -1)]
            common = row & mask
            row = np.bitwise_or(row + common, row - common)
        inside = np.uint64((1 << len(numbers)) - 1)
        found: Ints = np.bitwise_count(~row & inside).astype(np.int64)
        return found

    def _common_long(self, numbers: Sequence[int], place: int) -> int:
        """The same for a text of any length, in whole numbers of any length."""
        masks = Counter[int]()
        for bit, number in enumerate(numbers):
            masks[number] |= 1 << bit
        inside = (1 << len(numbers)) - 1
        row = inside
        begin = self._begins[place]
        for number in self._words[begin : begin + self._lengths[place]]:
            common = row & masks[number]
            row = ((row + common) | (row - common)) & inside
        return len(numbers) - row.bit_count()


def _counted(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each word with how often it came before, so that equal words count as often as both texts have them."""
    seen = Counter[int]()
    for number in numbers:
        yield number, seen[number]
        seen[number] += 1
