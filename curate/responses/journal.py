"""The response journal: every answer of a model, stored before anything reads it.

An append-only file, one line (a *frame*, see `frames`) for each bundle of completions, so that a bundle is there as a
whole or not at all, whenever the process or the machine stops.

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
import mmap
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from zlib import crc32

from curate.engines.base import Completion
from curate.errors import DataError, RunLocked, StepFailed
from curate.responses.frames import CUT, DONE, FAILED, REFUSED, Entry, Packed, decode, encode, read_frame, unpack
from curate.table import sync

SYNC_EVERY_S: Final = 0.1
SYNC_EVERY_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of the journal that are no intact frame: what they held is asked again."""

    offset: int
    length: int


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
        self._index: dict[str, Packed] = {}
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
        frame, entries = encode(bundle, self._end)
        self._write(frame)
        for key, packed in entries:
            self._remember(key, packed)

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
        entries = (entry for packed in list(self._index.values()) for entry in unpack(packed))
        for entry in sorted(entries, key=lambda entry: entry.offset):
            found = self._load(entry)
            if found is not None:
                yield found

    def _entries(self, key: str) -> list[Entry]:
        return list(unpack(self._index.get(key, b"")))

    def _remember(self, key: str, packed: Packed) -> None:
        self._index[key] = self._index.get(key, b"") + packed
        self._count += 1

    def _load(self, entry: Entry) -> Completion | None:
        if self._file is None:
            raise ValueError(f"{self.path} is closed")
        part = os.pread(self._file, entry.length, entry.offset)
        if crc32(part) != entry.crc:
            self.damaged.append(Damage(entry.offset, entry.length))
            return None
        return decode(part)

    def _scan(self, file: int) -> None:
        """Index every intact frame; a writer cuts off what follows the last line break."""
        size = os.fstat(file).st_size
        if size == 0:
            return
        start = 0
        with mmap.mmap(file, size, access=mmap.ACCESS_READ) as data:
            while (stop := data.find(b"\n", start)) >= 0:
                entries = read_frame(data[start:stop], start)
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
