"""Words and word shingles of a column as numbers: all rows of a batch at once, on the bytes of the column itself.

Bytes are classed through one table, words are read eight bytes at a time, and a shingle is a polynomial of the hashes
of its words: about 130 MB of text a second on one core. What is not ASCII goes through `normalise.words_apart` first.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.text.normalise import not_ascii_by, words_apart

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

WORDS = 5
"""Words of a shingle."""
BATCH_BYTES = 1 << 20
"""Text of one batch: its words, as numbers, fit the cache of a core, and so the work scales over threads."""

_MIX, _STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_MASKS = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
_LONG = 64
"""Bytes up to which a word is read block by block; a longer one is hashed on its own."""


def _classes() -> bytes:
    """Byte to byte: letters in lower case, digits, the underscore and what is not ASCII stay, the rest parts words."""
    table = bytearray(256)
    for byte in range(256):
        char = chr(byte)
        table[byte] = ord(char.lower()) if byte < 128 and (char.isalnum() or char == "_") else byte if byte > 127 else 0
    return bytes(table)


_CLASSES = _classes()


class Ragged(NamedTuple):
    """Numbers of rows, one row after the other: row i has `flat[starts[i]:starts[i + 1]]`."""

    flat: Hashes
    starts: Places

    @property
    def counts(self) -> Places:
        """Numbers a row."""
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

    >>> one, two = words(pl.Series(["Ab, cd!", "ab cd"])).flat.reshape(2, 2)
    >>> bool((one == two).all())
    True
    """
    texts = not_ascii_by(texts.fill_null(""), words_apart)
    data, edges = plain_bytes(texts)
    return _words_of(data.translate(_CLASSES) + bytes(8), edges)


def plain_bytes(texts: pl.Series) -> tuple[bytes, Places]:
    """The bytes of a column, one text after the other, and where each begins (and the last ends)."""
    column = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    offsets, data = column.buffers()[1:3]
    edges = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    return bytes(memoryview(data)[edges[0] : edges[-1]]) if data else b"", edges - edges[0]


def shingles(texts: pl.Series, size: int = WORDS) -> Ragged:
    """The hash of each run of `size` words, in order; they may repeat.

    A row of fewer words is one shingle: only rows of the same words are like it. A row without words has none.
    """
    return shingles_of(words(texts), size)


def shingles_of(row_words: Ragged, size: int = WORDS) -> Ragged:
    """Shingles of words that are hashed already."""
    flat, starts = row_words
    counts = row_words.counts
    made = np.maximum(counts - (size - 1), np.minimum(counts, 1))
    ends = np.concatenate([[0], np.cumsum(made)])
    padded = np.concatenate([flat, np.zeros(size, np.uint64)])
    rolled = padded[: len(flat)].copy()
    for place in range(1, size):
        rolled *= _STEP
        rolled += padded[place : place + len(flat)]
    short = np.flatnonzero((counts > 0) & (counts < size))
    if short.size:
        rolled[starts[short]] = _short(padded, starts[short], counts[short], size)
    rolled ^= rolled >> _HALF
    rolled *= _MIX
    rolled ^= rolled >> _HALF
    keep = np.ones(len(flat), bool)
    for place in range(1, size):
        last = starts[1:] - place
        keep[last[counts > place]] = False
    return Ragged(rolled[keep], ends)


def _short(padded: Hashes, first: Places, counts: Places, size: int) -> Hashes:
    """The one shingle of rows with fewer words; how many words there are is part of it."""
    rolled = padded[first].copy()
    for place in range(1, size):
        rolled *= _STEP
        rolled += np.where(counts > place, padded[first + place], np.uint64(0))
    return rolled + counts.astype(np.uint64)


def _words_of(low: bytes, edges: Places) -> Ragged:
    """Words of classed bytes that eight zero bytes follow. edges: where each row begins, and where the last ends."""
    letters = np.frombuffer(low, np.uint8)[: edges[-1] + 1] != 0
    begins = letters.copy()
    begins[1:] &= ~letters[:-1]
    borders = edges[:-1]
    begins[borders] = letters[borders]
    first = np.flatnonzero(begins[:-1])
    stops = letters[:-1] & ~letters[1:]
    inner = edges[1:-1][edges[1:-1] > 0] - 1
    stops[inner] = letters[inner]
    lengths = np.flatnonzero(stops) - first + 1
    return Ragged(_hash_words(low, first, lengths), np.searchsorted(first, edges))


def _hash_words(low: bytes, first: Places, lengths: Places) -> Hashes:
    eights = np.lib.stride_tricks.as_strided(np.frombuffer(low, np.uint64, count=1), (len(low) - 7,), (1,))
    hashes = eights[first] & _MASKS[np.minimum(lengths, 8)]
    hashes *= _MIX
    hashes ^= hashes >> _HALF
    longer = np.flatnonzero(lengths > 8)
    for done in range(8, _LONG, 8):
        if not longer.size:
            break
        left = lengths[longer] - done
        block = eights[first[longer] + done] & _MASKS[np.minimum(left, 8)]
        mixed = (hashes[longer] ^ block) * _MIX
        hashes[longer] = mixed ^ (mixed >> _HALF)
        longer = longer[left > 8]
    for place in longer.tolist():
        start = int(first[place])
        digest = blake2b(low[start : start + int(lengths[place])], digest_size=8).digest()
        hashes[place] = np.uint64(int.from_bytes(digest, "little"))
    hashes *= _STEP
    return hashes
