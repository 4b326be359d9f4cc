"""Rows from CSV and TSV.

The first line names the columns. An empty cell is null. A column whose every value is written as a number, or as
true/false, becomes one: a rule may say `rating > 4`. Texts and golds stay as they are written, whatever they look like
(`curate.dialects.text_columns`), and so do numbers that none is written like, 007 and +1, and columns in which two
writings would become one number: 1.1 and 1.10 are sections.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from curate.errors import DataError
from curate.sources.loaded import NOT_UTF8, Intake
from curate.sources.streams import MAX_ROW_BYTES, Block, Broken
from curate.widen import stack

if TYPE_CHECKING:
    import polars as pl

BATCH = 20_000
_INTEGER = r"^-?(0|[1-9][0-9]{0,17})$"
_NUMBER = r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][-+]?[0-9]{1,2})?$"
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


class _Lines:
    """The lines of a file as text for `csv`, which may join several to one row.

    bad: those that were not UTF-8. last: the one that was read last. skipped: those before the names of the columns.
    """

    def __init__(self, blocks: Iterable[Block], file: str, intake: Intake) -> None:
        self._blocks, self.file, self._intake = blocks, file, intake
        self.last, self.skipped = "", 0
        self.bad: dict[int, bytes] = {}

    def __iter__(self) -> Iterator[str]:
        try:
            for block in self._blocks:
                if block.cut:
                    reason = f"longer than {len(block.data):,} bytes"
                    self._intake.fail(self.file, block.line, block.data, reason)
                    yield "\n"
                    continue
                for number, line in enumerate(block.data.split(b"\n"), block.line):
                    try:
                        self.last = line.decode() + "\n"
                        yield self.last
                    except UnicodeDecodeError:
                        self.bad[number] = line
                        yield line.decode("utf-8", "replace") + "\n"
        except Broken as broken:
            self._intake.fail(self.file, broken.line, broken.raw, broken.reason)


def read_csv(blocks: Iterable[Block], file: str, intake: Intake, delimiter: str | None = None) -> None:
    """Take the rows of a CSV file; a row with too many or too few cells is failed.

    delimiter: told from the first line unless given. Raises DataError when the first line names no columns.
    """
    csv.field_size_limit(MAX_ROW_BYTES)  # the module's own default refuses a cell of 128 KiB
    lines = _Lines(blocks, file, intake)
    text = iter(lines)
    first = next(text, "")
    if named := re.fullmatch(r"sep=(.)\r?\n", first):  # what Excel writes, and reads, before the names of the columns
        delimiter, first, lines.skipped = delimiter or named[1], next(text, ""), 1
    delimiter = delimiter or sniff(first)
    reader = csv.reader(_chain(first, text), delimiter=delimiter, strict=True)
    header = _header(next(_rows(reader, lines, delimiter, intake), []), file, intake)
    parts: list[pl.DataFrame] = []
    batch: list[list[str]] = []
    line = reader.line_num + lines.skipped
    for cells in _rows(reader, lines, delimiter, intake):
        begin, line = line + 1, reader.line_num + lines.skipped
        bad = [lines.bad.pop(number) for number in range(begin, line + 1) if number in lines.bad] if lines.bad else []
        if bad:
            intake.fail(file, begin, bad[0], NOT_UTF8)
        elif len(cells) == len(header):
            batch.append(cells)
        elif cells:
            raw = delimiter.join(cells)
            intake.fail(file, begin, raw, f"{len(cells)} cells where the first line names {len(header)} columns")
        if len(batch) == BATCH or (full := intake.room == len(parts) * BATCH + len(batch)):
            parts.append(_texts(header, batch))
            batch = []
            if full:
                break
    intake.add_cells(stack([*parts, _texts(header, batch)]))


def typed(frame: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    """The columns `names` that hold only texts of numbers, or of true and false, as such."""
    import polars as pl

    return frame.with_columns(
        [_typed(frame[n]) for n, dtype in frame.schema.items() if n in names and dtype == pl.String]
    )


def sniff(line: str) -> str:
    r"""The delimiter of a first line: the most frequent of `,`, tab, `;`, `|` outside of quotes.

    >>> sniff("question;answer, if any;level")
    ';'
    """
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",\t;|", key=bare.count)


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _rows(reader: Iterator[list[str]], lines: _Lines, delimiter: str, intake: Intake) -> Iterator[list[str]]:
    """The rows that `csv` can take apart; a line whose quotes quote no cell is parted as it stands, others fail."""
    line = getattr(reader, "line_num", 0)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            begin, line = line + 1, getattr(reader, "line_num", 0)
            if "unexpected end" in str(error):
                reason = "a quote is opened and never closed; the rows behind it are lost"
                intake.fail(lines.file, line + lines.skipped, "", reason)
                return
            if begin == line and "expected after" in str(error):
                intake.tally["quotes that quote no cell were kept as they stand,"] += 1
                yield lines.last.rstrip("\r\n").split(delimiter)
                continue
            intake.fail(lines.file, line + lines.skipped, lines.last, f"no CSV: {error}")
        else:
            line = getattr(reader, "line_num", 0)


def _header(cells: list[str], file: str, intake: Intake) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column_{number}"
        if name in names:
            fresh = next(f"{name}_{k}" for k in range(2, len(cells) + 2) if f"{name}_{k}" not in (*names, *cells))
            intake.notes.append(f"{file}: two columns are called '{name}'; the one further right is now '{fresh}'")
            name = fresh
        names.append(name)
    if not names:
        raise DataError(f"{file}: the first line names no columns")
    return names


def _texts(header: list[str], rows: list[list[str]]) -> pl.DataFrame:
    import polars as pl

    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return pl.DataFrame(
        [
            pl.Series(name, [cell or None for cell in cells], dtype=pl.String)
            for name, cells in zip(header, columns, strict=True)
        ]
    )


def _typed(column: pl.Series) -> pl.Series:
    import polars as pl

    values = column.drop_nulls()
    if values.is_empty():
        return column
    if values.is_in(list(_FLAGS)).all():
        return column.replace_strict(_FLAGS, return_dtype=pl.Boolean)
    if values.str.contains(_INTEGER).all():
        return column.cast(pl.Int64)
    if not values.str.contains(_NUMBER).all():
        return column
    numbers = column.cast(pl.Float64)
    return numbers if numbers.n_unique() == column.n_unique() else column
