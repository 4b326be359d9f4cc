"""The lock on the folder of a run: one process builds there at a time, and says who it is."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.errors import RunLocked, UsageError
from curate.table import writing


def holder(folder: Path) -> str:
    """The process that builds in `folder` now; "" when none does, also after one was killed."""
    path = folder / ".lock"
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8") as file:
        named = file.read().strip()
        if not named:
            return ""
        try:  # a killed build leaves its name, and no lock
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return named
        except OSError:  # no locks there, so nobody builds there either
            return ""
    return ""


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the folder for this process.

    An flock, so that a killed process leaves nothing behind; the file also says who holds it, for another machine on a
    shared file system where flock may not reach. Raises RunLocked naming the process that holds it, UsageError where
    there can be no such folder.
    """
    path = folder / ".lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as refused:
        raise UsageError(
            f"{folder} cannot hold a run: {refused.strerror}. Build with --out in another folder"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            by = file.read().strip() or "another process"
            raise RunLocked(f"{folder} is being built by {by}; wait for it, or build with --out elsewhere") from None
        except OSError as refused:
            raise UsageError(
                f"{folder} lies on a file system without locks ({refused.strerror}), where two builds could not be "
                "kept apart. Build with --out elsewhere"
            ) from None
        with writing(path):
            file.seek(0)
            file.truncate()
            file.write(f"process {os.getpid()} on {socket.gethostname()}")
            file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()
