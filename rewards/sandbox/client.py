"""The caller's side of the sandbox: start the broker, hold its slots, run one check in one slot.

Usable from threads and event loops (each check owns its slot), after a fork (the child forgets what it inherited and
starts its own broker) and in spawned processes. No signals, no threads of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import math
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

from rewards.sandbox import plain

LEVELS = ("none", "seccomp", "landlock", "namespaces")  # weakest first, as in jail.py
START_SECONDS = 60.0
GRACE_SECONDS = 5.0
ASK_CPU = b'{"ask":"cpu"}'  # as in slot.py
FLAGS = ("-S", "-s", "-P", "-B", "-X", "utf8", "-W", "ignore")  # -I but for PYTHONHASHSEED, which it would ignore
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # a verdict must not depend on the order of a set
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # threads would each reserve 64 MB of the address space that is limited
}


P = ParamSpec("P")
T = TypeVar("T")


class Refused(ValueError):
    """The sandbox does not run code here, or not at the level that was asked for."""


class Unanswered(Exception):
    """A check gave no usable answer; the message says why, for a person."""


class TimedOut(Unanswered):
    """A deadline passed."""


class Lost(Exception):
    """The sandbox itself was killed under a check, which judges nothing."""


def once_more(check: Callable[P, T]) -> Callable[P, T]:
    """Try a check again when the sandbox was lost under it. Raises Lost the second time."""

    @functools.wraps(check)
    def tried(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return check(*arguments, **named)
        except Lost:
            return check(*arguments, **named)

    return tried


class Limits(NamedTuple):
    """What one check may use.

    timeout_s: wall time of one test, up to twice that while it has had less CPU time. total_s: wall time of all tests
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
    """One place where checks run; owned by one check at a time."""

    channel: socket.socket
    pid: int


@dataclass(slots=True)
class Check:
    """One running check: a socket to its process."""

    slot: Slot
    control: socket.socket
    ended: dict[str, Any] = field(default_factory=dict)

    def cpu_s(self) -> float:
        """CPU time its process has had; infinite when it is gone."""
        try:
            self.slot.channel.settimeout(GRACE_SECONDS)
            self.slot.channel.send(ASK_CPU)
            answer = plain.loads(self.slot.channel.recv(4096))
        except (OSError, plain.NotPlain):
            return math.inf
        if "status" in answer:  # it ended just now
            self.ended = answer
            return math.inf
        return float(answer["cpu_s"])

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
    machine: it gets as much wall time again, so that a verdict hardly depends on what else runs.
    """

    def __init__(self, check: Check, limits: Limits, end: float) -> None:
        self.check, self.limits, self.end = check, limits, end
        self.at = min(end, time.monotonic() + limits.timeout_s)
        self.extended = False

    def wait(self, fd: int) -> None:
        """Wait until `fd` can be read. Raises TimedOut."""
        while not wait_readable([fd], self.at):
            if self.extended or self.at >= self.end or self.check.cpu_s() >= self.limits.timeout_s:
                raise TimedOut(self.why())
            self.extended = True
            self.at = min(self.end, self.at + self.limits.timeout_s)

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


class Sandbox:
    """A broker and its slots. Use `open_sandbox`, which keeps one per process and set of options.

    slots: checks that may run at a time. max_level: do not go above it (to test weaker levels). modules: third-party
    packages solutions may import, loaded before the fork.
    """

    def __init__(self, max_level: str = LEVELS[-1], modules: Sequence[str] = (), slots: int = 0) -> None:
        self.max_level = max_level
        self.modules = tuple(modules)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        self.size = slots or cores
        self.free: dict[str, list[Slot]] = {"candidate": [], "tester": []}
        self.made = {"candidate": 0, "tester": 0}
        self.changed = threading.Condition()
        self.broker_lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.channel: socket.socket | None = None
        self.greeting: dict[str, Any] = {}

    @property
    def level(self) -> str:
        """The level in force, as found by probing."""
        return str(self.start()["level"])

    def start(self) -> dict[str, Any]:
        """Start the broker if it does not run; what it said of itself."""
        with self.broker_lock:
            if self.process is None or self.process.poll() is not None:
                self._launch()
            return self.greeting

    def _launch(self) -> None:
        if sys.platform != "linux" or not sys.executable:
            self.greeting = {"level": "none", "why": {"all": f"{sys.platform} is not supported"}, "unusable": True}
            return
        self._drop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603  our own file, by the running interpreter
                [sys.executable, *FLAGS, str(Path(__file__).with_name("zygote.py")), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        self.channel = ours
        try:
            ours.settimeout(START_SECONDS)
            path, packages = _where(self.modules)
            options = {"max_level": self.max_level, "modules": self.modules, "packages": packages, "path": path}
            ours.send(plain.dumps(options))
            self.greeting = plain.loads(ours.recv(1 << 16))
        except (OSError, plain.NotPlain) as error:
            self._drop()
            raise Refused(f"the sandbox could not be started ({type(error).__name__}: {error})") from None

    def _new_slot(self) -> Slot:
        self.start()
        with self.broker_lock:
            if self.channel is None:
                raise Refused(f"no sandbox on {sys.platform}")
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                with theirs:
                    socket.send_fds(self.channel, [b"slot"], [theirs.fileno()])
                answer = plain.loads(self.channel.recv(4096))
            except (OSError, plain.NotPlain):
                ours.close()
                self._drop()
                raise Lost("the sandbox was killed") from None
            return Slot(ours, answer["pid"])

    def _take(self, kind: str) -> Slot:
        with self.changed:
            while not self.free[kind] and self.made[kind] >= self.size:
                self.changed.wait()
            if self.free[kind]:
                return self.free[kind].pop()
            self.made[kind] += 1
        try:
            return self._new_slot()
        except BaseException:
            self._give_back(kind, None)
            raise

    def _give_back(self, kind: str, slot: Slot | None) -> None:
        with self.changed:
            if slot is None:
                self.made[kind] -= 1
            else:
                self.free[kind].append(slot)
            self.changed.notify()

    @contextlib.contextmanager
    def check(self, role: str, limits: Limits, *fds: int) -> Iterator[Check]:
        """Run one check: fork it, hand it `fds` beside its socket, end it and all it left when the block ends.

        role: `serve` and `program` (candidate.py), `tester` (tester.py). Afterwards `ended` says how the process went:
        status as of wait(2), cpu_s, memory_mb.
        """
        kind = "tester" if role == "tester" else "candidate"
        slot = self._take(kind)
        healthy = False
        ours, theirs = socket.socketpair()
        try:
            order = {"role": role, "fork": limits.fork, "memory_mb": limits.memory_mb, "total_s": limits.total_s}
            with theirs:
                slot = self._order(slot, plain.dumps(order), [theirs.fileno(), *fds])
            check = Check(slot, ours)
            try:
                yield check
            except TimedOut:
                raise
            except Unanswered:
                if not self._ended(check):
                    raise Lost("the sandbox was killed") from None
                raise
            finally:
                ours.close()
                healthy = self._ended(check)
            if not healthy:
                raise Lost("the sandbox was killed")
        finally:
            ours.close()
            if not healthy:
                _discard(slot)
                self._let_go()
            self._give_back(kind, slot if healthy else None)

    def _order(self, slot: Slot, order: bytes, fds: list[int]) -> Slot:
        """Send an order; through a new slot when the old one was killed since its last check."""
        try:
            socket.send_fds(slot.channel, [order], fds)
        except OSError:
            _discard(slot)
            fresh = self._new_slot()
            slot.channel, slot.pid = fresh.channel, fresh.pid
            try:
                socket.send_fds(slot.channel, [order], fds)
            except OSError:
                raise Lost("the sandbox was killed") from None
        return slot

    def _ended(self, check: Check) -> bool:
        """Call the check off if it still runs, and learn how it ended; False when the slot itself is gone."""
        if not check.ended:
            channel = check.slot.channel
            with contextlib.suppress(OSError, plain.NotPlain):
                channel.settimeout(GRACE_SECONDS)
                channel.send(b"{}")
                check.ended = dict(plain.loads(channel.recv(4096)))
        return bool(check.ended)

    def close(self) -> None:
        """End the broker and everything it started."""
        with self.broker_lock:
            self._drop()

    def _let_go(self) -> None:
        """Discard the free slots: what killed one slot may have killed them, and a dying one still takes an order."""
        with self.changed:
            for kind, slots in self.free.items():
                for slot in slots:
                    _discard(slot)
                self.made[kind] -= len(slots)
                slots.clear()
            self.changed.notify_all()

    def _drop(self) -> None:
        self._let_go()
        if self.channel is not None:
            self.channel.close()
            self.channel = None
        if self.process is not None:
            self.process.kill()  # its slots die with it
            self.process.wait()
            self.process = None

    def forget(self) -> None:
        """In a forked child: let go of what belongs to the parent."""
        for slots in self.free.values():
            for slot in slots:
                slot.channel.close()
        if self.channel is not None:
            self.channel.close()
        if self.process is not None:
            self.process.returncode = 0  # not ours to wait for


def _discard(slot: Slot) -> None:
    slot.channel.close()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(slot.pid, signal.SIGKILL)


def _where(modules: Sequence[str]) -> tuple[list[str], list[str]]:
    """The folders on sys.path that hold some packages, and the packages' own folders."""
    from importlib.util import find_spec

    path, packages = [], []
    for module in modules:
        spec = find_spec(module.partition(".")[0])
        for place in (spec.submodule_search_locations or []) if spec else []:
            folder = Path(place)
            path.append(str(folder.parent))
            packages += [str(folder), *map(str, folder.parent.glob(f"{folder.name}.libs"))]
    return sorted(set(path)), packages


_open: dict[tuple[str, tuple[str, ...]], Sandbox] = {}
_open_lock = threading.Lock()


def open_sandbox(max_level: str = LEVELS[-1], modules: Sequence[str] = ()) -> Sandbox:
    """This process's sandbox with these options; made on first use, ended with the process."""
    key = (max_level, tuple(modules))
    with _open_lock:
        if key not in _open:
            _open[key] = Sandbox(*key)
        return _open[key]


def close_all() -> None:
    """End every sandbox of this process."""
    with _open_lock:
        for sandbox in _open.values():
            sandbox.close()
        _open.clear()


def _after_fork() -> None:
    global _open_lock  # noqa: PLW0603  another thread may have held it
    _open_lock = threading.Lock()
    for sandbox in _open.values():
        sandbox.forget()
    _open.clear()


atexit.register(close_all)
os.register_at_fork(after_in_child=_after_fork)


def wait_readable(fds: list[int], deadline: float) -> list[int]:
    """Which of `fds` can be read; none when the deadline passes."""
    return select.select(fds, [], [], max(0.0, deadline - time.monotonic()))[0]
