"""`batch: auto`: the most rows a device holds, found by a step on the longest ones.

What differs from `accelerate.utils.find_executable_batch_size` and transformers' `auto_find_batch_size`: the effective
batch stays what it is (accumulation makes up for it), groups stay whole, the longest rows are tried and not the first,
and it works for methods that generate.
"""

from __future__ import annotations

import copy
import gc
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import StepFailed, UsageError
from trainers import arguments, batch, models
from trainers.preparing import build

if TYPE_CHECKING:
    from trainers.job import Job


def largest_that_fits(job: Job, attempt: Callable[[Job, int], None] | None = None) -> int:
    """Rows on a device at once. attempt: trains a step with so many; our own `one_step` unless given.

    Raises StepFailed when not even a single one fits.
    """
    if batch.processes() > 1:  # one that has no room would leave the others waiting for it
        raise UsageError("batch: auto tries sizes in a single process; say how many rows a device holds, {device: 8}")
    share = batch.effective(job.config, job.method)
    for size in batch.candidates(share):
        try:
            (attempt or one_step)(job, size)
        except Exception as error:
            if not batch.out_of_memory(error):
                raise
            job.show(f"batch: auto: {size} rows do not fit")
            continue
        finally:
            _free()
        return size
    raise StepFailed(
        f"{job.folder}: not a single row fits on a device; take peft: {{type: lora}}, "
        "trl: {gradient_checkpointing: true}, shorter rows, or a smaller model"
    )


def one_step(job: Job, size: int) -> None:
    """One optimizer step on the longest rows with a learning rate of zero, on a copy that goes afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        trial = copy.copy(job)
        trial.folder = Path(folder)
        sizes = batch.sizes(job.config, job.method, size)
        group = batch.group_size(job.config, job.method)
        rows = max(sizes["per_device_train_batch_size"] * batch.processes(), group)
        context = models.context_of(job.start, job.config.trl.get("model_init_kwargs"))
        made = arguments.make(job.config, job.method, sizes, context)
        for name, value in _quick(made, folder, group).items():
            setattr(made, name, value)
        trial.arguments = made
        trial.train, trial.held_out = batch.worst_rows(job.train, max(rows // group, 1)), None
        trial.config = job.config.model_copy(update={"stop": None})
        trial.notes = type(job.notes)(lambda _: None)
        build(trial).train()


def _quick(made: Any, folder: str, group: int) -> dict[str, Any]:
    """What turns a training into its first step."""
    quick = {
        "output_dir": folder,
        "max_steps": 1,
        "learning_rate": 0.0,
        "gradient_accumulation_steps": 1,
        "save_strategy": "no",
        "eval_strategy": "no",
        "load_best_model_at_end": False,
    }
    if hasattr(made, "steps_per_generation"):
        per_step = made.per_device_train_batch_size * batch.processes()
        quick["steps_per_generation"] = max(1, -(-group // per_step))
        quick["generation_batch_size"] = per_step * quick["steps_per_generation"]
        longest = {"min_new_tokens": made.max_completion_length}
        quick["generation_kwargs"] = {**(made.generation_kwargs or {}), **longest}
    return {name: value for name, value in quick.items() if hasattr(made, name)}


def _free() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
