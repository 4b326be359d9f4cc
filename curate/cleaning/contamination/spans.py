"""Our own way: rows that share windows of letters with an item are compared with it word by word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from curate.cleaning.contamination.compare import Words, whole_runs
from curate.cleaning.contamination.index import Index
from curate.cleaning.contamination.measure import ALONE, IN_A_ROW, SHORT, Item, Weights, measure, span_of
from curate.cleaning.contamination.pairs import PAIRS, SPAN_CHARACTERS, pairs_frame
from curate.cleaning.contamination.profiles import Profile
from curate.cleaning.contamination.search import MEMBERS, find_pairs, pieces

FLOOR = 0.3
"""Pairs with less of the item than this are not kept: no threshold worth setting lies below."""

TELLING, TELLING_ALONE = 2.5, 1.0
"""What a part of an item must weigh (`measure.Weights`; the rarest word is 1): "which of the following is" does not.

Less is enough where the row is hardly longer than the item: nothing else is said in it.
"""

LONGER = 1.5
"""A row of so many times the words of an item is hardly longer."""

RARE, SOME = 10, 0.75
"""Rare words in a row (see `measure.Measured`) with which this much of the share of an item is enough."""

PART, RARE_PART = 0.9, 8
"""A row of which so much is one run of an item is but a part of it: fewer rare words are enough, and of the item twice
as much may be missing as otherwise."""

TOLD = 0.85
"""A row that is hardly longer than an item and has so many of its words, no number changed, is that item with a word or
two edited: as much of the share is enough. Beside a formula one word ("roots") weighs as much as all its letters."""

MEASURES = ("words", "rare", "covered", "same", "weight", "told", "changed")
"""What of `measure.Measured` a pair has."""


@dataclass
class Comparer:
    """Compares rows with families of items; keeps what it has learnt of an item."""

    index: Index
    known: dict[int, Item] = field(default_factory=dict)

    @cached_property
    def weights(self) -> Weights:
        """Over the forms of all items."""
        return Weights(pl.Series("form", list(self.index.by_form), dtype=pl.String))

    def item(self, entry: int) -> Item:
        """An item, read when it is first needed."""
        if entry not in self.known:
            words = tuple(self.index.forms[entry].split())
            begin, end = self.index.repeat_begins[self.index.family_of[entry] :][:2]
            self.known[entry] = Item.of(words, self.weights.of(words), self.index.repeats[begin:end].tolist())
        return self.known[entry]

    def entries(self, family: int, row: Words, told: list[int]) -> list[int]:
        """The items of a family that a row may hold: those it says to the digit, or those told, or the first few."""
        members = self.index.members[family]
        if len(members) == 1:
            return members
        item = self.item(members[0])
        runs = [] if item.alike else whole_runs(item.loose, row.loose)
        said = (" ".join(row.words[run.row : run.row + run.words]) for run in runs)
        exact = [entry for form in dict.fromkeys(said) if (entry := self.index.by_form.get(form)) in set(members)]
        return exact or told or members[:MEMBERS]

    def compare(self, family: int, row: Words, told: list[int]) -> Iterator[dict[str, Any]]:
        """The measures of each pair that is worth keeping. told: see `search.find_pairs`."""
        for entry in self.entries(family, row, told):
            item = self.item(entry)
            one = measure(row, item)
            if one is None:
                continue
            count = len(item.words)
            # an item of a few words is everywhere: it counts where nothing stands around it
            whole = one.equal or (one.whole and (count >= SHORT or (count >= ALONE and one.alone)))
            if whole or (count >= SHORT and max(one.covered, one.same) >= FLOOR) or one.words >= SHORT:
                begin, end = span_of(row, one.span)
                yield {
                    "entry": entry,
                    "span": row.text[begin : min(end, begin + SPAN_CHARACTERS)],
                    "item_words": count,
                    "row_words": len(row.words),
                    "whole": whole,
                    **{name: getattr(one, name) for name in MEASURES},
                }


def span_pairs(texts: pl.Series, comparer: Comparer, workers: int | None = None) -> pl.DataFrame:
    """All pairs worth keeping (`PAIRS`): the best piece of each row for each item."""
    parts = pieces(texts)
    asked = (
        find_pairs(parts["text"], comparer.index, workers)
        .group_by("piece", maintain_order=True)
        .agg("family", "entries")
    )
    asked = asked.hstack(parts.select("row", "text").select(pl.all().gather(asked["piece"])))
    rows: list[dict[str, Any]] = []
    for number, text, families, told in asked.select("row", "text", "family", "entries").iter_rows():
        words = Words(text)
        for family, entries in zip(families, told, strict=True):
            rows.extend({"row": number} | pair for pair in comparer.compare(family, words, entries))
    best = pl.DataFrame(rows, schema=PAIRS).sort("whole", "covered", "words", descending=True, maintain_order=True)
    return pairs_frame([best.unique(["row", "entry"], keep="first", maintain_order=True)])


def span_verdict(profile: Profile) -> pl.Expr:
    """How a pair is a hit: `exact`, `numbers`, `span`; null when it is none."""
    long = pl.col("item_words") >= SHORT
    alone = pl.col("row_words") <= LONGER * pl.col("item_words")
    telling = long & (pl.col("weight") >= pl.when(alone).then(TELLING_ALONE).otherwise(TELLING))
    numbers = telling & (pl.col("changed") > 0) & (pl.col("same") >= profile.covered)
    much = telling & (pl.col("covered") >= profile.covered) & (pl.col("words") >= IN_A_ROW)
    run = (pl.col("rare") >= RARE) & (pl.col("covered") >= profile.covered * SOME)
    part = (pl.col("rare") >= RARE_PART) & (pl.col("words") >= PART * pl.col("row_words"))
    part &= 1 - pl.col("covered") <= 2 * (1 - profile.covered)
    edited = telling & alone & (pl.col("told") >= TOLD) & (pl.col("changed") == 0)
    edited &= pl.col("covered") >= profile.covered * TOLD
    span = much | run | part | edited | (pl.col("rare") >= profile.span)
    return pl.when("whole").then(pl.lit("exact")).when(numbers).then(pl.lit("numbers")).when(span).then(pl.lit("span"))
