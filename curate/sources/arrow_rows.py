"""Rows from Arrow files: feather, and what `Dataset.save_to_disk` leaves in a folder; of files and of streams."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import DataError

if TYPE_CHECKING:
    import polars as pl

FILE, STREAM, OLD = b"ARROW1", b"\xff\xff\xff\xff", b"FEA1"
"""How an Arrow file, a stream and a feather file of the first version begin."""


def is_arrow(begin: bytes) -> bool:
    """Whether a file that begins so is one of Arrow's."""
    return begin.startswith((FILE, STREAM, OLD))


def read_arrow(path: Path, begin: bytes, limit: int | None = None) -> pl.DataFrame:
    """The table of an Arrow file. Raises DataError when it is damaged, or of the first version of feather."""
    import polars as pl

    if begin.startswith(OLD):
        raise DataError(f"{path} is feather of version 1; write it again: pyarrow.feather.write_feather(table, path)")
    read = pl.read_ipc_stream if begin.startswith(STREAM) else pl.read_ipc
    try:
        return read(path, n_rows=limit)
    except (pl.exceptions.PolarsError, OSError, ValueError) as broken:
        first = (str(broken).splitlines() or [type(broken).__name__])[0][:200]
        raise DataError(f"{path} cannot be read as Arrow: {first}") from broken
