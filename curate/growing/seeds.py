"""The rows that a pool begins with: those that say something, and where they go in the end."""

from __future__ import annotations

import polars as pl

from curate.errors import DataError
from curate.result import REASON

SAID = pl.col("prompt").fill_null("").str.strip_chars() != ""


def seeds_of(table: pl.DataFrame, title: str) -> pl.DataFrame:
    """The rows that have a prompt. Raises DataError, naming the step, when prompts are no text."""
    kind = table.schema["prompt"]
    if kind not in (pl.String, pl.Null):
        raise DataError(f"{title}: prompt is {kind}, not text; put this step before format")
    return table.with_columns(pl.col("prompt").cast(pl.String)).filter(SAID)


def with_seeds(
    table: pl.DataFrame, kept: pl.DataFrame, dropped: pl.DataFrame, failed: pl.DataFrame, *, keep_seeds: bool
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What was made, with the rows that came in: kept or dropped, and failed where they have no prompt.

    A column of theirs that means another thing in what was made (it is of another type there) is left out.
    """
    other = [name for name, kind in table.schema.items() if name in kept.schema and kind != kept.schema[name]]
    text = table.with_columns(pl.col("prompt").cast(pl.String)).drop(set(other) - {"prompt"})
    seeds = text.filter(SAID)
    if keep_seeds:
        kept = pl.concat([seeds, kept], how="diagonal_relaxed")
    else:
        left = seeds.with_columns(pl.lit("a seed (keep_seeds lets them through)").alias(REASON))
        dropped = pl.concat([left, dropped], how="diagonal_relaxed")
    silent = text.filter(~SAID).with_columns(pl.lit("its prompt is empty").alias(REASON))
    return kept, dropped, pl.concat([silent, failed], how="diagonal_relaxed")
