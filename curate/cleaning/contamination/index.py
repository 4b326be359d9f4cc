"""The index of a set of benchmarks: which windows of letters lead to which items. Built once, kept on disk, reused.

Equal items (of one benchmark or of several) are one entry; entries that differ in numbers alone are one family, and
windows, which leave numbers out, lead to families; `building` says which. Formulas and rows of numbers have few letters
that say anything: runs of `FORMULA` words lead to the entries that hold one. Families with fewer letters than a window
are found whole (`short_keys`), those with hardly any letters as whole rows (`by_form`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.cleaning.contamination.bits import Bits, bit_table
from curate.text.ngrams import I64, U64

I32 = npt.NDArray[np.int32]

TINY = 8
"""Families with fewer letters (bytes) than this are compared with whole rows only."""

FORMULA = 6
"""Words (letters in a row, or digits) of a run that is looked for in texts with formulas; see `has_formula`."""

MARKS = ["$", "\\", "="]
"""A text with one of these may have a formula."""

NUMBERS = r"(?:[0-9]+[^0-9]{1,8}){6}"
"""So is a text looked for that has so many numbers so near each other: without them its letters say little."""

_FILTER_BITS, _SHORT_BITS = 26, 20

SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Eight letters times this: the highest bits of the product depend on all of them."""


@dataclass(frozen=True)
class Postings:
    """Which hashes lead to which texts.

    keys: sorted. begins: where the texts of each key begin in `texts`, and the end. ordinals: which of its text's
    hashes it is. counts: how many hashes lead to each text.
    """

    keys: U64
    begins: I64
    texts: I32
    ordinals: I32
    counts: I32

    @cached_property
    def filter(self) -> Bits:
        """One bit for each key: what is not in here is no key. 8 MB, so that it stays in the cache of a processor."""
        return bit_table(self.keys, _FILTER_BITS)


@dataclass(frozen=True)
class Index:
    """See the module. `items` has a row for each item: `benchmark item text form entry family`.

    windows: of letters, to families. formulas: of runs of words, to entries.
    short_keys: first eight letters of short families, sorted; their length, hash and family beside.
    repeats: how many families have each run of `RUN` words of each family, in order; repeat_begins: where each begins.
    """

    items: pl.DataFrame
    windows: Postings
    formulas: Postings
    short_keys: U64
    short_lengths: I64
    short_hashes: U64
    short_families: I32
    repeats: I32
    repeat_begins: I64

    @cached_property
    def texts(self) -> list[str]:
        """The text of each entry."""
        return self._entries["text"].to_list()

    @cached_property
    def forms(self) -> list[str]:
        """The normal form of each entry, see `curate.text.plain.forms`."""
        return self._entries["form"].to_list()

    @cached_property
    def members(self) -> list[list[int]]:
        """The entries of each family."""
        return self._entries.group_by("family").agg("entry").sort("family")["entry"].to_list()

    @cached_property
    def family_of(self) -> list[int]:
        """The family of each entry."""
        return self._entries["family"].to_list()

    @cached_property
    def by_form(self) -> dict[str, int]:
        """Every entry by its form: what whole rows are compared with."""
        return {form: entry for entry, form in enumerate(self.forms)}

    @cached_property
    def _entries(self) -> pl.DataFrame:
        return self.items.unique("entry", keep="first", maintain_order=True).sort("entry")

    @cached_property
    def short_filter(self) -> Bits:
        """As `Postings.filter`, for `short_keys`."""
        return bit_table(self.short_keys * SPREAD, _SHORT_BITS)


def has_formula(texts: pl.Series) -> pl.Series:
    """Which texts may have a formula, or have rows of numbers."""
    return texts.str.contains_any(MARKS) | texts.str.contains(NUMBERS)


def first_eight(data: bytes, begins: I64) -> U64:
    """The eight bytes from each of `begins`, as one number."""
    padded = data + b"\0" * 16
    return np.ndarray((len(padded) - 8,), "<u8", padded, strides=(1,))[begins]
