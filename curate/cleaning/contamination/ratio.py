"""The way of OpenThoughts: how much two texts are alike, character by character, as rapidfuzz's `fuzz.ratio` has it.

The ratio of texts of m and n characters is 2 LCS / (m + n), LCS being the length of their longest common subsequence.
The reference compares every row with every item; here two bounds of the LCS rule out nearly all pairs first, and no
verdict changes: it is at most the length of the shorter, and at most what the counts of characters have in common.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.cleaning.contamination.pairs import SPAN_CHARACTERS, pairs_frame

I32 = npt.NDArray[np.int32]

COARSE, FINE = 16, 256
"""Classes of characters that are counted: few for all pairs, many for what is left."""

ROWS = 128
"""Rows that are compared at once; with them their matrix stays within some 20 MB."""


def name_entries(items: pl.DataFrame) -> pl.DataFrame:
    """The items with `entry`, the same for items of the same text."""
    return items.with_columns(entry=(pl.col("text").rank("dense") - 1).cast(pl.Int64))


def ratio_pairs(texts: pl.Series, items: pl.DataFrame, ratio: float) -> pl.DataFrame:
    """All rows and entries with a ratio of at least `ratio`, in [0, 100]; nulls are never alike."""
    said = items.unique("entry", keep="first").sort("entry")["text"].to_list()
    rows = texts.to_list()
    numbers = [number for number, text in enumerate(rows) if text]
    order = sorted(numbers, key=lambda number: len(rows[number]))
    entries = sorted(range(len(said)), key=lambda entry: len(said[entry]))
    sizes = np.array([len(said[entry]) for entry in entries])
    coarse, fine = _counts([said[entry] for entry in entries])
    share = ratio / 100
    found = []
    for start in range(0, len(order), ROWS):
        part = order[start : start + ROWS]
        # 2 min(m, n) / (m + n) >= share bounds the lengths worth a look on both sides
        low = np.searchsorted(sizes, len(rows[part[0]]) * share / (2 - share) - 1e-6)
        high = np.searchsorted(sizes, len(rows[part[-1]]) * (2 - share) / share + 1e-6, "right")
        if low == high:
            continue
        for row, entry in _alike(
            [rows[number] for number in part], coarse[low:high], fine[low:high], sizes[low:high], share
        ):
            number, other = part[row], entries[low + entry]
            alike = text_ratio(rows[number], said[other], share)
            if alike >= share:
                found.append((number, other, alike, rows[number][:SPAN_CHARACTERS]))
    return pairs_frame(
        [pl.DataFrame(found, schema=["row", "entry", "similarity", "span"], orient="row")] if found else []
    )


def _alike(texts: list[str], coarse: I32, fine: I32, sizes: I32, share: float) -> list[tuple[int, int]]:
    """Pairs whose counts of characters allow a ratio of `share`."""
    ours, finer = _counts(texts)
    lengths = np.array([len(text) for text in texts])
    least = share * (lengths[:, None] + sizes[None, :]) / 2 - 1e-6
    shared = np.zeros(least.shape, np.int32)
    for one in range(COARSE):
        shared += np.minimum(ours[:, one, None], coarse[None, :, one])
    near = np.argwhere(shared >= least)
    kept = np.minimum(finer[near[:, 0]], fine[near[:, 1]]).sum(axis=1) >= least[near[:, 0], near[:, 1]]
    return [(int(row), int(entry)) for row, entry in near[kept]]


def _counts(texts: list[str]) -> tuple[I32, I32]:
    """How often characters of each class stand in each text, in few classes and in many."""
    joined = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    fine = np.bincount(owner * FINE + joined % FINE, minlength=len(texts) * FINE).reshape(-1, FINE).astype(np.int32)
    return fine.reshape(len(texts), FINE // COARSE, COARSE).sum(axis=1, dtype=np.int32), fine


def text_ratio(one: str, other: str, least: float = 0.0) -> float:
    """2 LCS / (m + n), in [0, 1]; 0 when it is less than `least`. Two empty texts are alike.

    The LCS by bits, 64 and more characters a step (Hyyrö 2004, "Bit-parallel LCS-length computation revisited").

    >>> text_ratio("lewenstein", "levenshtein")
    0.8571428571428571
    """
    total = len(one) + len(other)
    if not total:
        return 1.0
    begin = 0
    shortest = min(len(one), len(other))
    while begin < shortest and one[begin] == other[begin]:
        begin += 1
    end = 0
    while end < shortest - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    one, other = one[begin : len(one) - end], other[begin : len(other) - end]
    alike = 2 * (begin + end + _lcs(one, other)) / total
    return alike if alike >= least else 0.0


def _lcs(one: str, other: str) -> int:
    places: dict[str, int] = {}
    for place, char in enumerate(one):
        places[char] = places.get(char, 0) | 1 << place
    every = (1 << len(one)) - 1
    state = every
    for char in other:
        matched = state & places.get(char, 0)
        state = ((state + matched) | (state - matched)) & every
    return len(one) - state.bit_count()
