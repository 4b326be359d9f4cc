"""Groups of completions: several answers to a prompt, compared with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.errors import DataError
from trainers.batch import processes

if TYPE_CHECKING:
    from trainers.job import Job


def check_groups(job: Job) -> None:
    """Raise DataError when there are fewer prompts than a batch needs: TRL would train no step at all."""
    made = job.arguments
    needed = made.per_device_train_batch_size * processes() * made.steps_per_generation // made.num_generations
    if len(job.train) < needed:
        raise DataError(
            f"a batch takes {needed:,} prompts ({needed * made.num_generations:,} completions in groups of "
            f"{made.num_generations}), the data has {len(job.train):,}; lower batch:, or bring more prompts"
        )
