"""Tables on disk and by name: atomic writes, stable row ids, content hashes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from curate.canonical import canonical_rows
from curate.errors import DataError, StepFailed, did_you_mean

if TYPE_CHECKING:
    import polars as pl

ROW_GROUP = 50_000
ROOM = 1 << 16
"""Bytes that a disk takes which is not full."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


# Files


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a table atomically: at any time `path` holds the old table or the new one, also after a power cut.

    The same table gives the same bytes (with one version of polars). Structs without fields, which parquet cannot hold,
    are refused. Raises StepFailed when the disk is full.
    """
    import polars as pl

    with replacing(path) as draft:
        try:
            # one chunk: the borders of chunks would show in the file
            frame.rechunk().write_parquet(draft, compression="zstd", compression_level=3, row_group_size=ROW_GROUP)
        except pl.exceptions.PolarsError as refused:
            if number := _OS_ERROR.search(str(refused)):
                raise OSError(int(number[1]), os.strerror(int(number[1]))) from refused
            _require_room(draft)
            raise DataError(f"{path} cannot hold this table: {refused}") from refused


def _require_room(draft: Path) -> None:
    """Raise OSError when the disk takes no more: within a page, polars says of a full disk only `transport error`."""
    with draft.open("ab") as end:
        end.write(bytes(ROOM))
        end.flush()
        os.fsync(end.fileno())


def read_parquet(path: Path, columns: list[str] | None = None, limit: int | None = None) -> pl.DataFrame:
    """Read a table. Raises DataError for a file that is missing (naming the nearest) or is not a whole parquet file."""
    import polars as pl

    require_file(path)
    try:
        return pl.read_parquet(path, columns=columns, n_rows=limit, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as broken:
        reason = (str(broken).strip().splitlines() or ["it is damaged"])[0]
        raise DataError(f"{path} is not a whole parquet file: {reason}") from broken


def write_text_atomic(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, line ends as they are. Raises StepFailed when the disk is full."""
    with replacing(path) as draft:
        draft.write_bytes(text.encode())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft beside `path`, which takes its place, durably, when the block ends well; else it goes.

    The draft's name is fixed, so that what a killed writer leaves is overwritten by the next: one writer a file.
    Raises StepFailed when the disk is full, or may not be written there.
    """
    draft = path.with_name(f".{path.name}.draft")
    with writing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield draft
            sync(draft)
            draft.replace(path)
            sync(path.parent)
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise StepFailed, with what to do, where the block may not write `path`, or the disk is full."""
    try:
        yield
    except OSError as failed:
        if failed.errno == errno.ENOENT:
            raise
        what = "Free some space" if failed.errno in _FULL else "Give another place, or the right to write here"
        raise StepFailed(
            f"{path} cannot be written: {failed.strerror or failed}. {what}; the same command goes on"
        ) from failed


def require_file(path: Path) -> None:
    """Raise DataError when `path` is not a file, naming the nearest name that is there."""
    if path.is_file():
        return
    if path.exists():
        raise DataError(f"{path} is a {'folder' if path.is_dir() else 'device or a pipe'}, not a file")
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    there = [entry.name for entry in folder.iterdir()] if os.access(folder, os.R_OK) else []
    missing = path.relative_to(folder).parts[0]
    hint = did_you_mean(missing, sorted(there)[:20] if len(there) > 20 else there)
    raise DataError(f"{path} is missing: {folder} has no '{missing}'{hint}")


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# Names of rows and tables


def row_ids(frame: pl.DataFrame, source: str) -> pl.Series:
    """Name each row by its source and its content: `gsm8k-0c5f31b2a9de`.

    12 hex digits of the sha256 of the row's JSON (`curate.canonical`). The second of equal rows ends in `-2`, the third
    in `-3`, in the order of the table; so does, in one of 500 tables of a million rows, a row whose hash agrees
    with another's.

    source: any text; letters, digits, `.` and `_` stay, the rest becomes `-`.

    >>> import polars as pl
    >>> row_ids(pl.DataFrame({"a": [1, 1], "b": [None, None]}), "My set").to_list()
    ['My-set-015abd7f5cc5', 'My-set-015abd7f5cc5-2']
    """
    import polars as pl

    name = slug(source)
    seen: dict[str, int] = {}
    ids = []
    for row in canonical_rows(frame):
        base = f"{name}-{hashlib.sha256(row).hexdigest()[:12]}"
        count = seen[base] = seen.get(base, 0) + 1
        ids.append(base if count == 1 else f"{base}-{count}")
    return pl.Series("id", ids, dtype=pl.String)


def slug(text: str) -> str:
    """A name that is safe in files and ids; `data` when nothing is left.

    >>> slug("open-thoughts/OpenThoughts 114k")
    'open-thoughts-OpenThoughts-114k'
    """
    return re.sub(r"[^A-Za-z0-9._]+", "-", text[:200]).strip("-.") or "data"


def content_hash(frame: pl.DataFrame) -> str:
    """sha256 of a table: its columns with their types, in order, and the canonical JSON of its rows, in order.

    Not of the parquet bytes: those change with every version of polars and zstd, and with them each key made of them.
    """
    total = hashlib.sha256(json.dumps([[name, str(dtype)] for name, dtype in frame.schema.items()]).encode())
    for row in canonical_rows(frame):
        total.update(row + b"\n")
    return total.hexdigest()


def file_hash(path: Path) -> str:
    """sha256 of a file, read as a stream. Raises DataError when it is missing."""
    require_file(path)
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
