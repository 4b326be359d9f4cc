"""`stratify` and `cap`: how many rows of each value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import polars as pl

from curate.cleaning.selection.drawing import draws, grouped, need, places
from curate.cleaning.selection.mixing import apportion
from curate.cleaning.selection.selected import Selected, selected
from curate.errors import DataError

SHOWN = 20
"""Strata whose counts the notes list, the largest first."""


def stratify(
    frame: pl.DataFrame,
    column: str | Sequence[str],
    total: int,
    *,
    share: Literal["proportional", "equal"] = "proportional",
    seed: int = 0,
) -> Selected:
    """`total` rows that keep the shares of the strata, or take as many from each.

    column: one column, or several whose combinations are the strata; null is a value of its own.
    share: `proportional` by Sainte-Laguë's rule; `equal` takes a row of each stratum in turn, so that a small one
        gives all it has and the others go on. With fewer rows than `total` all are kept.
    `.at(total)` gives another size; sizes are nested.
    Raises DataError when a column is missing.

    >>> rows = pl.DataFrame({"id": list("abcdefgh"), "level": [1, 1, 1, 1, 1, 1, 2, 2]})
    >>> stratify(rows, "level", 4).kept["level"].to_list()
    [1, 1, 1, 2]
    >>> stratify(rows, "level", 4, share="equal").kept["level"].to_list()
    [1, 1, 2, 2]
    """
    columns = [column] if isinstance(column, str) else list(column)
    if not columns or total < 0:
        raise DataError(f"stratify: give a column and a total of 0 or more (got {columns} and {total})")
    groups, names, sizes = grouped(frame, columns, "stratify")
    place = places(groups, draws(frame, seed))
    in_turn = (
        places(pl.repeat(0, frame.height, eager=True), place * max(1, len(names)) + groups)
        if share == "equal"
        else None
    )

    def at(total: int) -> Selected:
        if in_turn is not None:
            taken = in_turn < total
        else:
            seats = apportion(sizes, min(total, frame.height)) if sizes else []
            taken = place < groups.replace_strict(dict(enumerate(seats)), return_dtype=pl.Int64)
        reasons = _reasons(groups, names, taken, " ".join(columns))
        notes: dict[str, Any] = {"strata": len(names), "rows": _largest(groups.filter(taken), names)}
        if total > frame.height:
            notes["warning"] = f"asked for {total:,} rows and there are {frame.height:,}: all are kept"
        return selected(frame, reasons, notes, at)

    return at(total)


def cap(
    frame: pl.DataFrame, column: str | Sequence[str], most: int, *, prefer: str = "random", seed: int = 0
) -> Selected:
    """At most `most` rows of each value of `column`; null is a value of its own.

    prefer: which rows stay: `random` (by hash), `first`, `highest COLUMN` or `lowest COLUMN` (null last; ties by hash).
    `.at(most)` gives another cap.
    Raises DataError when a column is missing, or `prefer` is none of these.

    >>> rows = pl.DataFrame({"id": list("abc"), "source": ["x", "x", "y"], "score": [0.1, 0.9, 0.5]})
    >>> cap(rows, "source", 1, prefer="highest score").kept["id"].to_list()
    ['b', 'c']
    """
    columns = [column] if isinstance(column, str) else list(column)
    if not columns or most < 0:
        raise DataError(f"cap: give a column and a cap of 0 or more (got {columns} and {most})")
    groups, names, sizes = grouped(frame, columns, "cap")
    place = places(groups, _preference(frame, prefer, seed))

    def at(most: int) -> Selected:
        reasons = _reasons(groups, names, place < most, " ".join(columns))
        over = sum(size > most for size in sizes)
        return selected(frame, reasons, {"cap": most, "groups": len(names), "capped": over}, at)

    return at(most)


def _preference(frame: pl.DataFrame, prefer: str, seed: int) -> pl.Series:
    """The smaller, the sooner a row stays."""
    way, _, column = prefer.partition(" ")
    if way == "first" and not column:
        return pl.int_range(frame.height, eager=True)
    drawn = draws(frame, seed)
    if way == "random" and not column:
        return drawn
    if way not in ("highest", "lowest") or not column:
        raise DataError(f"cap: prefer is random, first, highest COLUMN or lowest COLUMN (got '{prefer}')")
    need(frame, [column], "cap")
    value = pl.col(column).fill_nan(None) if frame.schema[column].is_float() else pl.col(column)
    order = frame.with_columns(drawn, pl.int_range(pl.len()).alias("row at")).sort(
        value, "draw", "row at", descending=[way == "highest", False, False], nulls_last=True
    )
    ranked = pl.DataFrame({"row": order["row at"], "rank": pl.int_range(frame.height, eager=True)}).sort("row")
    return ranked["rank"]


def _reasons(groups: pl.Series, names: list[str], taken: pl.Series, what: str) -> pl.Series:
    table = pl.DataFrame({"group": groups, "taken": taken})
    counts = table.select(pl.col("taken").sum().over("group"), size=pl.len().over("group"), group="group")
    name = pl.col("group").replace_strict(dict(enumerate(names)), return_dtype=pl.String)
    text = pl.format("not drawn: {} of {} rows with {} {}", "taken", "size", pl.lit(what), name)
    return counts.select(pl.when(~taken).then(text)).to_series()


def _largest(groups: pl.Series, names: list[str]) -> dict[str, int]:
    counted = groups.value_counts(sort=True).head(SHOWN)
    return {names[group]: count for group, count in counted.iter_rows()}
