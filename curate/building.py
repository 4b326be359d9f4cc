"""The loop over the steps of a recipe: reuse or compute, write, note; then the data, the card and the report."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from curate.columns import require_columns
from curate.errors import EngineDown, UsageError, did_you_mean
from curate.executors.base import Executor
from curate.executors.sharding import run_step
from curate.holding import folder_lock
from curate.ledger import Entry, to_lines
from curate.lock import lock_file
from curate.opening import Engines, asked_engines, lacking
from curate.overlay import DEFAULT_PROFILE
from curate.pins import require_pinned
from curate.recipe import Recipe
from curate.report.figures import rows
from curate.responses import Journal
from curate.run import Run
from curate.step import Context, Progress, Step
from curate.store import remove_stale, stands, stem_of, step_key, store, stored_rows, why_again
from curate.table import write_parquet, write_text_atomic, writing


def default_folder(recipe: Recipe, limit: int | None) -> Path:
    """Where a run goes unless `--out` says otherwise: one folder for each profile and limit."""
    parts = [recipe.name]
    if recipe.profile != DEFAULT_PROFILE:
        parts.append(recipe.profile)
    if limit is not None:
        parts.append(f"limit{limit}")
    return Path("runs") / "-".join(parts)


def build(
    recipe: Recipe,
    folder: Path | None = None,
    *,
    limit: int | None = None,
    until: str | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Run:
    """Build a recipe in `folder`, resuming whatever is there. What was done stays done if this raises.

    limit: rows from each source. until: the last step to run. fresh: compute every step again (responses stay: nothing
    is bought twice). executor: where the shards of row-wise steps run and models are held (`curate.executors`); here
    unless given. Raises what `curate.errors` lists.
    """
    run = Run(folder or default_folder(recipe, limit))
    steps = _until(recipe, until)
    _require_own(run)
    with folder_lock(run.folder), _context(recipe, run, limit, progress or Progress(), executor) as context:
        write_text_atomic(run.folder / "recipe.yaml", recipe.text)
        _check(recipe, steps, run, context, fresh=fresh, executor=executor)
        entries = _steps(recipe, steps, run, context, fresh=fresh, executor=executor)
        write_text_atomic(run.ledger_path, to_lines(entries))
        identities = {name: context.identity(name) for name in asked_engines(recipe, recipe.steps)}
        write_text_atomic(run.lock_path, lock_file(recipe, entries, limit, identities))
        if len(steps) == len(recipe.steps):
            remove_stale(run, {entry.step: entry for entry in entries})
            _finish(run, entries[-1].step)
            if failed := {entry.step: entry.failed for entry in entries if entry.failed}:
                context.progress.say(_failed(run, failed, again=any(entry.retriable for entry in entries)))
            if not entries[-1].out:
                emptied = next(entry for entry in entries if not entry.out)
                context.progress.say(f"no rows are left: {emptied.step} let none through (`curate show` says why)")
    return run


def _require_own(run: Run) -> None:
    """Raise UsageError for a folder that is somebody else's: a build would replace its README.md and its data/."""
    if run.lock_path.exists() or run.journal_path.parent.exists() or not run.folder.is_dir():
        return
    others = sorted(path.name for path in run.folder.iterdir() if path.name != ".lock")
    if others:
        shown = ", ".join(others[:5]) + (" ..." if len(others) > 5 else "")
        raise UsageError(
            f"{run.folder} is no run and holds other files ({shown}), of which a build would replace some. "
            "Build with --out in a folder of its own"
        )


def _check(
    recipe: Recipe, steps: tuple[Step, ...], run: Run, context: Context, *, fresh: bool, executor: Executor | None
) -> None:
    """Tell what is missing before any step is run."""
    if steps[0].kind != "source":  # it asks a model
        require_columns(recipe, dict.fromkeys(steps[0].after(frozenset())))
    for step in steps:
        step.check(context)
    require_pinned(recipe, steps)
    engines = Engines(recipe, executor)
    own = [name for name in asked_engines(recipe, steps) if not engines.is_spread(name)]  # workers have other variables
    if lacking(recipe, own):
        left = asked_engines(recipe, steps if fresh else _left(steps, run, context))
        _require(lacking(recipe, [name for name in own if name in left]), context)


def _left(steps: tuple[Step, ...], run: Run, context: Context) -> list[Step]:
    """The steps whose results are not there, or have rows to ask again for."""
    left, before = [], ""
    for number, step in enumerate(steps):
        before = step_key(step, before, context)
        if not stands(run.entry(stem_of(number, step)), before):
            left.append(step)
    return left


def _require(lack: str, context: Context) -> None:
    """Say what engines lack. Raises EngineDown where no answer is stored, without which they would be asked."""
    if lack and not len(context.journal):
        raise EngineDown(f"Nothing was done yet: {lack}")
    if lack:
        context.progress.say(f"stored answers are used, a new question ends the build: {lack}")


def _steps(
    recipe: Recipe, steps: tuple[Step, ...], run: Run, context: Context, *, fresh: bool, executor: Executor | None
) -> list[Entry]:
    entries: list[Entry] = []
    table: pl.DataFrame | None = pl.DataFrame()
    before = ""
    for number, step in enumerate(steps):
        stem = stem_of(number, step)
        key = step_key(step, before, context)
        old = None if fresh else run.entry(stem)
        if stands(old, key):
            entries.append(old)
            table = None  # read only if a later step needs it
            context.progress.say(f"{stem}: reused, {rows(old.out)}")
            _log(run, stem, 0.0, reused=True)
        else:
            why = why_again(old, step, key)
            if table is None:
                table = stored_rows(run, entries[-1].step)
            started = time.monotonic()
            if why:
                context.progress.say(f"{stem}: again ({why})")
            context.progress.start(step.title, table.height or None)
            result = run_step(executor, step, table, context, run.shards_folder)
            entry = store(run, stem, step, key, table, result)
            entries.append(entry)
            table = result.kept
            context.progress.say(_line(entry))
            _log(run, stem, time.monotonic() - started, reused=False)
        if number == 0:
            _check_columns(recipe, table, run, entries[0])
        before = key
    return entries


def _line(entry: Entry) -> str:
    parts = [rows(entry.out)]
    for name, count in (("created", entry.created), ("dropped", entry.dropped), ("failed", entry.failed)):
        if count > 0 and not (name == "created" and entry.rows_in == 0):
            parts.append(f"{count:,} {name}")
    if entry.completion_tokens:
        parts.append(f"{entry.completion_tokens:,} tokens")
    if entry.cost_usd is not None:
        parts.append(f"${entry.cost_usd:.2f}")
    return f"{entry.step}: {', '.join(parts)}"


def _failed(run: Run, failed: Mapping[str, int], *, again: bool) -> str:
    """What to know of rows that failed: without it, data with a hole in it looks as whole as any other."""
    where = ", ".join(f"{count:,} in {step}" for step, count in failed.items())
    asks = "; the same command asks again" if again else ""
    return f"rows that failed: {where} (`curate show {run.folder} --failed` says why{asks})"


def _check_columns(recipe: Recipe, table: pl.DataFrame | None, run: Run, loaded: Entry) -> None:
    """Before anything is spent: does every later step find its columns?"""
    first = run.steps_folder / f"{loaded.step}.parquet"
    require_columns(recipe, table.schema if table is not None else pl.read_parquet_schema(first))


def _until(recipe: Recipe, until: str | None) -> tuple[Step, ...]:
    if until is None:
        return recipe.steps
    labels = [step.title for step in recipe.steps]
    if until not in labels:
        raise UsageError(f"--until {until}: no step of that name{did_you_mean(until, labels)}")
    return recipe.steps[: labels.index(until) + 1]


@contextmanager
def _context(
    recipe: Recipe, run: Run, limit: int | None, progress: Progress, executor: Executor | None
) -> Iterator[Context]:
    run.journal_path.parent.mkdir(parents=True, exist_ok=True)
    engines = Engines(recipe, executor, run.shards_folder)
    journal = Journal(run.journal_path)
    if journal.damaged:
        lost = sum(part.length for part in journal.damaged)
        progress.say(f"{run.journal_path}: {lost:,} bytes are damaged; what they held is asked again")
    try:
        yield Context(
            recipe.head.seed, recipe.folder, engines.get, engines.identity, recipe.engines, journal, progress, limit
        )
    finally:
        engines.close()
        journal.close()


def _finish(run: Run, last: str) -> None:
    """The final data, one file a split; then the card and the report, which are functions of the rest."""
    from curate.report import card, page

    table = stored_rows(run, last)
    parts: dict[tuple[object, ...], pl.DataFrame] = {("train",): table}
    if "split" in table.columns and table.height:
        parts = table.partition_by("split", as_dict=True, maintain_order=True)
    wanted = {f"{name}.parquet": part.drop("split", strict=False) for (name,), part in parts.items()}
    run.data_folder.mkdir(exist_ok=True)
    for old in run.data_folder.glob("*.parquet"):
        if old.name not in wanted:
            old.unlink()
    for name, part in wanted.items():
        write_parquet(part, run.data_folder / name)
    finished = replace(run)  # forget what was read before
    write_text_atomic(run.card_path, card.render(finished))
    write_text_atomic(run.report_path, page.render(finished))


def _log(run: Run, stem: str, seconds: float, *, reused: bool) -> None:
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "step": stem,
        "seconds": round(seconds, 3),
        "reused": reused,
    }
    with writing(run.log_path), run.log_path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
