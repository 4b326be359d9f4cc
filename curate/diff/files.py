"""`curate diff` of two files: rows that are the same, changed, or in one of them alone. A run stands for its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.diff.rows import by_content, by_id, have_ids
from curate.report.tables import Table
from curate.result import ID
from curate.text.shown import one_line

VALUE = 160
"""Characters of an example that are printed."""


@dataclass(frozen=True)
class FileDifference:
    """Two tables side by side.

    by: `id`, or `content` where a table has no id of its own for each row; a changed row is then one gone and one new.
    columns: those of the old table alone, and of the new. only: rows of one table alone; examples: some of them.
    unread: rows that could not be read, and are compared with none.
    """

    by: str
    rows: tuple[int, int]
    columns: tuple[tuple[str, ...], tuple[str, ...]]
    same: int
    changed: int
    changed_columns: Mapping[str, int]
    only: tuple[int, ...]
    examples: tuple[tuple[str, ...], ...]
    unread: tuple[int, int]

    @property
    def differs(self) -> bool:
        """Whether the rows or the columns do."""
        return bool(self.changed or any(self.only) or any(self.columns))

    def to_dict(self) -> dict[str, Any]:
        """All of it."""
        return {"differs": self.differs, **asdict(self)}

    def __str__(self) -> str:
        how = "by their id" if self.by == "id" else "by what their common columns hold: no table of ids"
        lines = [f"rows: {self.rows[0]:,} and {self.rows[1]:,}, matched {how}"]
        for side, names, unread in zip(("old", "new"), self.columns, self.unread, strict=True):
            lines += [f"columns only in the {side}: {', '.join(names)}"] if names else []
            lines += [f"rows of the {side} that cannot be read: {unread:,}"] if unread else []
        lines.append(f"the same: {self.same:,}" + (f", changed: {self.changed:,}" if self.by == "id" else ""))
        lines += [f"  {count:>9,}  differ in {column}" for column, count in self.changed_columns.items()]
        for side, rows, examples in zip(("old", "new"), self.only, self.examples, strict=True):
            lines.append(f"only in the {side}: {rows:,}")
            lines += [f"  {example}" for example in examples]
        return "\n".join(lines)


def diff_files(old: Path, new: Path, examples: int = 0) -> FileDifference:
    """Compare the rows of two files, or folders of files: parquet, jsonl, json, csv. Raises DataError for neither.

    examples: rows of one table alone to show. The order of rows does not matter.
    """
    (left, bad_left), (right, bad_right) = _rows(old), _rows(new)
    names = [list(side.collect_schema()) for side in (left, right)]
    columns = tuple(tuple(name for name in mine if name not in other) for mine, other in (names, names[::-1]))
    counts = tuple(int(side.select(pl.len()).collect().item()) for side in (left, right))
    about: dict[str, Any] = {"rows": counts, "columns": columns, "unread": (bad_left, bad_right)}
    if have_ids(left, right):
        found = by_id(left, right)
        shown = tuple(tuple(one_line(name, VALUE) for name in ids.head(examples)) for ids in found.only)
        only = tuple(len(ids) for ids in found.only)
        return FileDifference(
            by="id", same=found.same, changed=found.changed, changed_columns=found.changed_columns, only=only,
            examples=shown, **about,
        )  # fmt: skip
    same = by_content(left, right, examples)
    told = tuple(tuple(_told(side, places)) for side, places in zip((left, right), same.places, strict=True))
    return FileDifference(
        by="content", same=same.same, changed=0, changed_columns={}, only=same.only, examples=told, **about
    )


def _rows(path: Path) -> tuple[pl.LazyFrame, int]:
    """The rows of a file, a folder of files or a run, and how many could not be read."""
    from curate.run import Run
    from curate.sources import files

    if (path / "recipe.lock.json").is_file():
        from curate.diff.runs import final_rows

        return final_rows(Run(path)), 0
    if path.is_file() and path.suffix == ".parquet":
        return Table(path).lazy, 0
    read = files.read(path)
    return read.frame.lazy(), read.failed.height


def _told(side: pl.LazyFrame, places: tuple[int, ...]) -> list[str]:
    rows = side.with_row_index("#place").filter(pl.col("#place").is_in(places)).drop("#place", ID, strict=False)
    return [one_line(str({k: v for k, v in row.items() if v is not None}), VALUE) for row in rows.collect().to_dicts()]
