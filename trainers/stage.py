"""A training, from its config to its folder: always from a directory, always into a directory (`trainers.folder`)."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from curate.errors import DataError, Interrupted, StepFailed, UsageError, did_you_mean
from curate.table import write_text_atomic
from trainers import arguments, batch, models
from trainers.config import load_config, make_config
from trainers.folder import LOCK, METRICS, REPORT, START, Trained, held, last_checkpoint, standing
from trainers.job import Job, Notes, is_main
from trainers.methods import Method, load_class, method_of
from trainers.settings import TrainConfig


def train(
    config: TrainConfig | Mapping[str, Any] | Path | str,
    *,
    rewards: Iterable[Callable[..., Any]] = (),
    callbacks: Iterable[Any] = (),
    resume: bool = False,
    fresh: bool = False,
    overrides: tuple[str, ...] = (),
    print_line: Callable[[str], None] | None = None,
) -> Trained:
    """Train a model into its folder; or go on where an earlier training stopped.

    config: settings, a mapping of them, or the path of a YAML file. rewards: plain functions with TRL's signature,
    besides those the config names, each with weight 1. callbacks: of `transformers`. resume: go on from the last
    checkpoint; a finished training is given back as it is. fresh: what the folder holds goes first.
    Raises InvalidInput for a config, data or a model that cannot be used, before anything is trained; UsageError for a
    folder that holds a training already; RunLocked when another one works in it; StepFailed when it cannot finish.
    """
    arguments.quieten()
    notes = Notes(print_line)
    config = read(config, overrides, notes)
    folder = Path(config.out)
    functions = tuple(rewards)
    with held(folder):
        done = standing(folder, config, resume=resume, fresh=fresh)
        if done is not None:
            notes.show(f"{folder} is finished already")
            return done
        job = prepare(config, functions, notes)
        _same_as_before(job, functions)
        if config.batch.device == "auto":
            _probe(job)
        with models.few_threads(job.start):
            _run(job, callbacks=tuple(callbacks), functions=functions)
    return Trained(folder)


def prepare(config: TrainConfig, functions: tuple[Callable[..., Any], ...] = (), notes: Notes | None = None) -> Job:
    """Read and check everything that a training needs, but for the weights.

    Raises InvalidInput for what cannot be used.
    """
    from trainers import curriculum, data, guards, reward_columns, shaping

    notes = notes or Notes()
    method = method_of(config.method)
    if method.online and "rewards" in method.reads and not config.rewards and not functions:
        raise UsageError(f"{config.out}: {method.name} needs rewards, for example rewards: [math]")
    folder = Path(config.out)
    arguments.one_device()
    found = models.find(config.model, config.revision)
    context = models.context_of(found, config.trl.get("model_init_kwargs"))
    made = arguments.make(config, method, batch.sizes(config, method), context)
    start = models.whole(found, folder / START, notes.say)
    tokenizer = models.load_tokenizer(start, config.chat_template)
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
    )
    if functions and hasattr(made, "reward_weights"):
        made.reward_weights = [use.weight for use in config.rewards] + [1.0] * len(functions)
    return job


def build(job: Job) -> Any:
    """Load the weights and build the trainer. Everything is made anew, so that it can be called again."""
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
    except (ValueError, ImportError, NotImplementedError) as refused:  # how TRL says what does not go together
        raise UsageError(f"{job.method.name} cannot be set up: {refused}") from refused
    for noisy in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(noisy)
    adapters.finish(job, trainer)
    adapters.check(job, trainer.model)
    return trainer


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


def _same_as_before(job: Job, functions: tuple[Callable[..., Any], ...]) -> None:
    """Raise UsageError when what is resumed was begun with other rows or another model; say so of changed rewards."""
    from trainers import lock

    path = job.folder / LOCK
    if not path.is_file():
        return
    before, now = json.loads(path.read_text(encoding="utf-8")), json.loads(lock.lock_text(job, functions))
    if before["data"] != now["data"]:
        raise UsageError(f"{job.folder} was begun with other rows of {job.config.data.path}; --fresh starts again")
    if before["model"] != now["model"]:
        raise UsageError(f"{job.folder} was begun from another {job.config.model}; --fresh starts again")
    if before["rewards"] != now["rewards"]:
        job.say("warning: the rewards are not those it was begun with (their code, or what was given in Python)")


def _check_end(chat: bool, tokenizer: Any, made: Any, method: Method, config: TrainConfig) -> None:
    """Supervised training on conversations teaches to stop only when the template closes the answer."""
    own = getattr(made, "eos_token", None)
    if own is not None and own in tokenizer.get_vocab():
        tokenizer.eos_token = own
    if chat and not method.online and not models.ends_answers(tokenizer):
        raise DataError(
            f"{config.model}: the chat template does not close an answer with the end token {tokenizer.eos_token!r}, "
            "so the model would never learn to stop. Name the token that does, trl: {eos_token: ...}, or give a "
            "template, chat_template: FILE.jinja"
        )


def _run(job: Job, *, callbacks: tuple[Any, ...], functions: tuple[Callable[..., Any], ...]) -> None:
    from trainers.lock import lock_text, result
    from trainers.watching import page

    checkpoint = last_checkpoint(job.folder)
    began, cpu = time.monotonic(), time.process_time()
    trainer: Any = None
    try:
        trainer = build(job)
        for callback in callbacks:
            trainer.add_callback(callback)
        if is_main():
            write_text_atomic(job.folder / LOCK, lock_text(job, functions))
        job.show(batch.told(job.arguments, job.method.unit))
        if checkpoint is not None:
            job.show(f"resumes from {checkpoint}")
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        _save(trainer, job)
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted; --resume goes on from {last_checkpoint(job.folder) or 'the beginning'}"
        ) from None
    except Exception as error:
        if isinstance(error, ValueError) and trainer is not None and not trainer.state.global_step:
            # TRL looks at some of its arguments (loss_type) when it first needs them
            raise UsageError(f"{job.method.name} cannot take its first step: {error}") from error
        if isinstance(error, KeyError) and "metric_for_best_model" in str(error):
            raise UsageError(f"stop: {_no_such_metric(job, trainer)}") from error
        if not batch.out_of_memory(error):
            raise
        raise StepFailed(
            f"{job.folder}: out of memory with {job.arguments.per_device_train_batch_size} rows on a device; "
            "batch: auto finds how many fit and keeps the batch as it is"
        ) from error
    if is_main():
        seconds = {"seconds": round(time.monotonic() - began, 1), "cpu_seconds": round(time.process_time() - cpu, 1)}
        text = json.dumps(result(job, trainer.state) | seconds, indent=2) + "\n"
        write_text_atomic(job.folder / METRICS, text)
        write_text_atomic(job.folder / REPORT, page.render(job.folder))
    _all_here(trainer)


def _no_such_metric(job: Job, trainer: Any) -> str:
    """What the first evaluation gave, where `stop:` waits for something else."""
    wanted = job.arguments.metric_for_best_model
    given = sorted({name for line in trainer.state.log_history for name in line if name.startswith("eval_")})
    return (
        f"begin again (--fresh) with a metric of {job.method.name}, which has no {wanted}{did_you_mean(wanted, given)}"
    )


def _save(trainer: Any, job: Job) -> None:
    """The model beside its place, then into it: at any time `model/` is whole or not there."""
    draft, place = job.folder / ".model.draft", job.folder / models.MODEL
    if is_main():
        shutil.rmtree(draft, ignore_errors=True)
    _all_here(trainer)
    from trainers import adapters

    adapters.save(job, trainer, draft)
    _all_here(trainer)
    if is_main():
        (draft / "training_args.bin").unlink(missing_ok=True)  # a pickle of what train.lock.json says
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
    _all_here(trainer)


def _all_here(trainer: Any) -> None:
    accelerator = getattr(trainer, "accelerator", None)
    if accelerator is not None:
        accelerator.wait_for_everyone()


def _probe(job: Job) -> None:
    """Find the most rows that fit on a device, by a step on the longest ones, and set the arguments to it."""
    from trainers.probe import largest_that_fits

    size = largest_that_fits(job)
    job.arguments = arguments.make(
        job.config,
        job.method,
        batch.sizes(job.config, job.method, size),
        models.context_of(job.start, job.config.trl.get("model_init_kwargs")),
    )
    job.say(f"batch: auto: {batch.told(job.arguments, job.method.unit)}")
