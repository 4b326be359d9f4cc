r"""Numbers in texts: two problems that differ in their numbers are two problems, however alike their words.

A quantity is a number with the sign or operator before it (`-1`, `* 3`, `= 12.5`, `40%`), or an operator before a
single letter (`+ x`).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.pairs import Pairs
from curate.text.normalise import not_ascii_by
from curate.text.shingles import Ragged, words

QUANTITY = r"[-+*/^=<>−×÷≤≥≠·]?\s?\d+(?:[.,]\d+)*%?|[-+*/^=<>−×÷≤≥≠·]\s?\pL\b"
WORDS_PER_NUMBER = 2
"""So many other words may differ for each number that differs, and the numbers are still what makes the difference."""
NUMBER_WORDS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30",
    "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
}  # fmt: skip
_SPELLED = rf"(?:\d|\b\pL)\s?[-−*/]\s?\d+|\d+(?:[.,]\d+)*|[+^=<>×÷≤≥]|\b(?:{'|'.join(NUMBER_WORDS)})\b"
_HALF = np.uint64(32)


def other_numbers(texts: pl.Series, pairs: Pairs) -> NDArray[np.bool_]:
    """Which pairs are the same words with other numbers.

    Each side has a number the other lacks, and for each number that differs at most two other words do. Text that was
    edited at random differs in words above all; a problem made from another's template in its numbers and names.

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
        other[other] = words_left + words_right <= WORDS_PER_NUMBER * numbers
    return other


def any_other_number(texts: pl.Series, pairs: Pairs) -> NDArray[np.bool_]:
    """Which pairs do not have the same numbers, as often, in any order; numbers in English words count as well."""
    found = quantities(texts, spelled=True)
    only_left, only_right = _lacking(found, pairs.left, pairs.right)
    return np.asarray((only_left > 0) | (only_right > 0))


def quantities(texts: pl.Series, spelled: bool = False) -> Ragged:
    """A hash of each quantity of each text. spelled: `three` is 3, and an operator stands for itself."""
    lower = not_ascii_by(texts.fill_null(""), lambda text: text.str.normalize("NFKC")).str.to_lowercase()
    listed = lower.str.extract_all(_SPELLED if spelled else QUANTITY)
    counts = listed.list.len().to_numpy().astype(np.int64)
    flat = listed.explode(empty_as_null=False, keep_nulls=False) if len(listed) else listed.explode()
    if spelled:
        flat = flat.str.replace_all(",", "", literal=True).replace(NUMBER_WORDS)
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
