"""What of the model is trained: all of it, parts by name (`freeze:`), or a little beside it (`peft:`).

`trainers.tuning` holds the pieces; here they meet a job, in the order of a training: `before` the weights are loaded,
`apply` to them, `finish` the trainer, `check` what is trained, `save` what came out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import UsageError
from trainers.tuning import kinds
from trainers.tuning.freezing import freeze

if TYPE_CHECKING:
    from trainers.job import Job


def before(job: Job) -> None:
    """Settings that decide how the weights are loaded: QLoRA's four bits."""
    name = _name(job)
    if name != "qlora":
        return
    import torch

    if not torch.cuda.is_available():
        raise UsageError(
            "peft: qlora keeps the weights in four bits, which needs a GPU; there is none. Take type: lora"
        )
    from importlib.util import find_spec

    if find_spec("bitsandbytes") is None:
        raise UsageError("peft: qlora needs bitsandbytes: pip install bitsandbytes")
    from transformers import BitsAndBytesConfig

    bits = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )  # fmt: skip
    job.arguments.model_init_kwargs = {**(job.arguments.model_init_kwargs or {}), "quantization_config": bits}


def apply(job: Job) -> None:
    """Freeze, and set `job.peft` for the trainer to wrap the model with, or change the model itself."""
    if job.config.peft is None:
        freeze(job.model, job.config.freeze)
        return
    if job.config.freeze:
        raise UsageError("freeze: and peft: both say what is trained; keep one")
    name, kind, options = kinds.split(job.config.peft)
    judges = job.method.model == "reward"
    if kind.how == "bitfit":
        _bitfit(job, options)
    elif kind.how == "bottleneck":
        from trainers.tuning.bottleneck import attach

        attach(job.model, _bottleneck(job))
    else:
        if kind.peft == "ADALORA":
            options.setdefault("total_step", _steps(job))
        job.peft = kinds.peft_config(name, kind, options, "SEQ_CLS" if judges else "CAUSAL_LM")
    if judges and (kind.how == "bottleneck" or (job.peft is not None and job.peft.is_prompt_learning)):
        raise UsageError(f"peft: {name} cannot be folded into a reward model, which is read whole; take type: lora")
    if job.arguments.learning_rate < kind.rate:
        job.say(f"warning: {name} hardly moves at a learning rate of {job.arguments.learning_rate:g}; try 1e-2 to 3e-1")


def _bitfit(job: Job, options: dict[str, Any]) -> None:
    """The biases alone. Many models have none: the Llamas, Qwen3."""
    if options:
        raise UsageError(f"peft: bitfit has no option '{next(iter(options))}'")
    biases = [weight for name, weight in job.model.named_parameters() if name.endswith("bias")]
    if not biases:
        kind = type(job.model).__name__
        raise UsageError(f"peft: bitfit trains biases, and {kind} has none; take lora, ia3, or type: LN_TUNING")
    job.model.requires_grad_(False)
    for weight in biases:
        weight.requires_grad_(True)


def _bottleneck(job: Job) -> Any:
    from trainers.tuning.bottleneck import BottleneckConfig

    name, _, options = kinds.split(job.config.peft or {})
    unknown = sorted(set(options) - {"kind", "size"})
    if unknown:
        raise UsageError(f"peft: {name} has no option '{unknown[0]}' (it has: kind, size)")
    return BottleneckConfig(base=job.config.model if job.config.model == "house" else str(job.start), **options)


def _steps(job: Job) -> int:
    """Optimizer steps, which AdaLoRA plans its ranks over."""
    from trainers import batch

    made = job.arguments
    if made.max_steps > 0:
        return int(made.max_steps)
    return max(1, int(len(job.train) // batch.effective(job.config, job.method) * made.num_train_epochs))


def finish(job: Job, trainer: Any) -> None:
    """What needs the built trainer: LoRA-FA's optimizer, which keeps the first of the two matrices as it is."""
    if _name(job) != "lora_fa":
        return
    from peft.optimizers import create_lorafa_optimizer

    trainer.optimizer = create_lorafa_optimizer(
        trainer.model, r=job.peft.r, lora_alpha=job.peft.lora_alpha, lr=job.arguments.learning_rate,
        weight_decay=job.arguments.weight_decay,
    )  # fmt: skip


def check(job: Job, model: Any) -> None:
    """Say how much is trained. Raises UsageError when nothing is, or all although only a part should be."""
    sizes = [(weight.numel(), weight.requires_grad) for weight in model.parameters()]
    total, trained = sum(size for size, _ in sizes), sum(size for size, on in sizes if on)
    if not trained:
        raise UsageError("nothing would be trained: every parameter is frozen (freeze:, peft:)")
    if trained == total and (job.config.peft is not None or job.config.freeze):
        raise UsageError("everything would be trained, though peft: or freeze: is given")
    job.say(f"trains {trained:,} of {total:,} parameters ({trained / total:.1%})")


def save(job: Job, trainer: Any, folder: Path) -> None:
    """Write the model, or what was trained beside it, and the tokenizer."""
    if job.config.peft is not None and kinds.split(job.config.peft)[1].how == "bottleneck":
        if trainer.args.should_save:
            from trainers.tuning import bottleneck

            bottleneck.save(trainer.model, _bottleneck(job), folder)
    elif job.peft is not None and job.method.model == "reward":  # the reward that it becomes reads whole models
        if trainer.args.should_save:
            trainer.accelerator.unwrap_model(trainer.model).merge_and_unload().save_pretrained(folder)
    else:
        trainer.save_model(str(folder))
    if trainer.args.should_save:
        job.tokenizer.save_pretrained(folder)


def _name(job: Job) -> str:
    return "" if job.config.peft is None else kinds.split(job.config.peft)[0]
