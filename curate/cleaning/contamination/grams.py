"""The way of published recipes: n-grams of words that a row and an item share, and how much of the item they cover."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from curate.cleaning.contamination.batches import by_batch
from curate.cleaning.contamination.bits import Bits, bit_table, maybe
from curate.cleaning.contamination.items import identity
from curate.cleaning.contamination.kept import KEEP_FROM, Arrays, kept_arrays
from curate.cleaning.contamination.pairs import PAIRS, SPAN_CHARACTERS, pairs_frame
from curate.cleaning.contamination.profiles import Profile
from curate.text.ngrams import spelled, word_ngrams

_BITS = 26


VERSION = 1
"""Raise it when the same items would make other n-grams."""


@dataclass(frozen=True)
class Grams:
    """The n-grams of items. table: `key entry item_place`, one line for each of them in an item, by key.

    words: how many each entry has.
    """

    profile: Profile
    table: pl.DataFrame
    words: pl.DataFrame

    @cached_property
    def filter(self) -> Bits:
        """One bit for each n-gram: most of those of rows are not in here."""
        return bit_table(np.unique(self.table["key"].to_numpy()), _BITS)


def open_grams(items: pl.DataFrame, profile: Profile, folder: Path) -> tuple[pl.DataFrame, Grams]:
    """The items with `entry`, the same for items whose words are the same; and their n-grams.

    From `folder` when they lie there, else made (and left there, when they are many).
    """
    if items.height < KEEP_FROM:
        arrays = _made(items, profile)
    else:
        depends = {"ngrams": VERSION, "n": profile.n, "spelling": profile.spelling, "items": identity(items)}
        arrays = kept_arrays(folder, depends, lambda: _made(items, profile))
    table = pl.DataFrame({name: arrays[name] for name in ("key", "entry", "item_place")})
    words = pl.DataFrame({"entry": np.arange(len(arrays["words"])), "item_words": arrays["words"]})
    return items.hstack([pl.Series("entry", arrays["entries"])]), Grams(profile, table, words)


def _made(items: pl.DataFrame, profile: Profile) -> Arrays:
    words = spelled(items["text"], profile.spelling)
    entries = (words.rank("dense") - 1).cast(pl.Int64)
    first = items.select(entry=entries, words=words).unique("entry", keep="first").sort("entry")["words"]
    found = word_ngrams(first, profile.n)
    order = np.argsort(found.hashes, kind="stable")
    return {
        "entries": entries.to_numpy(),
        "key": found.hashes[order],
        "entry": found.text[order],
        "item_place": found.place[order],
        "words": found.words,
    }


def gram_pairs(texts: pl.Series, grams: Grams, workers: int | None = None) -> pl.DataFrame:
    """All rows and entries that share an n-gram (`pairs.PAIRS`)."""
    grams.filter  # noqa: B018  made once, before the threads need it
    return pairs_frame(by_batch(texts, lambda part, begin: _search(part, begin, grams), workers))


def _search(texts: pl.Series, offset: int, grams: Grams) -> pl.DataFrame:
    n = grams.profile.n
    words = spelled(texts, grams.profile.spelling)
    found = word_ngrams(words, n)
    hits = maybe(grams.filter, found.hashes)
    shared = pl.DataFrame({"row": found.text[hits], "place": found.place[hits], "key": found.hashes[hits]})
    shared = shared.join(grams.table, on="key")
    if not shared.height:
        return pl.DataFrame(schema=PAIRS)
    pair = ["row", "entry"]
    places = shared.select(*pair, "item_place").unique().sort(*pair, "item_place")
    new = pl.col("item_place").diff().over(pair).fill_null(n).clip(upper_bound=n)
    covered = places.with_columns(new=new).group_by(pair).agg(covered=pl.col("new").sum())
    rows = shared.select(*pair, "place").unique().sort(*pair, "place")
    rows = rows.with_columns(chain=pl.col("place") - pl.int_range(pl.len()).over(pair))
    longest = rows.group_by(*pair, "chain").agg(begin=pl.col("place").min(), words=pl.len().cast(pl.Int64) + n - 1)
    longest = longest.sort("words", "begin", descending=[True, False]).unique(pair, keep="first")
    table = covered.join(longest, on=pair).join(grams.words, on="entry").sort(pair)
    said = [
        " ".join(words[row].split(" ")[begin : begin + count])[:SPAN_CHARACTERS]
        for row, begin, count in table.select("row", "begin", "words").iter_rows()
    ]
    share = pl.col("covered") / pl.col("item_words")
    return table.with_columns(
        covered=share, same=share, span=pl.Series(said, dtype=pl.String), row=pl.col("row") + offset
    )
