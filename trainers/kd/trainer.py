"""Offline distillation (arXiv 1503.02531): the student learns what a teacher once said of the data's answers.

    loss = (1 - ce_weight) * temperature^2 * KL + ce_weight * cross-entropy        a token of an answer

With `teacher:` the teacher is asked when the training begins, and what it says is kept in OUT; rows of `curate logits`
bring it along, and no teacher is loaded. How the tokens outside of the top k count: `trainers.kd.divergence`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import Trainer

from curate.errors import DataError, UsageError
from curate.table import content_hash, write_parquet
from trainers.job import Job
from trainers.kd.divergence import top_k_kl
from trainers.kd.store import COLUMNS, row_tokens, store_logits
from trainers.kd.teacher import fingerprint, teacher_of
from trainers.lengths import fit, kept

if TYPE_CHECKING:
    import polars as pl


def build(job: Job) -> KDTrainer:
    """The trainer of a job. Raises UsageError when rows and settings do not go together."""
    for name, frame in (("train", job.rows.train), ("held_out", job.rows.held_out)):
        if frame is not None:
            dataset = job.rows.dataset(_told(job, frame, name)).select_columns(list(COLUMNS[:-1]))
            setattr(job, name, fit(dataset, job.arguments.max_length, job, "train" if name == "train" else "eval"))
    if job.peft is not None:
        from peft import get_peft_model

        job.model = get_peft_model(job.model, job.peft)
    return KDTrainer(
        model=job.model,
        args=job.arguments,
        data_collator=Collator(job.tokenizer.pad_token_id, job.arguments.max_length),
        train_dataset=job.train,
        eval_dataset=job.held_out,
        processing_class=job.tokenizer,
        callbacks=job.callbacks,
    )


def _told(job: Job, frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Rows with what a teacher says of them: their own, or asked now."""
    lacking = [name for name in COLUMNS if name not in frame.columns]
    if not lacking:
        _check_store(job, frame)
        return frame
    if len(lacking) < len(COLUMNS):
        raise DataError(f"{job.config.data.path}: rows of `curate logits` have {', '.join(COLUMNS)}; no {lacking[0]}")
    if job.config.teacher is None:
        raise UsageError(
            "kd learns from what a teacher says of the answers: write teacher: FOLDER, or give rows that hold it, made "
            "by `curate logits TEACHER --data ROWS --out FILE`"
        )
    return _asked(job, _short_enough(job, frame, "train" if name == "train" else "eval"))


def _short_enough(job: Job, frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows that are not too long, by `too_long`, before a teacher is asked about them."""
    if job.config.too_long == "truncate":
        return frame
    rows = (row_tokens(job.tokenizer, prompt, answer) for prompt, answer in frame.select("prompt", "completion").rows())
    lengths = [len(prompt) + len(answer) for prompt, answer in rows]
    return frame[kept(lengths, job.arguments.max_length, job, name, lambda _row: False)]


def _check_store(job: Job, frame: pl.DataFrame) -> None:
    """Raise UsageError unless the rows were made for this vocabulary and temperature."""
    notes = frame["teacher"].unique().to_list()
    first = notes[0]
    if len({(note["vocabulary"], note["k"], note["temperature"]) for note in notes}) > 1:
        raise UsageError("rows of several teachers, k or temperatures cannot be learned from together")
    if first["vocabulary"] != fingerprint(job.tokenizer):
        raise UsageError(
            f"the rows hold tokens of {first['model']}, whose vocabulary is another than that of {job.config.model}; "
            "take a teacher of the same family, or learn from its answers with method: sft"
        )
    if first["temperature"] != job.arguments.temperature:
        raise UsageError(
            f"the rows were made at temperature {first['temperature']:g}, and those of some tokens cannot be brought "
            f"to {job.arguments.temperature:g}; write trl: {{temperature: {first['temperature']:g}}}, or make "
            "them again"
        )


def _asked(job: Job, frame: pl.DataFrame) -> pl.DataFrame:
    """Ask the teacher, once: its answer is kept in OUT under a name that says what was asked."""
    import polars as pl
    from accelerate import PartialState

    folder = teacher_of(job)
    made = job.arguments
    weights = [
        (file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(folder.glob("*.safetensors"))
    ]
    asked = json.dumps([content_hash(frame), str(folder.resolve()), weights, made.k, made.temperature])
    path = job.folder / f"teacher-{sha256(asked.encode()).hexdigest()[:12]}.parquet"
    with PartialState().main_process_first():
        if not path.is_file():
            job.show(f"asks {job.config.teacher} about {frame.height:,} answers: its {made.k} likeliest tokens at each")
            told = store_logits(
                folder, frame, k=made.k, temperature=made.temperature, batch_size=made.teacher_batch_size
            )
            Path(job.folder).mkdir(parents=True, exist_ok=True)
            write_parquet(told, path)
    return pl.read_parquet(path)


class Collator:
    """Rows -> a batch padded at its right. What the teacher says stands flat, one line a token of an answer."""

    def __init__(self, pad: int, max_length: int | None) -> None:
        self.pad, self.max_length = pad, max_length

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        """`input_ids`, `attention_mask`, `labels`: (rows, longest). `top_ids`, `top_log_probs`: (tokens, k)."""
        ids = [[*row["prompt_ids"], *row["completion_ids"]][: self.max_length] for row in rows]
        width = max(map(len, ids))
        begins = [len(row["prompt_ids"]) for row in rows]
        ends = [len(one) - begin for one, begin in zip(ids, begins, strict=True)]
        labels = [
            [-100] * begin + one[begin:] + [-100] * (width - len(one)) for one, begin in zip(ids, begins, strict=True)
        ]
        flat = {
            name: [line for row, end in zip(rows, ends, strict=True) for line in row[name][:end]]
            for name in ("top_ids", "top_log_probs")
        }
        return {
            "input_ids": torch.tensor([one + [self.pad] * (width - len(one)) for one in ids]),
            "attention_mask": torch.tensor([[1] * len(one) + [0] * (width - len(one)) for one in ids]),
            "labels": torch.tensor(labels),
            "top_ids": torch.tensor(flat["top_ids"], dtype=torch.long),
            "top_log_probs": torch.tensor(flat["top_log_probs"], dtype=torch.float32),
        }


class KDTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose loss is KL to stored log-probabilities, mixed with cross-entropy."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._noted: dict[str, list[Tensor]] = defaultdict(list)

    def compute_loss(
        self, model: Any, inputs: dict[str, Tensor], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss a token of an answer, over the tokens of the whole batch."""
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False)
        labels = inputs["labels"][:, 1:]
        learned = labels != -100
        logits = outputs.logits[:, :-1][learned]
        made = self.args
        kl = top_k_kl(logits, inputs["top_ids"], inputs["top_log_probs"], made.temperature, made.direction)
        ce = torch.nn.functional.cross_entropy(logits.float(), labels[learned], reduction="none")
        losses = (1 - made.ce_weight) * made.temperature**2 * kl + made.ce_weight * ce
        where = "" if model.training else "eval_"
        for name, values in (("kl_teacher", kl), ("cross_entropy", ce)):
            sums = torch.stack([values.detach().sum(), torch.tensor(float(len(values)), device=values.device)])
            self._noted[f"{where}{name}"].append(sums)
        if num_items_in_batch is None:
            loss = losses.mean()
        else:
            loss = losses.sum() / num_items_in_batch
            if made.average_tokens_across_devices:
                loss = loss * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add KL in nats and cross-entropy, both a token, over all tokens and processes since the last log."""
        evaluated = any(name.startswith("eval_") for name in logs)
        names = [name for name in self._noted if name.startswith("eval_") == evaluated]
        for name in names:
            total, tokens = self.accelerator.reduce(torch.stack(self._noted.pop(name)).sum(0), "sum").tolist()
            logs = logs | {name: total / max(tokens, 1.0)}
        super().log(logs, start_time)
