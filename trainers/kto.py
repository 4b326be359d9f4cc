"""KTO, by TRL: answers with a label, good or bad, without pairs. Pairs are taken apart."""

from __future__ import annotations

from typing import Any

from trl import KTOTrainer

from trainers.job import Job
from trainers.lengths import counted


def build(job: Job) -> Any:
    """The trainer of a job."""
    return counted(KTOTrainer, job)(**job.common())
