"""Rows from files: JSON lines, JSON, CSV, TSV, parquet, Arrow; plain, gzip or zstd; one, a glob, or a folder of them.

How a file is packed is told by its first bytes; its format by its name and, where name and content disagree, by its
content. What cannot be read becomes a failed row with its line and the reason, and the file goes on: see
`curate.sources.json_strict`, `curate.sources.csv_rows` for the rules, `curate.shapes` for columns of mixed values.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import DataError, did_you_mean
from curate.renaming import set_aside
from curate.sources import streams
from curate.sources.arrow_rows import is_arrow
from curate.sources.loaded import Intake, Loaded
from curate.table import file_hash, read_parquet, require_file

if TYPE_CHECKING:
    import polars as pl

FORMATS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "tsv", ".tab": "tsv",
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
}  # fmt: skip
PACKED = {".gz", ".gzip", ".zst", ".zstd"}
MAX_FILES = 10_000
BESIDE = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
"""What `datasets` writes beside rows."""


def read(
    path: Path | str,
    *,
    columns: Mapping[str, str] | None = None,
    limit: int | None = None,
    format: str | None = None,  # noqa: A002  the recipe's word
    max_bytes: int = streams.MAX_BYTES,
    max_row_bytes: int = streams.MAX_ROW_BYTES,
) -> Loaded:
    """Read rows.

    path: a file, a glob (`data/*.jsonl.gz`), or a folder (all its files of known formats); several are read in the
    order of their names. columns: new name -> name in the file; a column in the way is kept as `original_<name>`.
    limit: good rows to read at most. format: `jsonl json csv tsv parquet arrow`, for files whose names do not say.
    max_bytes: what one file may unpack to. max_row_bytes: a longer row is failed, without ever being held.
    Raises DataError when there is nothing to read, when no row at all can be read, or a column is not there.
    """
    if format is not None and format not in FORMATS.values():
        raise DataError(f"unknown format '{format}'{did_you_mean(format, set(FORMATS.values()))}")
    intake = Intake(limit)
    paths = find(path)
    for one in paths:
        if intake.full:
            break
        _read_one(one, format, intake, max_bytes, max_row_bytes)
    loaded = intake.finish()
    if not loaded.frame.height and limit != 0:
        raise DataError(_nothing(path, paths, loaded.failed))
    frame = _typed(loaded.frame, intake, columns or {})
    return Loaded(rename(frame, columns or {}, str(path)), loaded.failed, loaded.notes)


def resolve(path: Path | str, base: Path) -> Path:
    """Where a path of a recipe points: relative to the recipe's folder `base`; `~` is the home folder."""
    return base / Path(path).expanduser()


def find(path: Path | str) -> list[Path]:
    """The files that a path, a glob or a folder means, sorted. Raises DataError when there are none.

    Files of a folder that are hidden or have no known format are left out.
    """
    path = Path(path)
    if path.is_dir():
        found = sorted(entry for entry in path.rglob("*") if entry.is_file() and _is_data(entry.relative_to(path)))
        wanted = "no file with rows in it (" + " ".join(FORMATS) + ")"
    elif has_magic(str(path)) and not path.exists():
        fixed = next(parent for parent in path.parents if not has_magic(str(parent)))
        shown = path.name.startswith(".")  # as in a shell, `*` does not mean hidden files
        matches = fixed.glob(str(path.relative_to(fixed)))
        found = sorted(entry for entry in matches if entry.is_file() and (shown or not entry.name.startswith(".")))
        wanted = "no file that matches"
    else:
        require_file(path)
        return [path]
    if not found:
        raise DataError(f"{path}: {wanted}")
    if len(found) > MAX_FILES:
        raise DataError(f"{path} means {len(found):,} files; at most {MAX_FILES:,} are read at once")
    return found


def source_hash(path: Path | str) -> str | None:
    """sha256 over the files a path means, by name and content; None when there are none."""
    try:
        paths = find(path)
    except DataError:
        return None
    if len(paths) == 1:
        return file_hash(paths[0])
    lines = [f"{one.relative_to(os.path.commonpath(paths))} {file_hash(one)}\n" for one in paths]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def rename(frame: pl.DataFrame, columns: Mapping[str, str], where: str) -> pl.DataFrame:
    """Rename columns, new name -> old name, all at once; a column in the way is kept as `original_<name>`.

    Raises DataError naming the nearest column when one is not there, or one is wanted under two names.
    """
    for new, old in columns.items():
        if old not in frame.columns:
            raise DataError(f"{where} has no column '{old}' for '{new}'{did_you_mean(old, frame.columns)}")
    twice = {old for old in columns.values() if list(columns.values()).count(old) > 1}
    if twice:
        raise DataError(f"{where}: column '{min(twice)}' is wanted under two names")
    return set_aside(frame, set(columns) - set(columns.values())).rename({old: new for new, old in columns.items()})


def _typed(frame: pl.DataFrame, intake: Intake, columns: Mapping[str, str]) -> pl.DataFrame:
    """Cells as numbers and flags, save in columns that hold texts and golds by the names they get."""
    if not (cells := intake.cells - intake.worded):
        return frame
    from curate.dialects import text_columns
    from curate.sources.csv_rows import typed

    called = {old: new for new, old in columns.items()}
    texts = text_columns()
    return typed(frame, {name for name in cells if texts.isdisjoint((new := called.get(name, name), new.lower()))})


def _read_one(path: Path, format_: str | None, intake: Intake, max_bytes: int, max_row_bytes: int) -> None:
    begin = streams.head(path, max_bytes)
    if not begin and path.stat().st_size == 0:
        raise DataError(f"{path} is empty")
    if packed := streams.other_pack(begin, path.suffix.lower()):
        raise DataError(f"{path} is {packed}")
    told = tell_format(path, begin) if format_ is None else format_
    name = path.name
    if told == "parquet":
        intake.add_frame(read_parquet(path, limit=intake.room))
        return
    if told == "arrow":
        from curate.sources.arrow_rows import read_arrow

        intake.add_frame(read_arrow(path, begin, intake.room))
        return
    if streams.is_wide(begin):
        raise DataError(f"{path} is {streams.AS_UTF8.format(path.name)}")
    pieces = streams.chunks(path, max_bytes)
    if told == "json":
        from curate.sources.json_documents import read_document

        read_document(_whole(pieces, name, intake), name, intake)
        return
    if b"\r" in begin and b"\n" not in begin:  # the line ends of old Macs
        pieces = (piece.replace(b"\r", b"\n") for piece in pieces)
    lines = streams.blocks(pieces, max_row_bytes)
    if told == "jsonl":
        from curate.sources.json_rows import read_lines

        read_lines(lines, name, intake)
    else:
        from curate.sources.csv_rows import read_csv

        read_csv(lines, name, intake, "\t" if told == "tsv" else None)


def tell_format(path: Path, begin: bytes) -> str:
    """The format of a file, from its name and its first bytes. Raises DataError when neither says.

    Content wins where the two disagree: a `.json` of JSON lines, a `.jsonl` that is one list, a parquet without suffix.
    """
    if begin.startswith(b"PAR1"):
        return "parquet"
    if is_arrow(begin):
        return "arrow"
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in PACKED]
    named = FORMATS.get(suffixes[-1]) if suffixes else None
    text = begin.lstrip()
    first_line = text.partition(b"\n")[0].strip()
    if text[:1] == b"[" or first_line == b"{" or _over_lines(text):
        return "json"
    if text[:1] == b"{" and named in (None, "csv", "tsv"):
        return "jsonl"
    if named is None:
        raise DataError(f"{path}: the format cannot be told; give format: {', '.join(sorted(set(FORMATS.values())))}")
    return named


def _over_lines(text: bytes) -> bool:
    """Whether a text begins with an object that ends on a later line than its first."""
    if text[:1] != b"{":
        return False
    letters = text.decode("utf-8", "replace")
    try:
        return json.JSONDecoder().raw_decode(letters)[1] > letters.find("\n") > 0
    except (ValueError, RecursionError):
        return False


def _is_data(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and path.name not in BESIDE and any(suffix.lower() in FORMATS for suffix in path.suffixes[-2:])


def _whole(pieces: streams.Pieces, name: str, intake: Intake) -> bytes:
    """All of a file; what there is of a broken one, with a failed row."""
    held: list[bytes] = []
    try:
        held.extend(pieces)
    except streams.Broken as broken:
        intake.fail(name, broken.line, b"", broken.reason)
    return b"".join(held)


def _nothing(path: Path | str, paths: list[Path], failed: pl.DataFrame) -> str:
    if not failed.height:
        return f"{path} holds no rows" if len(paths) == 1 else f"{path}: none of its {len(paths)} files holds rows"
    first = failed.row(0, named=True)
    many = f"none of its {failed.height:,} rows" if failed.height > 1 else "its only row"
    verb = "can be read; the first" if failed.height > 1 else "cannot be read"
    return f"{path}: {many} {verb}: {first['file']}:{first['line']}: {first['reason']}"
