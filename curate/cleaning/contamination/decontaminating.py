"""`decontaminate`: rows that hold items of benchmarks, found and dropped with the span as the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.cleaning.contamination import grams, meaning, ratio, spans
from curate.cleaning.contamination.building import open_index
from curate.cleaning.contamination.decontaminated import Decontaminated, Found, conclude
from curate.cleaning.contamination.items import Source, read_items
from curate.cleaning.contamination.kept import cache_folder
from curate.cleaning.contamination.pairs import join_similarity
from curate.cleaning.contamination.profiles import Profile, profile_of
from curate.cleaning.contamination.texts import question_columns, text_of, texts_of
from curate.cleaning.frames import check_frame
from curate.errors import DataError

if TYPE_CHECKING:
    from curate.text.embed import Encoder


ALIKE = 0.9
"""With more different texts than this, as a share of the rows, each row is searched for itself."""


def decontaminate(
    frame: pl.DataFrame,
    column: str | Sequence[str] | None = None,
    *,
    against: Mapping[str, Source],
    profile: str = "default",
    numbers: bool = False,
    covered: float | None = None,
    span: int | None = None,
    ratio: float | None = None,
    similarity: float | None = None,
    encoder: str | Path | Encoder = "static",
    folder: Path = Path(),
    cache: Path | None = None,
    workers: int | None = None,
) -> Decontaminated:
    """Drop the rows that hold an item of a benchmark; each names the span, the benchmark and the item as its reason.

    By default items are found by the windows of letters they share with a row (`curate.text.ngrams`), and decided word
    by word: the whole item is there (`exact`), or a long part of it (`span`), or the same with other numbers
    (`numbers`: labelled in `hits`, dropped only when asked). Other profiles do as their papers do: see `PROFILES`.

    column: where the question of a row stands, one name or several, text or messages; `prompt`, `problem`, `question`
    or `messages` and the like unless given. against: benchmarks by name, each a frame, texts, a path, or
    `{file | hub, revision, config, split, column}`. numbers: drop rows that differ from an item in numbers alone.
    covered: share of an item, in [0, 1], from which on a row is a hit; span: words in a row that are enough alone;
    similarity: what is alike enough to mean the same, for profile `embedding`; ratio: in [50, 100], for `openthoughts`;
    all from the profile unless given. encoder: for `embedding`, see `curate.text.embed.encoder`. folder: where relative
    paths start. cache: where large indexes are kept, `$CURATE_CACHE` or `~/.cache/curate` unless given. workers:
    threads, one a core unless given; they change no result.
    A row whose columns are null or empty is kept: nothing can be found in it.
    Raises DataError for a benchmark, a column or a profile that is not there, naming all benchmarks at once.

    >>> exam = ["What is the sum of all primes below twenty?"]
    >>> rows = pl.DataFrame({"prompt": ["Solve: what is the sum of all primes below twenty?", "Write a poem."]})
    >>> print(decontaminate(rows, against={"exam": exam}))
    1 kept, 1 dropped
              1  in exam item 0 (exact, 9 words, 100% of the item): “what is the sum of all primes below twenty”
    """
    given: dict[str, Any] = {"covered": covered, "span": span, "ratio": ratio, "similarity": similarity}
    check_frame(frame, "decontaminate")
    if not isinstance(numbers, bool):
        raise DataError(f"decontaminate: numbers is True or False (got {numbers!r})")
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise DataError(f"decontaminate: workers must be a whole number of at least 1 (got {workers!r})")
    try:
        chosen = profile_of(profile).with_thresholds(**given)
        texts = texts_of(frame, question_columns(frame, column))
        items = read_items(against, Path(folder))
    except DataError as broken:
        raise DataError(f"decontaminate: {broken}") from broken
    search = Search(chosen, encoder, Path(cache) if cache else cache_folder(), workers)
    items, pairs = _once(texts, lambda distinct: search.run(distinct, items))
    ids = text_of(frame["id"]) if "id" in frame.columns else pl.Series(range(frame.height)).cast(pl.String)
    return conclude(Found(frame, texts, ids, items, pairs), chosen, numbers=numbers)


def _once(
    texts: pl.Series, search: Callable[[pl.Series], tuple[pl.DataFrame, pl.DataFrame]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What `search` gives for the texts, each different one searched once: many answers to a prompt are many rows."""
    if texts.n_unique() > ALIKE * texts.len():
        return search(texts)
    rows = pl.DataFrame({"text": texts}).with_row_index("place")
    first = rows.unique("text", keep="first", maintain_order=True).with_row_index("row")
    items, pairs = search(first["text"])
    where = rows.join(first.select("text", "row"), on="text", nulls_equal=True, maintain_order="left")
    each = where.select(pl.col("row", "place").cast(pl.Int64)).join(pairs, on="row", maintain_order="left_right")
    return items, each.drop("row").rename({"place": "row"}).select(pairs.columns)


@dataclass(frozen=True)
class Search:
    """How rows are searched: a profile and what it needs."""

    profile: Profile
    encoder: str | Path | Encoder
    cache: Path
    workers: int | None = None

    def run(self, texts: pl.Series, items: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The items with their entries, and the pairs of rows and entries that the profile finds."""
        if self.profile.way == "ngrams":
            items, known = grams.open_grams(items, self.profile, self.cache)
            return items, grams.gram_pairs(texts, known, self.workers)
        if self.profile.way == "ratio":
            items = ratio.name_entries(items)
            return items, ratio.ratio_pairs(texts, items, self.profile.ratio)
        index = open_index(items, self.cache)
        comparer = spans.Comparer(index)
        pairs = spans.span_pairs(texts, comparer, self.workers)
        if self.profile.way == "embedding":
            from curate.text import embed

            chosen = embed.encoder(self.encoder)
            near = meaning.meaning_pairs(texts, index.texts, comparer.weights, chosen, self.cache)
            pairs = join_similarity(pairs, near)
        return index.items, pairs
