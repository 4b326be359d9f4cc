"""Distillation with the teacher beside the student, by TRL: `distill` and `gkd`."""

from __future__ import annotations

from typing import Any

from curate.errors import UsageError
from trainers.job import Job
from trainers.kd.teacher import load_teacher, teacher_of
from trainers.lengths import fit, prompts_fit

UNREAD = ("packing", "eval_packing", "padding_free", "assistant_only_loss", "completion_only_loss", "dataset_kwargs")
"""Arguments that TRL's GKDConfig has from SFT's, and its trainer passes over: it learns the last answer of each row."""


def build_distill(job: Job) -> Any:
    """On the student's own answers: `trl: {beta: 1.0}` is reverse KL, 0 forward KL, 0.5 JSD."""
    from trl import DistillationTrainer

    folder = teacher_of(job)
    prompts_fit(job)
    for name in ("train", "held_out"):
        dataset = getattr(job, name)
        if dataset is not None:
            setattr(job, name, dataset.select_columns(["prompt"]))
    return DistillationTrainer(**job.common(), teacher_model=load_teacher(folder))


def build_gkd(job: Job) -> Any:
    """On a mixture: `trl: {lmbda: 0.5}` is the share of batches with the student's own answers.

    TRL may remove what is experimental; `distill` is its successor. Raises UsageError then, for rows of text, and for
    arguments that it would not read.
    """
    try:
        from trl.experimental.gkd import GKDTrainer
    except ImportError as gone:
        raise UsageError("gkd is experimental in TRL, and this TRL has it no more; take method: distill") from gone
    for name in UNREAD:
        if job.config.trl.get(name):
            raise UsageError(f"gkd reads no {name}: it learns the last answer of each row; leave it out")
    folder = teacher_of(job)
    if job.rows.contract != "sft" and isinstance(job.rows.train["prompt"][0], str):
        raise UsageError("gkd trains on conversations, and the model has no chat template; take method: distill or kd")
    job.train = _fitted(job, job.train, "train")
    if job.held_out is not None:
        job.held_out = _fitted(job, job.held_out, "eval")
    return GKDTrainer(**job.common(), teacher_model=load_teacher(folder))


def _fitted(job: Job, dataset: Any, name: str) -> Any:
    """Conversations, none longer than max_length: TRL would cut their beginnings in silence."""

    def tokens(row: dict[str, Any]) -> dict[str, Any]:
        messages = row["messages"] if "messages" in row else [*row["prompt"], *row["completion"]]
        text = job.tokenizer.apply_chat_template(messages, tokenize=False)
        return {"messages": messages, "input_ids": job.tokenizer(text, add_special_tokens=False)["input_ids"]}

    made = dataset.map(tokens, remove_columns=[one for one in dataset.column_names if one != "messages"])
    return fit(made, job.arguments.max_length, job, name).remove_columns("input_ids")
