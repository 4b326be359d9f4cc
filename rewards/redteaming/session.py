"""A process with the reward in it, replaced when a call outlives its deadline."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from rewards.base import RewardError

START_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where the function is: root joins `sys.path` ("" for what is installed)."""

    root: str
    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call gave. values: None when it raised (`error`) or was killed (`hung`). ran: code in the answer ran."""

    values: list[float | None] | None
    error: str = ""
    hung: bool = False
    ran: bool = False

    @property
    def value(self) -> float | None:
        """The value of the first text."""
        return self.values[0] if self.values else None


def locate(written: str) -> Target:
    """The function behind `path/file.py:function`, `package.module:function` or the name of a reward.

    Raises RewardError when the form or the file is off.
    """
    place, _, name = written.rpartition(":")
    if not place:
        from rewards.registry import get

        return Target("", "rewards", get(name).name)
    if not place.endswith(".py"):
        return Target(str(Path.cwd()), place, name)
    path = Path(place).resolve()
    if not path.is_file():
        raise RewardError(f"{place}: no such file; write PATH.py:FUNCTION, package.module:FUNCTION or a reward's name")
    parts, folder = [path.stem], path.parent
    while (folder / "__init__.py").is_file():
        parts, folder = [folder.name, *parts], folder.parent
    return Target(str(folder), ".".join(parts), name)


class Session:
    """Calls of one function in a process of its own, in an empty temporary folder.

    timeout_s: for one call. fresh: hand the function over by pickle, as a spawned worker gets it.
    """

    def __init__(self, target: Target, timeout_s: float, pickled: str = "") -> None:
        self._target, self.timeout_s, self._pickled = target, timeout_s, pickled
        self._folder = tempfile.mkdtemp(prefix="redteam")
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self.calls = 0
        self.about = self._start()

    def call(self, args: Sequence[Any], kwargs: Mapping[str, Any], mode: str = "main") -> Outcome:
        """Call the function on the main thread, in a `thread` or in an `asyncio` loop."""
        self.calls += 1
        if self._process is None:
            self._start()
        try:
            told = self._exchange({"args": list(args), "kwargs": dict(kwargs), "mode": mode}, self.timeout_s)
        except TimeoutError:
            self._kill()
            return Outcome(None, f"no answer within {self.timeout_s:g} s", hung=True)
        except OSError:
            self._kill()
            return Outcome(None, "the process died")
        return Outcome(told.get("values"), told.get("error", ""), ran=told["ran"])

    def close(self) -> None:
        """End the process and remove its folder."""
        self._kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> dict[str, Any]:
        path = [entry or str(Path.cwd()) for entry in sys.path]
        code = f"import sys; sys.path[:] = {path!r}; from rewards.redteaming.probe import main; main()"
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        self._rest = b""
        first = {"root": self._target.root, "module": self._target.module, "name": self._target.name}
        try:
            about = self._exchange(first | {"pickled": self._pickled}, START_TIMEOUT_S)
        except (TimeoutError, OSError) as error:
            self.close()
            raise RewardError(f"{self._target.module}: cannot be imported: {error or 'no answer'}") from None
        if "failed" in about:
            self.close()
            raise RewardError(f"{self._target.module}:{self._target.name} cannot be loaded: {about['failed']}")
        return about

    def _exchange(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = time.monotonic() + timeout_s
        process.stdin.write(json.dumps(message).encode() + b"\n")  # the process reads before it works
        process.stdin.flush()
        while b"\n" not in self._rest:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = os.read(process.stdout.fileno(), 1 << 16)
            if not part:
                raise OSError("the process ended")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        told: dict[str, Any] = json.loads(line)
        return told

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            os.killpg(process.pid, 9)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        process.wait()
