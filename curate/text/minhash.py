"""MinHash signatures of shingles, folded into band keys: rows that are alike share a key with known probability.

Broder (1997), banded as in Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3. A permutation is a
multiplication of 32-bit words by an odd number instead of `(a x + b) mod p`: twenty times cheaper, and just as good on
shingles that are hashes already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from curate.text.shingles import Hashes, Places, Small

RECALL = 0.995
"""Chance that a pair right at the threshold shares a band; what lies above is found more surely."""
MOST_HASHES = 256
CHUNK = 1 << 16
"""Shingles hashed at once: 256 KB, which stays near a core."""

_STEP = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)


class Bands(NamedTuple):
    """How a signature is cut: `bands` runs of `hashes` hashes."""

    bands: int
    hashes: int

    def chance(self, similarity: float) -> float:
        """Chance that two rows of this Jaccard similarity share a band.

        >>> round(Bands(8, 3).chance(0.8), 3)
        0.997
        """
        return float(1 - (1 - similarity**self.hashes) ** self.bands)


def plan(threshold: float, recall: float = RECALL) -> Bands:
    """The cheapest bands that find a pair at `threshold` with chance `recall`.

    Bands have 3 hashes while 256 are enough: with fewer, rows that merely share a phrase would meet too often; with
    more, more hashes are needed than the candidates they spare cost.

    >>> plan(0.8), plan(0.7), plan(0.3)
    (Bands(bands=8, hashes=3), Bands(bands=13, hashes=3), Bands(bands=57, hashes=2))
    """
    for size in (3, 2, 1):
        count = int(np.ceil(np.log(1 - recall) / np.log1p(-min(threshold**size, 1 - 1e-9))))
        if count * size <= MOST_HASHES or size == 1:
            return Bands(max(count, 1), size)
    raise AssertionError("a band of one hash always does")


def band_keys(flat: Small, starts: Places, cut: Bands) -> Hashes:
    """Keys of shape (bands, rows): equal keys of a band make two rows a candidate pair.

    flat, starts: shingles of rows as in `Ragged`; a row without shingles has key 0 in every band.
    """
    keys = np.zeros((cut.bands, len(starts) - 1), np.uint64)
    filled = np.flatnonzero(np.diff(starts))
    begins = starts[filled]
    for low, high in _chunks(begins):
        first, last = begins[low], begins[high] if high < len(begins) else starts[-1]
        keys[:, filled[low:high]] = _keys(flat[first:last], begins[low:high] - first, cut)
    return keys


def _chunks(begins: Places) -> Iterator[tuple[int, int]]:
    """Runs of rows that begin within CHUNK shingles of the first."""
    low = 0
    while low < len(begins):
        high = max(low + 1, int(np.searchsorted(begins, begins[low] + CHUNK)))
        yield low, high
        low = high


def _keys(flat: Small, cuts: Places, cut: Bands) -> Hashes:
    keys = np.zeros((cut.bands, len(cuts)), np.uint64)
    hashed = np.empty_like(flat)
    for band in range(cut.bands):
        key = keys[band]
        for row in range(cut.hashes):
            np.multiply(flat, _factor(band * cut.hashes + row), out=hashed)
            key *= _STEP
            key += np.minimum.reduceat(hashed, cuts)
        key ^= key >> _HALF
        key *= _STEP
        key ^= key >> _HALF
    return keys


def _factor(number: int) -> np.uint32:
    """The odd factor of the n-th permutation, by splitmix64: the same on every machine and numpy."""
    state = (number + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return np.uint32((state ^ (state >> 31)) >> 32 | 1)
