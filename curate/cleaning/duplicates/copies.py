"""Equal rows: groups of equal texts, by hash and then by the text itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows
from curate.text.normalise import normal_form
from curate.text.shingles import Hashes, batches, joined

_TURNS = 2
_SPACES = b"\t\n\v\f\r "
_BEGINNING, _READ = 100, 200
_LOWER = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))


def first_copies(keys: pl.Series, order: Rows) -> Rows:
    """For each row the best row with an equal key, itself when there is none. A null equals nothing.

    keys: texts or anything polars can hash. order: row numbers, best first.
    """

    def same(rows: Rows, others: Rows) -> NDArray[np.bool_]:
        equal = (keys.gather(rows) == keys.gather(others)).fill_null(value=False)
        return np.asarray(equal.to_numpy())

    return grouped(keys.hash(seed=0).to_numpy(), order, same)


def grouped(hashes: Hashes, order: Rows, same: Callable[[Rows, Rows], NDArray[np.bool_]]) -> Rows:
    """For each row the best row with the same hash that is the same; `same` has the last word."""
    count = len(hashes)
    first = np.arange(count)
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    bits = np.uint64(max(count - 1, 1).bit_length())
    low = (np.uint64(1) << bits) - np.uint64(1)
    for turn in range(_TURNS):
        # a row takes the place of its hash's lowest bits, so that plain numbers are sorted; the next turn sees those
        turned = hashes << np.uint64(32 * turn) | hashes >> np.uint64(64 - 32 * turn) if turn else hashes
        packed = np.sort((turned & ~low) | rank.astype(np.uint64))
        begins = np.concatenate([[True], packed[1:] >> bits != packed[:-1] >> bits]) if count else np.zeros(0, bool)
        places = order[(packed & low).astype(np.int64)]
        heads = places[np.maximum.accumulate(np.where(begins, np.arange(count), 0))]
        moved = (places != heads) & (first[places] == places)
        rows, others = places[moved], heads[moved]
        right = same(rows, others)
        first[rows[right]] = others[right]
        if right.all():
            break
    return first[first]


def loose_copies(texts: pl.Series, order: Rows) -> Rows:
    """As `first_copies`, by the normal form of `curate.text.normalise`; only what may have a copy is normalised."""
    first = first_copies(texts, order)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    alike = np.flatnonzero(first == np.arange(len(first)))
    for key in (_beginning, _squeezed):  # the cheaper one first
        hashes = [key(batch).hash() for batch in batches(texts.gather(alike))] or [pl.Series([], dtype=pl.UInt64)]
        alike = alike[pl.concat(hashes).is_duplicated().to_numpy()]
    if not len(alike):
        return first
    forms = texts.gather(alike).to_frame("text").select(normal_form(pl.col("text")))["text"]
    first[alike] = alike[first_copies(forms, np.argsort(rank[alike], kind="stable"))]
    return first[first]


def _beginning(texts: pl.Series) -> pl.Series:
    """The first bytes of `_squeezed`, for which little of a long text in ASCII is read."""
    sizes = texts.str.len_bytes()
    ascii_ = sizes == texts.str.len_chars()
    begun = _squeezed(texts.zip_with(~ascii_, texts.str.head(_READ)))
    more = ((sizes > _READ) & ascii_ & (begun.bin.size() < _BEGINNING)).fill_null(value=False)
    if more.any():  # mostly white space
        begun = begun.scatter(more.arg_true(), _squeezed(texts.filter(more)))
    return begun.bin.head(_BEGINNING)


def _squeezed(texts: pl.Series) -> pl.Series:
    """Texts in lower case without white space, as bytes: equal wherever the normal forms are, and much cheaper."""
    texts, data = joined(texts, normal_form)
    squeezed = data.translate(_LOWER, _SPACES).split(b"\0") if len(texts) else []
    if len(squeezed) != len(texts):  # some hold zero bytes
        return texts.str.to_lowercase().str.replace_all(r"\s+", "").cast(pl.Binary)
    return pl.Series(squeezed, dtype=pl.Binary)
