"""The index of a set of benchmarks: which windows of letters lead to which items. Built once, kept on disk, reused.

Equal items (of one benchmark or of several) are one entry; entries that differ in numbers alone are one family, and
windows, which leave numbers out, lead to families. A window that more than `COMMON` families have says little ("find
the value of the expression"): it leads nowhere, unless a family has nothing rarer. Families with fewer letters than a
window are found whole (`short_keys`), those with hardly any letters as whole rows (`by_form`).
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.cleaning.contamination.bits import Bits, bit_table
from curate.cleaning.contamination.compare import RUN
from curate.cleaning.contamination.items import identity
from curate.table import replacing
from curate.text.ngrams import (
    I64,
    LETTERS,
    U64,
    Windows,
    form_of,
    plain,
    prefix_hashes,
    stream,
    windows,
    word_ngrams,
)

VERSION = 3
"""Raise it when the same items would make another index."""

COMMON = 16
"""A window that more families have than this is boilerplate (GPT-3, arXiv 2005.14165, ignores n-grams of >10)."""

LEAST = 2
"""Windows that each family keeps, however common."""

TINY = 8
"""Families with fewer letters (bytes) than this are compared with whole rows only."""

KEEP_FROM = 2_000
"""Items from which on an index is worth a file: a smaller one is built in the time that reading it takes."""

I32 = npt.NDArray[np.int32]

_FILTER_BITS, _SHORT_BITS = 26, 20

SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Eight letters times this: the highest bits of the product depend on all of them."""


@dataclass(frozen=True)
class Index:
    """See the module. `items` has a row for each item: `benchmark item text form entry family`.

    keys: hashes of windows, sorted. begins: where the families of each key begin in `families`, and the end.
    ordinals: which of its family's windows it is. windows: how many windows lead to each family.
    short_keys: first eight letters of short families, sorted; their length, hash and family beside.
    repeats: how many families have each run of `RUN` words of each family, in order; repeat_begins: where each begins.
    """

    items: pl.DataFrame
    keys: U64
    begins: I64
    families: I32
    ordinals: I32
    windows: I32
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
        """The normal form of each entry, see `curate.text.ngrams.forms`."""
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
    def filter(self) -> Bits:
        """One bit for each key: what is not in here is no key. 8 MB, so that it stays in the cache of a processor."""
        return bit_table(self.keys, _FILTER_BITS)

    @cached_property
    def short_filter(self) -> Bits:
        """The same for `short_keys`."""
        return bit_table(self.short_keys * SPREAD, _SHORT_BITS)


def cache_folder() -> Path:
    """Where indexes are kept: `$CURATE_CACHE`, else `~/.cache/curate`; its files may be deleted at any time."""
    return Path(os.environ.get("CURATE_CACHE") or Path.home() / ".cache" / "curate") / "benchmarks"


def open_index(items: pl.DataFrame, folder: Path) -> Index:
    """The index of `items`: from `folder` when it lies there, else built (and left there, when it is large).

    Files are named by what they were made from, so a changed benchmark never meets an old index.
    """
    if items.height < KEEP_FROM:
        return build_index(items)
    what = json.dumps([VERSION, LETTERS, COMMON, LEAST, pl.__version__, identity(items)])
    path = folder / f"{hashlib.sha256(what.encode()).hexdigest()[:32]}.npz"
    found = _read(path, items)
    if found is not None:
        return found
    index = build_index(items)
    with suppress(OSError):  # a home that cannot be written to: the index is built again next time
        _write(index, path)
    return index


def build_index(items: pl.DataFrame) -> Index:
    """The index of `items` (columns `benchmark item text`)."""
    spelled = plain(items["text"])
    form = form_of(spelled)
    loose = form.str.replace_all("[0-9]+", "0")
    items = items.select(
        "benchmark", "item", "text", form.alias("form"), entry=_numbered(form), family=_numbered(loose)
    )
    first = items.with_row_index("row").unique("family", keep="first").sort("family")["row"]
    repeats, repeat_begins = _repeats(loose.gather(first))
    letters = stream(spelled.gather(first))
    found = windows(letters)
    kept, ordinals = _telling(found)
    counts = np.bincount(found.text[kept], minlength=first.len()).astype(np.int32)
    keys, begins = np.unique(found.hashes[kept], return_index=True)
    sizes = np.diff(letters.borders)
    short = np.flatnonzero((sizes >= TINY) & (counts == 0))
    lengths = np.minimum(sizes[short], LETTERS)
    starts = first_eight(letters.data, letters.borders[short])
    order = np.argsort(starts, kind="stable")
    return Index(
        items,
        keys,
        np.append(begins, len(kept)),
        found.text[kept].astype(np.int32),
        ordinals[kept],
        counts,
        starts[order],
        lengths[order],
        prefix_hashes(letters.data, letters.borders[short], lengths)[order],
        short[order].astype(np.int32),
        repeats,
        repeat_begins,
    )


def _numbered(texts: pl.Series) -> pl.Series:
    """Equal texts get one number, from 0, in the order of the alphabet."""
    return (texts.rank("dense") - 1).cast(pl.Int64)


def _telling(found: Windows) -> tuple[I64, I32]:
    """The windows that lead to their families, by hash, then family; and for all: which of its family's it is."""
    order, group, first = _by_hash(found.hashes, found.text)
    families = np.bincount(group[first])[group[first]]
    order = order[first]
    telling = np.zeros(len(found.hashes), bool)
    telling[order] = families <= COMMON
    few = np.bincount(found.text[telling], minlength=int(found.text.max(initial=0)) + 1) < LEAST
    scarce = few[found.text[order]]
    rarest, common = order[scarce], families[scarce]
    rarest = rarest[np.lexsort((rarest, common, found.text[rarest]))]
    telling[rarest[_place_in(found.text[rarest]) < LEAST]] = True
    ordinals = np.zeros(len(telling), np.int32)
    ordinals[telling] = _place_in(found.text[telling])
    return order[telling[order]], ordinals


def _place_in(texts: I64) -> I64:
    """Of each entry of a sorted array: how many of the same stand before it."""
    return np.arange(len(texts)) - np.searchsorted(texts, texts)


def _repeats(forms: pl.Series) -> tuple[I32, I64]:
    """How many of the texts have each run of `RUN` words of each; and where those of each text begin."""
    grams = word_ngrams(forms, RUN)
    order, group, first = _by_hash(grams.hashes, grams.text)
    counted = np.zeros(len(order), np.int32)
    counted[order] = np.bincount(group[first])[group]
    return counted, np.searchsorted(grams.text, np.arange(forms.len() + 1)).astype(np.int64)


def _by_hash(hashes: U64, text: I64) -> tuple[I64, I64, npt.NDArray[np.bool_]]:
    """Hashes of texts, in order of the texts: their places by hash, then text; the number of each one's hash.

    And whether it is the first of its hash in its text.
    """
    order = np.argsort(hashes, kind="stable")
    ordered, texts = hashes[order], text[order]
    new = np.ones(len(order), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    first = new.copy()
    first[1:] |= texts[1:] != texts[:-1]
    return order, np.cumsum(new) - 1, first


def first_eight(data: bytes, begins: I64) -> U64:
    """The eight bytes from each of `begins`, as one number."""
    padded = data + b"\0" * 16
    return np.ndarray((len(padded) - 8,), "<u8", padded, strides=(1,))[begins]


_ARRAYS = (
    "keys", "begins", "families", "ordinals", "windows",
    "short_keys", "short_lengths", "short_hashes", "short_families", "repeats", "repeat_begins",
)  # fmt: skip


def _write(index: Index, path: Path) -> None:
    arrays: dict[str, Any] = {name: index.items[name].to_numpy() for name in ("entry", "family")}
    arrays["form"] = np.frombuffer("\n".join(index.items["form"]).encode(), np.uint8)  # a form has no line end
    arrays |= {name: getattr(index, name) for name in _ARRAYS}
    with replacing(path) as draft, draft.open("wb") as file:
        np.savez(file, **arrays)


def _read(path: Path, items: pl.DataFrame) -> Index | None:
    """The stored index, or None when there is none or it is damaged."""
    try:
        with path.open("rb") as file, np.load(file) as stored:
            arrays = {name: stored[name] for name in _ARRAYS}
            named = [pl.Series("form", stored["form"].tobytes().decode().split("\n"))]
            named += [pl.Series(name, stored[name]) for name in ("entry", "family")]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    return Index(items.hstack(named), **arrays) if len(named[0]) == items.height else None
