"""Building the index of benchmarks, or finding it where it was left.

A window that more than `COMMON` families have says little ("find the value of the expression"): it leads nowhere,
unless a family has nothing rarer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.cleaning.contamination.compare import RUN
from curate.cleaning.contamination.index import FORMULA, I32, TINY, Index, Postings, first_eight, has_formula
from curate.cleaning.contamination.items import identity
from curate.cleaning.contamination.kept import KEEP_FROM, Arrays, kept_arrays
from curate.text.ngrams import (
    I64,
    LETTERS,
    U64,
    prefix_hashes,
    stream,
    windows,
    word_ngrams,
)
from curate.text.plain import form_of, plain

VERSION = 7
"""Raise it when the same items would make another index."""

COMMON = 16
"""A window that more families have than this is boilerplate (GPT-3, arXiv 2005.14165, ignores n-grams of >10)."""

LEAST = 2
"""Windows that each family keeps, however common."""


def open_index(items: pl.DataFrame, folder: Path) -> Index:
    """The index of `items`: from `folder` when it lies there, else built (and left there, when it is large)."""
    if items.height < KEEP_FROM:
        return build_index(items)
    depends = {"spans": VERSION, "letters": [LETTERS, COMMON, LEAST], "items": identity(items)}
    return _from_arrays(items, kept_arrays(folder, depends, lambda: _to_arrays(build_index(items))))


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
    postings = _postings(found.hashes, found.text, first.len())
    sizes = np.diff(letters.borders)
    short = np.flatnonzero((sizes >= TINY) & (postings.counts == 0))
    lengths = np.minimum(sizes[short], LETTERS)
    starts = first_eight(letters.data, letters.borders[short])
    order = np.argsort(starts, kind="stable")
    return Index(
        items,
        postings,
        _formulas(items),
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


def _formulas(items: pl.DataFrame) -> Postings:
    """The runs of words of the entries that may have a formula."""
    marked = items.filter(has_formula(items["text"])).unique("entry", keep="first").sort("entry")
    grams = word_ngrams(marked["form"], FORMULA)
    return _postings(grams.hashes, marked["entry"].to_numpy()[grams.text], items["entry"].n_unique())


def _postings(hashes: U64, text: I64, texts: int) -> Postings:
    """The hashes that lead to their texts. text: of each hash, in order. texts: how many there are."""
    kept, ordinals = _telling(hashes, text)
    keys, begins = np.unique(hashes[kept], return_index=True)
    counts = np.bincount(text[kept], minlength=texts).astype(np.int32)
    return Postings(keys, np.append(begins, len(kept)), text[kept].astype(np.int32), ordinals[kept], counts)


def _telling(hashes: U64, text: I64) -> tuple[I64, I32]:
    """The hashes that lead to their texts, by hash, then text; and for all: which of its text's it is."""
    order, group, first = _by_hash(hashes, text)
    having = np.bincount(group[first])[group[first]]
    order = order[first]
    telling = np.zeros(len(hashes), bool)
    telling[order] = having <= COMMON
    few = np.bincount(text[telling], minlength=int(text.max(initial=0)) + 1) < LEAST
    scarce = few[text[order]]
    rarest, common = order[scarce], having[scarce]
    rarest = rarest[np.lexsort((rarest, common, text[rarest]))]
    telling[rarest[_place_in(text[rarest]) < LEAST]] = True
    ordinals = np.zeros(len(telling), np.int32)
    ordinals[telling] = _place_in(text[telling])
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


_KINDS = ("windows", "formulas")
_POSTINGS = ("keys", "begins", "texts", "ordinals", "counts")
_ARRAYS = (
    "short_keys", "short_lengths", "short_hashes", "short_families", "repeats", "repeat_begins",
)  # fmt: skip


def _to_arrays(index: Index) -> Arrays:
    named = {name: index.items[name].to_numpy() for name in ("entry", "family")}
    forms = np.frombuffer("\n".join(index.items["form"]).encode(), np.uint8)  # a form has no line end
    arrays = {f"{kind}_{name}": getattr(getattr(index, kind), name) for kind in _KINDS for name in _POSTINGS}
    return {**named, "form": forms, **arrays, **{name: getattr(index, name) for name in _ARRAYS}}


def _from_arrays(items: pl.DataFrame, arrays: Arrays) -> Index:
    named = [pl.Series("form", arrays["form"].tobytes().decode().split("\n"))]
    named += [pl.Series(name, arrays[name]) for name in ("entry", "family")]
    letters, formulas = (Postings(*(arrays[f"{kind}_{name}"] for name in _POSTINGS)) for kind in _KINDS)
    return Index(items.hstack(named), letters, formulas, **{name: arrays[name] for name in _ARRAYS})
