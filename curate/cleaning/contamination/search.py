"""Which rows may hold which items: one pass over the letters of the rows, in batches, on all cores.

Every row is read once, however many benchmarks there are. What comes out are pairs of a row and an item that share
enough windows to be worth a look (`curate.cleaning.contamination.compare` looks).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.cleaning.contamination.batches import by_batch
from curate.cleaning.contamination.bits import maybe
from curate.cleaning.contamination.index import FORMULA, SPREAD, TINY, Index, Postings, first_eight, has_formula
from curate.text.ngrams import (
    I64,
    LETTERS,
    U64,
    Stream,
    prefix_hashes,
    stream,
    text_of,
    window_hashes,
    word_ngrams,
)
from curate.text.plain import form_of, plain

PIECE, OVERLAP = 65_536, 8_192
"""A longer row is read in pieces of so many characters, each beginning with the last characters of the one before."""

SHARE = 0.2
"""Of an item's windows that a row must have to be compared with it; see also `WINDOWS`."""

WINDOWS = 8
"""So many windows are enough, however long the item."""

FORMULA_SHARE = 0.3
"""Of an entry's runs of words; one word in 14 edited leaves a third of them."""

MEMBERS = 4
"""Items that differ in numbers alone and are each compared with a row that has none of them whole."""

BEST = 32
"""Families that one piece is compared with at most: those it shares most of."""

SCHEMA = {"piece": pl.Int64, "family": pl.Int64, "share": pl.Float64}


def pieces(texts: pl.Series) -> pl.DataFrame:
    """Texts with long ones cut: columns `row`, `place` (of the piece in its text, in characters), `text`."""
    frame = pl.DataFrame({"row": pl.int_range(texts.len(), eager=True), "text": texts.fill_null("")})
    frame = frame.with_columns(place=pl.lit(0, pl.Int64)).select("row", "place", "text")
    long = frame["text"].str.len_chars() > PIECE
    if not long.any():
        return frame
    cut = [
        (row, place, text[place : place + PIECE])
        for row, _, text in frame.filter(long).iter_rows()
        for place in range(0, max(1, len(text) - OVERLAP), PIECE - OVERLAP)
    ]
    return pl.concat([frame.filter(~long), pl.DataFrame(cut, schema=frame.schema, orient="row")]).sort("row", "place")


def find_pairs(texts: pl.Series, index: Index, workers: int | None = None) -> pl.DataFrame:
    """Pairs of a text (`piece`, its number) and a family of the index; `share` of the family's windows that it has.

    entries: those of the family whose formula the text has, most of it first; often none.
    """
    index.windows.filter, index.formulas.filter, index.short_filter, index.by_form, index.family_of  # noqa: B018  made once, before the threads need them
    found = by_batch(texts, lambda part, begin: _search(part, begin, index), workers)
    return pl.concat([pl.DataFrame(schema=SCHEMA | {"entries": pl.List(pl.Int64)}), *found]).sort("piece", "family")


def _search(texts: pl.Series, offset: int, index: Index) -> pl.DataFrame:
    spelled = plain(texts)
    letters = stream(spelled)
    found = pl.concat(
        [
            _by_windows(letters, index),
            _by_formulas(texts, spelled, index),
            _by_short(letters, index),
            _by_form(spelled, letters, index),
        ],
        how="diagonal",
    )
    told = pl.col("entry").sort_by("share", "entry", descending=[True, False]).drop_nulls().head(MEMBERS)
    best = found.group_by("piece", "family").agg(pl.col("share").max(), entries=told)
    best = best.filter(pl.col("share").rank("ordinal", descending=True).over("piece") <= BEST)
    return best.with_columns(pl.col("piece") + offset)


def _by_windows(letters: Stream, index: Index) -> pl.DataFrame:
    hashes = window_hashes(letters.data, letters.begins)  # of all words: those too near to an end are told by `fits`
    hits = maybe(index.windows.filter, hashes)
    starts = letters.begins[hits]
    text = text_of(letters, starts)
    fits = starts + LETTERS <= letters.borders[text + 1]
    found = _shared(index.windows, hashes[hits][fits], text[fits])
    enough = (pl.col("share") >= SHARE) | (pl.col("windows") >= WINDOWS)
    return found.filter(enough).rename({"text": "family"}).select(*SCHEMA)


def _by_formulas(texts: pl.Series, spelled: pl.Series, index: Index) -> pl.DataFrame:
    """Texts that share runs of words with an entry (`entry`), of those that may have a formula."""
    marked = has_formula(texts).arg_true()
    if not len(index.formulas.keys) or not marked.len():
        return pl.DataFrame(schema=SCHEMA | {"entry": pl.Int64})
    grams = word_ngrams(form_of(spelled.gather(marked)), FORMULA)
    hits = maybe(index.formulas.filter, grams.hashes)
    found = _shared(index.formulas, grams.hashes[hits], marked.to_numpy()[grams.text[hits]].astype(np.int64))
    found = found.filter(pl.col("share") >= FORMULA_SHARE)
    families = pl.Series("family", index.family_of, dtype=pl.Int64).gather(found["text"])
    return found.with_columns(families).rename({"text": "entry"}).select(*SCHEMA, "entry")


def _shared(postings: Postings, hashes: U64, piece: I64) -> pl.DataFrame:
    """Pairs of a piece and a text of the postings: columns `piece text windows share`, the hashes that both have."""
    places = np.searchsorted(postings.keys, hashes)
    places[places == len(postings.keys)] = 0
    same = postings.keys[places] == hashes if len(postings.keys) else np.zeros(len(hashes), bool)
    places, piece = places[same], piece[same]
    begins, sizes = postings.begins[places], postings.begins[places + 1] - postings.begins[places]
    each = np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    pairs = pl.DataFrame(
        {"piece": np.repeat(piece, sizes), "text": postings.texts[each], "ordinal": postings.ordinals[each]},
        schema={"piece": pl.Int64, "text": pl.Int64, "ordinal": pl.Int32},
    )
    counted = pairs.group_by("piece", "text").agg(windows=pl.col("ordinal").n_unique())
    whole = pl.Series(postings.counts[counted["text"].to_numpy()])
    return counted.with_columns(share=pl.col("windows") / whole)


def _by_short(letters: Stream, index: Index) -> pl.DataFrame:
    """Texts that hold all letters of a short item, between borders of words."""
    if not len(index.short_keys) or not len(letters.begins):
        return pl.DataFrame(schema=SCHEMA)
    starts = first_eight(letters.data, letters.begins)
    hits = maybe(index.short_filter, starts * SPREAD)
    low = np.searchsorted(index.short_keys, starts[hits], "left")
    sizes = np.searchsorted(index.short_keys, starts[hits], "right") - low
    which = np.repeat(low - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    begins = np.repeat(letters.begins[hits], sizes)
    lengths = index.short_lengths[which]
    text = text_of(letters, begins)
    ends = begins + lengths
    closed = np.isin(ends, letters.begins) | (ends == letters.borders[text + 1])
    right = closed & (ends <= letters.borders[text + 1])
    right &= prefix_hashes(letters.data, begins, lengths) == index.short_hashes[which]
    return pl.DataFrame(
        {"piece": text[right], "family": index.short_families[which[right]], "share": np.ones(right.sum())},
        schema=SCHEMA,
    )


def _by_form(spelled: pl.Series, letters: Stream, index: Index) -> pl.DataFrame:
    """Texts with hardly a letter that are an item as a whole."""
    few = np.flatnonzero(np.diff(letters.borders) < TINY)
    told = [
        (int(row), index.by_form.get(form)) for row, form in zip(few, form_of(spelled.gather(few)), strict=True) if form
    ]
    rows = [(row, index.family_of[entry], 1.0) for row, entry in told if entry is not None]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
