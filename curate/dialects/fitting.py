"""How a table fits a dialect: the columns that can play its parts, and how its first values look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.dialects.dialect import Dialect, Part, Row, is_kind
from curate.dialects.opened import holds, opened

if TYPE_CHECKING:
    import polars as pl

FIRST_ROWS = 200


@dataclass(frozen=True)
class Fit:
    """A dialect that fits a table. columns: part -> column. rivals: other columns that could play a part as well."""

    dialect: Dialect
    columns: Mapping[str, str]
    rivals: Mapping[str, tuple[str, ...]]

    def beats(self, other: Fit) -> bool:
        """Whether this one says strictly more: it reads all the other reads and more, or is declared over it."""
        mine, theirs = set(self.columns.values()), set(other.columns.values())
        return other.dialect.name in self.dialect.over or theirs < mine


@dataclass(frozen=True)
class Miss:
    """A dialect that does not fit. lacks: parts no column plays. why: what speaks against it when none is lacking."""

    dialect: Dialect
    columns: Mapping[str, str]
    lacks: tuple[str, ...]
    why: str = ""


def match(dialect: Dialect, frame: pl.DataFrame, *, loose: bool = False) -> Fit | Miss:
    """Find the columns that play the parts of a dialect, and look at the first rows.

    loose: a column of numbers may play the part of a text, as answers do that are all numbers.
    """
    columns: dict[str, str] = {}
    rivals: dict[str, tuple[str, ...]] = {}
    for part, wanted in [*dialect.needs.items(), *dialect.may.items()]:
        if part in columns:
            continue
        found = _candidates(frame, wanted, set(columns.values()), loose=loose)
        if found:
            columns[part] = found[0]
        if len(same := [name for name in found if name.lower() in wanted.rivals]) > 1:
            rivals[part] = tuple(same)
    lacks = tuple(part for part in dialect.needs if part not in columns)
    if lacks:
        return Miss(dialect, columns, lacks)
    barred = [name for name in frame.columns if name.lower() in dialect.without]
    if barred:
        return Miss(dialect, columns, (), f"there is a column '{barred[0]}' beside")
    if frame.height and not filled_rows(frame, dialect, columns).any():
        return Miss(dialect, columns, (), "no row has all of it")
    why = dialect.looks(columns, first_rows(frame, columns, dialect))
    return Miss(dialect, columns, (), why) if why else Fit(dialect, columns, rivals)


def first_rows(frame: pl.DataFrame, columns: Mapping[str, str], dialect: Dialect) -> list[Row]:
    """The first rows as parts; parts without a column are None."""
    return parts_of(frame.head(FIRST_ROWS), columns, dialect)


def parts_of(frame: pl.DataFrame, columns: Mapping[str, str], dialect: Dialect) -> list[Row]:
    """The rows of a table, by part; numbers that play the part of a text are text."""
    wanted = {**dialect.may, **dialect.needs}
    names = [*dialect.needs, *(part for part in dialect.may if part not in dialect.needs)]
    values = [
        _values(frame[columns[part]], wanted[part]) if part in columns else [None] * frame.height for part in names
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _plays(column: pl.Series, part: Part) -> bool:
    return is_kind(column.dtype, part.kind) or holds(column, part.kind) or _is_one_text(column, part)


def _is_one_text(column: pl.Series, part: Part) -> bool:
    """Whether a column that is to be text holds lists of one text (s1K's trajectories)."""
    import polars as pl

    if part.kind != "text" or column.dtype != pl.List(pl.String) or column.null_count() == column.len():
        return False
    return column.list.len().max() == 1


def _values(column: pl.Series, part: Part) -> list[Any]:
    import polars as pl

    if holds(column, part.kind):
        return [opened(text, part.kind) for text in column]
    if _is_one_text(column, part):
        return column.list.first().to_list()
    if column.dtype == pl.Float32:  # 0.1 is 0.1, not the nearest double to it
        column = column.cast(pl.String).cast(pl.Float64)
    return (column.cast(pl.String) if part.kind == "text" and column.dtype.is_numeric() else column).to_list()


def filled_rows(frame: pl.DataFrame, dialect: Dialect, columns: Mapping[str, str]) -> pl.Series:
    """Which rows have a value in every part that the dialect must have."""
    import polars as pl

    return frame.select(pl.all_horizontal(pl.col([columns[part] for part in dialect.needs]).is_not_null())).to_series()


def _candidates(frame: pl.DataFrame, part: Part, taken: set[str], *, loose: bool) -> list[str]:
    """The columns that can play a part, the likeliest first; one spelled as the name goes before other letter cases."""
    order = {name: place for place, name in enumerate(part.names)}
    lowered = {name.lower(): place for name, place in order.items()}
    found = [
        (order.get(name, lowered.get(name.lower(), -1)), name not in order, name)
        for name, dtype in frame.schema.items()
        if name.lower() in lowered
        and name not in taken
        and (_plays(frame[name], part) or (loose and part.kind == "text" and dtype.is_numeric()))
    ]
    return [name for _, _, name in sorted(found)]
