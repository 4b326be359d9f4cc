"""The way of published recipes: n-grams of words that a row and an item share, and how much of the item they cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.cleaning.contamination.batches import by_batch
from curate.cleaning.contamination.bits import bit_table, maybe
from curate.cleaning.contamination.pairs import PAIRS, SPAN_CHARACTERS, pairs_frame
from curate.cleaning.contamination.profiles import Profile
from curate.text.ngrams import U64, spelled, word_ngrams

_BITS = 26


@dataclass(frozen=True)
class Grams:
    """The n-grams of items. keys: sorted, distinct. table: `key entry place`, one line for each of them in an item.

    words: how many each entry has.
    """

    profile: Profile
    keys: U64
    filter: npt.NDArray[np.uint8]
    table: pl.DataFrame
    words: pl.DataFrame


def name_entries(items: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """The items with `entry`, the same for items whose words are the same."""
    words = pl.DataFrame({"words": spelled(items["text"], profile.spelling)})
    return items.hstack(words.select(entry=(pl.col("words").rank("dense") - 1).cast(pl.Int64)))


def gram_pairs(texts: pl.Series, items: pl.DataFrame, profile: Profile, workers: int | None = None) -> pl.DataFrame:
    """All rows and entries that share an n-gram (`pairs.PAIRS`)."""
    grams = _grams(items, profile)
    return pairs_frame(by_batch(texts, lambda part, begin: _search(part, begin, grams), workers))


def _grams(items: pl.DataFrame, profile: Profile) -> Grams:
    first = items.unique("entry", keep="first").sort("entry")["text"]
    found = word_ngrams(spelled(first, profile.spelling), profile.n)
    table = pl.DataFrame({"key": found.hashes, "entry": found.text, "item_place": found.place})
    keys = np.unique(found.hashes)
    words = pl.DataFrame({"entry": np.arange(len(found.words)), "item_words": found.words})
    return Grams(profile, keys, bit_table(keys, _BITS), table, words)


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
