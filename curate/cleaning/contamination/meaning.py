"""Items said in other words: found by an encoder as near in meaning, decided by what a paraphrase keeps.

Every row is compared whole; a row much longer than an item also in passages, since what one sentence in fifty means
does not show in the mean of all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.cleaning.contamination.kept import kept_arrays
from curate.cleaning.contamination.measure import Weights
from curate.cleaning.contamination.pairs import SPAN_CHARACTERS, pairs_frame
from curate.cleaning.contamination.paraphrase import (
    TELLING_INSIDE,
    Said,
    agreement,
    alike,
    fits,
    question_part,
    said,
)
from curate.cleaning.contamination.passages import Passage, passages

if TYPE_CHECKING:
    from curate.text.embed import Encoder

F32 = npt.NDArray[np.float32]
T = TypeVar("T")

NEAREST = 10
"""Items that a row is compared with: for 97% of the paraphrases of GSM8K the right one is among the first five."""

LEAST = 0.5
"""Cosine below which two texts are not compared."""

ROWS = 1_024
"""Rows or passages compared at once; with 30,000 items their cosines are 120 MB."""

WORTH = 0.5
"""Pairs that are less alike than this are not kept."""

SMALLEST = 160
"""Characters of the smallest passages; each further size is twice as long. Two sizes fit an item of any length."""

LONG = 4
"""A text of so many times the length of a passage is read in passages of that size."""


@dataclass(frozen=True)
class Sought:
    """Items as they are compared. entries: their numbers. vectors: shape (items, dim). kept: see `Said`."""

    entries: Sequence[int]
    vectors: F32
    kept: Sequence[Said]

    def of(self, places: Sequence[int]) -> Sought:
        """Some of them."""
        return Sought(
            [self.entries[place] for place in places], self.vectors[places], [self.kept[place] for place in places]
        )


class Best:
    """For each row and entry the passage that is most like it, and how much."""

    def __init__(self) -> None:
        self.found: dict[tuple[int, int], tuple[float, str]] = {}

    def add(self, row: int, entry: int, similarity: float, text: str) -> None:
        """Keep it unless it is not alike, or what is known is better."""
        if similarity > self.found.get((row, entry), (0.0, ""))[0]:
            self.found[row, entry] = similarity, text.strip()[:SPAN_CHARACTERS]

    def frame(self) -> pl.DataFrame:
        """Columns `row entry similarity span`."""
        return pl.DataFrame(
            [(row, entry, *told) for (row, entry), told in self.found.items()],
            schema={"row": pl.Int64, "entry": pl.Int64, "similarity": pl.Float64, "span": pl.String},
            orient="row",
        )


def meaning_pairs(
    texts: pl.Series, items: Sequence[str], weights: Weights, encoder: Encoder, cache: Path | None = None
) -> pl.DataFrame:
    """Pairs of a row and an entry that may mean the same; `similarity` is `alike`, `span` what of the row it is of.

    items: the text of each entry. cache: where the vectors of the items are kept.
    """
    asked = [question_part(text) for text in items]
    sought = Sought(range(len(items)), _item_vectors(asked, encoder, cache), [said(text, weights) for text in asked])
    best = Best()
    _search_whole(texts, sought, weights, encoder, best)
    for size, places in sizes([len(text.strip()) for text in asked]).items():
        _search_passages(texts, size, sought.of(places), weights, encoder, best)
    return pairs_frame([best.frame()])


def sizes(lengths: Sequence[int]) -> dict[int, list[int]]:
    """The sizes of passages that items of these lengths are looked for in, and which items in each.

    An item is looked for in passages of half to twice its length.

    >>> sizes([100, 500])
    {160: [0], 320: [1], 640: [1]}
    """
    found: dict[int, list[int]] = {}
    size = SMALLEST
    while size == SMALLEST or size < 2 * max(lengths, default=0):
        places = [
            place
            for place, length in enumerate(lengths)
            if length < 2 * size and (length > size / 2 or size == SMALLEST)
        ]
        if places:
            found[size] = places
        size *= 2
    return found


def _search_whole(texts: pl.Series, sought: Sought, weights: Weights, encoder: Encoder, best: Best) -> None:
    asked = ((row, question_part(text)) for row, text in enumerate(texts) if text)
    for batch in _batches((row, text) for row, text in asked if text.strip()):
        cosines = encoder.encode([text for _, text in batch]) @ sought.vectors.T
        for place, near in _nearest(cosines):
            row, text = batch[place]
            kept = said(text, weights)
            for item in near:
                best.add(row, sought.entries[item], alike(sought.kept[item], kept, WORTH), text)


def _search_passages(
    texts: pl.Series, size: int, sought: Sought, weights: Weights, encoder: Encoder, best: Best
) -> None:
    """Passages that are like an item are fitted to it, then compared with it again."""
    long = (texts.str.len_chars() > LONG * size).fill_null(False).arg_true()
    every = (one for row in long for one in passages(row, texts[row], size))
    for batch in _batches(one for one in every if one.said.strip()):
        asked = [question_part(one.said) for one in batch]
        for place, near in _nearest(encoder.encode(asked) @ sought.vectors.T):
            kept, row = said(asked[place], weights), batch[place].row
            for item in near:
                wanted = sought.kept[item]
                if fits(wanted, kept):
                    text, better = _fit(batch[place], wanted, weights)
                    best.add(row, sought.entries[item], alike(wanted, better, WORTH, TELLING_INSIDE), text)


def _fit(passage: Passage, item: Said, weights: Weights) -> tuple[str, Said]:
    """The passage with sentences added or left out at its ends while that makes it agree better with the item."""

    def read(one: Passage) -> tuple[float, Passage, str, Said]:
        text = question_part(one.said)
        kept = said(text, weights)
        return sum(agreement(item, kept)), one, text, kept

    best = read(passage)
    while True:
        better = max(map(read, best[1].neighbours()), key=lambda one: one[0], default=best)
        if better[0] <= best[0]:
            return best[2:]
        best = better


def _batches(every: Iterable[T]) -> Iterator[list[T]]:
    """`ROWS` at a time."""
    one_by_one = iter(every)
    while batch := list(islice(one_by_one, ROWS)):
        yield batch


def _nearest(cosines: F32) -> Iterator[tuple[int, list[int]]]:
    """For each row that has one: the `NEAREST` items that are near enough."""
    count = min(NEAREST, cosines.shape[1])
    rows = np.flatnonzero(cosines.max(axis=1, initial=-1.0) >= LEAST)
    near = np.argpartition(cosines[rows], -count, axis=1)[:, -count:]
    close = np.take_along_axis(cosines[rows], near, axis=1) >= LEAST
    for row, items, some in zip(rows.tolist(), near, close, strict=True):
        yield row, items[some].tolist()


def _item_vectors(asked: Sequence[str], encoder: Encoder, cache: Path | None) -> F32:
    """The vectors of the items: a transformer takes minutes for them, so they are kept by content and encoder."""
    if cache is None:
        return encoder.encode(asked)
    total = hashlib.sha256()
    for text in asked:
        total.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    depends = {"encoder": encoder.identity, "texts": total.hexdigest()}
    vectors: F32 = kept_arrays(cache, depends, lambda: {"vectors": encoder.encode(asked)})["vectors"]
    return vectors
