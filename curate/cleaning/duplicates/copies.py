"""Equal rows: groups of equal texts, by hash and then by the text itself."""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.cleaning.duplicates.buckets import Rows


def first_copies(keys: pl.Series, order: Rows) -> Rows:
    """For each row the best row with an equal key, itself when there is none. A null equals nothing.

    keys: texts or anything polars can hash. order: row numbers, best first.
    """
    count = len(keys)
    hashes = keys.hash(seed=0).to_numpy()
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    bits = np.uint64(max(count - 1, 1).bit_length())
    low = (np.uint64(1) << bits) - np.uint64(1)
    packed = np.sort((hashes & ~low) | rank.astype(np.uint64))
    begins = np.concatenate([[True], packed[1:] >> bits != packed[:-1] >> bits]) if count else np.zeros(0, bool)
    places = (packed & low).astype(np.int64)
    if not count or begins.all():
        return np.arange(count)
    best = places[np.maximum.accumulate(np.where(begins, np.arange(count), 0))]
    first = np.arange(count)
    first[order[places]] = order[best]
    return _checked(keys, first, rank)


def _checked(keys: pl.Series, first: Rows, rank: Rows) -> Rows:
    """Only what is equal itself, not only by the bits of its hash that were sorted, is a copy."""
    moved = np.flatnonzero(first != np.arange(len(first)))
    same = (keys.gather(moved) == keys.gather(first[moved])).fill_null(value=False).to_numpy()
    wrong = moved[~same]
    first[wrong] = wrong
    if len(wrong) and (again := keys.gather(wrong).drop_nulls()).n_unique() < len(again):
        # two groups share the bits that were sorted: told apart the slow way, which is next to never
        wrong = wrong[np.argsort(rank[wrong])]
        best: dict[object, int] = {}
        for row, key in zip(wrong.tolist(), keys.gather(wrong).to_list(), strict=True):
            if key is not None:
                first[row] = best.setdefault(key, row)
    return first
