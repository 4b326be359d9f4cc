"""What equal builds leave, and a build that is killed on its way."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

BEGINS_WITHIN_S = 60


def files(run: Path) -> dict[str, bytes]:
    """Everything an equal build leaves, byte for byte: all but the times, the lock and the order answers came in."""
    apart = {"log.jsonl", ".lock", "journal.jsonl"}
    return {
        str(path.relative_to(run)): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in apart
    }


def asked(folder: Path) -> int:
    """How many requests the model of a recipe in `folder` was sent, over all processes."""
    log = folder / "asked.jsonl"
    return len(log.read_text().splitlines()) if log.exists() else 0


def kill_build(recipe: Path, out: Path, has_asked: Callable[[], object], seconds: float) -> None:
    """Build in a process of its own, and kill it so many seconds after its first request."""
    command = [sys.executable, "-m", "curate.cli", "build", str(recipe), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started = time.monotonic()
    while not has_asked() and process.poll() is None and time.monotonic() - started < BEGINS_WITHIN_S:
        time.sleep(0.002)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
