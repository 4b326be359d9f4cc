"""What the functions on frames are given by mistake, and the call that makes a frame of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import DataError

HINTS = {
    ("polars", "LazyFrame"): "collect it first: frame.collect()",
    ("pandas", "DataFrame"): "polars.from_pandas(frame) makes one",
    ("pyarrow", "Table"): "polars.from_arrow(table) makes one",
    ("datasets", "Dataset"): "dataset.to_polars() makes one",
    ("datasets", "DatasetDict"): 'choose a split: data["train"].to_polars()',
}
"""By the package of a value and the name of its type."""


def check_frame(frame: Any, who: str) -> None:
    """Raise DataError, with the way to a frame, for what is none. who: the function that was called."""
    if isinstance(frame, pl.DataFrame):
        return
    hint = _hint(frame)
    raise DataError(f"{who}: a polars DataFrame is wanted (got {type(frame).__name__}){'; ' * bool(hint)}{hint}")


def _hint(value: Any) -> str:
    kind = type(value)
    if known := HINTS.get((kind.__module__.partition(".")[0], kind.__name__)):
        return known
    if isinstance(value, str | Path):
        return "polars.read_parquet(path) reads one" if str(value).endswith(".parquet") else "read the file first"
    return "polars.DataFrame(rows) makes one" if isinstance(value, list | tuple | dict) else ""
