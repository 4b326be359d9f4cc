"""Wait for file descriptors; by poll, since select fails in a process with more than 1,024 open files."""

from __future__ import annotations

import math
import select


def readable(*fds: int, seconds: float) -> bool:
    """Whether one of `fds` can be read, or was closed on the other side, within so many seconds."""
    poller = select.poll()
    for fd in fds:
        poller.register(fd, select.POLLIN)
    return bool(poller.poll(max(0, math.ceil(seconds * 1000))))
