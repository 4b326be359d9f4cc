r"""The response journal: every answer of a model, stored before anything reads it.

An append-only file, one line (a *frame*) for each bundle of completions, so that a bundle is there as a whole or not
at all, whenever the process or the machine stops:

    crc32 length [[key, state, max_tokens, completion_tokens, bytes, crc32], ...] {completion} {completion} ...\n

The first crc32 covers the list and its length (both as 8 hex digits), the list carries the crc32 of each completion.
Opening scans the file without parsing a completion (100,000 of 4 KB in 0.7 s), and a read checks its bytes
once more: damage costs the frames it touches, which are asked again, and never turns into a wrong answer.

When is an answer safe? When `append` returns it survives the death of this process (kill -9). It survives a power cut
after the next `fdatasync`, which comes with `flush`, with `close`, and with the first `append` at least 0.1 s or
1 MB after the first byte not yet synced (group commit).

Memory: about 200 bytes for each stored response; the texts stay in the file.
"""

from __future__ import annotations

import errno
import fcntl
import json
import mmap
import os
import shutil
import struct
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from zlib import crc32

import orjson

from curate.engines.base import Completion
from curate.errors import DataError, RunLocked, StepFailed
from curate.table import sync

SYNC_EVERY_S: Final = 0.1
SYNC_EVERY_BYTES: Final = 1 << 20

# The state of a completion: finished by itself, cut off by max_tokens, failed (may be asked again), refused for good.
DONE: Final = 0
CUT: Final = 1
FAILED: Final = 2
REFUSED: Final = 3

_ENTRY: Final = struct.Struct("<QIIIIB")
_FIELDS: Final = frozenset(field.name for field in fields(Completion))
_dump: Final = json.JSONEncoder(separators=(",", ":")).encode
_parse: Final = json.JSONDecoder().raw_decode
_U32: Final = (1 << 32) - 1
_CRC_END: Final = 9  # 8 hex digits and a blank
_HEAD: Final = 18  # the same twice: checksum, length of the list


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of the journal that are no intact frame: what they held is asked again."""

    offset: int
    length: int


class _Entry(NamedTuple):
    """Where a completion lies in the file, and what decides whether it serves."""

    offset: int
    length: int
    crc: int
    max_tokens: int
    completion_tokens: int
    state: int

    def serves(self, max_tokens: int) -> bool:
        """Whether this answer is also the answer under another limit: it stopped by itself, below that limit."""
        return self.state == DONE and self.completion_tokens <= max_tokens


class Journal:
    """The responses stored in one file. One thread at a time; one writing process at a time (the file is locked).

    path: created (mode 0600) when absent, its folder too.
    read_only: for viewers, also beside a running build: changes nothing, and an absent file reads as empty.

    damaged: what was skipped on opening. torn_bytes: length of the unfinished frame at the end, cut off by a writer.
    Raises RunLocked when another process writes this file, DataError when it cannot be opened.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self.read_only = read_only
        self.damaged: list[Damage] = []
        self.torn_bytes = 0
        self._index: dict[str, bytes] = {}
        self._count = 0
        self._end = 0
        self._unsynced = 0
        self._unsynced_since = 0.0
        self._file: int | None = _open(self.path, read_only=read_only)
        if self._file is not None:
            self._scan(self._file)

    def __len__(self) -> int:
        """How many completions are stored, errors included."""
        return self._count

    def keys(self) -> Iterable[str]:
        """The keys of all stored completions, errors included."""
        return self._index.keys()

    def append(self, bundle: Sequence[Completion]) -> None:
        """Store a bundle, as a whole. See the module's text for when it is safe.

        Raises StepFailed when the disk refuses; the journal then ends with the last whole frame, as if not called.
        """
        if not bundle:
            return
        head, parts = _encode(bundle)
        frame = b"".join((b"%08x " % crc32(head), head, *(b" " + part for part in parts), b"\n"))
        self._write(frame)
        offset = self._end - len(frame) + _CRC_END + len(head) + 1
        for completion, part in zip(bundle, parts, strict=True):
            packed = _ENTRY.pack(offset, len(part), crc32(part), *_limits(completion), _state(completion))
            self._remember(completion.key, packed)
            offset += len(part) + 1

    def flush(self) -> None:
        """Return when everything appended survives a power cut."""
        if self._unsynced and self._file is not None:
            try:
                os.fdatasync(self._file)
            except OSError as error:
                raise self._refused(error) from error
            self._unsynced = 0

    def close(self) -> None:
        """Flush and let go of the file; safe to call twice."""
        if self._file is not None:
            try:
                self.flush()
            finally:
                os.close(self._file)
                self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def find(self, key: str, max_tokens: int) -> Completion | None:
        """The stored answer to `key` under a limit of `max_tokens`, or None when it has to be asked.

        An answer given under the same limit serves first, then the earliest one that stopped by itself within it.
        Errors are never answers.
        """
        if key not in self._index:
            return None
        entries = [entry for entry in self._entries(key) if entry.state in (DONE, CUT)]
        fitting = [entry for entry in entries if entry.max_tokens == max_tokens]
        fitting += [entry for entry in entries if entry.max_tokens != max_tokens and entry.serves(max_tokens)]
        return next((found for entry in fitting if (found := self._load(entry)) is not None), None)

    def refused(self, key: str, max_tokens: int) -> Completion | None:
        """The last error under this limit that asking again cannot cure (`retriable` False), or None."""
        entries = [e for e in self._entries(key) if e.state == REFUSED and e.max_tokens == max_tokens]
        return next((found for entry in reversed(entries) if (found := self._load(entry)) is not None), None)

    def errors(self, key: str) -> list[Completion]:
        """Every error stored for `key`, the oldest first."""
        entries = [entry for entry in self._entries(key) if entry.state in (FAILED, REFUSED)]
        return [found for entry in entries if (found := self._load(entry)) is not None]

    def read(self) -> Iterator[Completion]:
        """Every stored completion, errors included, in the order they came."""
        packed = (
            _Entry._make(values) for entries in list(self._index.values()) for values in _ENTRY.iter_unpack(entries)
        )
        for entry in sorted(packed, key=lambda entry: entry.offset):
            found = self._load(entry)
            if found is not None:
                yield found

    def _entries(self, key: str) -> list[_Entry]:
        return [_Entry._make(values) for values in _ENTRY.iter_unpack(self._index.get(key, b""))]

    def _remember(self, key: str, packed: bytes) -> None:
        self._index[key] = self._index.get(key, b"") + packed
        self._count += 1

    def _load(self, entry: _Entry) -> Completion | None:
        if self._file is None:
            raise ValueError(f"{self.path} is closed")
        part = os.pread(self._file, entry.length, entry.offset)
        if crc32(part) != entry.crc:
            self.damaged.append(Damage(entry.offset, entry.length))
            return None
        return _decode(part)

    def _scan(self, file: int) -> None:
        """Index every intact frame; a writer cuts off what follows the last line break."""
        size = os.fstat(file).st_size
        if size == 0:
            return
        start = 0
        with mmap.mmap(file, size, access=mmap.ACCESS_READ) as data:
            while (stop := data.find(b"\n", start)) >= 0:
                entries = _read_frame(data[start:stop], start)
                if entries is None:
                    self.damaged.append(Damage(start, stop + 1 - start))
                for key, packed in entries or ():
                    self._remember(key, packed)
                start = stop + 1
        self._end = start
        self.torn_bytes = size - start
        if self.torn_bytes and not self.read_only:
            os.ftruncate(file, start)
            os.fdatasync(file)

    def _write(self, frame: bytes) -> None:
        if self._file is None or self.read_only:
            raise ValueError(f"{self.path} is {'opened for reading' if self.read_only else 'closed'}")
        try:
            written = 0
            while written < len(frame):
                written += os.pwrite(self._file, frame[written:] if written else frame, self._end + written)
        except OSError as error:
            with suppress(OSError):  # what stays is overwritten by the next frame, or skipped on opening
                os.ftruncate(self._file, self._end)
            raise self._refused(error) from error
        self._end += len(frame)
        self._commit(len(frame))

    def _commit(self, length: int) -> None:
        now = time.monotonic()
        if not self._unsynced:
            self._unsynced_since = now
        self._unsynced += length
        if self._unsynced >= SYNC_EVERY_BYTES or now - self._unsynced_since >= SYNC_EVERY_S:
            self.flush()

    def _refused(self, error: OSError) -> StepFailed:
        free_mb = shutil.disk_usage(self.path.parent).free / 1e6
        return StepFailed(
            f"{self.path}: a response could not be stored ({error.strerror}; {free_mb:,.0f} MB free on that disk). "
            "What was stored before is safe. Free some space and run the same command again."
        )


def _open(path: Path, *, read_only: bool) -> int | None:
    try:
        if read_only:
            return os.open(path, os.O_RDONLY) if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataError(f"{path}: the response journal cannot be opened ({error.strerror})") from error
    if not _lock(file):
        os.close(file)
        raise RunLocked(f"{path}: another build writes this file. Wait for it, or build into another --out.")
    if is_new:
        sync(path.parent)  # the new file's name
    return file


def _lock(file: int) -> bool:
    """False when another process holds the file; a file system that knows no locks counts as free."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    return True


def _state(completion: Completion) -> int:
    if completion.error is not None:
        return FAILED if completion.retriable else REFUSED
    return CUT if completion.finish_reason == "length" else DONE


def _encode(bundle: Sequence[Completion]) -> tuple[bytes, list[bytes]]:
    """The head and the parts of a frame."""
    heads, parts = [], []
    for completion in bundle:
        part = _part(completion)
        heads.append([completion.key, _state(completion), *_limits(completion), len(part), crc32(part)])
        parts.append(part)
    head = _dump(heads).encode("ascii")
    return b"%08x %b" % (len(head), head), parts


def _part(completion: Completion) -> bytes:
    """A completion as JSON. What the fast writer cannot hold begins with a blank, and is read as it was written.

    That is a lone surrogate, or an integer beyond 64 bits. NaN, which JSON does not have, becomes null.
    """
    try:
        return orjson.dumps(completion, default=_plain)
    except TypeError:
        values: dict[str, Any] = {name: getattr(completion, name) for name in Completion.__slots__}
        return b" " + json.dumps(values, separators=(",", ":"), default=_plain).encode("ascii")


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _limits(completion: Completion) -> tuple[int, int]:
    """`max_tokens` and `completion_tokens` as the index holds them: 0 .. 2**32 - 1."""
    return min(max(completion.max_tokens, 0), _U32), min(max(completion.completion_tokens, 0), _U32)


def _read_frame(line: bytes, offset: int) -> list[tuple[str, bytes]] | None:
    """Key and packed entry of each completion of a frame; None when any byte of it is not what was written.

    offset: where the line starts in the file.
    """
    try:
        checksum, head_length = int(line[:8], 16), int(line[9:17], 16)
    except ValueError:
        return None
    at = _HEAD + head_length
    if at > len(line) or crc32(line[_CRC_END:at]) != checksum:
        return None
    found = []
    for key, state, max_tokens, completion_tokens, length, crc in _parse(line[_HEAD:at].decode("ascii"))[0]:
        start = at + 1
        at = start + length
        if line[start - 1 : start] != b" " or crc32(line[start:at]) != crc:
            return None
        found.append((key, _ENTRY.pack(offset + start, length, crc, max_tokens, completion_tokens, state)))
    return found if at == len(line) else None


def _decode(part: bytes) -> Completion:
    values = json.loads(part) if part.startswith(b" ") else _loads(part)
    if not _FIELDS.issuperset(values):  # written by a later version
        values = {name: value for name, value in values.items() if name in _FIELDS}
    return Completion(**values)


def _loads(part: bytes) -> Any:
    try:
        return orjson.loads(part)
    except orjson.JSONDecodeError:  # from before blanks were written: a lone surrogate, NaN
        return json.loads(part)
