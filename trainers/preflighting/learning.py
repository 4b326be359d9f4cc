"""What would be learned: the mask of two rows, the parameters, the reference, the steps, the memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trainers import batch
from trainers.preflighting.finding import Finding

if TYPE_CHECKING:
    from trainers.job import Job

MASKS = 2
CHARACTERS = 400
FEW_STEPS = 1
RATE = 0.05
"""Learning rate above which only prompts and prefixes are trained."""

ADAM = 8
"""Bytes of optimizer state a trained parameter: two float32 numbers."""


def masks(trainer: Any, job: Job) -> list[str]:
    """The first rows as text, what is learned of them between [[ and ]]; by the trainer's own collator."""
    shown = []
    rows = trainer.train_dataset
    for place in range(min(MASKS, len(rows))):
        labels = _labels(trainer, rows[place])
        if labels is not None:
            shown.append(_marked(*labels, job.tokenizer))
    return shown


def check_mask(trainer: Any, job: Job) -> Iterator[Finding]:
    """Rows of which nothing is learned, and answers whose end is not."""
    if job.method.name != "sft":
        return
    rows = trainer.train_dataset
    nothing, endless = [], []
    looked = min(200, len(rows))
    packed = bool(getattr(job.arguments, "packing", False))
    for place in range(looked):
        found = _labels(trainer, rows[place])
        if found is None:
            return
        ids, labels = found
        learned = [token for token, label in zip(ids, labels, strict=True) if label != -100]
        if not learned:
            nothing.append(place)
        elif not packed and job.tokenizer.eos_token_id not in learned[-3:]:
            endless.append(place)
    if nothing:
        what = f"nothing is learned of {len(nothing):,} of the first {looked:,} rows"
        yield Finding("mask", "fault", what, "They are prompts only, or cut before the answer", tuple(nothing[:3]))
    if endless:
        what = f"the end of {len(endless):,} of the first {looked:,} answers is not learned"
        advice = "The model would not stop after such answers; they are cut, or the template does not close them"
        level = "fault" if len(endless) > 0.1 * looked else "note"
        yield Finding("mask", level, what, advice, tuple(endless[:3]))  # type: ignore[arg-type]


def _labels(trainer: Any, row: Any) -> tuple[list[int], list[int]] | None:
    """Token ids and labels of one row, as they come out of the collator."""
    made = trainer.data_collator([dict(row)])
    if "labels" not in made or "input_ids" not in made:
        return None
    return made["input_ids"][0].tolist(), made["labels"][0].tolist()


def _marked(ids: list[int], labels: list[int], tokenizer: Any) -> str:
    text, inside = "", False
    start = 0
    for place in range(len(ids) + 1):
        learned = place < len(ids) and labels[place] != -100
        if learned != inside or place == len(ids):
            piece = tokenizer.decode(ids[start:place])
            text += f"[[{piece}]]" if inside else piece
            start, inside = place, learned
    text = text.replace("\n", "\\n")
    return text if len(text) <= CHARACTERS else f"{text[: CHARACTERS // 2]} ... {text[-CHARACTERS // 2 :]}"


def check_parameters(trainer: Any, job: Job) -> Iterator[Finding]:
    """Nothing trains, or everything does although only a part should."""
    sizes = [(weight.numel(), weight.requires_grad) for weight in trainer.model.parameters()]
    total, trained = sum(size for size, _ in sizes), sum(size for size, on in sizes if on)
    if not trained:
        yield Finding("parameters", "fault", f"none of {total:,} parameters is trained", "See peft: and freeze:")
    elif trained == total and (job.config.peft is not None or job.config.freeze):
        what = f"all {total:,} parameters are trained, though peft: or freeze: is given"
        yield Finding("parameters", "fault", what, "The patterns match nothing; names are those of named_parameters()")


def check_reference(trainer: Any, job: Job) -> Iterator[Finding]:
    """The frozen reference is the model that training starts from, weight for weight."""
    import torch

    reference = getattr(trainer, "ref_model", None)
    if reference is None:
        return
    ours = dict(job.model.named_parameters())
    for name, weight in reference.named_parameters():
        mine = ours.get(name.removeprefix("module."))
        if mine is not None and not torch.equal(weight.detach().float().cpu(), mine.detach().float().cpu()):
            what = f"the reference is not the model that training starts from ('{name}' differs)"
            yield Finding("reference", "fault", what, "Give the folder of the model as model:, never one in memory")
            return


def check_steps(trainer: Any, job: Job) -> Iterator[Finding]:
    """How many optimizer steps there will be; a learning rate that no training has."""
    made = job.arguments
    size = batch.effective(job.config, job.method)
    steps = made.max_steps
    if steps < 1:
        per_epoch = max(1, batch.there(job, trainer.train_dataset) // size)
        steps = int(per_epoch * made.num_train_epochs)
    if steps <= FEW_STEPS:
        what = f"{len(trainer.train_dataset):,} rows in batches of {size} make {steps} step"
        yield Finding("steps", "fault", what, "Lower batch:, or bring more rows")
    warmup = made.get_warmup_steps(steps) if hasattr(made, "get_warmup_steps") else 0
    if warmup >= steps > 1:
        what = f"warming up takes {warmup} of {steps} steps: the learning rate is never reached"
        yield Finding("steps", "fault", what, "Lower warmup_steps; below 1 it is a share")
    if not 0 < made.learning_rate <= RATE:
        level = "fault" if made.learning_rate <= 0 or made.learning_rate > 10 * RATE else "note"
        what = f"the learning rate is {made.learning_rate:g}"
        yield Finding("steps", level, what, "Full fine-tuning takes 1e-6 to 1e-3, prompts and adapters up to 1e-1")  # type: ignore[arg-type]


def memory_bytes(trainer: Any) -> int:
    """What weights, gradients and optimizer take, and a second copy for the reference; activations come on top."""
    sizes = [(weight.numel() * weight.element_size(), weight.requires_grad) for weight in trainer.model.parameters()]
    weights = sum(size for size, _ in sizes)
    count = sum(weight.numel() for weight in trainer.model.parameters() if weight.requires_grad)
    trained = sum(size for size, on in sizes if on)
    reference = getattr(trainer, "ref_model", None)
    copies = weights if reference is not None else 0
    return int(weights + trained + ADAM * count + copies)


def check_memory(trainer: Any) -> Iterator[Finding]:
    """The estimate against what the device has."""
    import torch

    needed = memory_bytes(trainer)
    if torch.cuda.is_available():
        _, there = torch.cuda.mem_get_info()
    else:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > 0.9 * there:
        what = (
            f"weights, gradients and optimizer take {needed / 2**30:.1f} GiB of {there / 2**30:.1f}, activations apart"
        )
        yield Finding("memory", "fault", what, "Train an adapter, peft: {type: lora}, or shard over devices")
