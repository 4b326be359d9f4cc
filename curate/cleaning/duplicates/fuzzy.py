"""Near copies: MinHash finds candidates, the true Jaccard similarity of word shingles decides."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows, meetings
from curate.cleaning.duplicates.codelike import looks_like_code
from curate.cleaning.duplicates.families import families, in_slots
from curate.cleaning.duplicates.overlap import Sets, jaccard
from curate.cleaning.duplicates.pairs import Pairs, joined, leaders, no_pairs
from curate.cleaning.duplicates.quantities import other_numbers
from curate.text.minhash import Bands, band_keys
from curate.text.shingles import Hashes, Places, Small, batches, shingles

BELOW = 0.1
"""Pairs so far below the threshold are kept as well, so that it can be moved without a second search."""
TEXT_AT_ONCE = 64 << 20
"""Bytes of text that pairs are tested on at once."""
LOOKS = 4
"""Rounds in which families are looked for: taking one apart may show the next."""


@dataclass(frozen=True)
class Found:
    """Pairs that are alike; and those that are, but are not taken for copies, by the reason."""

    pairs: Pairs
    spared: dict[str, Pairs] = field(default_factory=dict)


@dataclass(frozen=True)
class Compared:
    """What is known of the rows.

    keys: of one band at a time, shape (rows,). texts: of some rows. sizes: bytes of each text.
    """

    sets: Sets
    keys: Callable[[int], Hashes]
    texts: Callable[[Rows], pl.Series]
    bands: Bands
    sizes: NDArray[np.int64]


def read(texts: pl.Series, skip: NDArray[np.bool_], bands: Bands) -> Compared:
    """Shingle and hash a column in batches, over the cores of the machine; the result does not depend on their number.

    skip: rows that meet nobody (they equal a row that is looked at).
    """

    def one(batch: pl.Series) -> tuple[Small, Places, Hashes]:
        made = shingles(batch)
        return made.flat, made.counts, band_keys(made.flat, made.starts, bands)

    keep_freed_memory()
    looked_at = texts if not skip.any() else texts.scatter(np.flatnonzero(skip), None)
    with ThreadPoolExecutor(cores()) as pool:
        parts = list(pool.map(one, batches(looked_at)))
    flat = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.uint32)
    starts = np.concatenate([[0], *(part[1] for part in parts)]).cumsum()
    keys = np.concatenate([part[2] for part in parts], axis=1) if parts else np.zeros((bands.bands, 0), np.uint64)
    sizes = texts.str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
    return Compared(Sets(flat, starts), lambda band: keys[band], texts.gather, bands, sizes)


def keep_freed_memory() -> None:
    """Let the C library keep freed arrays for the next ones, where it would give each back to the kernel.

    Asked for again page by page, they cost a quarter of the whole run. glibc keeps what is smaller than the largest
    block that was ever freed, up to 32 MB (mallopt(3), M_MMAP_THRESHOLD); this one is never touched, so it is free.
    """
    np.empty((32 << 20) - 8192, np.uint8)


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def find(
    compared: Compared, order: Rows, threshold: float, *, numbers: bool, code: bool, template: bool, fixed: int = 0
) -> Found:
    """Pairs of at least `threshold` - 0.1, verified.

    order: row numbers, best first. numbers: pairs that differ in their numbers above all are no copies. code: near
    copies of code are. template: siblings of a template are copies only if their slots are alike. fixed: so many rows,
    the first, stay whatever comes (those of an index).
    """
    floor = max(threshold - BELOW, 0.0)
    bands = (compared.keys(band)[order] for band in range(compared.bands.bands))
    pairs = verified(compared.sets, bands, order, floor, fixed)
    spared: dict[str, Pairs] = {}
    if not code:
        pairs, spared["code"] = apart(pairs, compared.texts, compared.sizes, both_code)
    if numbers:
        pairs, spared["numbers"] = apart(pairs, compared.texts, compared.sizes, other_numbers)
    if template:
        pairs, spared["template"] = _unmask(compared, pairs, order, floor, fixed)
    return Found(pairs, {why: some for why, some in spared.items() if len(some.left)})


def verified(sets: Sets, bands: Iterable[Hashes], order: Rows, floor: float, fixed: int = 0) -> Pairs:
    """Pairs that share a key and at least `floor` of their shingles. bands: keys in the order of `order`."""
    left, right = meetings(bands)
    left, right = order[left[right >= fixed]], order[right[right >= fixed]]
    similarity = jaccard(sets, left, right)
    return Pairs(left, right, similarity).where((similarity >= floor) & (similarity > 0))


def apart(
    pairs: Pairs,
    texts: Callable[[Rows], pl.Series],
    sizes: NDArray[np.int64],
    test: Callable[[pl.Series, Pairs], NDArray[np.bool_]],
) -> tuple[Pairs, Pairs]:
    """Pairs that fail a test on their texts, and those that pass it. sizes: bytes of each text."""
    passes = np.zeros(len(pairs.left), bool)
    ends = np.cumsum(sizes[pairs.left] + sizes[pairs.right])
    low = 0
    while low < len(passes):
        high = max(low + 1, int(np.searchsorted(ends, (ends[low - 1] if low else 0) + TEXT_AT_ONCE)))
        left, right = pairs.left[low:high], pairs.right[low:high]
        rows = np.unique(np.concatenate([left, right]))
        local = Pairs(np.searchsorted(rows, left), np.searchsorted(rows, right), pairs.similarity[low:high])
        passes[low:high] = test(texts(rows), local)
        low = high
    return pairs.where(~passes), pairs.where(passes)


def both_code(texts: pl.Series, pairs: Pairs) -> NDArray[np.bool_]:
    """Which pairs are of code."""
    code = looks_like_code(texts).to_numpy()
    return np.asarray(code[pairs.left] & code[pairs.right])


def _unmask(compared: Compared, pairs: Pairs, order: Rows, floor: float, fixed: int) -> tuple[Pairs, Pairs]:
    """Pairs with those of families judged again by their slots, and the pairs that this parted."""
    parted = no_pairs()
    for _ in range(LOOKS):
        leader, _ = leaders(order, pairs)
        found = families(compared.sets, leader)
        if not found:
            break
        templated = np.zeros(len(order), bool)
        templated[np.concatenate([family.rows for family in found])] = True
        touched = templated[pairs.left] | templated[pairs.right]
        again, others = pairs.where(touched), pairs.where(~touched)
        rows = np.unique(np.concatenate([again.left, again.right, np.flatnonzero(templated)]))
        flat, counts = compared.sets.of(rows)
        slots = in_slots(Sets(flat, np.concatenate([[0], np.cumsum(counts)])), found)
        judged = _judged(slots, rows, again)
        stays = judged.similarity >= floor
        anew = _anew(compared, slots, rows, order, floor)
        parted = joined(parted, again.where(~stays))
        anew = anew.where((anew.left >= fixed) | (anew.right >= fixed))
        pairs = _once(joined(others, judged.where(stays), anew))
        if stays.all():
            break
    return pairs, parted


def _judged(slots: Sets, rows: Rows, pairs: Pairs) -> Pairs:
    """Pairs no more alike than their slots are; two rows that leave the frame in none are as alike as before."""
    left, right = np.searchsorted(rows, pairs.left), np.searchsorted(rows, pairs.right)
    counts = np.diff(slots.starts)
    bare = (counts[left] == 0) & (counts[right] == 0)
    return pairs._replace(similarity=np.minimum(pairs.similarity, np.where(bare, 1, jaccard(slots, left, right))))


def _anew(compared: Compared, slots: Sets, rows: Rows, order: Rows, floor: float) -> Pairs:
    """Pairs alike in their slots that the frame had hidden: all rows of a family meet in one bucket."""
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    local = np.argsort(rank[rows], kind="stable")
    keys = band_keys(slots.flat, slots.starts, compared.bands)
    alike = verified(slots, (band[local] for band in keys), local, floor)
    left, right = rows[alike.left], rows[alike.right]
    similarity = np.minimum(alike.similarity, jaccard(compared.sets, left, right))
    return Pairs(left, right, similarity).where(similarity >= floor)


def _once(pairs: Pairs) -> Pairs:
    """Each pair once, as it was found first."""
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    _, first = np.unique(low << 32 | high, return_index=True)
    return pairs.where(np.isin(np.arange(len(low)), first))
