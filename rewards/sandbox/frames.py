"""Frames on a pipe: a length of four bytes, and that many bytes of JSON."""

from __future__ import annotations

import os

from rewards.sandbox import plain

MAX_FRAME = 64 << 20


def send(fd: int, tree: plain.Tree) -> None:
    """Write one frame. Blocks; raises OSError when the other side is gone."""
    data = plain.dumps(tree)
    left = memoryview(len(data).to_bytes(4, "big") + data)
    while left:
        left = left[os.write(fd, left) :]


def receive(fd: int) -> plain.Tree:
    """Read one frame. Blocks; raises EOFError when the other side is gone, NotPlain for what is no frame."""
    size = int.from_bytes(_exactly(fd, 4), "big")
    if size > MAX_FRAME:
        raise plain.NotPlain(f"a frame of {size} bytes")
    return plain.loads(_exactly(fd, size))


def _exactly(fd: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
