"""What `dedupe` returns: a result whose threshold can be moved, and whose border can be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.fuzzy import Found
from curate.cleaning.duplicates.pairs import Pairs, Similarity, leaders
from curate.errors import UsageError
from curate.steps.base import ID, REASON, Result

KEPT_ID, SIMILARITY = "kept_id", "similarity"
MEASURES = {"exact": "equal", "minhash": "Jaccard", "semantic": "cosine"}
LISTED = 20
"""Largest clusters that the notes list."""
CAP_SHARE, CAP_LEAST = 0.1, 1_000
"""A cluster of near copies is left whole above this share of the rows, and above so many."""


@dataclass(frozen=True)
class Search:
    """What was compared and found: enough to decide again.

    lowest: similarity down to which pairs are known. order: row numbers, best first. first: for each row the best row
    with the same text. found: between rows of different texts. max_cluster: rows that may leave for one by likeness.
    """

    frame: pl.DataFrame
    columns: Sequence[str]
    texts: pl.Series
    by: str
    threshold: float
    lowest: float
    order: Rows
    first: Rows
    found: Found
    max_cluster: int
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Deduped(Result):
    """Rows that stay, and rows that leave, each with the row that stays in its place.

    `dropped` has, beside `reason`, `kept_id` and `similarity`. `notes` counts the clusters and lists the largest.
    """

    search: Search | None = field(default=None, repr=False, compare=False)

    @property
    def threshold(self) -> float:
        """Similarity from which on two rows are duplicates; 1 when only equal rows are."""
        return self._search.threshold

    def at(self, threshold: float) -> Deduped:
        """The same rows at another threshold, without comparing anything again.

        Reaches down to 0.1 (semantic: 0.02) below the threshold that was searched for; a MinHash search meets fewer
        of the pairs below it. Raises UsageError below that, and for exact comparison.
        """
        search = self._search
        if search.by == "exact":
            raise UsageError("equal rows have no threshold; compare with by='minhash' or by='semantic'")
        lowest = search.lowest
        if not lowest - 1e-9 <= threshold <= 1:
            raise UsageError(
                f"threshold {threshold}: pairs are known from {lowest:.2f} to 1; dedupe again with this threshold"
            )
        return decide(replace(search, threshold=threshold))

    def border(self, n: int = 10) -> pl.DataFrame:
        """The n pairs nearest to the threshold, on both sides, with both texts; what was spared says why."""
        search = self._search
        tables = [_told(search, search.found.pairs, None)]
        tables += [_told(search, some, why) for why, some in search.found.spared.items()]
        nearest = pl.concat(tables).sort((pl.col(SIMILARITY) - search.threshold).abs(), maintain_order=True).head(n)
        texts = search.texts
        return nearest.with_columns(
            text=texts.gather(nearest["row"]), other_text=texts.gather(nearest["other_row"])
        ).sort(SIMILARITY, descending=True, maintain_order=True)

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """Every pair that was found alike: row, other_row, id, other_id, similarity, spared (why it does not count)."""
        search = self._search
        tables = [_told(search, _same_text(search), None), _told(search, search.found.pairs, None)]
        return pl.concat(tables + [_told(search, some, why) for why, some in search.found.spared.items()])

    @cached_property
    def clusters(self) -> pl.DataFrame:
        """Rows of each cluster of two or more: cluster (0 is the largest), id, kept, similarity to what stays."""
        search = self._search
        leader, similarity, _ = _leaders(search)
        sizes = np.bincount(leader, minlength=len(leader))
        heads = np.flatnonzero(sizes > 1)
        number = np.full(len(leader), -1)
        number[heads[np.argsort(-sizes[heads], kind="stable")]] = np.arange(len(heads))
        rows = np.flatnonzero(number[leader] >= 0)
        rows = rows[np.lexsort((rows, leader[rows] != rows, number[leader[rows]]))]
        return pl.DataFrame(
            {
                "cluster": number[leader[rows]],
                ID: search.frame[ID].gather(rows),
                "kept": leader[rows] == rows,
                SIMILARITY: similarity[rows],
            }
        )

    @property
    def _search(self) -> Search:
        assert self.search is not None
        return self.search


def decide(search: Search) -> Deduped:
    """Kept and dropped rows at the threshold of a search."""
    leader, similarity, crowded = _leaders(search)
    stays = leader == np.arange(len(leader))
    gone = np.flatnonzero(~stays)
    kept_id = search.frame[ID].gather(leader[gone])
    what = " and ".join(search.columns)
    alike = pl.Series(similarity[gone])
    table = search.frame[gone].with_columns(kept_id.alias(KEPT_ID), alike.alias(SIMILARITY))
    same = pl.format("same {} as {}", pl.lit(what), KEPT_ID)
    near = pl.format(
        "{} {} {} as in {}", pl.lit(what), pl.lit(MEASURES[search.by]), pl.col(SIMILARITY).round(2), KEPT_ID
    )
    reason = (
        same
        if search.by == "exact"
        else pl.when(pl.Series(search.first[gone] == leader[gone])).then(same).otherwise(near)
    )
    dropped = table.with_columns(reason.alias(REASON))
    return Deduped(
        kept=search.frame.filter(pl.Series(stays)),
        dropped=dropped,
        notes=_notes(search, leader, crowded),
        search=search,
    )


def _same_text(search: Search) -> Pairs:
    rows = np.flatnonzero(search.first != np.arange(len(search.first)))
    return Pairs(search.first[rows], rows, np.ones(len(rows)))


def _leaders(search: Search) -> tuple[Rows, Similarity, list[int]]:
    """The row in each row's place; how alike they are; and the sizes of clusters too large to be believed."""
    pairs = search.found.pairs
    pairs = pairs.where(pairs.similarity >= search.threshold)
    leader, similarity = leaders(search.order, pairs)
    sizes = np.bincount(leader, minlength=len(leader))
    crowded = np.flatnonzero(sizes > search.max_cluster)
    if len(crowded):
        released = np.isin(leader, crowded)
        leader[released], similarity[released] = np.flatnonzero(released), 1.0
    same = search.first
    return leader[same], similarity[same], sizes[crowded].tolist()


def _told(search: Search, pairs: Pairs, why: str | None) -> pl.DataFrame:
    ids = search.frame[ID]
    return pl.DataFrame(
        {
            "row": pairs.left,
            "other_row": pairs.right,
            ID: ids.gather(pairs.left),
            "other_id": ids.gather(pairs.right),
            SIMILARITY: pairs.similarity,
            "spared": pl.repeat(why, len(pairs.left), dtype=pl.String, eager=True),
        },
        schema_overrides={"row": pl.Int64, "other_row": pl.Int64},
    )


def _notes(search: Search, leader: Rows, crowded: list[int]) -> dict[str, Any]:
    sizes = np.bincount(leader, minlength=len(leader)) if len(leader) else np.zeros(0, np.int64)
    heads = np.flatnonzero(sizes > 1)
    largest = heads[np.argsort(-sizes[heads], kind="stable")][:LISTED]
    ids = search.frame[ID].gather(largest).to_list()
    notes: dict[str, Any] = {
        **search.told,
        "clusters": len(heads),
        "largest_group": int(sizes.max()) if len(sizes) else 0,
        "largest_clusters": dict(zip(ids, sizes[largest].tolist(), strict=True)),
    }
    if search.by != "exact":
        notes["threshold"] = search.threshold
    at_least = {why: int((some.similarity >= search.threshold).sum()) for why, some in search.found.spared.items()}
    if spared := {why: count for why, count in at_least.items() if count}:
        notes["spared_pairs"] = spared
    if crowded:
        notes["warning"] = (
            f"{len(crowded)} clusters of near copies have more than {search.max_cluster:,} rows (the largest "
            f"{max(crowded):,}) and were left whole: look at `border` and raise max_cluster if they are copies"
        )
    return notes
