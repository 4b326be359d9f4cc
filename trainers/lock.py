"""`train.lock.json` and `metrics.json`: what was trained on what, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.engines.local_model import fingerprint
from curate.lock import versions as curate_versions
from trainers import batch, guards

if TYPE_CHECKING:
    from trainers.job import Job

PACKAGES = ("trl", "peft", "accelerate", "bitsandbytes")
_MACHINE = {"output_dir", "logging_dir", "run_name", "hub_token", "push_to_hub_token", "local_rank"}


def lock_text(job: Job, functions: tuple[Callable[..., Any], ...] = ()) -> str:
    """The text of `train.lock.json`. Holds no secrets."""
    lock = {
        "lock_version": 1,
        "config": job.config.model_dump(mode="json"),
        "model": fingerprint(str(job.start), None),
        "data": {
            "contract": job.rows.contract,
            "sha256": job.rows.hash,
            "train": job.rows.train.height,
            "eval": 0 if job.rows.held_out is None else job.rows.held_out.height,
            "left_out": dict(job.rows.left_out),
        },
        "rewards": guards.identity(job.config.rewards, functions),
        "batch": batch.effective(job.config, job.method),
        "processes": batch.processes(),
        "arguments": {name: value for name, value in job.arguments.to_dict().items() if name not in _MACHINE},
        "notes": job.notes.lines,
        "versions": versions(),
    }
    return json.dumps(lock, indent=2, ensure_ascii=False, default=str) + "\n"


def versions() -> dict[str, str]:
    """Versions of what can change a training."""
    return curate_versions(PACKAGES)


def result(job: Job, state: Any) -> dict[str, Any]:
    """The content of `metrics.json`: the last of every metric, the best checkpoint, and what the rewards did."""
    last: dict[str, Any] = {}
    for line in state.log_history:
        last |= line
    last.pop("total_flos", None)
    best = {} if state.best_metric is None else {"best": {job.arguments.metric_for_best_model: state.best_metric}}
    if state.best_model_checkpoint is not None:
        best["best"]["checkpoint"] = Path(state.best_model_checkpoint).name
    return {
        "method": job.method.name,
        "steps": state.global_step,
        "epochs": state.epoch,
        **best,
        "rows": {
            "train": job.rows.train.height,
            "eval": 0 if job.rows.held_out is None else job.rows.held_out.height,
        },
        "rewards": {reward.__name__: reward.summary() for reward in job.rewards},
        "last": {name: value for name, value in last.items() if name not in ("step", "epoch")},
    }
