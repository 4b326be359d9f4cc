"""REINFORCE leave-one-out, by TRL: the mean reward of the other answers to a prompt is the baseline."""

from __future__ import annotations

from typing import Any

from trl import RLOOTrainer

from trainers.group import check_groups
from trainers.job import Job
from trainers.lengths import prompts_fit


def build(job: Job) -> Any:
    """The trainer of a job."""
    prompts_fit(job)
    check_groups(job)
    return RLOOTrainer(**job.common(), reward_funcs=job.rewards)
