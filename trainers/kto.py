"""KTO, by TRL: answers with a label, good or bad, without pairs.

TRL goes through its rows in their order, since the KL of a batch is told by the batch's own answers to other prompts,
and takes pairs apart a thousand at a time, all good answers first: batches would hold one kind. So pairs are taken
apart and rows are shuffled here, before.
"""

from __future__ import annotations

from typing import Any

from trl import KTOTrainer

from trainers.job import Job
from trainers.lengths import counted


def build(job: Job) -> Any:
    """The trainer of a job."""
    job.train = taken_apart(job.train)
    job.held_out = None if job.held_out is None else taken_apart(job.held_out)
    if len(set(job.train["label"])) == 1:
        kind = "good" if job.train["label"][0] else "bad"
        job.say(f"warning: every answer is {kind}: KTO weighs good ones against bad ones; sft learns good ones alone")
    if job.config.curriculum is None:
        job.train = job.train.shuffle(seed=job.config.seed)
    return counted(KTOTrainer, job)(**job.common())


def taken_apart(rows: Any) -> Any:
    """Pairs as two rows each, the good answer and then the bad one; what is no pair stays as it is."""
    if "chosen" not in rows.column_names:
        return rows

    def both(some: dict[str, list[Any]]) -> dict[str, list[Any]]:
        sides = zip(some.pop("chosen"), some.pop("rejected"), strict=True)
        twice = {name: [value for value in values for _ in range(2)] for name, values in some.items()}
        answers = [answer for pair in sides for answer in pair]
        return {**twice, "completion": answers, "label": [True, False] * (len(answers) // 2)}

    return rows.map(both, batched=True, remove_columns=rows.column_names)
