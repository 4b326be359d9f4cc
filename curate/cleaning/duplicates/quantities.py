r"""Numbers in texts: two problems that differ in their numbers are two problems, however alike their words.

A quantity is a number with the sign or operator before it (`-1`, `* 3`, `= 12.5`, `40%`, `\sqrt2`), or an operator
before a single letter (`+ x`). Digits behind a letter are part of a name (`x1`, `word_12`, `utf8`).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.pairs import Pairs
from curate.text.normalise import not_ascii_by
from curate.text.shingles import Ragged, words

QUANTITY = r"[-+*/^=<>−×÷≤≥≠·]?\s?(?-u:\b)\d+(?:[.,]\d+)*%?|[-+*/^=<>−×÷≤≥≠·]\s?\pL\b|\\[a-z]+\d+"
WORDS_PER_NUMBER = 2
"""So many other words may differ for each number that differs, and the numbers are still what makes the difference."""
DATA = 30
"""So many numbers, and no fewer than the other words, are rows of data: their numbers are what is edited at random."""
_HALF = np.uint64(32)


def other_numbers(texts: pl.Series, pairs: Pairs) -> NDArray[np.bool_]:
    """Which pairs are the same words with other numbers.

    Each side has a number the other lacks, and for each number that differs at most two other words do. Text that was
    edited at random differs in words above all; a problem made from another's template in its numbers and names. Pairs
    of data (`DATA`) are none.

    texts: of all rows that pairs speak of.
    """
    found = quantities(texts)
    only_left, only_right = _lacking(found, pairs.left, pairs.right)
    other = (only_left > 0) & (only_right > 0)
    if other.any():
        suspects = pairs.where(other)
        rest = _without(texts, np.unique(np.concatenate([suspects.left, suspects.right])))
        words_left, words_right = _lacking(rest, suspects.left, suspects.right)
        numbers = only_left[other] + only_right[other]
        data = (found.counts >= DATA) & (found.counts >= rest.counts)
        few = words_left + words_right <= WORDS_PER_NUMBER * numbers
        other[other] = few & ~(data[suspects.left] & data[suspects.right])
    return other


def quantities(texts: pl.Series) -> Ragged:
    """A hash of each quantity of each text."""
    lower = not_ascii_by(texts.fill_null(""), lambda text: text.str.normalize("NFKC")).str.to_lowercase()
    listed = lower.str.extract_all(QUANTITY)
    counts = listed.list.len().to_numpy().astype(np.int64)
    flat = listed.explode(empty_as_null=False, keep_nulls=False) if len(listed) else listed.explode()
    flat = flat.str.replace_all(r"\s", "")
    return Ragged(flat.hash(seed=0).to_numpy(), np.concatenate([[0], np.cumsum(counts)]))


def _without(texts: pl.Series, rows: Rows) -> Ragged:
    """The words of some rows without their quantities; the other rows have none."""
    some = texts.gather(rows)
    told = words(some.str.replace_all(QUANTITY, " "))
    counts = np.zeros(len(texts), np.int64)
    counts[rows] = told.counts
    return Ragged(told.flat, np.concatenate([[0], np.cumsum(counts)]))


def _lacking(ragged: Ragged, left: Rows, right: Rows) -> tuple[Rows, Rows]:
    """How many of the left row's numbers the right one lacks, and the other way round, as often as they are there."""
    one, two = _counted(ragged, left), _counted(ragged, right)
    both = np.sort(np.concatenate([one, two]))
    same = both[1:][both[1:] == both[:-1]]
    shared = np.bincount((same >> _HALF).astype(np.int64), minlength=len(left))
    return ragged.counts[left] - shared, ragged.counts[right] - shared


def _counted(ragged: Ragged, rows: Rows) -> NDArray[np.uint64]:
    """Sorted numbers made of the pair, the hash, and the how-manieth of its kind it is in its row: no two are equal."""
    counts = ragged.counts[rows]
    ends = np.cumsum(counts)
    places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(ragged.starts[rows] - (ends - counts), counts)
    keys = np.repeat(np.arange(len(rows), dtype=np.uint64) << _HALF, counts) | (ragged.flat[places] >> _HALF)
    keys.sort()
    begins = np.concatenate([[True], keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, bool)
    nth = np.arange(len(keys)) - np.maximum.accumulate(np.where(begins, np.arange(len(keys)), 0))
    mixed = (keys & np.uint64(0xFFFFFFFF)) * np.uint64(0x9E3779B1) + nth.astype(np.uint64) * np.uint64(0x85EBCA77)
    return np.asarray((keys & ~np.uint64(0xFFFFFFFF)) | (mixed & np.uint64(0xFFFFFFFF)))
