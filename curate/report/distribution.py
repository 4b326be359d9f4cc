"""Lengths as numbers: quantiles, a histogram, what a limit cuts off, what padding and packing waste."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Lengths: TypeAlias = "NDArray[np.int64]"

TAIL = 4.0
"""A histogram ends at the 99th percentile (and says so) when the longest row is this many times beyond it."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Rows in equal bins. edges: one more than counts, from 0. open_end: the last bin also holds all longer rows."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Distribution:
    """Lengths of some rows. total: their sum. All other numbers are 0 when there are no rows."""

    rows: int
    total: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: int
    histogram: Histogram


def distribution(lengths: Lengths, bins: int = 50, end: float | None = None) -> Distribution:
    """Quantiles (linear between rows) and a histogram of `bins` bins. lengths: shape (rows,), not negative.

    end: where the histogram ends; see `histogram`.

    >>> found = distribution(np.array([10, 20, 30]), bins=2)
    >>> found.p50, found.histogram.edges, found.histogram.counts
    (20.0, (0.0, 15.0, 30.0), (1, 2))
    """
    if not lengths.size:
        return Distribution(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, histogram(lengths, bins, end))
    p50, p90, p95, p99 = (round(float(value), 1) for value in np.quantile(lengths, (0.5, 0.9, 0.95, 0.99)))
    return Distribution(
        int(lengths.size), int(lengths.sum()), round(float(lengths.mean()), 2), p50, p90, p95, p99, int(lengths.max()),
        histogram(lengths, bins, end),
    )  # fmt: skip


def histogram(lengths: Lengths, bins: int, end: float | None = None) -> Histogram:
    """Rows in `bins` equal bins from 0 to `end`; what is longer goes into the last bin.

    end: given to compare several histograms, else the longest row, or 1.25 times the 99th percentile where the longest
    is more than `TAIL` times that percentile (one row of a million tokens would leave the others in one bar).
    """
    if end is None:
        end = axis_end(lengths)
    counts, edges = np.histogram(np.minimum(lengths, end), bins=bins, range=(0, end))
    beyond = bool(lengths.size) and bool(lengths.max() > end)
    return Histogram(tuple(float(edge) for edge in edges), tuple(int(number) for number in counts), beyond)


def axis_end(lengths: Lengths) -> float:
    """Where a histogram of these lengths should end, at least 1."""
    if not lengths.size:
        return 1.0
    longest, limit = float(lengths.max()), outlier(lengths)
    return max(1.0, limit / TAIL * 1.25 if longest > limit else longest)


def outlier(lengths: Lengths) -> float:
    """Longer rows are outliers: `TAIL` times the 99th percentile, of the row just below it where it is between rows.

    >>> outlier(np.array([100, 120, 90_000]))
    480.0
    """
    return TAIL * float(np.quantile(lengths, 0.99, method="lower")) if lengths.size else 0.0


def truncation_loss(lengths: Sequence[int] | Lengths, max_length: int) -> float:
    """Share of all tokens that lie beyond `max_length`.

    The measure of the trl-lib dataset-length-profiler, over every row instead of a sample of 1,000.

    lengths: tokens per row after the chat template, shape (rows,). No rows lose nothing.
    max_length: tokens kept from the left of each row, at least 1.
    Returns a fraction in [0, 1]. Raises ValueError when max_length < 1.

    >>> truncation_loss([10, 30], max_length=20)
    0.25
    """
    if max_length < 1:
        raise ValueError(f"max_length must be at least 1 (got {max_length})")
    tokens = np.asarray(lengths, dtype=np.int64)
    total = int(tokens.sum())
    return float(np.maximum(tokens - max_length, 0).sum() / total) if total else 0.0


def padding_waste(lengths: Lengths, batch_size: int, max_length: int, seed: int = 0) -> float:
    """Share of a batch that is padding, over one epoch of shuffled batches, each padded to its longest row.

    Rows are cut at `max_length` first. Returns a fraction in [0, 1); no rows waste nothing.

    >>> padding_waste(np.array([1, 3]), batch_size=2, max_length=100)
    0.3333333333333333
    """
    if not lengths.size:
        return 0.0
    cut = np.minimum(np.random.default_rng(seed).permutation(lengths), max_length)
    starts = np.arange(0, cut.size, batch_size)
    longest = np.maximum.reduceat(cut, starts)
    sizes = np.diff(np.append(starts, cut.size))
    room = int((longest * sizes).sum())
    return (room - int(cut.sum())) / room if room else 0.0


def packing_efficiency(lengths: Lengths, max_length: int) -> float:
    """Share of packed sequences of `max_length` tokens that are tokens of rows, by best-fit decreasing.

    The packing of `SFTConfig(packing=True)` (TRL's strategy "bfd": rows stay whole, longer ones are cut), counted by
    length instead of by row: rows of one length are placed together, so a million rows take as long as their distinct
    lengths. Returns a fraction in [0, 1]; no rows waste nothing.

    >>> packing_efficiency(np.array([6, 4, 5]), max_length=10)
    0.75
    """
    cut = np.minimum(lengths[lengths > 0], max_length)
    if not cut.size:
        return 1.0
    bins = 0
    room: dict[int, int] = {}  # space left -> open bins with that much
    spaces: list[int] = []  # the keys of `room`, in order
    values, numbers = np.unique(cut, return_counts=True)
    for length, rows in zip(values[::-1].tolist(), numbers[::-1].tolist(), strict=True):
        left = rows
        while left:
            place = bisect_left(spaces, length)
            space = spaces[place] if place < len(spaces) else max_length
            opened = space == max_length and space not in room
            each = min(space // length, left)  # after the first row a bin is still the tightest that fits
            used = left // each if opened else min(room[space], left // each)
            bins += used if opened else 0
            if not opened:
                room[space] -= used
                if not room[space]:
                    del room[space], spaces[place]
            rest = space - each * length
            if rest:
                if rest not in room:
                    insort(spaces, rest)
                room[rest] = room.get(rest, 0) + used
            left -= used * each
    return float(int(cut.sum()) / (bins * max_length))
