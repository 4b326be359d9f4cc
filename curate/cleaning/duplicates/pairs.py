"""Pairs of rows that are alike, and the rows that stay."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows

Similarity = NDArray[np.float64]
ROUNDS = 64
"""Rounds over all pairs at once; a longer chain is settled row by row."""


class Pairs(NamedTuple):
    """Pairs of row numbers with their similarity; the left row is the one that would stay."""

    left: Rows
    right: Rows
    similarity: Similarity

    def where(self, which: NDArray[np.bool_]) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.left[which], self.right[which], self.similarity[which])


def no_pairs() -> Pairs:
    """None at all."""
    none = np.zeros(0, np.int64)
    return Pairs(none, none, np.zeros(0))


def joined(*parts: Pairs) -> Pairs:
    """Pairs of several kinds."""
    return Pairs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def leaders(order: Rows, pairs: Pairs) -> tuple[Rows, Similarity]:
    """For each row the row that stays in its place, itself when it stays, and how alike the two are.

    Rows are taken from best to worst: a row stays unless it is in a pair with one that stays. So no row leaves through
    a chain: what stands in its place is itself within the threshold of it. Of several, the most similar is named.

    order: row numbers, best first. pairs: those at or above the threshold.
    """
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    left, right = rank[pairs.left], rank[pairs.right]
    left, right = np.minimum(left, right), np.maximum(left, right)
    stays = _settle(len(order), left, right)
    leader, similarity = np.arange(len(order)), np.ones(len(order))
    told = stays[left] & ~stays[right]
    best = np.lexsort((left[told], -pairs.similarity[told], right[told]))
    rows, stayed, alike = right[told][best], left[told][best], pairs.similarity[told][best]
    first = np.concatenate([[True], rows[1:] != rows[:-1]]) if len(rows) else np.zeros(0, bool)
    leader[order[rows[first]]] = order[stayed[first]]
    similarity[order[rows[first]]] = alike[first]
    return leader, similarity


def _settle(count: int, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Which places stay, when each place goes that is in a pair with a better one that stays."""
    stays = np.ones(count, bool)
    open_ = np.zeros(count, bool)
    open_[right] = True
    for _ in range(ROUNDS):
        if not len(left):
            return stays
        goes = right[~open_[left]]
        stays[goes], open_[goes] = False, False
        going = stays[left] & open_[right]
        left, right = left[going], right[going]
        open_[:] = False
        open_[right] = True
    by_place = np.lexsort((left, right))
    for better, place in zip(left[by_place].tolist(), right[by_place].tolist(), strict=True):
        if stays[better]:
            stays[place] = False
    return stays
