"""A training, from its config to its folder: always from a directory, always into a directory (`trainers.folder`)."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from curate.errors import CurateError, Interrupted, StepFailed, UsageError, did_you_mean
from curate.table import write_text_atomic
from trainers import arguments, batch, models, pushing
from trainers.folder import LOCK, METRICS, REPORT, Trained, disk_full, held, last_checkpoint, standing
from trainers.job import Job, Notes
from trainers.permissions import as_usual
from trainers.preparing import build, prepare, read
from trainers.processes import is_main
from trainers.settings import TrainConfig


def train(
    config: TrainConfig | Mapping[str, Any] | Path | str,
    *,
    rewards: Iterable[Callable[..., Any]] = (),
    callbacks: Iterable[Any] = (),
    options: Mapping[str, Any] | None = None,
    resume: bool = False,
    fresh: bool = False,
    overrides: tuple[str, ...] = (),
    print_line: Callable[[str], None] | None = None,
) -> Trained:
    """Train a model into its folder; or go on where an earlier training stopped.

    config: settings, a mapping of them, or the path of a YAML file. rewards: plain functions with TRL's signature,
    besides those the config names, each with weight 1. callbacks: of `transformers`. options: arguments
    of the trainer that a config cannot hold, by their names there (`tools`, `environment_factory`, `compute_metrics`,
    ...). resume: go on from the last checkpoint; a finished training is given back as it is. fresh: what the folder
    holds goes first.
    Raises InvalidInput for a config, data or a model that cannot be used, before anything is trained; UsageError for a
    folder that holds a training already; RunLocked when another one works in it; StepFailed when it cannot finish,
    or the Hub does not take what it is to push.
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
            pushing.push(done, config, notes.show)
            return done
        job = prepare(config, functions, notes, options or {})
        _same_as_before(job, functions)
        with models.few_threads(job.start):
            if config.batch.device == "auto":
                _probe(job)
            _run(job, callbacks=tuple(callbacks), functions=functions)
        pushing.push(Trained(folder), config, notes.show)
    return Trained(folder)


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
        there, wanted = batch.there(job, trainer.train_dataset), batch.effective(job.config, job.method)
        if there < wanted:
            job.say(f"warning: the data has {there:,} {job.method.unit}, fewer than a batch of {wanted:,}")
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
        told = _explained(error, job, trainer)
        if told is None:
            raise
        raise told from error
    if is_main():
        seconds = {"seconds": round(time.monotonic() - began, 1), "cpu_seconds": round(time.process_time() - cpu, 1)}
        text = json.dumps(result(job, trainer.state) | seconds, indent=2) + "\n"
        write_text_atomic(job.folder / REPORT, page.render(job.folder))
        write_text_atomic(job.folder / METRICS, text)  # last: with it the training is done
    _all_here(trainer)


def _explained(error: Exception, job: Job, trainer: Any) -> CurateError | None:
    """What ended a training, in our words; None for what is no user's to mend."""
    if isinstance(error, ValueError | ImportError) and trainer is not None and not trainer.state.global_step:
        # some arguments (loss_type, optim) are looked at when they are first needed
        return UsageError(f"{job.method.name} cannot take its first step: {error}")
    if isinstance(error, KeyError) and "metric_for_best_model" in str(error):
        return UsageError(f"stop: {_no_such_metric(job, trainer)}")
    if disk_full(error):
        start = last_checkpoint(job.folder) or "the beginning"
        return StepFailed(f"{job.folder}: no room is left on the disk; make some, and --resume goes on from {start}")
    if batch.out_of_memory(error):
        return StepFailed(
            f"{job.folder}: out of memory with {job.arguments.per_device_train_batch_size} rows on a device; "
            "batch: auto finds how many fit and keeps the batch as it is"
        )
    return None


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

    try:
        adapters.save(job, trainer, draft)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _all_here(trainer)
    if is_main():
        (draft / "training_args.bin").unlink(missing_ok=True)  # a pickle of what train.lock.json says
        as_usual(draft)
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
