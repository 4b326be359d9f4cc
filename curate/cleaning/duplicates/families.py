"""Families of a template: rows made from one text with other words in the same places. They are alike, and no copies.

A near copy differs from its original here and there; the rows of a template differ in one and the same place. So in
each cluster of near copies the frame (shingles that at least half of its rows have) is learned, and where the rows
leave it: a place at which at least half of the rows leave it, for at least three different contents, is a slot, and the
cluster a family. Two of its rows are copies only if what stands in their slots is alike as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.overlap import Sets
from curate.text.shingles import Small

SMALLEST = 4
"""Rows of a family at least: of three, two may well have been edited in the same place by chance."""
LARGEST = 256
"""Rows a frame is learned from at most, taken evenly over a cluster."""
SHARE = 0.5
CONTENTS = 3


class Family(NamedTuple):
    """Rows of one template, the sorted shingles of its frame, and those after which a slot begins.

    slots may hold START: the rows begin with one.
    """

    rows: Rows
    frame: Small
    slots: Slots


Slots = NDArray[np.int64]
START = -1


def families(sets: Sets, leader: Rows) -> list[Family]:
    """The clusters whose rows come from a template. leader: the row that stays in each row's place."""
    led = np.flatnonzero(leader != np.arange(len(leader)))
    if not len(led):
        return []
    order = led[np.argsort(leader[led], kind="stable")]
    heads, begins = np.unique(leader[order], return_index=True)
    found: list[Family] = []
    for head, members in zip(heads, np.split(order, begins[1:]), strict=True):
        if len(members) + 1 >= SMALLEST:
            rows = np.append(members, head)
            looked_at = rows[np.linspace(0, len(rows) - 1, min(len(rows), LARGEST)).astype(np.int64)]
            frame, slots = _learned(sets, looked_at)
            if len(slots) and len(frame):
                found.append(Family(rows, frame, slots))
    return found


def in_slots(sets: Sets, found: list[Family]) -> Sets:
    """The same rows with nothing but the shingles that stand in the slots of families."""
    frames = np.unique(np.concatenate([family.frame for family in found]))
    slots = np.unique(np.concatenate([family.slots for family in found]))
    places = np.minimum(np.searchsorted(frames, sets.flat), len(frames) - 1)
    row = np.repeat(np.arange(len(sets.starts) - 1), np.diff(sets.starts))
    run, begins, place = _runs(frames[places] == sets.flat, row, sets.flat)
    stays = np.zeros(len(sets.flat), bool)
    if len(begins):
        stays[run >= 0] = np.isin(place, slots)[run[run >= 0]]
    total = np.concatenate([[0], np.cumsum(stays)])
    return Sets(sets.flat[stays], total[sets.starts])


def _learned(sets: Sets, rows: Rows) -> tuple[Small, Slots]:
    """The frame of some rows, and its slots: places where half of them leave it, for contents of which three differ."""
    flat, counts = sets.of(rows)
    row = np.repeat(np.arange(len(rows)), counts)
    shingle, code = np.unique(flat, return_inverse=True)
    once = np.unique(row.astype(np.int64) << 32 | code)
    framed = np.bincount(once & 0xFFFFFFFF, minlength=len(shingle)) >= SHARE * len(rows)
    run, begins, place = _runs(framed[code], row, flat)
    content = np.zeros(len(begins), np.uint64)
    np.add.at(content, run[run >= 0], flat[run >= 0] * np.uint64(0x9E3779B97F4A7C15))
    slots = []
    for here in np.unique(place):
        at = place == here
        many = len(np.unique(row[begins[at]])) >= SHARE * len(rows)
        if many and len(np.unique(content[at])) >= CONTENTS:
            slots.append(here)
    return shingle[framed], np.array(slots, np.int64)


def _runs(inside: NDArray[np.bool_], row: Rows, flat: Small) -> tuple[Rows, Rows, Slots]:
    """Runs of shingles outside the frame: the run of each (-1 inside), where each run begins, and after what."""
    first = np.concatenate([[True], row[1:] != row[:-1]])[: len(row)]
    leaves = ~inside & (first | np.concatenate([[False], inside[:-1]])[: len(row)])
    begins = np.flatnonzero(leaves)
    run = np.where(inside, -1, np.cumsum(leaves) - 1)
    return run, begins, np.where(first[begins], START, flat[begins - 1].astype(np.int64))
