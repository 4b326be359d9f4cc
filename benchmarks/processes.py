"""A job as a whole process: what it and all its descendants take; and the environments that the peers' jobs run in."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

POLL_S = 0.05
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER: grandchildren whose parent went are counted as well."""


@dataclass(frozen=True)
class Cost:
    """One run: wall and CPU seconds of the tree of processes, and its peak memory, what is shared counted for each."""

    seconds: float
    cpu_s: float
    peak_mb: float


def install(folder: Path, peers: Mapping[str, Sequence[str]]) -> None:
    """Make each peer its own environment."""
    for name, packages in peers.items():
        subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
        subprocess.run([str(folder / name / "bin" / "pip"), "install", "-q", *packages], check=True)


def python_of(job: str, peers: Mapping[str, Sequence[str]], folder: Path) -> Path:
    """The interpreter a job runs in: that of its peer's environment, which may not be there, or this one."""
    return folder / job / "bin" / "python" if job in peers else Path(sys.executable)


def run(name: str, command: Sequence[str | Path], folder: Path, **environment: str) -> Cost:
    """Run a job in `folder` to its end. Ends the benchmark with what the job printed last when it fails."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    others = {child.pid for child in psutil.Process().children()}
    before, start, peak = _spent(), time.perf_counter(), 0.0
    with tempfile.TemporaryFile() as output:
        process = psutil.Popen(
            [str(word) for word in command], env=os.environ | {"HF_HUB_OFFLINE": "1"} | environment, cwd=folder,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while process.poll() is None:
            peak = max(peak, _memory_mb(process))
            time.sleep(POLL_S)
        seconds = time.perf_counter() - start
        if process.returncode:
            output.seek(0)
            raise SystemExit(f"{name} failed:\n{output.read().decode(errors='replace')[-3000:]}")
    _reap(others)
    return Cost(seconds, _spent() - before, peak)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reap(others: set[int]) -> None:
    """Wait for what the job left behind: its CPU is counted once it is reaped. others: children that are not its."""
    for child in psutil.Process().children():
        try:
            if child.pid not in others:
                child.send_signal(signal.SIGTERM)
                os.waitpid(child.pid, 0)
        except (psutil.NoSuchProcess, ChildProcessError):
            continue


def _memory_mb(process: psutil.Process) -> float:
    total = 0
    for one in [process, *_children(process)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 2**20


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []
