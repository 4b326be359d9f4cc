"""Group relative policy optimization, by TRL: `trl: {loss_type: dapo | dr_grpo | bnpo | cispo | ...}`.

vLLM is TRL's own: `trl: {use_vllm: true}` in this process (`vllm_mode: colocate`), or a server's
(`vllm_mode: server, vllm_server_base_url: ...`).
"""

from __future__ import annotations

from typing import Any

from trl import GRPOTrainer

from trainers import curriculum
from trainers.batch import processes
from trainers.callbacks import reward_span
from trainers.dynamic_sampling import DynamicSamplingTrainer, check
from trainers.group import check_groups
from trainers.job import Job
from trainers.lengths import prompts_fit


def build(job: Job) -> Any:
    """The trainer of a job: TRL's, with groups of equal rewards replaced and problems drawn where that is asked for."""
    prompts_fit(job)
    check_groups(job)
    kind: Any = GRPOTrainer
    if job.config.dynamic_sampling is not None:
        check(job.arguments, processes())
        kind = DynamicSamplingTrainer
    adapts = job.config.curriculum is not None and job.config.curriculum.order == "adaptive"
    if adapts:
        kind = curriculum.adaptive(kind)
        job.train = job.train.add_column("_row", list(range(len(job.train))))
    trainer = kind(**job.common(), reward_funcs=job.rewards)
    if adapts:
        trainer.seen = curriculum.Estimates.of(job, reward_span(job))
    if job.config.dynamic_sampling is not None:
        trainer.rounds = job.config.dynamic_sampling.rounds
    return trainer
