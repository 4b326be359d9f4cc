"""What `dedupe` returns: a result whose threshold can be moved, and whose border can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.fuzzy import Found
from curate.cleaning.duplicates.pairs import Pairs, Similarity, leaders
from curate.cleaning.duplicates.way import Way
from curate.errors import UsageError
from curate.result import ID, REASON, Result

KEPT_ID, SIMILARITY = "kept_id", "similarity"
MEASURES = {"exact": "equal", "minhash": "Jaccard", "semantic": "cosine"}
LISTED = 20
"""Largest clusters that the notes list."""
CAP_SHARE, CAP_LEAST = 0.1, 1_000
"""A cluster of near copies is left whole above this share of the rows, and above so many."""


@dataclass(frozen=True)
class Search:
    """What was compared and found: enough to decide again.

    threshold: of this decision; `way` has the one that was searched for. order: row numbers, best first. first: for
    each row the best row with the same text. found: between rows of different texts. max_cluster: rows that may leave
    for one by likeness. ids, texts: of some rows. fixed: rows of an index, which come before the frame's and stay.
    """

    frame: pl.DataFrame
    columns: Sequence[str]
    ids: Callable[[Rows], pl.Series]
    texts: Callable[[Rows], pl.Series]
    way: Way
    threshold: float
    order: Rows
    first: Rows
    found: Found
    max_cluster: int
    fixed: int = 0
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Deduped(Result):
    """Rows that stay, and rows that leave, each with the row that stays in its place.

    `dropped` has, beside `reason`, `kept_id` and `similarity`. `notes` counts the clusters and lists the largest.
    """

    search: Search | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """The counts, how the rows left, and what was spared."""
        notes, way = self.notes, self._search.way
        lines = [f"{self.kept.height:,} kept, {self.dropped.height:,} dropped"]
        if self.dropped.height:
            lines.append(f"  {notes['clusters']:,} clusters, the largest of {notes['largest_group']:,} rows")
        if way.by != "exact":
            near = int(self.dropped[REASON].str.contains(f" {MEASURES[way.by]} ", literal=True).sum())
            measure = f"{MEASURES[way.by]} from {self.threshold:g}"
            lines.append(f"  {self.dropped.height - near:,} by equal text, {near:,} by {measure}")
        lines += [f"  {count:,} pairs spared: {why}" for why, count in notes.get("spared_pairs", {}).items()]
        lines += [f"  {notes[word]}" for word in ("skipped", "warning") if word in notes]
        return "\n".join(lines)

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
        if search.way.by == "exact":
            raise UsageError("equal rows have no threshold; compare with by='minhash' or by='semantic'")
        lowest = search.way.lowest
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
        text, other = (search.texts(nearest[side].to_numpy()) for side in ("row", "other_row"))
        shown = nearest.with_columns(text.alias("text"), other.alias("other_text"))
        return shown.sort(SIMILARITY, descending=True, maintain_order=True)

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
        leader, similarity, _ = leaders_of(search)
        sizes = np.bincount(leader, minlength=len(leader))
        heads = np.flatnonzero(sizes > 1)
        number = np.full(len(leader), -1)
        number[heads[np.argsort(-sizes[heads], kind="stable")]] = np.arange(len(heads))
        rows = np.flatnonzero(number[leader] >= 0)
        rows = rows[np.lexsort((rows, leader[rows] != rows, number[leader[rows]]))]
        return pl.DataFrame(
            {
                "cluster": number[leader[rows]],
                ID: search.ids(rows),
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
    leader, similarity, crowded = leaders_of(search)
    stays = leader == np.arange(len(leader))
    gone = np.flatnonzero(~stays)
    same = search.way.by == "exact" or search.first[gone] == leader[gone]
    dropped = left(search, search.frame[gone - search.fixed], search.ids(leader[gone]), similarity[gone], same)
    return Deduped(
        kept=search.frame.filter(pl.Series(stays[search.fixed :])),
        dropped=dropped,
        notes=notes_of(search, leader, crowded),
        search=search,
    )


def left(
    search: Search, rows: pl.DataFrame, kept_id: pl.Series, similarity: Similarity, same: bool | NDArray[np.bool_]
) -> pl.DataFrame:
    """Rows that leave, with the row that stays in their place, how alike the two are, and the reason.

    same: whether the two are equal.
    """
    what = pl.lit(" and ".join(search.columns))
    table = rows.with_columns(kept_id.alias(KEPT_ID), pl.Series(SIMILARITY, similarity))
    equal = pl.format("same {} as {}", what, KEPT_ID)
    near = pl.format("{} {} {} as in {}", what, pl.lit(MEASURES[search.way.by]), pl.col(SIMILARITY).round(2), KEPT_ID)
    is_same = pl.Series(np.broadcast_to(same, (rows.height,)))
    return table.with_columns(pl.when(is_same).then(equal).otherwise(near).alias(REASON))


def _same_text(search: Search) -> Pairs:
    rows = np.flatnonzero(search.first != np.arange(len(search.first)))
    return Pairs(search.first[rows], rows, np.ones(len(rows)))


def leaders_of(search: Search) -> tuple[Rows, Similarity, list[int]]:
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
    return pl.DataFrame(
        {
            "row": pairs.left,
            "other_row": pairs.right,
            ID: search.ids(pairs.left),
            "other_id": search.ids(pairs.right),
            SIMILARITY: pairs.similarity,
            "spared": pl.repeat(why, len(pairs.left), dtype=pl.String, eager=True),
        },
        schema_overrides={"row": pl.Int64, "other_row": pl.Int64},
    )


def notes_of(search: Search, leader: Rows, crowded: list[int]) -> dict[str, Any]:
    """What a reader should know: the clusters, the largest of them, what was spared, and what was left whole."""
    sizes = np.bincount(leader, minlength=len(leader)) if len(leader) else np.zeros(0, np.int64)
    heads = np.flatnonzero(sizes > 1)
    largest = heads[np.argsort(-sizes[heads], kind="stable")][:LISTED]
    ids = search.ids(largest).to_list()
    notes: dict[str, Any] = {
        **search.told,
        "clusters": len(heads),
        "largest_group": int(sizes.max()) if len(sizes) else 0,
        "largest_clusters": dict(zip(ids, sizes[largest].tolist(), strict=True)),
    }
    if search.way.by != "exact":
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
