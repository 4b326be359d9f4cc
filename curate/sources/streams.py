"""The bytes of a file, unpacked and bounded: plain, gzip or zstd, told by their first bytes and not by the name."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from curate.errors import DataError

CHUNK = 4 * 2**20
MAX_BYTES = 64 * 2**30
MAX_ROW_BYTES = 64 * 2**20

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_UTF8_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UNPACK = "which is not read here: unpack it, and name what is in it, or its folder"
_OFFICE = "an office file, which is not read here: save each sheet as CSV (UTF-8)"
_OFFICE_NAMES = (".xlsx", ".xlsm", ".xls", ".ods", ".docx", ".odt")
_OTHER_PACKS = {
    b"PK\x03\x04": f"a zip archive, {_UNPACK}", b"7z\xbc\xaf": f"a 7z archive, {_UNPACK}",
    b"Rar!": f"a rar archive, {_UNPACK}", b"BZh": f"packed by bzip2, {_UNPACK}",
    b"\xfd7zXZ": f"packed by xz, {_UNPACK}", b"\xd0\xcf\x11\xe0": _OFFICE,
    b"SQLite": "an SQLite database, which is not read here: sqlite3 -json FILE 'select * from TABLE' > rows.json",
}  # fmt: skip
AS_UTF8 = "UTF-16, not UTF-8: iconv -f UTF-16 -t UTF-8 {} > new"


class Broken(Exception):
    """The packed file ends or breaks here; what came before is good.

    line, raw: the number of the line it breaks in, and what there is of that line (set by `blocks`).
    """

    def __init__(self, reason: str, line: int = 1, raw: bytes = b"") -> None:
        self.reason, self.line, self.raw = reason, line, raw
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file, without the last line end.

    line: the number of the first, from 1. cut: the block is the beginning of one line longer than the limit.
    """

    line: int
    data: bytes
    cut: bool = False


Pieces = Iterator[bytes]


def chunks(path: Path, max_bytes: int = MAX_BYTES) -> Pieces:
    """The unpacked bytes of a file, piece by piece, without a byte-order mark.

    Raises Broken where a packed file breaks, DataError when it unpacks to more than `max_bytes` or is UTF-16.
    """
    total = 0
    for number, piece in enumerate(_unpacked(path)):
        total += len(piece)
        if total > max_bytes:
            raise DataError(f"{path} unpacks to more than {max_bytes:,} bytes; cut it in parts")
        if number == 0 and piece[:2] in _OTHER_MARKS:
            raise DataError(f"{path} is {AS_UTF8.format(path.name)}")
        yield piece.removeprefix(_UTF8_MARK) if number == 0 else piece


def head(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The first 64 KiB of the unpacked bytes of a file; nothing when it is broken before."""
    try:
        return next(chunks(path, max_bytes), b"")[:65_536]
    except Broken:
        return b""


def is_wide(begin: bytes) -> bool:
    """Whether a text that begins so is UTF-16 without a mark: every other byte of it is 0."""
    return len(begin) > 1 and begin[:1_000].count(0) * 3 > len(begin[:1_000])


def other_pack(begin: bytes, suffix: str = "") -> str | None:
    """What a file that begins so is, and what to do, where it is one that is not read here; None for all others."""
    if begin.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS, not the file itself: `git lfs pull` fetches it"
    if begin[:100].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "a web page, not data: was a page saved in the place of the file it offers?"
    if begin[257:262] == b"ustar":
        return f"a tar archive, {_UNPACK}"
    told = next((what for mark, what in _OTHER_PACKS.items() if begin.startswith(mark)), None)
    if told and suffix in _OFFICE_NAMES:
        return _OFFICE
    return told if told and b"\0" in begin[:1_000] else None  # text may begin with any of these letters


def blocks(pieces: Pieces, max_row_bytes: int = MAX_ROW_BYTES) -> Iterator[Block]:
    """Whole lines, many at a time. A line beyond `max_row_bytes` comes as its first bytes, cut; memory stays bounded.

    Raises Broken after the last whole line before the break.
    """
    line = 1
    held: list[bytes] = []  # the beginning of a line whose end has not come yet
    size = 0  # of it; counted, for a damaged pack gives thousands of pieces of one byte
    skipping = False
    try:
        for piece in pieces:
            if skipping:
                _, newline, piece = piece.partition(b"\n")  # noqa: PLW2901  the rest of a line that is too long goes
                if not newline:
                    continue
                skipping, line = False, line + 1
            whole, newline, rest = piece.rpartition(b"\n")
            if newline:
                data = b"".join((*held, whole))
                yield from _bounded(line, data, max_row_bytes)
                line += data.count(b"\n") + 1
                held, size = [], 0
            held.append(rest)
            size += len(rest)
            if size > max_row_bytes:
                yield Block(line, b"".join(held)[:max_row_bytes], cut=True)
                held, size, skipping = [], 0, True
    except Broken as broken:
        raise Broken(broken.reason, line, b"".join(held)) from broken
    yield from _bounded(line, b"".join(held), max_row_bytes)


def _bounded(line: int, data: bytes, limit: int) -> Iterator[Block]:
    if not data:
        return
    if len(data) <= limit:
        yield Block(line, data)
        return
    for number, one in enumerate(data.split(b"\n"), line):
        yield Block(number, one[:limit], cut=len(one) > limit)


class _Unpacker(Protocol):
    """One packed stream of a file; files may hold several, end to end."""

    def more(self, packed: bytes) -> Iterator[bytes]:
        """Unpack more, a bounded piece at a time. Raises Broken."""

    def rest(self) -> bytes | None:
        """What lies behind the end of the stream, or None while it goes on."""


class _Gunzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    def more(self, packed: bytes) -> Iterator[bytes]:
        while packed and not self._inner.eof:
            before = self._inner.copy()
            try:
                yield self._inner.decompress(packed, CHUNK)
            except zlib.error as error:
                yield from _until_error(before, packed)
                raise Broken(_gzip_fault(error)) from error
            packed = self._inner.unconsumed_tail

    def rest(self) -> bytes | None:
        return self._inner.unused_data if self._inner.eof else None


def _gzip_fault(error: zlib.error) -> str:
    """What is wrong with a stream; its checksum stands at the end, after rows that were read already."""
    if "incorrect data check" in str(error) or "incorrect length check" in str(error):
        return "the gzip stream fails its checksum: rows before this may be wrong"
    return "the gzip stream is damaged here"


def _until_error(inner: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    """What a damaged piece still gives: the call that failed gave nothing."""
    for start in range(len(packed)):
        try:
            yield inner.decompress(packed[start : start + 1])
        except zlib.error:
            return


class _Unzstd:
    STEP = 512  # can unpack to 16 MiB; zstandard has no other bound to set

    def __init__(self) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        self._inner = zstandard.ZstdDecompressor().decompressobj()
        self._left = b""

    def more(self, packed: bytes) -> Iterator[bytes]:
        for start in range(0, len(packed), self.STEP):
            if self._inner.eof:
                self._left = packed[start:]
                return
            try:
                yield self._inner.decompress(packed[start : start + self.STEP])
            except self._error as error:
                raise Broken("the zstd stream is damaged here") from error

    def rest(self) -> bytes | None:
        return self._inner.unused_data + self._left if self._inner.eof else None


def _unpacked(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic.startswith(_GZIP):
            yield from _streams(file, _Gunzip, "gzip")
        elif magic == _ZSTD:
            yield from _streams(file, _Unzstd, "zstd")
        else:
            yield from iter(lambda: file.read(CHUNK), b"")


def _streams(file: BinaryIO, make: type[_Gunzip | _Unzstd], name: str) -> Iterator[bytes]:
    """Every packed stream of a file, one behind the other; padding zeros at the end are no stream."""
    unpacker: _Unpacker = make()
    begun = False
    while packed := file.read(2**18):
        while packed:
            begun = True
            yield from filter(None, unpacker.more(packed))
            rest = unpacker.rest()
            if rest is None:
                break
            packed = rest.lstrip(b"\0")
            unpacker, begun = make(), bool(packed)
    if begun:
        raise Broken(f"the {name} stream ends too early: the file is cut off")
