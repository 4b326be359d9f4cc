"""One place where checks run, one after the other, each in a forked child.

A slot never sees what is checked: it is told the role and the limits of a check and handed the ends of the caller's
sockets; jobs and results travel between the caller and the child alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import math
import os
import random
import signal
import socket
import sys
import time
from typing import Any

from rewards.sandbox import candidate, database, frames, jail, kernel, plain, probing, tester
from rewards.sandbox.doors import Doors
from rewards.sandbox.waiting import readable

CONTROL, LINK, RULESET = 3, 4, 5  # file descriptors of a check, beside the standard ones
SLACK_SECONDS = 2.0
RECOUNT_SECONDS = 5.0
ASK_CPU = b'{"ask":"cpu"}'


def fork_slot(level: str, doors: Doors, fd: int, channel: socket.socket) -> int:
    """Start a slot that takes its orders on `fd`; its process id. channel: the parent's own, closed in the slot."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        kernel.die_with_parent()
        if os.getppid() != parent:  # it ended before we asked to die with it
            os._exit(1)
        channel.close()
        slot = Slot(level, doors, socket.socket(fileno=fd))
        slot.prepare()
        slot.loop()
        status = 0
    finally:
        os._exit(status)


class Slot:
    """See the module. `prepare`, then `loop` until the caller is gone."""

    def __init__(self, level: str, doors: Doors, channel: socket.socket) -> None:
        self.level = level
        self.doors = doors
        self.channel = channel
        self.ruleset: int | None = None
        self.programs = {fork: jail.filter_program(level, fork=fork) for fork in (False, True)}
        self.tasks: int | None = None
        self.counted = -math.inf
        self.null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)

    def prepare(self) -> None:
        """Enter the level. At `namespaces` what returns is process 1 of a new tree."""
        if self.level == "namespaces":
            jail.unshare_all()
            pid = os.fork()
            if pid:
                self.channel.close()
                os.waitpid(pid, 0)
                os._exit(0)
            kernel.die_with_parent()
            jail.enter_root(self.doors)
            socket.sethostname("sandbox")
        self.read_rules()
        jail.limit_slot(self.level)
        if self.level != "none":
            kernel.prctl(kernel.PR_SET_DUMPABLE, 0)

    def read_rules(self) -> None:
        """Make the rules that the next check is bound to."""
        if self.ruleset is not None:
            os.close(self.ruleset)
        self.ruleset = jail.landlock_rules(self.level, self.doors)

    def loop(self) -> None:
        """Take {"role", "fork", "memory_mb", "total_s"} with the file descriptors of a check; answer how it ended."""
        while True:
            message, fds, _, _ = socket.recv_fds(self.channel, 4096, 3)
            if not message:
                return
            order = plain.loads(message)
            if "role" not in order:
                continue  # calls off a check that had ended
            self.count_tasks()
            pid = os.fork()
            if pid == 0:
                self.child(order, fds)
            for fd in fds:
                os.close(fd)
            self.channel.send(plain.dumps(self.wait(pid, order)))

    def count_tasks(self) -> None:
        """Learn how many tasks the user has, to limit what a check adds to them; at `namespaces` it is alone."""
        if self.level in ("landlock", "seccomp") and time.monotonic() - self.counted > RECOUNT_SECONDS:
            self.tasks, self.counted = jail.tasks_of_user(), time.monotonic()

    def wait(self, pid: int, order: dict[str, Any]) -> dict[str, Any]:
        """Wait until the check ends, is called off or runs out of time; leave nothing of it."""
        ended = self._until_end(pid, time.monotonic() + order["total_s"] + SLACK_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        if self.level == "namespaces":
            if order["fork"]:
                _kill_all_others()
            if jail.clean_tmp():
                self.read_rules()
        seconds = usage.ru_utime + usage.ru_stime
        return {"status": status, "ended": ended, "cpu_s": seconds, "memory_mb": usage.ru_maxrss >> 10}

    def _until_end(self, pid: int, deadline: float) -> str:
        """How a check ended; meanwhile, tell the caller how much CPU time it has had when asked."""
        try:
            process = os.pidfd_open(pid)
        except OSError:  # Linux before 5.3
            process = -1
        try:
            while time.monotonic() < deadline:
                if self._exited(pid, process, deadline):
                    return "exited"
                if readable(self.channel.fileno(), seconds=0):
                    if self.channel.recv(64) != ASK_CPU:
                        return "stopped"
                    self.channel.send(plain.dumps({"cpu_s": time.clock_gettime(~pid << 3 | 2)}))  # clock_getcpuclockid
        finally:
            if process >= 0:
                os.close(process)
        return "late"

    def _exited(self, pid: int, process: int, deadline: float) -> bool:
        """Wait for something to happen; whether it was the end of the check."""
        watched = [self.channel.fileno()] + ([process] if process >= 0 else [])
        left = max(0.0, deadline - time.monotonic())
        readable(*watched, seconds=left if process >= 0 else min(left, 0.005))
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def child(self, order: dict[str, Any], fds: list[int]) -> None:
        """Be the check: arrange its file descriptors, close the doors, run it. Never returns."""
        status = 1
        try:
            self._arrange(order["role"], fds)
            kernel.die_with_parent()
            ruleset = None if self.ruleset is None else RULESET
            jail.limit_tasks(self.tasks)
            jail.confine(self.level, order, ruleset, self.programs[bool(order["fork"])])
            random.seed(0)
            gc.enable()
            self._be(order["role"])
            status = 0
        except (EOFError, OSError):
            pass  # called off
        finally:
            os._exit(status)

    def _be(self, role: str) -> None:
        if role == "tester":
            tester.main(CONTROL, LINK)
        elif role == "database":
            database.main(CONTROL)
        elif role == "probe":
            frames.send(CONTROL, probing.probe(self.level))
        else:
            if role == "program":
                _fresh_streams()
            candidate.main(CONTROL, role)

    def _arrange(self, role: str, fds: list[int]) -> None:
        control, *others = fds
        stdin, stdout = others if role == "program" else (self.null, self.null)
        wanted = {0: stdin, 1: stdout, 2: self.null, CONTROL: control}
        if role == "tester":
            wanted[LINK] = others[0]
        if self.ruleset is not None:
            wanted[RULESET] = self.ruleset
        apart = {target: fcntl.fcntl(fd, fcntl.F_DUPFD, 32) for target, fd in wanted.items()}
        for target, fd in apart.items():
            os.dup2(fd, target)
        for target in {CONTROL, LINK, RULESET} - wanted.keys():
            with contextlib.suppress(OSError):
                os.close(target)
        os.closerange(RULESET + 1, 4096)


def _kill_all_others() -> None:
    """As process 1 of a tree: end everything else in it, and wait for it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _fresh_streams() -> None:
    """Standard input and output made for what file descriptors 0 and 1 are now."""
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout)
