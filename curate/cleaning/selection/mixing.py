"""`mix`: so many rows of each source, by weights or by counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import floor, isfinite
from typing import Any

import polars as pl

from curate.cleaning.selection.drawing import draws, grouped, places
from curate.cleaning.selection.selected import Selected, selected
from curate.errors import DataError, did_you_mean
from curate.steps.base import ID


def mix(
    frame: pl.DataFrame,
    weights: Mapping[str, float] | None = None,
    counts: Mapping[str, int] | None = None,
    *,
    column: str = "source",
    total: int | None = None,
    repeat: int = 1,
    seed: int = 0,
) -> Selected:
    """So many rows of each source, drawn by hash; in the order of the frame.

    Weights are turned into counts by Sainte-Laguë's rule (Webster's method), under which a larger total takes no row
    away from any source. No row is taken twice unless `repeat` allows it: a source that is too small gives what it
    has, the others do not fill in, and `notes["short"]` says so.

    weights: share of each value of `column`, above 0; any scale. counts: rows of each, instead.
    total: rows in all, with weights; unless given, the most at which no source falls short.
    repeat: how often one row may stand in the mix. The copies of `a` are called `a~2`, `a~3`; they follow the row.
    `.at(total)` mixes the same rows to another total (with weights).
    Raises DataError for a source that has no row, and for weights or counts that are none.

    >>> rows = pl.DataFrame({"id": list("abcdef"), "source": ["web"] * 4 + ["math"] * 2})
    >>> mixed = mix(rows, {"web": 1, "math": 1})
    >>> mixed.notes["rows"]
    {'web': 2, 'math': 2}
    """
    _check(weights, counts, total, repeat)
    groups, names, sizes = grouped(frame, [column], "mix")
    wanted: Mapping[str, float] = weights if weights is not None else counts or {}
    strangers = [name for name in wanted if name not in names]
    if strangers:
        raise DataError(f"mix: no row has {column} '{strangers[0]}'{did_you_mean(strangers[0], names)}")
    have = [sizes[names.index(name)] * repeat for name in wanted]
    place = places(groups, draws(frame, seed))
    again = partial(_mixed, frame, column, groups, place, names, wanted, have, repeat)
    if counts is not None:
        return again(asked=list(counts.values()))
    most = total if total is not None else most_without_short(list(wanted.values()), have)
    return _at(again, list(wanted.values()), most)


def _check(
    weights: Mapping[str, float] | None, counts: Mapping[str, int] | None, total: int | None, repeat: int
) -> None:
    if (weights is None) == (counts is None) or not (weights or counts):
        raise DataError("mix: give weights, as in {math: 0.7, code: 0.3}, or counts, as in {math: 1000}; one of them")
    for name, weight in (weights or {}).items():
        if not (isfinite(weight) and weight > 0):
            raise DataError(
                f"mix: the weight of '{name}' must be above 0 (got {weight:g}); leave a source out to drop it"
            )
    for name, count in (counts or {}).items():
        if count < 0:
            raise DataError(f"mix: the count of '{name}' must be 0 or more (got {count:,})")
    if counts is not None and total is not None:
        raise DataError("mix: total goes with weights; counts say it already")
    if (total is not None and total < 0) or repeat < 1:
        raise DataError(f"mix: total is 0 or more and repeat 1 or more (got {total} and {repeat})")


def _at(again: Any, weights: list[float], total: int) -> Selected:
    def at(total: int) -> Selected:
        return _at(again, weights, total)

    mixed: Selected = again(asked=apportion(weights, total), again=at)
    return mixed


def _mixed(
    frame: pl.DataFrame,
    column: str,
    groups: pl.Series,
    place: pl.Series,
    names: list[str],
    wanted: Mapping[str, float],
    have: list[int],
    repeat: int,
    *,
    asked: list[int],
    again: Any = None,
) -> Selected:
    """The rows whose place in their source is below what is asked of it; the rows passed a second time follow them."""
    sizes = [0] * len(names)
    allotted: list[int | None] = [None] * len(names)
    for name, rows, most in zip(wanted, asked, have, strict=True):
        allotted[names.index(name)], sizes[names.index(name)] = min(rows, most), most // repeat
    table = pl.DataFrame({"place": place, "group": groups}).with_columns(
        name=pl.col("group").replace_strict(dict(enumerate(names)), return_dtype=pl.String),
        asked=pl.col("group").replace_strict(dict(enumerate(allotted)), return_dtype=pl.Int64),
        size=pl.col("group").replace_strict(dict(enumerate(sizes)), return_dtype=pl.Int64),
    )
    reasons = table.select(
        pl.when(pl.col("asked").is_null())
        .then(pl.format("{} {} is not in the mix", pl.lit(column), "name"))
        .when(pl.col("place") >= pl.col("asked"))
        .then(pl.format("not drawn: {} of {} rows of {}", "asked", "size", "name"))
    ).to_series()
    short = {
        name: f"has {most:,} of the {rows:,} rows asked for"
        for name, rows, most in zip(wanted, asked, have, strict=True)
        if rows > most
    }
    taken = dict(zip(wanted, (min(rows, most) for rows, most in zip(asked, have, strict=True)), strict=True))
    notes: dict[str, Any] = {"rows": taken}
    if short:
        often = "no row is repeated" if repeat == 1 else f"each row {repeat} times"
        notes |= {"short": short, "warning": [f"{name} {what}; {often}" for name, what in short.items()]}
    result = selected(frame, reasons, notes, again)
    if repeat == 1:
        return result
    times = table.select((1 + (pl.col("asked") - 1 - pl.col("place")) // pl.col("size")).clip(lower_bound=0))
    copied = _copies(frame, times.to_series().fill_null(0))
    return Selected(copied, result.dropped, notes=notes | {"copies": copied.height - result.kept.height}, again=again)


def _copies(frame: pl.DataFrame, times: pl.Series) -> pl.DataFrame:
    """Each row so many times; the second copy of `a` is called `a~2`."""
    rows = pl.DataFrame({"row": pl.int_range(frame.height, eager=True), "times": times})
    spread = rows.select(pl.col("row").repeat_by("times")).explode("row", empty_as_null=False)
    copies = spread.select(pl.int_range(1, pl.len() + 1).over("row").alias("copy"))["copy"]
    table = frame[spread["row"]]
    if ID not in table.columns:
        return table
    ids = table[ID].cast(pl.String)
    named = table.with_columns(
        pl.when(copies > 1).then(pl.format("{}~{}", ids.alias("old"), copies.alias("copy"))).otherwise(ids).alias(ID)
    )
    if named[ID].n_unique() < named.height:
        raise DataError("mix: the rows' ids are not unique, so copies of them cannot be told apart")
    return named


def apportion(weights: Sequence[float], total: int) -> list[int]:
    """`total` seats by Sainte-Laguë: the seats with the smallest (j + 1/2) / weight, ties to the first.

    House-monotone: a larger total takes no seat away (unlike the largest remainder).

    >>> apportion([0.5, 0.3, 0.2], 10)
    [5, 3, 2]
    >>> apportion([1, 1], 3)
    [2, 1]
    """
    scale = sum(weights)
    seats = [floor(total * weight / scale + 0.5) for weight in weights]

    def following(index: int) -> tuple[float, int]:
        return (seats[index] + 0.5) / weights[index], index

    def last(index: int) -> tuple[float, int]:
        return (seats[index] - 0.5) / weights[index] if seats[index] else -1.0, index

    everyone = range(len(weights))
    while True:
        lowest, highest = min(everyone, key=following), max(everyone, key=last)
        if sum(seats) < total:
            seats[lowest] += 1
        elif sum(seats) > total:
            seats[highest] -= 1
        elif following(lowest) < last(highest):
            seats[lowest], seats[highest] = seats[lowest] + 1, seats[highest] - 1
        else:
            return seats


def most_without_short(weights: Sequence[float], have: Sequence[int]) -> int:
    """The largest total of which no source has less than its share.

    >>> most_without_short([3, 1], [100, 10])
    40
    """
    scale = sum(weights)
    most = floor(min(rows * scale / weight for weight, rows in zip(weights, have, strict=True)))
    while most and any(seats > rows for seats, rows in zip(apportion(weights, most), have, strict=True)):
        most -= 1
    return most
