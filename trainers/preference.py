"""Preferences without a reference model: ORPO, and CPO with SimPO, where TRL keeps them (`trl.experimental`)."""

from __future__ import annotations

from typing import Any

from trl.experimental.cpo import CPOTrainer
from trl.experimental.orpo import ORPOTrainer

from curate.report.tokens import count
from trainers.job import Job
from trainers.lengths import fit_counts


def build_orpo(job: Job) -> Any:
    """The ORPO trainer of a job."""
    return _built(ORPOTrainer, job)


def build_cpo(job: Job) -> Any:
    """The CPO trainer of a job; SimPO is its loss `simpo`."""
    return _built(CPOTrainer, job)


def ending_once(base: type) -> type:
    """A trainer class of these whose answers end with their end token.

    Where a template goes on after it (ChatML: by a line break), TRL puts a second one behind, which the model would
    learn to write after an answer that is over.
    """

    class EndingOnce(base):  # type: ignore[misc]
        def build_tokenized_answer(self, prompt: str, answer: str) -> Any:
            end = self.processing_class.eos_token
            return super().build_tokenized_answer(prompt, answer.rstrip() if answer.rstrip().endswith(end) else answer)

    EndingOnce.__name__ = EndingOnce.__qualname__ = base.__name__
    return EndingOnce


def _built(base: type, job: Job) -> Any:
    """These cut while they tokenise, so rows are counted before."""
    for name, frame in (("train", job.rows.train), ("eval", job.rows.held_out)):
        if frame is not None:
            kept = fit_counts(count(frame, job.tokenizer), job.arguments.max_length, job, name)
            setattr(job, "train" if name == "train" else "held_out", job.rows.dataset(frame.filter(kept)))
    return ending_once(base)(**job.common())
