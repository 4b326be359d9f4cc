"""The teacher: found, loaded, and asked whether it speaks of the same tokens."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from curate.errors import UsageError
from trainers import models
from trainers.job import Job


def teacher_of(job: Job) -> Path:
    """The folder of a job's teacher. Raises UsageError without one, or when its vocabulary is another."""
    if job.config.teacher is None:
        raise UsageError(f"{job.method.name} learns from a teacher: write teacher: FOLDER (or a model on the Hub)")
    folder = models.find(job.config.teacher)
    check_vocabulary(models.load_tokenizer(folder), job.tokenizer, job.config.teacher, job.config.model)
    return folder


def load_teacher(folder: Path, arguments: Any = None) -> Any:
    """Its weights, frozen."""
    return models.load_model(folder, arguments).requires_grad_(requires_grad=False).eval()


def check_vocabulary(teacher: Any, student: Any, teacher_name: str, student_name: str) -> None:
    """Raise UsageError unless both tokenizers give every token the same number.

    Distributions over different tokens cannot be compared; what can be learned then are the teacher's texts.
    """
    theirs, ours = teacher.get_vocab(), student.get_vocab()
    if theirs == ours:
        return
    other = sorted(token for token in {*theirs, *ours} if theirs.get(token) != ours.get(token))
    first = other[0]
    raise UsageError(
        f"teacher {teacher_name} and model {student_name} have different vocabularies: {len(other):,} tokens differ, "
        f"for example {first!r} is {theirs.get(first, 'unknown')} and {ours.get(first, 'unknown')}. Take a teacher of "
        "the same family, or learn from its answers: generate with it, then method: sft (docs/distill.md)"
    )


def fingerprint(tokenizer: Any) -> str:
    """Of a vocabulary: tokens and their numbers."""
    listed = json.dumps(sorted(tokenizer.get_vocab().items()), ensure_ascii=False)
    return sha256(listed.encode()).hexdigest()[:16]
