"""The words of a whole column at once, in numpy: where they begin, how long they are, which are equal.

White space is what Python's `str.split` takes for it. In scripts that write no spaces every character is a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl

from curate.text.utf8 import Bools, Hashes, Ints, Utf8, before

SPACE = r"\s\x1c-\x1f"  # what Python's str.split takes for white space
WIDE_SPACES = (0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
UNSPACED_RANGES = (  # Thai, Lao, Tibetan, Myanmar, Khmer, kana, Han
    (0xE00, 0xE7F), (0xE80, 0xEFF), (0xF00, 0xFFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3041, 0x30FF),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF),
)  # fmt: skip
UNSPACED = "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in UNSPACED_RANGES)

FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits spread evenly: 2**64 over the golden ratio
SHIFT = np.uint64(29)
BLOCKS = 64  # bytes of a word hashed in numpy; the rest of a longer one by blake2
_EDGES = np.array([edge for first, last in UNSPACED_RANGES for edge in (first, last + 1)])


@dataclass(frozen=True)
class Words:
    """The words of a column, one after the other.

    utf8: the column. space, first: shape (bytes,), what is white space, and the first byte of each word.
    """

    utf8: Utf8
    space: Bools
    first: Bools

    @cached_property
    def last(self) -> Bools:
        """Shape (bytes,), the last byte of each word."""
        last = np.zeros(len(self.space), dtype=bool)
        np.logical_or(self.space[1:], self.first[1:], out=last[:-1])  # the last byte of a column is a line break
        last &= ~self.space
        return last

    @cached_property
    def counts(self) -> Ints:
        """Words of each row."""
        return self.utf8.count(self.first)

    @cached_property
    def starts(self) -> Ints:
        """Shape (rows + 1,); the words of row i are those from starts[i] to starts[i + 1]."""
        return np.concatenate([[0], np.cumsum(self.counts)])

    @cached_property
    def begins(self) -> Ints:
        """Where each word begins, in bytes."""
        return np.flatnonzero(self.first)

    @cached_property
    def ends(self) -> Ints:
        """Where each word ends, in bytes."""
        return np.flatnonzero(self.last) + 1

    @cached_property
    def rows(self) -> Ints:
        """The row of each word."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @cached_property
    def gaps(self) -> Bools:
        """Whether a space follows each word; none does in scripts that write none."""
        gaps = np.ones(len(self.begins), dtype=bool)
        wide = self.utf8.wide
        gaps[before(self.first, wide.places[_unspaced(wide.points)])] = False
        return gaps

    @cached_property
    def hashes(self) -> Hashes:
        """A name for each word; different words have different ones but for a chance of one in 2**64."""
        data, sizes = self.utf8.data, self.ends - self.begins
        value = mixed(sizes.astype(np.uint64), self.utf8.eight(self.begins, sizes))
        longer, done = np.flatnonzero(sizes > 8), 8
        while len(longer) and done < BLOCKS:
            value[longer] = mixed(value[longer], self.utf8.eight(self.begins[longer] + done, sizes[longer] - done))
            done += 8
            longer = longer[sizes[longer] > done]
        for word in longer.tolist():
            rest = data[self.begins[word] + done : self.ends[word]].tobytes()
            value[word] ^= np.uint64(int.from_bytes(blake2b(rest, digest_size=8).digest(), "little"))
        return value

    def sums(self, values: np.ndarray[Any, Any]) -> Ints:
        """The sum over the words of each row."""
        total = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        sums: Ints = total[self.starts[1:]] - total[self.starts[:-1]]
        return sums


def mixed(value: Hashes, more: Hashes) -> Hashes:
    """A hash that goes on with `more`; wraps around at 2**64."""
    value = (value ^ more) * FACTOR
    return value ^ (value >> SHIFT)


def split_words(text: pl.Series) -> Words:
    """The words of a column of text; a null has none.

    >>> words = split_words(pl.Series(["one two", None, "世界!"]))
    >>> words.counts.tolist(), words.gaps.tolist()
    ([2, 0, 3], [True, True, False, False, True])
    """
    return words_of(Utf8.of(text))


def words_of(utf8: Utf8) -> Words:
    """The words of a column in UTF-8."""
    return apart(spaced_words(utf8))


def spaced_words(utf8: Utf8) -> Words:
    """The words of a column as white space alone parts them, in every script."""
    data, wide = utf8.data, utf8.wide
    space = (data - 9) < 5  # 9 to 13: unsigned bytes wrap around
    space |= (data - 28) < 5  # 28 to 32
    blank = np.isin(wide.points, WIDE_SPACES)
    for more in range(4):
        space[wide.places[blank & (wide.sizes > more)] + more] = True
    first = np.empty(len(space), dtype=bool)
    first[:1] = ~space[:1]
    np.greater(space[:-1], space[1:], out=first[1:])
    return Words(utf8, space, first)


def apart(words: Words) -> Words:
    """The same words, with each character of a script that writes no spaces as a word of its own."""
    wide = words.utf8.wide
    alone = _unspaced(wide.points)
    if not alone.any():
        return words
    first, places = words.first.copy(), wide.places[alone]
    after = places + wide.sizes[alone]
    first[after] = ~words.space[after]
    first[places] = True
    return Words(words.utf8, words.space, first)


def hash_of(words: Sequence[str]) -> Hashes:
    """The names of single words."""
    return split_words(pl.Series(words, dtype=pl.String)).hashes


def _unspaced(points: Ints) -> Bools:
    """Whether characters are of a script that writes no spaces."""
    inside: Bools = np.searchsorted(_EDGES, points, side="right") % 2 == 1
    return inside
