"""`preflight`: every check, in the order in which a training would meet its fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError
from trainers.preflighting.finding import Finding, Preflight

if TYPE_CHECKING:
    from trainers.job import Job
    from trainers.settings import TrainConfig


def preflight(
    config: TrainConfig | Mapping[str, Any] | Path | str,
    rewards: Iterable[Callable[..., Any]] = (),
    *,
    overrides: tuple[str, ...] = (),
    problems: int = 8,
    model: bool = True,
) -> Preflight:
    """Look at a training without training: its config, rows, template, mask, rewards, first groups. Writes nothing.

    config, rewards: as `train` takes them. problems: how many the model answers for the first groups of a method that
    generates; 0 for none. model: False leaves out all that needs the weights.
    A mistake that would end the training at once is a fault like the others, not an error; what can still be looked at
    without it is.
    """
    from trainers import arguments, preparing
    from trainers.job import Notes

    arguments.quieten()
    notes = Notes(lambda _line: None)
    with TemporaryDirectory() as scratch:  # trainers make their folder as soon as they are built
        try:
            settings = preparing.read(config, overrides, notes).model_copy(update={"out": scratch})
            job = preparing.prepare(settings, tuple(rewards), notes)
        except CurateError as error:
            return Preflight(tuple(_of_error("config", error)))
        return _looked_at(job, tuple(rewards), problems, model=model)


def _looked_at(job: Job, functions: tuple[Any, ...], problems: int, *, model: bool) -> Preflight:
    from trainers import models

    found = list(_without_weights(job, functions))
    masks: list[str] = []
    figures: dict[str, Any] = {"method": job.method.name, "rows": job.rows.train.height, "contract": job.rows.contract}
    if model:
        with models.few_threads(job.start):
            found += _with_weights(job, functions, problems, masks, figures)
    said = job.notes.lines
    translated = [Finding("config", "note", line) for line in said if "translated" in line or "warning" in line]
    return Preflight(tuple(_distinct([*translated, *found])), tuple(masks), figures)


def _without_weights(job: Job, functions: tuple[Any, ...]) -> Iterator[Finding]:
    from trainers.preflighting.pairs import check_pairs
    from trainers.preflighting.rewarding import check_golds, check_hostile
    from trainers.preflighting.rows import check_lengths, check_rows
    from trainers.preflighting.template import check_template

    yield from check_template(job)
    yield from check_rows(job)
    yield from check_lengths(job)
    yield from check_pairs(job)
    if job.method.online and (job.config.rewards or functions):
        yield from _guarded("rewards", lambda: check_golds(job, functions))
        yield from _guarded("rewards", lambda: check_hostile(job, functions))


def _with_weights(
    job: Job, functions: tuple[Any, ...], problems: int, masks: list[str], figures: dict[str, Any]
) -> Iterator[Finding]:
    from trainers import batch, preparing
    from trainers.preflighting import learning, rewarding

    try:
        trainer = preparing.build(job)
    except CurateError as error:
        yield from _of_error("build", error)
        return
    except Exception as error:  # noqa: BLE001  whatever a library raises here would end the training just so
        what = f"the trainer cannot be built: {type(error).__name__}: {error}"
        yield Finding("build", "fault", what[:500])
        return
    figures["batch"] = batch.effective(job.config, job.method)
    figures["trained parameters"] = sum(one.numel() for one in trainer.model.parameters() if one.requires_grad)
    figures["of parameters"] = sum(one.numel() for one in trainer.model.parameters())
    figures["memory without activations, MiB"] = learning.memory_bytes(trainer) / 2**20
    masks += learning.masks(trainer, job)
    yield from learning.check_parameters(trainer, job)
    yield from learning.check_reference(trainer, job)
    yield from learning.check_memory(trainer)
    yield from learning.check_mask(trainer, job)
    yield from learning.check_steps(trainer, job)
    if job.method.online and problems and (job.config.rewards or functions):
        tried = rewarding.try_model(job, trainer, functions, problems)
        if tried.group > 1:
            figures["groups that would train nothing"] = f"{tried.zero_variance():.0%}"
        figures["answers cut off"] = f"{rewarding.cut_off(job, tried):.0%}"
        for name, values in tried.values.items():
            known = [value for value in values if value is not None]
            mean = sum(known) / len(known) if known else float("nan")
            figures[f"reward {name}"] = f"mean {mean:.3f}, {1e6 * tried.seconds[name]:,.0f} us an answer"
        yield from rewarding.check_tried(job, tried)


def _guarded(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A check that may itself end in one of our errors: that is a finding too."""
    try:
        yield from check()
    except CurateError as error:
        yield from _of_error(name, error)


def _of_error(check: str, error: CurateError) -> Iterator[Finding]:
    mistakes = getattr(error, "mistakes", None) or [str(error)]
    for mistake in mistakes:
        yield Finding(check, "fault", mistake.removeprefix(f"{check}: ").rstrip("."))


def _distinct(findings: list[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))
