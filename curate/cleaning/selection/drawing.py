"""Draws that depend on a row and the seed only, and groups of rows. What all selections are made of."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import repeat
from typing import TYPE_CHECKING

import polars as pl

from curate.errors import DataError, did_you_mean
from curate.result import ID

if TYPE_CHECKING:
    import numpy as np


def draws(frame: pl.DataFrame, seed: int) -> pl.Series:
    """A number in [0, 2**64) for each row, the hash of its id and the seed; of its content where it has no id.

    Not polars' own hash, which changes between versions. About a microsecond a row.

    >>> a, b = pl.DataFrame({"id": ["x", "y"]}), pl.DataFrame({"id": ["y", "z", "x"]})
    >>> draws(a, 0)[0] == draws(b, 0)[2]
    True
    """
    import numpy as np

    key = blake2b(str(seed).encode(), digest_size=16).digest()
    names = row_names(frame).to_list()
    hashes = (blake2b(text.encode(), digest_size=8, key=one).digest() for text, one in zip(names, repeat(key)))
    numbers: np.ndarray = np.frombuffer(b"".join(hashes), dtype="<u8")
    return pl.Series("draw", numbers, dtype=pl.UInt64)


def row_names(frame: pl.DataFrame) -> pl.Series:
    """The ids of a frame, as text; a name made of the content for a frame without them, or a row whose id is null."""
    from curate.table import row_ids

    if ID not in frame.columns:
        return row_ids(frame, "row")
    ids = frame[ID].cast(pl.String)
    return ids.fill_null(row_ids(frame, "row")) if ids.null_count() else ids


def places(groups: pl.Series, order: pl.Series) -> pl.Series:
    """The place of each row in its group by `order`, 0 the first; ties by the order of the table.

    >>> places(pl.Series(["a", "b", "a"]), pl.Series([5, 1, 3])).to_list()
    [1, 0, 0]
    """
    table = pl.DataFrame({"group": groups, "order": order})
    ranked = table.select(pl.col("order").rank("ordinal").over("group").cast(pl.Int64) - 1)
    return ranked.to_series().alias("place")


def grouped(frame: pl.DataFrame, columns: Sequence[str], who: str) -> tuple[pl.Series, list[str], list[int]]:
    """The group of each row by the values of `columns`; the groups' names, sorted, and their sizes.

    A null is a value like any other, called null; values of one name are one group. Raises DataError when a column is
    missing.
    """
    need(frame, columns, who)
    keys = frame.select(pl.struct(columns).alias("key"))
    groups = keys.group_by("key", maintain_order=True).len()
    names = [" ".join("null" if value is None else str(value) for value in key.values()) for key in groups["key"]]
    named = groups.with_columns(pl.Series("name", names, dtype=pl.String))
    merged = named.group_by("name").agg(pl.col("len").sum()).sort("name").with_row_index("group")
    places_of = named.join(merged.select("name", "group"), on="name").select("key", "group")
    numbered = keys.join(places_of, on="key", how="left", maintain_order="left", nulls_equal=True)
    return numbered["group"].cast(pl.Int64), merged["name"].to_list(), merged["len"].to_list()


def need(frame: pl.DataFrame, columns: Sequence[str], who: str) -> None:
    """Raise DataError naming the first of `columns` that the frame lacks."""
    for column in columns:
        if column not in frame.columns:
            raise DataError(f"{who}: no column '{column}' to select by{did_you_mean(column, frame.columns)}")
