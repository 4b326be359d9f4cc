"""One running check, from the caller's side: what is said to its process, and when it is late."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rewards.sandbox import plain
from rewards.sandbox.waiting import readable

GRACE_SECONDS = 5.0
SOME = 0.05  # of a core: less, and a process sleeps
ASK_CPU = b'{"ask":"cpu"}'  # as in slot.py


class Unanswered(Exception):
    """A check gave no usable answer; the message says why, for a person."""


class TimedOut(Unanswered):
    """A deadline passed."""


class Lost(Exception):
    """The sandbox itself was killed under a check, which judges nothing."""

    def __init__(self) -> None:
        super().__init__("the sandbox was killed")


class Limits(NamedTuple):
    """What one check may use.

    timeout_s: wall time of one test, more where it waits for a core (`Deadline`). total_s: wall time of all tests
    of one solution. memory_mb: address space.
    output_bytes: of one answer or one test's standard output. fork: may it start processes (level `namespaces` only).
    """

    timeout_s: float = 10.0
    total_s: float = 60.0
    memory_mb: int = 1024
    output_bytes: int = 8 << 20
    fork: bool = False


@dataclass(slots=True)
class Slot:
    """One place where checks run; owned by one check at a time. handle: of its process, whose number may be reused."""

    channel: socket.socket
    pid: int
    handle: int = -1

    def __post_init__(self) -> None:
        with contextlib.suppress(OSError):  # Linux before 5.3; or it is gone
            self.handle = os.pidfd_open(self.pid)

    def let_go(self) -> None:
        """Close what is ours of it, in a process that did not start it too."""
        self.channel.close()
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def end(self) -> None:
        """Kill it; safe to call twice."""
        if self.handle >= 0:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        self.let_go()


@dataclass(slots=True)
class Check:
    """A socket to the process of one check. ended: how it went, once it has; silent: its slot no longer answers."""

    slot: Slot
    control: socket.socket
    ended: dict[str, Any] = field(default_factory=dict)
    silent: bool = False
    started: float = field(default_factory=time.monotonic)

    def cpu_s(self) -> float:
        """CPU time its process has had; infinite when it has ended. Raises Lost when the slot does not say."""
        answer = self._of_slot(ASK_CPU)
        if "cpu_s" not in answer:
            raise Lost
        if "status" in answer:  # it ended just now
            self.ended = answer
            return math.inf
        return float(answer["cpu_s"])

    def end(self) -> bool:
        """Call it off if it still runs, and learn how it ended; False when the slot itself is gone."""
        self.control.close()
        if not self.ended:
            self.ended = self._of_slot(b"{}")
        return bool(self.ended)

    def _of_slot(self, order: bytes) -> dict[str, Any]:
        """The slot's answer; {} when it gives none, and ever after, since a late answer would pass for the next one."""
        if self.silent:
            return {}
        try:
            self.slot.channel.settimeout(GRACE_SECONDS)
            self.slot.channel.send(order)
            return dict(plain.loads(self.slot.channel.recv(4096)))
        except (OSError, plain.NotPlain):
            self.silent = True
            return {}

    def send(self, tree: plain.Tree, deadline: float) -> None:
        """Write one frame. Raises Unanswered."""
        data = plain.dumps(tree)
        with _answering(self.control, deadline):
            self.control.sendall(len(data).to_bytes(4, "big") + data)

    def receive(self, deadline: float, limit: int) -> plain.Tree:
        """Read one frame of at most `limit` bytes. Raises Unanswered."""
        size = int.from_bytes(self._exactly(4, deadline), "big")
        if size > limit:
            raise Unanswered(f"the answer is longer than {limit} bytes")
        try:
            return plain.loads(self._exactly(size, deadline))
        except plain.NotPlain as error:
            raise Unanswered(f"the solution broke its channel: {error}") from None

    def _exactly(self, size: int, deadline: float) -> bytes:
        parts = []
        while size:
            with _answering(self.control, deadline):
                part = self.control.recv(min(size, 1 << 20))
            if not part:
                raise Unanswered("the process ended")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


class Deadline:
    """When one test is late.

    A process that has had less CPU time than a test may take when its wall time is over either sleeps or shares a busy
    machine: it gets as much wall time again, and again while it gets some CPU time of it, so that a verdict hardly
    depends on what else runs.
    """

    def __init__(self, check: Check, limits: Limits, end: float) -> None:
        self.check, self.limits, self.end = check, limits, end
        now = time.monotonic()
        self.at = min(end, now + limits.timeout_s)
        self.before = check.cpu_s() if now - check.started > limits.timeout_s else 0.0  # of the tests before

    def wait(self, fd: int) -> None:
        """Wait until `fd` can be read. Raises TimedOut, or Lost."""
        had, enough = -math.inf, self.limits.timeout_s
        while not readable(fd, seconds=self.at - time.monotonic()):
            has = self.check.cpu_s()
            if self.at >= self.end or has - self.before >= enough or has - had < SOME * enough:
                raise TimedOut(self.why())
            had, self.at = has, min(self.end, self.at + enough)

    def why(self) -> str:
        """Which limit it was, for a person."""
        if self.at >= self.end:
            return f"timed out after {self.limits.total_s:g} s in all"
        return f"timed out after {self.limits.timeout_s:g} s"


@contextlib.contextmanager
def _answering(control: socket.socket, deadline: float) -> Iterator[None]:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimedOut("timed out")
    try:
        control.settimeout(left)
        yield
    except TimeoutError:
        raise TimedOut("timed out") from None
    except OSError:
        raise Unanswered("the process ended") from None
