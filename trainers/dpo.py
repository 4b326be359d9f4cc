"""Direct preference optimization, by TRL: `trl: {loss_type: sigmoid | ipo | hinge | ...}`, several with `loss_weights`.

The reference is loaded from the folder the training starts from.
"""

from __future__ import annotations

from typing import Any

from trl import DPOTrainer

from trainers.job import Job
from trainers.lengths import counted


def build(job: Job) -> Any:
    """The trainer of a job."""
    return counted(DPOTrainer, job)(**job.common())
