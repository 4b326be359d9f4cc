"""`train.lock.json` and `metrics.json`: what was trained on what, and what came of it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rewards
from curate.engines.local_model import fingerprint
from curate.lock import versions as curate_versions
from trainers import batch

if TYPE_CHECKING:
    from trainers.job import Job
    from trainers.settings import RewardUse

PACKAGES = ("trl", "peft", "accelerate", "bitsandbytes")
UNTOLD = {
    "step", "epoch", "total_flos", "train_runtime", "train_samples_per_second", "train_steps_per_second"
}  # fmt: skip
"""Of the last log: what is told elsewhere, or is only of the time since a resume."""

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
        "rewards": reward_identity(job.config.rewards, functions),
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
    from trainers.callbacks import mean_loss

    last: dict[str, Any] = {}
    for line in state.log_history:
        last |= line
    last["train_loss"] = mean_loss(state.log_history)
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
        "last": {name: value for name, value in last.items() if name not in UNTOLD and value is not None},
    }


def reward_identity(uses: Sequence[RewardUse], functions: Sequence[Callable[..., Any]]) -> list[dict[str, Any]]:
    """What the rewards are, for the lock file: names, options, weights, and a hash of the code of plain functions."""
    from curate.steps.grade import code_hash

    listed: list[dict[str, Any]] = []
    for use in uses:
        where = () if use.reward == "verifier" else (rewards.get(use.reward, **use.options).entry.use,)
        listed.append(use.model_dump(mode="json") | {"code": code_hash(where)})
    for function in functions:
        try:
            source = inspect.getsource(function)
        except (OSError, TypeError):
            source = repr(type(function))
        name = getattr(function, "__name__", type(function).__name__)
        listed.append({"function": name, "code": sha256(source.encode()).hexdigest()[:16]})
    return listed
