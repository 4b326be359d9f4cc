"""Dedupe of files larger than memory: rows stream through, and what is compared lies on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.codelike import column_is_code
from curate.cleaning.duplicates.deduped import CAP_LEAST, CAP_SHARE, Search, leaders_of, left, notes_of
from curate.cleaning.duplicates.fuzzy import Found
from curate.cleaning.duplicates.indexed import digested, searched
from curate.cleaning.duplicates.pairs import no_pairs
from curate.cleaning.duplicates.ranks import by_worth, worth
from curate.cleaning.duplicates.stored import Stored
from curate.cleaning.duplicates.way import By, Normal, Way, check_columns
from curate.errors import DataError, UsageError
from curate.result import ID
from curate.table import replacing, require_file, write_text_atomic
from curate.text.embed import STATIC, Encoder
from curate.text.normalise import compared_text
from curate.text.shingles import batches

BYTES_AT_ONCE, ROWS_AT_ONCE = 16 << 20, 8_192
"""Data that is in memory at once, by the mean size of a row, and rows at most."""
PEEKED = 1 << 20
"""Bytes of a text file that tell the mean size of its rows."""
FORMATS = (".parquet", ".pq", ".jsonl", ".ndjson")
NOTES = "dedupe.json"


class Written(NamedTuple):
    """kept, dropped: rows. notes: as of `Deduped`. folder: a parquet a file; those of dropped rows in `dropped`."""

    kept: int
    dropped: int
    notes: dict[str, Any]
    folder: Path


def dedupe_files(
    paths: str | Path | Sequence[str | Path],
    out: str | Path,
    column: str | Sequence[str] = "text",
    *,
    by: By = "exact",
    threshold: float | None = None,
    keep: str | Sequence[str] = "first",
    normal: Normal = "loose",
    numbers: bool = True,
    template: bool = True,
    code: bool = False,
    max_cluster: int | None = None,
    encoder: str | Path | Encoder = STATIC,
    groups: bool | None = None,
    index: str | Path | None = None,
    work: str | Path | None = None,
) -> Written:
    """Keep one row of each cluster of duplicates, over files of any size together; rows and words as in `dedupe`.

    paths: parquet or JSON lines. out: a folder; each file gets a parquet of its rows that stay, of the same name, and
    one of those that leave in `out/dropped`. Each is whole or not there; `out/dedupe.json` is written last.
    index: a folder of earlier rows, which stay; the rows that stay are added to it.
    work: a disk with room for twice the text; the system's temporary folder unless given.
    Memory: about 600 bytes a row and 200 MB, whatever the texts are (beside pages of files, which the system takes
    back at will). The rows that leave are those that `dedupe` drops.
    Raises DataError, UsageError.
    """
    way = Way.of(by, threshold, normal, numbers=numbers, template=template, code=code, encoder=encoder, groups=groups)
    columns = [column] if isinstance(column, str) else list(column)
    sources, out = _sources(paths), Path(out)
    with TemporaryDirectory(dir=work, prefix="dedupe-") as room:
        folder = Path(index) if index is not None else Path(room) / "rows"
        with Stored(folder, {"columns": columns, **way.stored_as}, way.stored_bands, way.encoder) as stored:
            values, is_code = _taken_in(sources, columns, keep, way, stored)
            cap = max_cluster or max(CAP_LEAST, int(CAP_SHARE * len(values)))
            search = _searched(stored, columns, values, way, cap, is_code)
            leader, similarity, crowded = leaders_of(search)
            notes = notes_of(search, leader, crowded)
            _write(sources, out, search, leader, similarity)
            write_text_atomic(out / NOTES, json.dumps(notes, ensure_ascii=False, indent=1))
            stays = (leader == np.arange(len(leader)))[search.fixed :]
            stored.commit(stays)
    return Written(int(stays.sum()), int((~stays).sum()), notes, out)


def _sources(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    found = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not found:
        raise UsageError("dedupe_files: name at least one file")
    for path in found:
        require_file(path)
        if path.suffix not in FORMATS:
            raise DataError(f"dedupe_files: {path} is none of {', '.join(FORMATS)}")
    names = [path.stem for path in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"dedupe_files: two files are named {twice[0]}; their rows would go to one file")
    return found


def _taken_in(
    sources: list[Path], columns: Sequence[str], keep: str | Sequence[str], way: Way, stored: Stored
) -> tuple[NDArray[np.float64], bool]:
    """Store what is compared of every row; the worth of each, and whether the column is code."""
    values: list[NDArray[np.float64]] = [np.zeros(0)]
    is_code = None
    for path in sources:
        for frame in _frames(path):
            check_columns(columns, frame.columns)
            texts = compared_text(frame, columns, roles=way.by == "exact")
            values.append(worth(frame, texts if len(columns) == 1 else compared_text(frame, columns[-1:]), keep))
            is_code = column_is_code(texts) if is_code is None else is_code
            start = 0
            for batch in batches(texts):
                stored.append(frame[ID].slice(start, len(batch)).cast(pl.String), batch, digested(batch, way))
                start += len(batch)
    return np.concatenate(values), bool(is_code) and not way.code


def _searched(
    stored: Stored, columns: Sequence[str], values: NDArray[np.float64], way: Way, cap: int, is_code: bool
) -> Search:
    fixed = stored.before
    order = np.concatenate([np.arange(fixed), fixed + by_worth(values)])
    told: dict[str, Any] = {**way.told, "index_rows": fixed}
    if is_code:
        told["skipped"] = "most rows of the column are code, which is not deduped; code=True does it"
        first, found = np.arange(stored.rows), Found(no_pairs())
    else:
        first, found = searched(stored, order, way, fixed)
    none = pl.DataFrame()
    return Search(none, columns, stored.ids, stored.texts, way, way.threshold, order, first, found, cap, fixed, told)


def _frames(path: Path) -> Iterator[pl.DataFrame]:
    """The rows of a file, some megabytes at a time, each with an id: its own, or the file's name and its number."""
    at = 0
    for frame in _read(path):
        if ID in frame.columns:
            yield frame
        else:
            number = pl.int_range(at, at + frame.height, eager=True)
            yield frame.with_columns(pl.format("{}-{}", pl.lit(path.stem), number).alias(ID))
        at += frame.height


def _read(path: Path) -> Iterator[pl.DataFrame]:
    try:
        if path.suffix in (".parquet", ".pq"):
            from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]

            with ParquetFile(path) as file:
                told = file.metadata
                size = sum(told.row_group(group).total_byte_size for group in range(told.num_row_groups))
                for batch in file.iter_batches(_rows_at_once(size, told.num_rows)):
                    yield pl.DataFrame(pl.from_arrow(batch))
        else:
            with path.open("rb") as stream:
                head = stream.read(PEEKED)
            rows = _rows_at_once(len(head), head.count(b"\n"))
            yield from pl.scan_ndjson(path).collect_batches(chunk_size=rows, maintain_order=True)
    except (pl.exceptions.PolarsError, OSError, ValueError) as broken:
        reason = (str(broken).strip().splitlines() or ["it is damaged"])[0]
        raise DataError(f"{path} cannot be read: {reason}") from broken


def _rows_at_once(size: int, rows: int) -> int:
    return min(max(BYTES_AT_ONCE * max(rows, 1) // max(size, 1), 1), ROWS_AT_ONCE)


def _write(sources: list[Path], out: Path, search: Search, leader: Rows, similarity: NDArray[np.float64]) -> None:
    at = search.fixed
    for path in sources:
        kept, gone = out / f"{path.stem}.parquet", out / "dropped" / f"{path.stem}.parquet"
        with (
            replacing(kept) as kept_draft,
            replacing(gone) as gone_draft,
            _Growing(kept_draft) as stay,
            _Growing(gone_draft) as leave,
        ):
            for frame in _frames(path):
                rows = np.arange(at, at + frame.height)
                stays = leader[rows] == rows
                stay.write(frame.filter(pl.Series(stays)))
                led = rows[~stays]
                same = search.way.by == "exact" or search.first[led] == leader[led]
                some = frame.filter(pl.Series(~stays))
                leave.write(left(search, some, search.ids(leader[led]), similarity[led], same))
                at += frame.height


class _Growing:
    """A parquet file that grows by frames of one schema."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: Any = None

    def __enter__(self) -> Self:
        return self

    def write(self, frame: pl.DataFrame) -> None:
        """Add rows; a frame without rows gives the file its columns."""
        from pyarrow.parquet import ParquetWriter

        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        self._file = self._file or ParquetWriter(self.path, table.schema, compression="zstd")
        if frame.height:
            self._file.write_table(table)

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        elif not self.path.exists():
            pl.DataFrame().write_parquet(self.path)
