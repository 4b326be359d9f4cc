"""The words of a whole column at once, in numpy: where they begin, how long they are, which are equal.

A regular expression costs about 30 ns a match; this costs a third of it a word, its hash included. White space is what
Python's `str.split` takes for it. In scripts that write no spaces every character is a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl

Ints = np.ndarray[Any, np.dtype[np.int64]]
Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

SPACE = r"\s\x1c-\x1f"  # what Python's str.split takes for white space
WIDE_SPACE = r"[\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
UNSPACED_RANGES = (  # Thai, Lao, Tibetan, Myanmar, Khmer, kana, Han
    (0xE00, 0xE7F), (0xE80, 0xEFF), (0xF00, 0xFFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3041, 0x30FF),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF),
)  # fmt: skip
UNSPACED = "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in UNSPACED_RANGES)

FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits spread evenly: 2**64 over the golden ratio
SHIFT = np.uint64(29)
BLOCKS = 64  # bytes of a word hashed in numpy; the rest of a longer one by blake2
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], dtype=np.uint64)


@dataclass(frozen=True)
class Words:
    """The words of a column, one after the other.

    data: all texts in UTF-8. space: shape (bytes + 1,), what is white space, the place before the first byte too.
    begins, ends: shape (words,), of each word in `data`.
    starts: shape (rows + 1,); the words of row i are those from starts[i] to starts[i + 1].
    """

    data: Bytes
    space: Bools
    begins: Ints
    starts: Ints

    @cached_property
    def ends(self) -> Ints:
        """Where each word ends."""
        return np.flatnonzero(self.space[:-1] < self.space[1:])

    @cached_property
    def counts(self) -> Ints:
        """Words of each row."""
        counts: Ints = np.diff(self.starts)
        return counts

    @cached_property
    def rows(self) -> Ints:
        """The row of each word."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    @cached_property
    def lengths(self) -> Ints:
        """Characters of each word."""
        lengths = self.ends - self.begins
        inner = self.data.view(np.int8) < -64  # bytes of a character after its first: 0x80 to 0xBF
        if len(lengths) and inner.any():
            before = np.cumsum(inner, dtype=np.int32)
            lengths -= before[self.ends] - before[self.begins]  # neither is such a byte itself
        return lengths

    @cached_property
    def gaps(self) -> Ints:
        """1 where a space follows a word, 0 where its script writes none."""
        gaps = np.ones(len(self.begins), dtype=np.int64)
        single = np.flatnonzero((self.lengths == 1) & (self.ends - self.begins >= 3))
        gaps[single[_unspaced(self.data, self.begins[single], self.ends[single])]] = 0
        return gaps

    @cached_property
    def hashes(self) -> Hashes:
        """A name for each word; different words have different ones but for a chance of one in 2**64."""
        sizes = self.ends - self.begins
        whole = np.concatenate([self.data, np.zeros(16 - len(self.data) % 8, dtype=np.uint8)]).view("<u8")
        value = mixed(sizes.astype(np.uint64), _eight(whole, self.begins) & _MASKS.take(np.minimum(sizes, 8)))
        longer, done = np.flatnonzero(sizes > 8), 8
        while len(longer) and done < BLOCKS:
            block = _eight(whole, self.begins[longer] + done) & _MASKS.take(np.minimum(sizes[longer] - done, 8))
            value[longer] = mixed(value[longer], block)
            done += 8
            longer = longer[sizes[longer] > done]
        for word in longer.tolist():
            rest = self.data[self.begins[word] + done : self.ends[word]].tobytes()
            value[word] ^= np.uint64(int.from_bytes(blake2b(rest, digest_size=8).digest(), "little"))
        return value

    def sums(self, values: np.ndarray[Any, Any]) -> Ints:
        """The sum over the words of each row."""
        total = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        sums: Ints = total[self.starts[1:]] - total[self.starts[:-1]]
        return sums

    def any_of(self, marked: Bools) -> Bools:
        """For each word, whether one of its bytes is marked; no white space may be."""
        if not len(self.begins):
            return np.zeros(0, dtype=bool)
        found: Bools = np.logical_or.reduceat(marked, self.begins)
        return found


def _eight(whole: Hashes, begins: Ints) -> Hashes:
    """Eight bytes from each place on, out of two aligned words: numpy copies an array that is not aligned."""
    words, bits = begins >> 3, ((begins & 7) << 3).astype(np.uint64)
    high = (whole[words + 1] << (np.uint64(63) - bits)) << np.uint64(1)  # a shift by 64 is not defined
    eight: Hashes = (whole[words] >> bits) | high
    return eight


def mixed(value: Hashes, more: Hashes) -> Hashes:
    """A hash that goes on with `more`; wraps around at 2**64."""
    value = (value ^ more) * FACTOR
    return value ^ (value >> SHIFT)


def split_words(text: pl.Series) -> Words:
    """The words of a column of text; a null has none.

    >>> words = split_words(pl.Series(["one two", None, "世界!"]))
    >>> words.counts.tolist(), words.lengths.tolist(), words.gaps.tolist()
    ([2, 0, 3], [3, 3, 1, 1, 1], [1, 1, 0, 0, 1])
    """
    return _split(beyond_ascii(text, _spaced))


def beyond_ascii(text: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The column with `change` done to the rows that are not all ASCII."""
    found = (text.str.len_bytes() != text.str.len_chars()).fill_null(value=False)
    if not found.any():
        return text
    return text.clone().scatter(found.arg_true(), change(text.filter(found)))  # scatter works in place


def hash_of(words: Sequence[str]) -> Hashes:
    """The names of single words."""
    return split_words(pl.Series(words, dtype=pl.String)).hashes


def _spaced(text: pl.Series) -> pl.Series:
    rows = text.str.contains(f"{WIDE_SPACE}|[{UNSPACED}]").arg_true()
    spaced = text.gather(rows).str.replace_all(WIDE_SPACE, " ").str.replace_all(f"([{UNSPACED}])", " $1 ")
    return text.clone().scatter(rows, spaced)


def bytes_of(text: pl.Series) -> tuple[Bytes, Ints]:
    """A column in UTF-8, one text after the other, each ended by a line break; and where each begins (rows + 1)."""
    ended = text.fill_null("") + "\n"  # no word runs on into the next row
    array = ended.to_arrow(compat_level=pl.CompatLevel.oldest())
    offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.frombuffer(array.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return data, offsets - offsets[:1]


def _split(text: pl.Series) -> Words:
    data, offsets = bytes_of(text)
    space = np.ones(len(data) + 1, dtype=bool)
    space[1:] = ((data - 9) < 5) | ((data - 28) < 5)  # 9 to 13, 28 to 32: unsigned bytes wrap around
    begins = np.flatnonzero(space[:-1] > space[1:])
    return Words(data, space, begins, np.searchsorted(begins, offsets))


def _unspaced(data: Bytes, begins: Ints, ends: Ints) -> Bools:
    """Whether characters of three or four bytes are of a script without spaces."""
    first, second, third = (data[begins + place].astype(np.int64) for place in range(3))
    points = ((first & 0xF) << 12) | ((second & 0x3F) << 6) | (third & 0x3F)
    four = ends - begins == 4
    last = data[np.where(four, begins + 3, begins)].astype(np.int64)
    wide = ((first & 7) << 18) | ((second & 0x3F) << 12) | ((third & 0x3F) << 6) | (last & 0x3F)
    edges = np.array([edge for first, last in UNSPACED_RANGES for edge in (first, last + 1)])
    inside: Bools = np.searchsorted(edges, np.where(four, wide, points), side="right") % 2 == 1
    return inside
