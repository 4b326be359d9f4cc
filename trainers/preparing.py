"""A training made ready: its config read, what it needs checked, then the weights loaded and the trainer built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from curate.errors import DataError, UsageError
from trainers import arguments, batch, models, pushing, templates
from trainers.config import load_config, make_config
from trainers.folder import START
from trainers.job import Job, Notes
from trainers.merging.adapters import whole
from trainers.methods import Method, load_class, method_of
from trainers.settings import TrainConfig

DECIDED = {
    "model", "args", "train_dataset", "eval_dataset", "processing_class", "callbacks", "peft_config", "reward_funcs",
    "ref_model", "teacher_model",
}  # fmt: skip
"""Arguments of the trainers that no option may replace."""


def read(config: Any, overrides: tuple[str, ...], notes: Notes) -> TrainConfig:
    """Settings from a mapping or a file; what was translated is said."""
    if isinstance(config, TrainConfig):
        said: list[str] = []
    elif isinstance(config, Mapping):
        config, said = make_config(config)
    else:
        config, said = load_config(Path(config), overrides)
    for line in said:
        notes.say(line)
    made: TrainConfig = config
    return made


def prepare(
    config: TrainConfig,
    functions: tuple[Callable[..., Any], ...] = (),
    notes: Notes | None = None,
    options: Mapping[str, Any] | None = None,
) -> Job:
    """Read and check everything that a training needs, but for the weights.

    Raises InvalidInput for what cannot be used.
    """
    from trainers import curriculum, data, guards, reward_columns, shaping

    notes = notes or Notes()
    method = method_of(config.method)
    options = dict(options or {})
    decided = [name for name in options if name in DECIDED]
    if decided:
        raise UsageError(f"options: {decided[0]} is decided by the config and the arguments of train()")
    if options and method.config.startswith("trainers."):
        raise UsageError(f"options: {method.name} is our own and takes none (given: {', '.join(options)})")
    judged = config.rewards or functions or "environment_factory" in options  # an environment may judge itself
    if method.online and "rewards" in method.reads and not judged:
        raise UsageError(f"{config.out}: {method.name} needs rewards, for example rewards: [math]")
    if config.stop is not None and config.stop.on == "eval_reward" and "rewards" not in method.reads:
        raise UsageError(f"stop: {method.name} has no eval_reward; take eval_loss, or pass@K with rewards")
    folder = Path(config.out)
    arguments.one_device()
    found = models.find(config.model, config.revision)
    context = models.context_of(found, config.trl.get("model_init_kwargs"))
    made = arguments.make(config, method, batch.sizes(config, method), context)
    start = whole(found, folder / START, notes.say)
    tokenizer = models.load_tokenizer(start, config.chat_template)
    pushing.warn(config, notes.say)
    for line in arguments.outside(config, method, made):
        notes.say(f"warning: {line}")
    if context is not None and (getattr(made, "max_length", None) or 0) > context:
        notes.say(f"warning: max_length {made.max_length:,} is more than {config.model} was made to read ({context:,})")
    chat = bool(tokenizer.chat_template) if config.format is None else config.format == "messages"
    if chat and not tokenizer.chat_template:
        raise DataError(f"{config.model}: the tokenizer has no chat template; {shaping.NO_TEMPLATE}")
    _check_end(chat, tokenizer, made, method, config)
    needs = [*method.needs, *reward_columns.needed_columns(config.rewards), *curriculum.columns(config)]
    rows = data.load_rows(config, method, chat=chat, needs=needs, say=notes.say)
    if method.online:
        reward_columns.check_parameters(functions, rows.train.columns)
    if chat and not method.online and (lost := templates.check_says(tokenizer, rows.train, config.data.path)):
        notes.say(f"warning: {lost}")
    job = Job(
        config=config,
        method=method,
        folder=folder,
        start=start,
        arguments=made,
        tokenizer=tokenizer,
        rows=rows,
        train=rows.dataset(rows.train),
        held_out=rows.dataset(rows.held_out),
        rewards=guards.guard(config.rewards, functions, notes.say),
        notes=notes,
        options=options,
    )
    if functions and hasattr(made, "reward_weights"):
        made.reward_weights = [use.weight for use in config.rewards] + [1.0] * len(functions)
    if config.rewards and not any(use.weight for use in config.rewards) and not functions:
        raise UsageError("rewards: every weight is 0, so nothing would be learned")
    return job


def _check_end(chat: bool, tokenizer: Any, made: Any, method: Method, config: TrainConfig) -> None:
    """Supervised training on conversations teaches to stop only when the template closes the answer."""
    own = getattr(made, "eos_token", None)
    if own is not None and own in tokenizer.get_vocab():
        tokenizer.eos_token = own
    if chat and not method.online and not templates.ends_answers(tokenizer):
        raise DataError(
            f"{config.model}: the chat template does not close an answer with the end token {tokenizer.eos_token!r}, "
            "so the model would never learn to stop. Name the token that does, trl: {eos_token: ...}, or give a "
            "template, chat_template: FILE.jinja"
        )


def build(job: Job) -> Any:
    """Load the weights and build the trainer. Everything is made anew, so that it can be called again."""
    from jinja2 import TemplateError
    from transformers import PrinterCallback, ProgressCallback, set_seed

    from trainers import adapters, callbacks, curriculum

    set_seed(job.config.seed)
    adapters.before(job)
    job.model = models.load_model(job.start, job.arguments, job.method.model)
    adapters.apply(job)
    curriculum.order(job)
    job.callbacks = callbacks.for_job(job)
    try:
        trainer = load_class(job.method.use)(job)
    except TemplateError as wrong:  # of a row beyond those that were looked at
        raise DataError(f"{job.config.data.path}: the chat template cannot render a row: {wrong}") from wrong
    except TypeError as unknown:
        if not job.options or "unexpected keyword argument" not in str(unknown):
            raise
        name = str(unknown).rpartition("argument ")[2]
        raise UsageError(f"options: the trainer of {job.method.name} takes no {name}") from unknown
    except (ValueError, ImportError, NotImplementedError) as refused:  # how TRL says what does not go together
        raise UsageError(f"{job.method.name} cannot be set up: {refused}") from refused
    for noisy in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(noisy)
    adapters.finish(job, trainer)
    adapters.check(job, trainer.model)
    return trainer
