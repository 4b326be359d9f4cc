"""What a source gives: rows, rows that could not be read, and what a reader should know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from curate.shapes import Shape, notes, observe
from curate.widen import bound_columns, join, to_columns, to_series

if TYPE_CHECKING:
    import polars as pl

RAW = 2_000
_NUMBERS = {"int", "float", "bool"}
NOT_UTF8 = "not UTF-8 (iconv -f LATIN1 -t UTF-8 makes it so where it is Latin-1)"


@dataclass(frozen=True)
class Loaded:
    """Rows from a file or the Hub.

    failed: one row for each that could not be read: `file`, `line` (of the file; of a JSON array the number of the
    element), `raw` (its first 2,000 characters), `reason`. notes: what was decided on the way, one line each.
    provenance: where it came from (for the Hub: name, revision, config, split, license).
    """

    frame: pl.DataFrame
    failed: pl.DataFrame
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Intake:
    """Rows as they come in, until `limit` of them are there (None: all).

    cells: columns of texts that may stand for numbers (CSV). worded: columns in which another file has a text.
    """

    limit: int | None = None
    tally: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    cells: set[str] = field(default_factory=set)
    worded: set[str] = field(default_factory=set)
    _parts: list[tuple[int, Mapping[str, pl.Series | list[Any]]]] = field(default_factory=list)
    _shapes: dict[str, Shape] = field(default_factory=dict)
    _failed: list[dict[str, Any]] = field(default_factory=list)

    @property
    def room(self) -> int | None:
        """How many more rows are wanted; None for all."""
        return None if self.limit is None else self.limit - self.rows

    @property
    def full(self) -> bool:
        """Whether no more rows are wanted."""
        return self.room == 0

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take rows, as far as there is room. Raises DataError for rows with too many different columns."""
        rows = rows[: self.room]
        columns = to_columns(rows)
        self.add_columns(len(rows), columns, {name: observe(values) for name, values in columns.items()})

    def add_columns(self, height: int, columns: Mapping[str, list[Any]], shapes: Mapping[str, Shape]) -> None:
        """Take columns of `height` values whose shapes are known; there is room for them."""
        part: dict[str, pl.Series | list[Any]] = {}
        self.worded.update(name for name, shape in shapes.items() if shape.kinds - _NUMBERS)
        for name, shape in shapes.items():
            # values that would become JSON wait: what they become depends on the rows still to come
            part[name] = to_series(name, columns[name], shape) if shape.fits() else columns[name]
            self._shapes[name] = self._shapes[name].merge(shape) if name in self._shapes else shape
        bound_columns(self._shapes)
        self._parts.append((height, part))
        self.rows += height

    def add_cells(self, frame: pl.DataFrame) -> None:
        """Take a table of texts that may stand for numbers."""
        self.cells.update(frame.columns)
        self._add(frame)

    def add_frame(self, frame: pl.DataFrame) -> None:
        """Take a table that is one already, as far as there is room."""
        plain = (
            name for name, dtype in frame.schema.items() if dtype.is_numeric() or str(dtype) in ("Boolean", "Null")
        )
        self.worded.update({*frame.columns} - {*plain})
        self._add(frame)

    def _add(self, frame: pl.DataFrame) -> None:
        import polars as pl
        import polars.selectors as cs

        frame = frame if self.room is None else frame.head(self.room)
        frame = frame.with_columns(cs.categorical().cast(pl.String), cs.enum().cast(pl.String))
        self._parts.append((frame.height, dict(zip(frame.columns, frame.iter_columns(), strict=True))))
        self.rows += frame.height

    def fail(self, file: str, line: int, raw: bytes | str, reason: str) -> None:
        """Note a row that cannot be read."""
        text = raw[: 4 * RAW].decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw[:RAW]
        clean = text[:RAW].encode("utf-8", "backslashreplace").decode()
        self._failed.append({"file": file, "line": line, "raw": clean, "reason": reason})

    def finish(self) -> Loaded:
        """All of it as one table."""
        import polars as pl

        schema = {"file": pl.String, "line": pl.Int64, "raw": pl.String, "reason": pl.String}
        counted = [f"{what} in {count:,} row{'s' * (count > 1)}" for what, count in sorted(self.tally.items())]
        return Loaded(
            join(self._parts),
            pl.DataFrame(self._failed, schema=schema),
            (*self.notes, *notes(self._shapes), *counted),
        )
