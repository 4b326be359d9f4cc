"""Alarms on disk: `alarms.jsonl` in the folder of a training, one JSON line each."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from trainers.watching.alarms import Alarm

FILE: Final = "alarms.jsonl"


def keep_alarm(folder: Path, alarm: Alarm, action: str) -> None:
    """Add an alarm, with what was done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps({**asdict(alarm), "action": action}) + "\n")


def read_alarms(folder: Path) -> list[dict[str, Any]]:
    """The alarms that were written, in order; none where there is no file."""
    path = folder / FILE
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
