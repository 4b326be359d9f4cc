"""`curriculum`: all rows, from easy to hard, in stages."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl

from curate.cleaning.selection.drawing import draws, need
from curate.cleaning.selection.selected import Selected
from curate.errors import DataError
from curate.result import REASON

MEASURES = ("completion", "answer", "prompt")
"""Columns whose length is measured unless one is named: the first that is there."""


def curriculum(
    frame: pl.DataFrame,
    column: str = "pass_rate",
    *,
    stages: int = 3,
    easy: Literal["high", "low"] | None = None,
    order: Literal["sorted", "shuffled"] = "sorted",
    seed: int = 0,
) -> Selected:
    """Order the rows from easy to hard and write `stage`, 1 .. `stages`: train on one stage after the other.

    column: what is hard: a column of numbers or texts; or `length`, in characters, of the completion, else of the
        answer, else of the prompt; or `length COLUMN`.
    easy: whether high or low values are easy; `high` for `pass_rate` and columns named `score.*`, else `low`.
    stages: of about as many rows each; rows of one difficulty share a stage, so that a stage may be larger or empty.
    order: inside a stage, `sorted` from easy to hard (ties by hash) or `shuffled` by hash.
    A row whose difficulty is null or NaN is dropped with that reason. `.at(stages)` divides the same order anew.
    Raises DataError when the column is missing or holds what cannot be ordered.

    >>> rows = pl.DataFrame({"id": list("abcd"), "pass_rate": [0.1, 0.9, 0.5, None]})
    >>> curriculum(rows, stages=3).kept.select("id", "stage").rows()
    [('b', 1), ('c', 2), ('a', 3)]
    """
    value, way = _difficulty(frame, column, easy)
    marked = frame.with_columns(value.alias(REASON), draws(frame, seed))
    hard = marked.filter(pl.col(REASON).is_not_null()).sort(
        [REASON, "draw"], descending=[way == "high", False], maintain_order=True
    )
    missing = marked.filter(pl.col(REASON).is_null()).drop("draw")
    dropped = missing.with_columns(pl.lit(f"{column} is null: it has no place in the order").alias(REASON))
    height = hard.height
    rank = pl.col(REASON).rank("average", descending=way == "high")

    def at(stages: int) -> Selected:
        if stages < 1:
            raise DataError(f"curriculum: stages is 1 or more (got {stages})")
        stage = ((rank - 0.5) * stages / max(1, height)).floor().clip(0, stages - 1).cast(pl.Int64) + 1
        placed = hard.with_columns(stage.alias("stage"))
        if order == "shuffled":
            placed = placed.sort(["stage", "draw"], maintain_order=True)
        counts = placed.group_by("stage").agg(
            rows=pl.len(), easiest=pl.col(REASON).first(), hardest=pl.col(REASON).last()
        )
        notes: dict[str, Any] = {"column": column, "easy": way, "stages": _stages(counts.sort("stage"), stages)}
        empty = stages - counts.height
        if empty and height:
            notes["warning"] = f"{empty} of {stages} stages are empty: too many rows are equally hard"
        return Selected(placed.drop(REASON, "draw"), dropped, notes=notes, again=at)

    return at(stages)


def _difficulty(frame: pl.DataFrame, column: str, easy: str | None) -> tuple[pl.Expr, str]:
    """What orders the rows, null where it cannot be told, and whether its high or low values are easy."""
    word, _, measured = column.partition(" ")
    if word == "length" and column not in frame.columns:
        measured = measured or next((name for name in MEASURES if name in frame.columns), MEASURES[0])
        need(frame, [measured], "curriculum")
        if frame.schema[measured] != pl.String:
            raise DataError(f"curriculum: the length of '{measured}' cannot be told, it holds {frame.schema[measured]}")
        return pl.col(measured).str.len_chars(), easy or "low"
    need(frame, [column], "curriculum")
    kind = frame.schema[column]
    if kind.is_nested() or kind in (pl.Object, pl.Binary):
        raise DataError(f"curriculum: rows cannot be ordered by '{column}', it holds {kind}")
    value = pl.col(column).fill_nan(None) if kind.is_float() else pl.col(column)
    return value, easy or ("high" if column == "pass_rate" or column.startswith("score.") else "low")


def _stages(counts: pl.DataFrame, stages: int) -> list[dict[str, Any]]:
    """Rows, and the easiest and hardest value of each stage."""
    found = {row["stage"]: row for row in counts.iter_rows(named=True)}
    return [found.get(stage, {"stage": stage, "rows": 0}) for stage in range(1, stages + 1)]
