"""Wait for file descriptors: by poll, since select fails in a process with more than 1,024 open files.

And the pipe that asyncio wakes itself by, which is a pair of sockets, where there are no sockets.
"""

from __future__ import annotations

import math
import os
import select


def readable(*fds: int, seconds: float) -> bool:
    """Whether one of `fds` can be read, or was closed on the other side, within so many seconds."""
    poller = select.poll()
    for fd in fds:
        poller.register(fd, select.POLLIN)
    return bool(poller.poll(max(0, math.ceil(seconds * 1000))))


def self_pipes() -> None:
    """Let asyncio run in this process: what it takes for a pair of sockets is a pipe."""
    import socket

    socket.socketpair = lambda *_: tuple(map(_End, os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)))


class _End:
    """An end of a pipe, as far as asyncio asks."""

    def __init__(self, fd: int) -> None:
        self.fileno = lambda: fd
        self.setblocking = lambda _: None
        self.recv = lambda size: os.read(fd, size)
        self.send = lambda data: os.write(fd, data)
        self.close = lambda: os.close(fd)
