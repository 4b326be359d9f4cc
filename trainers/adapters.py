"""What of the model is trained: all of it, parts by name, or small adapters (PEFT)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from trainers.job import Job


def apply(job: Job) -> None:
    """Freeze what is to be frozen, and set `job.peft` for the trainer to wrap the model with."""
    from fnmatch import fnmatchcase

    for name, weight in job.model.named_parameters():
        for pattern in job.config.freeze:
            if fnmatchcase(name, pattern.removeprefix("!")):
                weight.requires_grad_(pattern.startswith("!"))
    if job.config.peft is not None:
        job.peft = _peft_config(job.config.peft)


def _peft_config(settings: dict[str, Any]) -> Any:
    from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

    options = dict(settings)
    kind = str(options.pop("type", "lora")).upper()
    known = {str(one.value): made for one, made in PEFT_TYPE_TO_CONFIG_MAPPING.items()}
    if kind not in known:
        raise UsageError(
            f"peft: no type '{kind.lower()}'{did_you_mean(kind.lower(), [name.lower() for name in known])}"
        )
    options.setdefault("task_type", "CAUSAL_LM")
    return known[kind](**options)


def check(job: Job, model: Any) -> None:
    """Say how much is trained. Raises UsageError when nothing is."""
    sizes = [(weight.numel(), weight.requires_grad) for weight in model.parameters()]
    total, trained = sum(size for size, _ in sizes), sum(size for size, on in sizes if on)
    if not trained:
        raise UsageError("nothing would be trained: every parameter is frozen (freeze:, peft:)")
    job.say(f"trains {trained:,} of {total:,} parameters ({trained / total:.1%})")


def save(job: Job, trainer: Any, folder: Path) -> None:
    """Write the model, or the adapter, and the tokenizer."""
    trainer.save_model(str(folder))
    if trainer.args.should_save:
        job.tokenizer.save_pretrained(folder)
