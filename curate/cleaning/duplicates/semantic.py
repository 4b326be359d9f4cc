"""Rows that mean the same: embeddings, a blocked search for near pairs, and a check of what embeddings do not see.

Abbas et al., "SemDeDup" (2023): above ALL_PAIRS rows, rows are grouped by k-means and compared within their groups.
Differs in that a row joins its two nearest groups, so that few pairs are lost at the borders; in that the keep rule
decides which row stays, not the distance from the centre; and in that the facts of a pair must agree (see `facts`): at
0.9 MiniLM finds 84% of problems the same as themselves with other numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates import facts
from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.families import families, in_slots
from curate.cleaning.duplicates.fuzzy import Found, apart, both_code
from curate.cleaning.duplicates.overlap import Sets, jaccard
from curate.cleaning.duplicates.pairs import Pairs, joined, leaders, no_pairs
from curate.errors import DataError
from curate.text.embed import Encoder
from curate.text.shingles import Hashes, batches, shingles

Vectors = NDArray[np.float32]

BELOW = 0.02
"""Pairs so far below the threshold are kept as well, so that it can be moved without a second search."""
BLOCK = 2048
"""Rows on each side of a product: 16 MB of similarities at a time."""
NEAREST = 16
"""Pairs a row has at most with better rows of each kind: its nearest, and its nearest of those that stay."""
ALL_PAIRS = 100_000
"""Rows up to which all pairs are compared: half a minute of one core at 384 dimensions."""
SLOTS_ALIKE = 0.5
"""Jaccard similarity of what stands in the slots of a template, from which on its siblings may be copies."""
DIGITS = 5
GROUP_ROWS = 4_096
ENCODED_AT_ONCE = 8_192
STEPS, SAMPLE = 8, 64
"""Rounds of k-means, and rows a group that its centre is learned from."""


class Embedded(NamedTuple):
    """What is known of the rows. places: of each row that may meet others, where its vector stands; -1 for the rest.

    vectors: shape (vectors, dim), of length 1; may lie on disk. keys: of each row, see `facts`. texts: of some rows.
    sizes: bytes of each text.
    """

    places: Rows
    vectors: Vectors
    keys: Hashes
    texts: Callable[[Rows], pl.Series]
    sizes: NDArray[np.int64]


def embedded(texts: pl.Series, skip: NDArray[np.bool_], encoder: Encoder) -> Embedded:
    """Encode a column. skip: rows that meet nobody (they equal a row that is looked at)."""
    rows, vectors = vectors_of(texts, skip, encoder)
    places = np.full(len(texts), -1)
    places[rows] = np.arange(len(rows))
    sizes = texts.str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
    keys = [facts.keys(batch) for batch in batches(texts)]
    return Embedded(places, vectors, np.concatenate([np.zeros(0, np.uint64), *keys]), texts.gather, sizes)


def vectors_of(texts: pl.Series, skip: NDArray[np.bool_], encoder: Encoder) -> tuple[Rows, Vectors]:
    """The rows that have a vector, and those: none for what is skipped, null, blank, or without a word to read.

    Raises DataError for a broken encoder.
    """
    wanted = np.flatnonzero(~skip & texts.str.contains(r"\S").fill_null(value=False).to_numpy())
    made: list[Vectors] = []
    for low in range(0, len(wanted), ENCODED_AT_ONCE):
        rows = wanted[low : low + ENCODED_AT_ONCE]
        part = np.asarray(encoder.encode(texts.gather(rows).to_list()), np.float32)
        if part.ndim != 2 or len(part) != len(rows) or not np.isfinite(part).all():
            raise DataError(
                f"encoder {encoder.identity}: {len(rows)} texts gave vectors of shape {part.shape}"
                f"{'' if np.isfinite(part).all() else ' that are not all finite'}; one finite vector a text is needed"
            )
        made.append(part)
    vectors = np.concatenate(made) if made else np.zeros((0, 1), np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    read = lengths[:, 0] > 0
    return wanted[read], vectors[read] / lengths[read]


def find(
    compared: Embedded,
    order: Rows,
    threshold: float,
    *,
    numbers: bool,
    code: bool,
    template: bool,
    groups: bool | None,
    fixed: int = 0,
) -> Found:
    """Pairs of at least `threshold` - 0.02, checked. groups: compare within groups; None goes by the number of rows.

    order: row numbers, best first. fixed: so many rows, the first, stay whatever comes (those of an index).
    """
    filled = order[compared.places[order] >= 0]
    grouped = len(order) > ALL_PAIRS if groups is None else groups
    keys = compared.keys if numbers else np.zeros_like(compared.keys)
    parts = _groups(compared, filled) if grouped else [filled]
    near = [_near(compared, keys, rows, threshold, fixed) for rows in parts]
    pairs = joined(no_pairs(), *near)
    pairs = _once(pairs) if grouped else pairs
    spared: dict[str, Pairs] = {}
    same = keys[pairs.left] == keys[pairs.right]
    pairs, spared["facts"] = pairs.where(same), pairs.where(~same)
    if not code:
        pairs, spared["code"] = apart(pairs, compared.texts, compared.sizes, both_code)
    if numbers:
        pairs, spared["order"] = apart(pairs, compared.texts, compared.sizes, facts.other_order)
        pairs, spared["names"] = apart(pairs, compared.texts, compared.sizes, facts.other_names)
    if template:
        other = _other_contents(compared, pairs, order)
        pairs, spared["template"] = pairs.where(~other), pairs.where(other)
    return Found(pairs, {why: some for why, some in spared.items() if len(some.left)})


def _other_contents(compared: Embedded, pairs: Pairs, order: Rows) -> NDArray[np.bool_]:
    """Which pairs are siblings of a template whose slots differ: its frame makes vectors alike (see `families`)."""
    other = np.zeros(len(pairs.left), bool)
    leader = _together(order, pairs)
    rows = np.unique(np.concatenate([pairs.left, pairs.right]))
    made = [shingles(batch) for batch in batches(compared.texts(rows))]
    starts = np.concatenate([[0], *(one.counts for one in made)]).cumsum()
    sets = Sets(np.concatenate([np.zeros(0, np.uint32), *(one.flat for one in made)]), starts)
    found = families(sets, np.searchsorted(rows, leader[rows]))
    if found:
        slots = in_slots(sets, found)
        left, right = np.searchsorted(rows, pairs.left), np.searchsorted(rows, pairs.right)
        filled = np.diff(slots.starts) > 0
        other = (filled[left] | filled[right]) & (jaccard(slots, left, right) < SLOTS_ALIKE)
    return other


def _together(order: Rows, pairs: Pairs) -> Rows:
    """For each row the best row that it, or one alike to it, is alike to: what that joins may come from one template.

    Rows of an index are in no pair with each other, and are joined by the new row that is alike to them.
    """
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    best = rank.copy()
    np.minimum.at(best, pairs.right, rank[pairs.left])
    np.minimum.at(best, pairs.left, best[pairs.right])
    return order[best]


def _near(compared: Embedded, keys: Hashes, rows: Rows, threshold: float, fixed: int) -> Pairs:
    """Pairs of rows (best first) that are alike: for each row its nearest, and its nearest of those that stay.

    A row stays unless a better row of the same facts stays that is as alike as `threshold`. So a row whose nearest rows
    all leave still meets what it would leave for.
    """
    stays, found = np.ones(len(rows), bool), [no_pairs()]
    for start in range(int((rows < fixed).sum()), len(rows), BLOCK):
        end = min(start + BLOCK, len(rows))
        near = no_pairs()
        for low in range(0, start, BLOCK):
            met = _alike(compared, rows, (low, min(low + BLOCK, start)), (start, end), threshold - BELOW)
            near = _nearest(joined(near, met), keys[rows], stays)
        own = _alike(compared, rows, (start, end), (start, end), threshold - BELOW)
        _settle(joined(near, own), keys[rows], threshold, stays, start)
        found.append(_nearest(joined(near, own), keys[rows], stays))
    pairs = joined(*found)
    return Pairs(rows[pairs.left], rows[pairs.right], pairs.similarity)


def _alike(compared: Embedded, rows: Rows, left: tuple[int, int], right: tuple[int, int], floor: float) -> Pairs:
    """Places of two spans that are at least `floor` alike, the better on the left.

    Similarities are rounded: products of blocks of other sizes differ in their last digits.
    """
    one, two = (compared.vectors[compared.places[rows[low:high]]] for low, high in (left, right))
    alike = np.round(one @ two.T, DIGITS)
    better, other = np.nonzero(alike >= np.float32(round(floor, DIGITS)))
    similarity = np.minimum(alike[better, other].astype(np.float64).round(DIGITS), 1)
    pairs = Pairs(left[0] + better, right[0] + other, similarity)
    return pairs.where(pairs.left < pairs.right)


def _settle(pairs: Pairs, keys: Hashes, threshold: float, stays: NDArray[np.bool_], start: int) -> None:
    """Mark the places from `start` on that leave. pairs: all that such a place makes with a better one that stays."""
    pairs = pairs.where((pairs.similarity >= threshold) & (keys[pairs.left] == keys[pairs.right]))
    earlier = pairs.left < start
    stays[pairs.right[earlier & stays[pairs.left]]] = False
    own = pairs.where(~earlier)
    own = own.where(stays[own.left] & stays[own.right])
    leader, _ = leaders(np.arange(len(stays) - start), own._replace(left=own.left - start, right=own.right - start))
    stays[start:] &= leader == np.arange(len(leader))


def _nearest(pairs: Pairs, keys: Hashes, stays: NDArray[np.bool_]) -> Pairs:
    """For each right place the NEAREST left ones of each kind: of the same facts or others, staying or not."""
    if len(pairs.left) <= NEAREST:
        return pairs
    kind = pairs.right * 4 + 2 * (keys[pairs.left] == keys[pairs.right]) + stays[pairs.left]
    by_likeness = np.lexsort((pairs.left, -pairs.similarity, kind))
    begins = np.flatnonzero(np.concatenate([[True], np.diff(kind[by_likeness]) != 0]))
    nth = np.arange(len(kind)) - np.repeat(begins, np.diff(np.append(begins, len(kind))))
    chosen = by_likeness[nth < NEAREST]
    return pairs.where(np.isin(np.arange(len(kind)), chosen))


def _groups(compared: Embedded, rows: Rows) -> Iterator[Rows]:
    """Rows of each group of nearby vectors, best first; each row is in its two nearest groups."""
    places, vectors = compared.places[rows], compared.vectors
    count = max(2, len(rows) // GROUP_ROWS)
    centres = _centres(vectors, places, count)
    nearest = np.empty((len(rows), 2), np.int64)
    for low in range(0, len(rows), BLOCK):
        alike = vectors[places[low : low + BLOCK]] @ centres.T
        nearest[low : low + BLOCK] = np.argpartition(-alike, 1, axis=1)[:, :2]
    member = np.concatenate([nearest[:, 0], nearest[:, 1]])
    place = np.tile(np.arange(len(rows)), 2)
    by_group = np.lexsort((place, member))
    sizes = np.bincount(member, minlength=count)
    for part in np.split(place[by_group], np.cumsum(sizes)[:-1]):
        yield rows[part]


def _centres(vectors: Vectors, places: Rows, count: int) -> Vectors:
    """Spherical k-means on vectors taken evenly, begun at some taken evenly: the same data has the same groups."""
    sample = vectors[places[np.linspace(0, len(places) - 1, min(len(places), count * SAMPLE)).astype(np.int64)]]
    centres = sample[np.linspace(0, len(sample) - 1, count).astype(np.int64)].copy()
    for _ in range(STEPS):
        nearest = np.concatenate(
            [(sample[low : low + BLOCK] @ centres.T).argmax(1) for low in range(0, len(sample), BLOCK)]
        )
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, sample)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), centres).astype(np.float32)
    return centres


def _once(pairs: Pairs) -> Pairs:
    _, first = np.unique(pairs.left << 32 | pairs.right, return_index=True)
    return Pairs(pairs.left[first], pairs.right[first], pairs.similarity[first])
