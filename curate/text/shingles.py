"""Words and word shingles of a column as numbers: all rows of a batch at once, on the bytes of the column itself.

Letters are told from the rest on all bytes together, words are read eight bytes at a time, and a shingle is a
polynomial of the hashes of its words: about 130 MB of text a second on one core. What is not ASCII goes through
`normalise.words_apart` first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.text.normalise import not_ascii_by, words_apart

Hashes = NDArray[np.uint64]
Small = NDArray[np.uint32]
Places = NDArray[np.int64]

WORDS = 5
"""Words of a shingle."""
BATCH_BYTES = 1 << 20
"""Text of one batch: its words, as numbers, fit the cache of a core, and so the work scales over threads."""

_MIX, _STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_SMALL_STEP, _SMALL_MIX = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)
_CASE, _CASES, _TWO = np.uint8(0x20), np.uint64(0x2020202020202020), np.uint64(2)
_MASKS = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
_PAD = bytes(8)
"""Eight bytes can be read from where the last word begins."""
_LONG = 64
"""Bytes up to which a word is read block by block; a longer one is hashed on its own."""


class Ragged(NamedTuple):
    """Numbers of rows, one row after the other: row i has `flat[starts[i]:starts[i + 1]]`."""

    flat: Hashes
    starts: Places

    @property
    def counts(self) -> Places:
        """Numbers a row."""
        return np.diff(self.starts)


class Shingles(NamedTuple):
    """The same in 32 bits: of the shingles of a row, no two different ones are expected to agree."""

    flat: Small
    starts: Places

    @property
    def counts(self) -> Places:
        """Shingles a row."""
        return np.diff(self.starts)


def batches(texts: pl.Series) -> Iterator[pl.Series]:
    """Slices of a column with about BATCH_BYTES of text each, in order; a larger text is a slice of its own."""
    sizes = texts.str.len_bytes().fill_null(0).cast(pl.Int64).cum_sum().to_numpy()
    start = 0
    while start < len(sizes):
        before = int(sizes[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(sizes, before + BATCH_BYTES, side="right")))
        yield texts.slice(start, end - start)
        start = end


def words(texts: pl.Series) -> Ragged:
    """The hash of each word (see `normalise` for what a word is), in order. A null has no words.

    The vectors of `static` are stored under these hashes: other hashes need `curate.text.distil` again.

    >>> one, two = words(pl.Series(["Ab, cd!", "ab cd"])).flat.reshape(2, 2)
    >>> bool((one == two).all())
    True
    """
    texts, data = joined(texts, words_apart)
    edges = np.concatenate([[0], np.cumsum(texts.str.len_bytes().to_numpy() + np.int64(1))])
    return _words_of(b"\0" + data + _PAD, edges)


def joined(texts: pl.Series, change: Callable[[pl.Expr], pl.Expr]) -> tuple[pl.Series, bytes]:
    """The texts, a null as an empty one and what is no ASCII changed; and all of them with a zero byte between two."""
    texts = texts.fill_null("")
    data = _between_zeros(texts)
    if data.isascii():
        return texts, data
    texts = not_ascii_by(texts, change)
    return texts, _between_zeros(texts)


def _between_zeros(texts: pl.Series) -> bytes:
    return texts.str.join("\0").cast(pl.Binary).item() if len(texts) else b""


def plain_bytes(texts: pl.Series) -> tuple[bytes, Places]:
    """The bytes of a column, one text after the other, and where each begins (and the last ends)."""
    column = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    offsets, data = column.buffers()[1:3]
    edges = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    return bytes(memoryview(data)[edges[0] : edges[-1]]) if data else b"", edges - edges[0]


def shingles(texts: pl.Series, size: int = WORDS) -> Shingles:
    """The hash of each run of `size` words, in order; they may repeat.

    A row of fewer words is one shingle: only rows of the same words are like it. A row without words has none.
    """
    flat, starts = row_words = words(texts)
    counts = row_words.counts
    made = np.maximum(counts - (size - 1), np.minimum(counts, 1))
    ends = np.concatenate([[0], np.cumsum(made)])
    padded = np.zeros(len(flat) + size, np.uint32)
    np.right_shift(flat, _HALF, out=padded[: len(flat)], casting="unsafe")
    rolled = padded[: len(flat)].copy()
    for place in range(1, size):
        rolled *= _SMALL_STEP
        rolled += padded[place : place + len(flat)]
    short = np.flatnonzero((counts > 0) & (counts < size))
    if short.size:
        rolled[starts[short]] = _short(padded, starts[short], counts[short], size)
    keep = np.ones(len(flat), bool)
    for place in range(1, size):
        last = starts[1:] - place
        keep[last[counts > place]] = False
    rolled = rolled[keep]
    rolled ^= rolled >> np.uint32(16)
    rolled *= _SMALL_MIX
    rolled ^= rolled >> np.uint32(15)
    return Shingles(rolled, ends)


def _short(padded: Small, first: Places, counts: Places, size: int) -> Small:
    """The one shingle of rows with fewer words; how many words there are is part of it."""
    rolled = padded[first]
    for place in range(1, size):
        rolled *= _SMALL_STEP
        rolled += np.where(counts > place, padded[first + place], np.uint32(0))
    return rolled + counts.astype(np.uint32)


def _words_of(data: bytes, edges: Places) -> Ragged:
    """Words of text. edges: where each row begins, and where one more would.

    data: a zero byte, the rows with one between them, and eight more.
    """
    letters = _letters(np.frombuffer(data, np.uint8))
    turns = np.flatnonzero(letters[1:] != letters[:-1])
    first, lengths = turns[::2].copy(), turns[1::2] - turns[::2]
    return Ragged(_hash_words(data[1:], first, lengths), np.searchsorted(first, edges))


def _letters(data: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which bytes are of words: letters, digits, the underscore, and what is not ASCII."""
    told = (data | _CASE) - np.uint8(97) < 26
    told |= data - np.uint8(48) < 10
    told |= data == 95
    told |= data > 127
    return told


def _hash_words(data: bytes, first: Places, lengths: Places) -> Hashes:
    eights = np.lib.stride_tricks.as_strided(np.frombuffer(data, np.uint64, count=1), (len(data) - 7,), (1,))
    hashes = _bytes_of(eights[first], lengths)
    hashes *= _MIX
    hashes ^= hashes >> _HALF
    longer = np.flatnonzero(lengths > 8)
    for done in range(8, _LONG, 8):
        if not longer.size:
            break
        left = lengths[longer] - done
        mixed = (hashes[longer] ^ _bytes_of(eights[first[longer] + done], left)) * _MIX
        hashes[longer] = mixed ^ (mixed >> _HALF)
        longer = longer[left > 8]
    for place in longer.tolist():
        start = int(first[place])
        digest = blake2b(data[start : start + int(lengths[place])].lower(), digest_size=8).digest()
        hashes[place] = np.uint64(int.from_bytes(digest, "little"))
    hashes *= _STEP
    return hashes


def _bytes_of(eight: Hashes, lengths: Places) -> Hashes:
    """The first bytes of eight in lower case, by how many there are.

    Capitals differ from small letters in one bit, which digits have as well, and the underscore is no other word byte
    with it; bytes that are not ASCII are told by their highest bit and stay.
    """
    eight |= ~(eight >> _TWO) & _CASES
    eight &= _MASKS[np.minimum(lengths, 8)]
    return eight
