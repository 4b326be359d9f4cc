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
    """The trainer of a job. Raises UsageError when answers are to be marked by a template that cannot mark them.

    TRL puts its own marked form in the place of well-known templates that mark nothing.
    """
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
