"""Columns that are in the way of others step aside, and keep what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def set_aside(frame: pl.DataFrame, names: set[str]) -> pl.DataFrame:
    """Give the columns `names`, where they are, the name `original_<name>`, or one with a number when that is taken."""
    taken = set(frame.columns)
    renamed = {}
    for name in sorted(names & taken):
        options = (f"original_{name}", *(f"original_{name}_{number}" for number in range(2, len(taken) + 3)))
        renamed[name] = next(option for option in options if option not in taken)
        taken.add(renamed[name])
    return frame.rename(renamed)
