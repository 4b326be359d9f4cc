"""`mix`: so many rows of each source, by weights or by counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite
from typing import Any

import polars as pl

from curate.cleaning.selection.drawing import draws, grouped, places
from curate.cleaning.selection.selected import Again, Selected, selected
from curate.errors import DataError, did_you_mean
from curate.result import ID


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
    rows = pl.DataFrame({"name": groups.replace_strict(dict(enumerate(names)), return_dtype=pl.String)})
    rows = rows.with_columns(places(groups, draws(frame, seed)))
    have = {name: size for name, size in zip(names, sizes, strict=True) if name in wanted}
    sources = _Sources(frame, column, rows, have, repeat)
    if counts is not None:
        return sources.take(counts)
    shares = {name: float(weight) for name, weight in wanted.items()}

    def at(total: int) -> Selected:
        return sources.take(dict(zip(shares, apportion(list(shares.values()), total), strict=True)), at)

    limits = [repeat * have[name] for name in shares]
    return at(total if total is not None else most_without_short(list(shares.values()), limits))


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


@dataclass(frozen=True)
class _Sources:
    """The rows by source. rows: the `name` of the source and the `place` in it, by draw. have: rows of each source."""

    frame: pl.DataFrame
    column: str
    rows: pl.DataFrame
    have: Mapping[str, int]
    repeat: int

    def take(self, asked: Mapping[str, int], again: Again | None = None) -> Selected:
        """The first so many rows of each source; where a source is passed again, copies follow their row."""
        taken = {name: min(count, self.repeat * self.have[name]) for name, count in asked.items()}
        sources = {"name": list(taken), "asked": list(taken.values()), "size": [self.have[name] for name in taken]}
        schema = {"name": pl.String, "asked": pl.Int64, "size": pl.Int64}
        table = self.rows.join(pl.DataFrame(sources, schema), on="name", how="left", maintain_order="left")
        reasons = table.select(
            pl.when(pl.col("asked").is_null())
            .then(pl.format("{} {} is not in the mix", pl.lit(self.column), "name"))
            .when(pl.col("place") >= pl.col("asked"))
            .then(pl.format("not drawn: {} of {} rows of {}", "asked", "size", "name"))
        ).to_series()
        notes = self._notes(asked, taken)
        result = selected(self.frame, reasons, notes, again)
        if self.repeat == 1:
            return result
        times = table.select((1 + (pl.col("asked") - 1 - pl.col("place")) // pl.col("size")).clip(lower_bound=0))
        copied = _copies(self.frame, times.to_series().fill_null(0))
        notes["copies"] = copied.height - result.kept.height
        return Selected(copied, result.dropped, notes=notes, again=again)

    def _notes(self, asked: Mapping[str, int], taken: Mapping[str, int]) -> dict[str, Any]:
        short = {
            name: f"has {self.have[name]:,} of the {count:,} rows asked for"
            for name, count in asked.items()
            if count > taken[name]
        }
        if not short:
            return {"rows": dict(taken)}
        often = "no row is repeated" if self.repeat == 1 else f"each row {self.repeat} times"
        warning = [f"{name} {what}; {often}" for name, what in short.items()]
        return {"rows": dict(taken), "short": short, "warning": warning}


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
