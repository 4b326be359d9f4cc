"""Columns beside those of a contract that TRL reads where a row has them; it passes over all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.errors import DataError

if TYPE_CHECKING:
    import polars as pl

TOOLS, KWARGS, MARGIN = "tools", "chat_template_kwargs", "margin"

BESIDE = (TOOLS, KWARGS, MARGIN)
"""The tools of a conversation, options of its template, and by how much a pair's better answer is better (reward)."""


def beside(frame: pl.DataFrame, where: str) -> list[pl.Series]:
    """Those of a table but for its tools, which its contract takes care of, without nulls.

    Margins that are no numbers stay out. Raises DataError for options that are no objects.
    """
    import polars as pl

    made = []
    if KWARGS in frame.columns:
        options = frame.schema[KWARGS]
        if not isinstance(options, pl.Struct):
            raise DataError(f"{where}: '{KWARGS}' holds {options}, not objects as {{enable_thinking: false}}")
        fields = [pl.col(KWARGS).struct.field(name) for name in dict(options)]
        made.append(frame.select(pl.struct(fields).alias(KWARGS)).to_series())
    if MARGIN in frame.columns and frame.schema[MARGIN].is_numeric():
        made.append(frame[MARGIN].cast(pl.Float64).fill_null(0.0))
    return made
