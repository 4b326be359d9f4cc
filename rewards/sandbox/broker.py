"""The caller's end of the warm process (zygote.py): start it, ask it for slots, end it."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rewards.sandbox import plain
from rewards.sandbox.running import Lost, Slot

START_SECONDS = 60.0
STARTS = 3
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


class Refused(ValueError):
    """The sandbox does not run code here, or not at the level that was asked for."""


class Broker:
    """The warm process of one sandbox. max_level, modules: see `client.Sandbox`. greeting: what it said of itself."""

    def __init__(self, max_level: str, modules: Sequence[str]) -> None:
        self.max_level = max_level
        self.modules = tuple(modules)
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.channel: socket.socket | None = None
        self.greeting: dict[str, Any] = {}

    def start(self) -> dict[str, Any]:
        """Start it if it does not run; what it said of itself. Raises Refused."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self._launch()
            return self.greeting

    def new_slot(self) -> Slot:
        """A slot of its own, from a new process where this one was killed. Raises Refused, and Lost at the last."""
        for _ in range(STARTS):
            if self.start().get("unusable"):
                raise Refused(f"no sandbox on {sys.platform}")
            with self.lock:
                slot = self._ask_for_slot()
            if slot is not None:
                return slot
        raise Lost

    def end(self) -> None:
        """End it and everything it started."""
        with self.lock:
            self._end()

    def forget(self) -> None:
        """In a forked child: let go of what belongs to the parent."""
        if self.channel is not None:
            self.channel.close()
        if self.process is not None:
            self.process.returncode = 0  # not ours to wait for

    def _launch(self) -> None:
        if sys.platform != "linux" or not sys.executable:
            self.greeting = {"level": "none", "why": {"all": f"{sys.platform} is not supported"}, "unusable": True}
            return
        self._end()
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
            self._end()
            raise Refused(f"the sandbox could not be started ({type(error).__name__}: {error})") from None

    def _ask_for_slot(self) -> Slot | None:
        """A slot; None when the process is gone, and then nothing is left of it."""
        if self.channel is None:
            return None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                socket.send_fds(self.channel, [b"slot"], [theirs.fileno()])
            return Slot(ours, plain.loads(self.channel.recv(4096))["pid"])
        except (OSError, plain.NotPlain):
            ours.close()
            self._end()
            return None

    def _end(self) -> None:
        if self.channel is not None:
            self.channel.close()
            self.channel = None
        if self.process is not None:
            self.process.kill()  # its slots die with it
            self.process.wait()
            self.process = None


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
