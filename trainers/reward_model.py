"""A reward model from pairs, by TRL (Bradley-Terry): one number for a prompt and its answer.

What comes out judges as a reward: `rewards: [{reward: reward_model, options: {model: OUT/model}}]`.
"""

from __future__ import annotations

from typing import Any

from trl import RewardTrainer

from trainers.beside import MARGIN
from trainers.job import Job
from trainers.lengths import counted


def build(job: Job) -> Any:
    """The trainer of a job."""
    if MARGIN in job.train.column_names:
        job.say(f"the loss asks for the margin of each pair (column '{MARGIN}')")
    return counted(RewardTrainer, job)(**job.common(reference=False))
