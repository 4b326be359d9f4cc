"""Supervised fine-tuning, by TRL: on completions only, packed, or on the assistant's turns only.

Rows of prompt and completion, and conversations of one answer, are learned from the answer only; conversations of
several in full, unless `trl: {assistant_only_loss: true}`, for which the template must mark the answers
(`{% generation %}`).
"""

from __future__ import annotations

from typing import Any

from trl import SFTTrainer

from curate.errors import UsageError
from trainers.job import Job
from trainers.lengths import counted


def build(job: Job) -> Any:
    """The trainer of a job.

    Raises UsageError when answers are to be marked by a template that cannot mark them, and for `completion_only_loss`
    where no row has a completion: TRL would learn everything.

    TRL puts its own marked form in the place of well-known templates that mark nothing.
    """
    if job.arguments.completion_only_loss and job.rows.contract != "prompt-completion":
        raise UsageError(
            "completion_only_loss needs rows of prompt and completion, or conversations of one answer each; of others "
            "assistant_only_loss: true learns the answers"
        )
    if job.rows.contract == "sft" and not job.arguments.assistant_only_loss:
        job.say("conversations are learned in full, what users say too; assistant_only_loss: true learns answers alone")
    try:
        return counted(SFTTrainer, job)(**job.common(reference=False))
    except ValueError as error:
        if "generation" not in str(error):
            raise
        raise UsageError(
            "assistant_only_loss needs a chat template that marks the answers with {% generation %}; give one, "
            "chat_template: FILE.jinja, or rows of prompt and completion"
        ) from error
