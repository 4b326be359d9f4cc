"""Group relative policy optimization, by TRL: `trl: {loss_type: dapo | dr_grpo | bnpo | cispo | ...}`.

vLLM is TRL's own: `trl: {use_vllm: true}` in this process (`vllm_mode: colocate`), or a server's
(`vllm_mode: server, vllm_server_base_url: ...`).
"""

from __future__ import annotations

from typing import Any

from trl import GRPOTrainer

from trainers.batch import processes
from trainers.dynamic_sampling import DynamicSamplingTrainer, check
from trainers.group import check_groups
from trainers.job import Job
from trainers.lengths import prompts_fit


def build(job: Job) -> Any:
    """The trainer of a job, with groups of equal rewards replaced where that is asked for."""
    prompts_fit(job)
    check_groups(job)
    if job.config.dynamic_sampling is None:
        return GRPOTrainer(**job.common(), reward_funcs=job.rewards)
    check(job.arguments, processes())
    trainer = DynamicSamplingTrainer(**job.common(), reward_funcs=job.rewards)
    trainer.rounds = job.config.dynamic_sampling.rounds
    return trainer
