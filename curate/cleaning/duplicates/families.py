"""Families of a template: rows made from one text with other words in the same places. They are alike, and no copies.

A near copy differs from its original here and there; the rows of a template differ in one and the same place. So in
each cluster of near copies the frame (shingles that at least half of its rows have) is learned, and where the rows
leave it: a place at which at least half of the rows leave it, for at least three different contents, is a slot, and the
cluster a family. Its rows are then compared by what is not frame.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.overlap import Sets
from curate.text.minhash import Small
from curate.text.shingles import Places

SMALLEST = 4
"""Rows of a family at least: of three, two may well have been edited in the same place by chance."""
LARGEST = 256
"""Rows a frame is learned from at most, taken evenly over a cluster."""
SHARE = 0.5
CONTENTS = 3


class Family(NamedTuple):
    """Rows of one template, and the sorted shingles of its frame."""

    rows: Rows
    frame: Small


def families(sets: Sets, leader: Rows) -> list[Family]:
    """The clusters whose rows come from a template. leader: the row that stays in each row's place."""
    led = np.flatnonzero(leader != np.arange(len(leader)))
    order = led[np.argsort(leader[led], kind="stable")]
    if not len(led):
        return []
    heads, begins = np.unique(leader[order], return_index=True)
    found: list[Family] = []
    for head, members in zip(heads, np.split(order, begins[1:]), strict=True):
        if len(members) + 1 >= SMALLEST:
            rows = np.append(members, head)
            frame = _frame(sets, rows[np.linspace(0, len(rows) - 1, min(len(rows), LARGEST)).astype(np.int64)])
            if frame is not None:
                found.append(Family(rows, frame))
    return found


def without(sets: Sets, frames: Small) -> Sets:
    """The same rows without the shingles of frames (sorted)."""
    places = np.minimum(np.searchsorted(frames, sets.flat), len(frames) - 1)
    stays = frames[places] != sets.flat
    total = np.concatenate([[0], np.cumsum(stays)])
    return Sets(sets.flat[stays], total[sets.starts])


def _frame(sets: Sets, rows: Rows) -> Small | None:
    """The shingles of the frame of some rows, or None when they have no slot."""
    flat, counts = sets.of(rows)
    row = np.repeat(np.arange(len(rows)), counts)
    shingle, code = np.unique(flat, return_inverse=True)
    once = np.unique(row.astype(np.int64) << 32 | code)
    framed = np.bincount(once & 0xFFFFFFFF, minlength=len(shingle)) >= SHARE * len(rows)
    inside = framed[code]
    return shingle[framed] if _has_slot(inside, code, row, flat) else None


def _has_slot(inside: NDArray[np.bool_], code: Places, row: Places, flat: Small) -> bool:
    """Whether half of the rows leave the frame at one place, for contents of which three differ.

    A place is the last shingle of the frame before a run of others; a row that begins outside has place -1.
    """
    first = np.concatenate([[True], row[1:] != row[:-1]])
    leaves = ~inside & (first | np.concatenate([[False], inside[:-1]]))
    if not leaves.any():
        return False
    begins = np.flatnonzero(leaves)
    place = np.where(first[begins], -1, code[begins - 1])
    run = np.cumsum(leaves) - 1
    content = np.zeros(len(begins), np.uint64)
    np.add.at(content, run[~inside], flat[~inside].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    rows = len(np.unique(row))
    for here in np.unique(place):
        at = place == here
        if len(np.unique(row[begins[at]])) >= SHARE * rows and len(np.unique(content[at])) >= CONTENTS:
            return True
    return False
