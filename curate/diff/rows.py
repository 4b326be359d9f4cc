"""Which rows of two tables are the same, changed, or in one of them alone: by their ids, or else by their content.

What is held in memory are hashes, 8 bytes for each value compared, and ids: never the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from curate.result import ID

DIGEST = ["#a", "#b"]
"""A row in 128 bits, made of its values in 64: of two tables of 10^7 rows, one in 100,000 would hold a wrong match."""


@dataclass(frozen=True)
class ById:
    """Rows matched by id. only: ids of one table alone. changed_columns: rows that differ in each column."""

    only: tuple[pl.Series, pl.Series]
    same: int
    changed: int
    changed_columns: Mapping[str, int]


@dataclass(frozen=True)
class ByContent:
    """Rows matched by what they hold, each as often as it is there.

    only: rows beyond those that the other table has too. places: of the first of them, in the order of the table.
    """

    only: tuple[int, int]
    same: int
    places: tuple[tuple[int, ...], tuple[int, ...]]


def have_ids(*sides: pl.LazyFrame) -> bool:
    """Whether every row of each table has an id of its own."""
    for side in sides:
        if ID not in side.collect_schema():
            return False
        ids = side.select(pl.col(ID).n_unique().alias("different"), pl.len(), pl.col(ID).null_count().alias("null"))
        different, rows, null = ids.collect().row(0)
        if null or different < rows:
            return False
    return True


def by_id(old: pl.LazyFrame, new: pl.LazyFrame) -> ById:
    """Match rows by id; a column that one table does not have is null there."""
    ids = [side.select(pl.col(ID).cast(pl.String)).collect()[ID] for side in (old, new)]
    only = (ids[0].filter(~ids[0].is_in(ids[1].implode())), ids[1].filter(~ids[1].is_in(ids[0].implode())))
    schemas = [side.collect_schema() for side in (old, new)]
    compared = sorted({*schemas[0], *schemas[1]} - {ID})
    hashed = [side.select(pl.col(ID).cast(pl.String), *_hashes(mine, other, compared))
              for side, mine, other in zip((old, new), schemas, schemas[::-1], strict=True)]  # fmt: skip
    pairs = hashed[0].join(hashed[1], on=ID, suffix="#new")
    differ = pairs.select(pl.col(name).ne_missing(pl.col(f"{name}#new")) for name in compared).collect()
    changed = differ.select(pl.any_horizontal(pl.all()).sum()).item() if compared and differ.height else 0
    counts = {name: int(differ[name].sum()) for name in compared if differ.height and differ[name].any()}
    return ById(only, len(ids[0]) - len(only[0]) - changed, changed, counts)


def by_content(old: pl.LazyFrame, new: pl.LazyFrame, examples: int) -> ByContent:
    """Match rows by the columns that both tables have."""
    schemas = [side.collect_schema() for side in (old, new)]
    compared = sorted({*schemas[0]} & {*schemas[1]})
    counted = []
    for side, mine, other in zip((old, new), schemas, schemas[::-1], strict=True):
        hashes = pl.struct(_hashes(mine, other, compared))
        digests = side.select(hashes.hash(1).alias(DIGEST[0]), hashes.hash(2).alias(DIGEST[1])).with_row_index("place")
        counted.append(digests.group_by(DIGEST).agg(pl.len(), pl.col("place").head(examples)).collect())
    both = (
        counted[0]
        .join(counted[1], on=DIGEST, how="full", suffix="#new")
        .with_columns(pl.col("len", "len#new").fill_null(0).cast(pl.Int64))
    )
    same = int(both.select(pl.min_horizontal("len", "len#new").sum()).item())
    only, places = [], []
    for here, there in (("", "#new"), ("#new", "")):
        more = (pl.col(f"len{here}") - pl.col(f"len{there}")).clip(0)
        only.append(int(both.select(more.sum()).item()))
        first = both.filter(more > 0).select(pl.col(f"place{here}").list.first()).to_series()
        places.append(tuple(first.drop_nulls().sort().head(examples)))
    return ByContent((only[0], only[1]), same, (places[0], places[1]))


def _hashes(mine: Mapping[str, pl.DataType], other: Mapping[str, pl.DataType], columns: list[str]) -> list[pl.Expr]:
    """A hash in the place of each value, null where there is none; 2 and 2.0, or a field more in a struct, are one."""
    made = []
    for name in columns:
        if name not in mine:
            made.append(pl.lit(None, pl.UInt64).alias(name))
            continue
        dtype = _common(mine[name], other.get(name, mine[name]))
        text = pl.struct(pl.col(name).cast(dtype)).struct.json_encode() if dtype.is_nested() else (
            pl.col(name).cast(dtype).cast(pl.String)
        )  # fmt: skip
        made.append(pl.when(pl.col(name).is_not_null()).then(text.hash()).alias(name))
    return made


def _common(mine: pl.DataType, other: pl.DataType) -> pl.DataType:
    """The type that holds both; each its own where there is none."""
    if mine == other:
        return mine
    try:
        parts = [pl.DataFrame(schema={"a": dtype}) for dtype in (mine, other)]
        return pl.concat(parts, how="vertical_relaxed").schema["a"]
    except pl.exceptions.PolarsError:
        return mine
