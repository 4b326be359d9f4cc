"""The tables of a run, read lazily: only the columns and the rows that are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import polars as pl

from curate.errors import DataError
from curate.run import Run

Outcome = Literal["kept", "dropped", "failed"]

SUFFIXES: dict[Outcome, str] = {"kept": ".parquet", "dropped": ".dropped.parquet", "failed": ".failed.parquet"}
SCORE, WHY, FLAG = "score.", "why.", "flag."


class Table:
    """A parquet file of a run: its schema, and what a query over it gives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lazy = pl.scan_parquet(path, glob=False)  # a folder may be called `data[1]`
        try:
            self.schema: Mapping[str, pl.DataType] = self.lazy.collect_schema()
        except (pl.exceptions.PolarsError, OSError) as broken:
            raise _damaged(path, broken) from broken

    def __contains__(self, column: str) -> bool:
        return column in self.schema

    def select(self, *columns: Any, **named: Any) -> pl.DataFrame:
        """Evaluate expressions over the file."""
        return self.collect(self.lazy.select(*columns, **named))

    def collect(self, query: pl.LazyFrame) -> pl.DataFrame:
        """Run a query over the file. Raises DataError naming it when it cannot be read."""
        try:
            return query.collect()
        except (pl.exceptions.PolarsError, OSError) as broken:
            raise _damaged(self.path, broken) from broken

    def rows(self, places: list[int]) -> list[dict[str, Any]]:
        """The rows at `places`, in the order of the file."""
        if not places:
            return []
        wanted = self.lazy.with_row_index("#row").filter(pl.col("#row").is_in(places)).drop("#row")
        return self.collect(wanted).to_dicts()

    def source(self, without: str = "all") -> pl.Expr:
        """The source of each row; `without` where the table has no such column."""
        return pl.col("source").cast(pl.String).fill_null("unknown") if "source" in self else pl.lit(without)


def _damaged(path: Path, broken: Exception) -> DataError:
    what = str(broken).splitlines()[0] if str(broken) else type(broken).__name__
    return DataError(f"{path}: cannot be read ({what}); `curate build` with --fresh makes it again")


def table(run: Run, step: str, outcome: Outcome = "kept") -> Table | None:
    """A step's table, or None when there is none (or it has no columns)."""
    path = run.steps_folder / f"{step}{SUFFIXES[outcome]}"
    found = Table(path) if path.is_file() else None
    return found if found is not None and found.schema else None


def splits(run: Run) -> dict[str, Table]:
    """The final rows by split: train first, then by name."""
    paths = sorted(run.data_folder.glob("*.parquet"), key=lambda path: (path.stem != "train", path.stem))
    return {path.stem: Table(path) for path in paths}


def spread(total: int, wanted: int) -> list[int]:
    """At most `wanted` of the numbers below `total`, evenly spaced, 0 among them.

    >>> spread(10, 3)
    [0, 3, 6]
    """
    if total <= wanted:
        return list(range(total))
    return [index * total // wanted for index in range(wanted)]
