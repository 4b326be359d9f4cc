"""Find the strongest level that holds on this machine, by trying to break each from inside.

What a kernel offers says little about what a container, a distribution or an administrator allows, so a level counts
only when a process confined to it has failed at everything it must not be able to do.
"""

# ruff: noqa: PTH208, S108, S606

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rewards.sandbox import frames, jail, kernel, plain
from rewards.sandbox.doors import Doors
from rewards.sandbox.waiting import readable

PROBE_SECONDS = 10.0

Start = Callable[[str, Doors, int, socket.socket], int]
"""slot.fork_slot."""


def strongest(max_level: str, doors: Doors, start: Start) -> tuple[str, dict[str, str], bool]:
    """The level, why stronger ones do not hold, and whether solutions can load modules from disk there.

    Asked in a process of its own, which gives up root: the caller still has modules to load that only root may read.
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            jail.give_up_root(doors)
            frames.send(write, _search(max_level, doors, start))
        finally:
            os._exit(0)
    os.close(write)
    try:
        level, reasons, on_disk = frames.receive(read)
    except (EOFError, plain.NotPlain):
        level, reasons, on_disk = "none", {"all": "the probe ended"}, False
    finally:
        os.close(read)
        os.waitpid(pid, 0)
    return level, reasons, on_disk


def _search(max_level: str, doors: Doors, start: Start) -> tuple[str, dict[str, str], bool]:
    reasons: dict[str, str] = {}
    for level in reversed(jail.LEVELS[1:]):
        if jail.LEVELS.index(level) > jail.LEVELS.index(max_level):
            reasons[level] = "not asked for"
            continue
        found = _try(level, doors, start)
        if not found["problem"] and not found["open"]:
            return level, reasons, found["on_disk"]
        reasons[level] = found["problem"] or f"not blocked: {', '.join(found['open'])}"
    return "none", reasons, False


def _try(level: str, doors: Doors, start: Start) -> dict[str, Any]:
    """Probe a level in a slot of its own: what `probe` says, and "problem" when it could not run."""
    if kernel.MACHINE is None:
        return {"problem": f"{os.uname().sysname} on {os.uname().machine} is not supported"}
    if level == "landlock" and not kernel.landlock_abi():
        return {"problem": "this kernel has no Landlock"}
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control, inside = socket.socketpair()
    with ours, theirs, control, inside:
        pid = start(level, doors, theirs.fileno(), ours)
        theirs.close()
        try:
            order = {"role": "probe", "fork": False, "memory_mb": 1024, "total_s": PROBE_SECONDS}
            socket.send_fds(ours, [plain.dumps(order)], [inside.fileno()])
            inside.close()
            if not readable(control.fileno(), seconds=PROBE_SECONDS):
                return {"problem": "the probe did not answer"}
            return {"problem": "", **frames.receive(control.fileno())}
        except (OSError, EOFError, plain.NotPlain) as error:
            return {"problem": _why_not(level) or f"the probe could not run ({type(error).__name__})"}
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _why_not(level: str) -> str:
    """The kernel's own word on why a level cannot be entered, from a process that tries the first steps."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if level == "namespaces":
                jail.unshare_all()
                kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
            kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
            kernel.seccomp(jail.filter_program(level, fork=True))
        except OSError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        why = answer.read(500)
    os.waitpid(pid, 0)
    return why


def probe(level: str) -> dict[str, Any]:
    """Try what must not work at a level, from inside: {"open": what did work, "on_disk": can modules be loaded}."""
    return {
        "open": [name for name, attempt in _attempts(level).items() if _works(attempt)],
        "on_disk": level != "seccomp" and os.access(os.__file__, os.R_OK),
    }


def _attempts(level: str) -> dict[str, Callable[[], object]]:
    library = ctypes.CDLL(None, use_errno=True)
    beside = Path(os.__file__).with_name("probe.py")
    attempts: dict[str, Callable[[], object]] = {
        "fork": lambda: os.fork() or os._exit(0),
        "exec": lambda: os.execv("/bin/true", ["true"]),
        "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "kill": lambda: os.kill(os.getppid(), 0),
        "ptrace": lambda: _true(library.ptrace(0, 0, 0, 0) == 0),
        "new namespace": lambda: _true(library.unshare(kernel.CLONE_NEWUSER) == 0),
        "memfd": lambda: os.memfd_create("x"),
        "reading /etc/passwd": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "reading /proc/self/environ": lambda: os.open("/proc/self/environ", os.O_RDONLY),
        "writing to /var/tmp": lambda: os.open("/var/tmp/probe", os.O_WRONLY | os.O_CREAT),
        "writing beside the standard library": lambda: os.open(beside, os.O_WRONLY | os.O_CREAT),
        "changing a mode": lambda: beside.parent.chmod(0o755),
    }
    if level == "namespaces":
        attempts["seeing other processes"] = lambda: _true(os.getppid() != 1)
        attempts["the host's root"] = lambda: _true({"etc", "home", "proc", "sys"} & {*os.listdir("/")})
    else:
        attempts["listing /"] = lambda: os.listdir("/")
        attempts["writing to /tmp"] = lambda: os.open("/tmp/probe", os.O_WRONLY | os.O_CREAT)
    if level == "seccomp":
        attempts["opening a file"] = lambda: os.open(os.__file__, os.O_RDONLY)
    return attempts


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, AttributeError):
        return False
    return True


def _true(worked: object) -> None:
    if not worked:
        raise OSError
