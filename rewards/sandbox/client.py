"""The caller's side of the sandbox: hold slots, run one check in one slot.

Usable from threads and event loops (each check owns its slot), after a fork (the child forgets what it inherited and
starts its own broker) and in spawned processes. No signals, no threads of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ParamSpec, TypeVar

from rewards.sandbox import plain
from rewards.sandbox.broker import Broker
from rewards.sandbox.running import Check, Limits, Lost, Slot, TimedOut, Unanswered

LEVELS = ("none", "seccomp", "landlock", "namespaces")  # weakest first, as in jail.py
TRIES = 3

P = ParamSpec("P")
T = TypeVar("T")


def again_when_lost(check: Callable[P, T]) -> Callable[P, T]:
    """Try a check again when the sandbox was lost under it. Raises Lost the third time."""

    @functools.wraps(check)
    def tried(*arguments: P.args, **named: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            with contextlib.suppress(Lost):
                return check(*arguments, **named)
        return check(*arguments, **named)

    return tried


class Sandbox:
    """A broker and its slots. Use `open_sandbox`, which keeps one per process and set of options.

    slots: checks that may run at a time. max_level: do not go above it (to test weaker levels). modules: third-party
    packages solutions may import, loaded before the fork.
    """

    def __init__(self, max_level: str = LEVELS[-1], modules: Sequence[str] = (), slots: int = 0) -> None:
        self.broker = Broker(max_level, modules)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        self.size = slots or cores
        self.free: dict[str, list[Slot]] = {"candidate": [], "tester": []}
        self.made = {"candidate": 0, "tester": 0}
        self.changed = threading.Condition()

    @property
    def level(self) -> str:
        """The level in force, as found by probing."""
        return str(self.start()["level"])

    @property
    def greeting(self) -> dict[str, Any]:
        """What the broker said of itself; empty before the start."""
        return self.broker.greeting

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The broker's process, when there is one."""
        return self.broker.process

    def start(self) -> dict[str, Any]:
        """Start the broker if it does not run; what it said of itself."""
        return self.broker.start()

    def _take(self, kind: str) -> Slot:
        with self.changed:
            while not self.free[kind] and self.made[kind] >= self.size:
                self.changed.wait()
            if self.free[kind]:
                return self.free[kind].pop()
            self.made[kind] += 1
        try:
            return self.broker.new_slot()
        except BaseException:
            self._give_back(kind, None)
            raise

    def _give_back(self, kind: str, slot: Slot | None) -> None:
        with self.changed:
            if slot is None:
                self.made[kind] -= 1
            else:
                self.free[kind].append(slot)
            self.changed.notify_all()  # who waits may wait for the other kind

    @contextlib.contextmanager
    def check(self, role: str, limits: Limits, *fds: int) -> Iterator[Check]:
        """Run one check: fork it, hand it `fds` beside its socket, end it and all it left when the block ends.

        role: `serve` and `program` (candidate.py), `tester` (tester.py). Afterwards `ended` says how the process went:
        status as of wait(2), cpu_s, memory_mb.
        """
        kind = "tester" if role == "tester" else "candidate"
        slot = self._take(kind)
        healthy = False
        try:
            ours, theirs = socket.socketpair()
            with ours:
                order = {"role": role, "fork": limits.fork, "memory_mb": limits.memory_mb, "total_s": limits.total_s}
                with theirs:
                    slot = self._order(slot, plain.dumps(order), [theirs.fileno(), *fds])
                check = Check(slot, ours)
                try:
                    yield check
                except TimedOut:
                    raise
                except Unanswered:
                    if not check.end():
                        raise Lost from None
                    raise
                finally:
                    healthy = check.end()
            if not healthy:
                raise Lost
        finally:
            if not healthy:
                slot.end()
                self._end_free()
            self._give_back(kind, slot if healthy else None)

    def _order(self, slot: Slot, order: bytes, fds: list[int]) -> Slot:
        """Send an order; through a new slot when the old one was killed since its last check. The slot that has it."""
        with contextlib.suppress(OSError):
            socket.send_fds(slot.channel, [order], fds)
            return slot
        slot.end()
        fresh = self.broker.new_slot()
        try:
            socket.send_fds(fresh.channel, [order], fds)
        except OSError:
            fresh.end()
            raise Lost from None
        return fresh

    def close(self) -> None:
        """End the broker and everything it started."""
        self._end_free()
        self.broker.end()

    def forget(self) -> None:
        """In a forked child: let go of what belongs to the parent."""
        for slots in self.free.values():
            for slot in slots:
                slot.let_go()
        self.broker.forget()

    def _end_free(self) -> None:
        """End the free slots: what killed one slot may have killed them, and a dying one still takes an order."""
        with self.changed:
            for kind, slots in self.free.items():
                for slot in slots:
                    slot.end()
                self.made[kind] -= len(slots)
                slots.clear()
            self.changed.notify_all()


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
