"""The true Jaccard similarity of pairs of rows, from their shingles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows, distinct
from curate.text.minhash import Small
from curate.text.shingles import Hashes, Places

AT_ONCE = 1 << 18
"""Shingles compared at once: 2 MB, which sorts in the cache of a core."""
_HALF = np.uint64(32)


class Sets(NamedTuple):
    """Shingles of rows, 32 bits each: row i has `flat[starts[i]:starts[i + 1]]`, which may lie on disk."""

    flat: Small
    starts: Places

    def of(self, rows: Rows) -> tuple[Small, Places]:
        """The shingles of some rows one after the other, and how many each has."""
        counts = self.starts[rows + 1] - self.starts[rows]
        ends = np.cumsum(counts)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.starts[rows] - (ends - counts), counts)
        return self.flat[places], counts


def jaccard(sets: Sets, left: Rows, right: Rows) -> NDArray[np.float64]:
    """Shared shingles over all shingles of each pair, counted as sets; 0 when neither has any."""
    similarity = np.zeros(len(left))
    for low, high in _portions(sets, left, right):
        one, two = _keys(sets, left[low:high]), _keys(sets, right[low:high])
        both = np.sort(np.concatenate([one, two]))
        shared = np.bincount((both[1:] >> _HALF)[both[1:] == both[:-1]].astype(np.int64), minlength=high - low)
        either = np.bincount((both >> _HALF).astype(np.int64), minlength=high - low) - shared
        similarity[low:high] = shared / np.maximum(either, 1)
    return similarity


def _keys(sets: Sets, rows: Rows) -> Hashes:
    """Distinct (pair, shingle) as sorted numbers."""
    flat, counts = sets.of(rows)
    keys = np.repeat(np.arange(len(rows), dtype=np.uint64) << _HALF, counts)
    keys |= flat
    return distinct(keys)


def _portions(sets: Sets, left: Rows, right: Rows) -> Iterator[tuple[int, int]]:
    sizes = np.cumsum(sets.starts[left + 1] - sets.starts[left] + sets.starts[right + 1] - sets.starts[right])
    low = 0
    while low < len(left):
        before = int(sizes[low - 1]) if low else 0
        high = max(low + 1, int(np.searchsorted(sizes, before + AT_ONCE, side="right")))
        yield low, high
        low = high
