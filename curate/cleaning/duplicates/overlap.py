"""The true Jaccard similarity of pairs of rows, from their shingles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows, distinct
from curate.text.shingles import Hashes, Places, Small

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
        rows, place = np.unique(np.concatenate([left[low:high], right[low:high]]), return_inverse=True)
        own = _distinct(sets, rows)
        one, two = place[: high - low], place[high - low :]
        both = np.sort(np.concatenate([_keyed(own, one), _keyed(own, two)]))
        shared = np.bincount((both[1:] >> _HALF)[both[1:] == both[:-1]].astype(np.int64), minlength=high - low)
        sizes = np.diff(own.starts)
        similarity[low:high] = shared / np.maximum(sizes[one] + sizes[two] - shared, 1)
    return similarity


def _distinct(sets: Sets, rows: Rows) -> Sets:
    """Some rows, each shingle of a row once."""
    flat, counts = sets.of(rows)
    keys = distinct(_numbered(flat, counts))
    return Sets(keys.astype(np.uint32), np.searchsorted(keys, np.arange(len(rows) + 1, dtype=np.uint64) << _HALF))


def _keyed(sets: Sets, rows: Rows) -> Hashes:
    """The shingles of some rows, numbered by their place."""
    return _numbered(*sets.of(rows))


def _numbered(flat: Small, counts: Places) -> Hashes:
    """The number of each shingle's row in the upper half, the shingle in the lower."""
    return np.repeat(np.arange(len(counts), dtype=np.uint64) << _HALF, counts) | flat


def _portions(sets: Sets, left: Rows, right: Rows) -> Iterator[tuple[int, int]]:
    sizes = np.cumsum(sets.starts[left + 1] - sets.starts[left] + sets.starts[right + 1] - sets.starts[right])
    low = 0
    while low < len(left):
        before = int(sizes[low - 1]) if low else 0
        high = max(low + 1, int(np.searchsorted(sizes, before + AT_ONCE, side="right")))
        yield low, high
        low = high
