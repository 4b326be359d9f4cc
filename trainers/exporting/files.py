"""The files of an export: rows and scripts."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from curate.table import write_parquet


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows as parquet, which keeps what a gold is: from JSON lines `datasets` makes "2024-01-02" a point in time."""
    write_parquet(pl.DataFrame(list(rows), infer_schema_length=None), path)


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
        "weight_decay",
        "max_grad_norm",
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
    """A bash script of one command. join: between an option and its value; a value None is a flag.

    `$here/...` is in the script's folder, `$gpus` what the environment says, or 1.
    """
    on_gpus = "# GPUS=8 bash run.sh: on so many GPUs.\ngpus=${GPUS:-1}\n" if "$gpus" in options.values() else ""
    lines = [name if value is None else f"{name}{join}{_quoted(value)}" for name, value in options.items()]
    body = " \\\n  ".join([" ".join(command), *lines, '"$@"'])
    return (
        f"#!/bin/bash\n# {what}, written by `curate export`. Options given to this script are handed on and win.\n"
        f"{on_gpus}"
        'set -euo pipefail\nhere=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)\n'
        'export PYTHONPATH="$here:${PYTHONPATH:-}"\n'
        f"{body}\n"
    )


def _quoted(value: Any) -> str:
    """A value for the shell, a list as several; `$here/...` and `$gpus` stay what they are."""
    if isinstance(value, list):
        return " ".join(map(_quoted, value))
    text = str(value)
    return f'"{text}"' if text.startswith("$here/") or text == "$gpus" else shlex.quote(text)
