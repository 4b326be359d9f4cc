"""Pairs of a row and an item, measured: what every way of comparing makes, and every verdict is made of."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

PAIRS: dict[str, type[pl.DataType]] = {
    "row": pl.Int64, "entry": pl.Int64, "span": pl.String, "words": pl.Int64, "rare": pl.Float64,
    "item_words": pl.Int64, "row_words": pl.Int64, "covered": pl.Float64, "same": pl.Float64, "weight": pl.Float64,
    "told": pl.Float64, "changed": pl.Int64, "whole": pl.Boolean, "similarity": pl.Float64,
}  # fmt: skip
"""See `curate.cleaning.contamination.measure.Measured`; similarity is `paraphrase.alike` or a ratio, in [0, 1].

What a way does not measure is null; `whole` is then false.
"""

SPAN_CHARACTERS = 2_000
"""Of a span, so much is kept."""


def pairs_frame(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One table of all parts, every column of `PAIRS` there, sorted by row and entry."""
    parts = [pl.DataFrame(schema=PAIRS), *(part for part in parts if part.height)]
    table = pl.concat(
        [
            part.select(
                pl.col(name).cast(kind) if name in part.columns else pl.lit(None, kind).alias(name)
                for name, kind in PAIRS.items()
            )
            for part in parts
        ]
    )
    return table.with_columns(pl.col("whole").fill_null(False)).sort("row", "entry")


def join_similarity(pairs: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """The pairs of both, each once: what `near` says of a pair that is in both is its similarity."""
    key = ["row", "entry"]
    both = pairs.drop("similarity").join(near.select(*key, "similarity"), on=key, how="left")
    return pairs_frame([both, near.join(pairs, on=key, how="anti")])
