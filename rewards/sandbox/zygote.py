"""The warm process behind the sandbox, started by a clean exec; it forks slots, and slots fork checks.

    python -S -s -P -B zygote.py FD      (environment: only what ENVIRONMENT in broker.py says)

It loads what solutions commonly import, finds the level that holds, gives up root, and then answers each order for a
slot. Slots end with it, and it ends with its caller.
"""

# ruff: noqa: PTH120

from __future__ import annotations

import contextlib
import os
import socket
import sys
import types

if __name__ == "__main__":  # our own modules, without running rewards/__init__.py
    _here = os.path.dirname(os.path.realpath(__file__))
    for _name, _path in (("rewards", os.path.dirname(_here)), ("rewards.sandbox", _here)):
        _package = types.ModuleType(_name)
        _package.__path__ = [_path]
        sys.modules[_name] = _package

from rewards.sandbox import jail, kernel, plain, preload, probing, slot, waiting
from rewards.sandbox.doors import Doors

ORPHAN_CHECK_SECONDS = 1.0


def main(channel: socket.socket) -> None:
    """Answer {"max_level", "modules", "packages", "path"} with {"level", "why", ...}; then fork slots on request."""
    caller = os.getppid()
    options = plain.loads(channel.recv(1 << 16))
    preload.preload(preload.COMMON, [])
    missing = preload.preload(options["modules"], options["path"])
    doors = Doors(options["packages"])
    _volunteer_for_the_oom_killer()
    os.umask(0o022)
    level, reasons, on_disk = probing.strongest(options["max_level"], doors, slot.fork_slot)
    if not on_disk:
        preload.preload(preload.RARE, [])
    jail.give_up_root(doors)
    sys.set_int_max_str_digits(0)
    sys.argv = ["solution.py"]
    os.environ.clear()
    preload.settle()
    channel.send(plain.dumps({"level": level, "why": reasons, "missing": missing, "landlock": kernel.landlock_abi()}))
    while os.getppid() == caller:
        _reap()
        if waiting.readable(channel.fileno(), seconds=ORPHAN_CHECK_SECONDS):
            message, fds, _, _ = socket.recv_fds(channel, 4096, 1)
            if not message:
                return
            pid = slot.fork_slot(level, doors, fds[0], channel)
            os.close(fds[0])
            channel.send(plain.dumps({"pid": pid}))


def _volunteer_for_the_oom_killer() -> None:
    """When memory runs out, the kernel shall take a check and not the training run."""
    with contextlib.suppress(OSError):
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(fd, b"800")
        os.close(fd)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
