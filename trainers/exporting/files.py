"""The files of an export: JSON lines and scripts."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from curate.table import write_text_atomic


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows as JSON lines."""
    write_text_atomic(path, "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows))


EVERYWHERE: Final = frozenset(
    {
        "learning_rate",
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "num_generations",
        "temperature",
        "beta",
        "max_completion_length",
        "num_train_epochs",
        "use_vllm",
    }
)
"""Settings of a training with rewards that every script takes over."""

CLIPPED: Final = frozenset(
    {
        "epsilon",
        "num_ppo_epochs",
        "num_iterations",
        "num_mini_batches",
        "gamma",
        "lam",
        "cliprange_value",
        "value_learning_rate",
    }
)
"""Settings of clipped policies and their critics, which the trainers that know PPO take over too."""


def script(what: str, command: Sequence[str], options: Mapping[str, Any], join: str) -> str:
    """A bash script of one command. join: between an option and its value. `$here` is the script's folder."""
    lines = [f"{name}{join}{_quoted(value)}" for name, value in options.items()]
    body = " \\\n  ".join([" ".join(command), *lines, '"$@"'])
    return (
        f"#!/bin/bash\n# {what}, written by `curate export`. Options given to this script are handed on and win.\n"
        'set -euo pipefail\nhere=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)\n'
        'export PYTHONPATH="$here:${PYTHONPATH:-}"\n'
        f"{body}\n"
    )


def _quoted(value: Any) -> str:
    """A value for the shell, a list as several; `$here/...` stays what it is."""
    if isinstance(value, list):
        return " ".join(map(_quoted, value))
    text = str(value)
    return f'"{text}"' if text.startswith("$here/") else shlex.quote(text)
