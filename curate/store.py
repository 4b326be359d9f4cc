"""The results of steps on disk: reuse what is there, write what is new, and be readable after a kill at any moment.

A step's result is up to four files: `02-grade.parquet`, `.dropped.parquet`, `.failed.parquet` and, last, `.json` (its
ledger entry and the sizes of the others). Only a step whose `.json` is there and fits its key is reused.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeGuard
from zlib import crc32

import polars as pl

from curate.errors import CurateError, DataError
from curate.ledger import Entry
from curate.reasons import kinds_of
from curate.report.figures import rows
from curate.result import ID, PARENT, REASON, Result
from curate.run import SUFFIXES, Run
from curate.step import Context, Step
from curate.table import read_parquet, write_parquet, write_text_atomic

REASONS = 50
"""Distinct reasons that the ledger lists of a step; the tables hold them all."""

SHOWN = 60
"""Characters of a setting in the reason why a step is computed again."""

_ROW = re.compile(
    r"[A-Za-z0-9._-]{1,80}-[0-9a-f]{12}(?:-[0-9]{1,9})?(?:\.[0-9]{1,9})?(?:/[0-9]{1,4}){0,8}(?:~[0-9]{1,9})?(?![A-Za-z0-9])"
)
"""An id as `curate.table.row_ids`, dialects, `generate` and `select` make them."""


def stem_of(number: int, step: Step) -> str:
    """The name of a step's files: its place in the recipe, and its title."""
    return f"{number:02d}-{step.title}"


def step_key(step: Step, before: str, context: Context) -> str:
    """Names a step's result: its word and version, its settings with every default, what it depends on, its input.

    Raises DataError with the step's name where what it depends on is not there.
    """
    settings = {name: value for name, value in step.model_dump(mode="json").items() if name != "name"}
    try:
        depends = step.depends(context)
    except DataError as broken:
        raise DataError(f"{step.title}: {str(broken).removeprefix(f'{step.title}: ')}") from broken
    what = {
        "version": step.version,
        "settings": settings,
        "depends": depends,
        "before": before,
        "seed": context.seed,
    }
    return sha256(json.dumps(what, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:32]


def store(run: Run, stem: str, step: Step, key: str, rows_in: pl.DataFrame, result: Result) -> Entry:
    """Check the law of the ledger, write the tables, then the entry. Raises CurateError when rows are lost."""
    entry = _entry(stem, step, key, rows_in, result)
    run.steps_folder.mkdir(parents=True, exist_ok=True)
    (run.steps_folder / f"{stem}.json").unlink(missing_ok=True)
    for suffix, table in zip(SUFFIXES, (result.kept, result.dropped, result.failed), strict=True):
        path = run.steps_folder / f"{stem}{suffix}"
        if suffix == ".parquet" or table.height:
            write_parquet(table, path)
        else:
            path.unlink(missing_ok=True)
    what = {"entry": asdict(entry), "sizes": run.sizes(stem), "crc32": _crc32(run.steps_folder / f"{stem}.parquet")}
    write_text_atomic(run.steps_folder / f"{stem}.json", json.dumps(what, ensure_ascii=False))
    return entry


def stored_rows(run: Run, stem: str) -> pl.DataFrame:
    """The rows that a step left, for a later step. Raises DataError when the file is not what was written.

    Parquet as polars writes it has no checksums of its own: a flipped bit would be another row.
    """
    path = run.steps_folder / f"{stem}.parquet"
    written = json.loads((run.steps_folder / f"{stem}.json").read_text(encoding="utf-8")).get("crc32")
    if written is not None and path.is_file() and _crc32(path) != written:
        raise DataError(f"{path} is damaged: it is not what was written. `curate build` with --fresh makes it again")
    return read_parquet(path)


def stands(entry: Entry | None, key: str) -> TypeGuard[Entry]:
    """Whether the result of a step stays as it is: made of the same settings and input, with nothing to ask again."""
    return entry is not None and entry.key == key and not entry.retriable


def why_again(old: Entry | None, step: Step, key: str) -> str:
    """Why a step is computed though a result of it lies there: the settings that changed, or its input."""
    if old is None:
        return ""
    if old.key == key:
        return f"asking again for {rows(old.retriable)} that failed" if old.retriable else ""
    new = step.model_dump(mode="json")
    changed = [
        f"{name}: {_change(old.settings.get(name), new.get(name))}"
        for name in sorted({*old.settings, *new})
        if old.settings.get(name) != new.get(name)
    ]
    return "; ".join(changed) or "what it reads has changed"


def _entry(stem: str, step: Step, key: str, rows_in: pl.DataFrame, result: Result) -> Entry:
    created = check_rows(stem, rows_in, result)
    entry = Entry(
        step=stem,
        word=step.step,
        kind=step.kind,
        key=key,
        rows_in=rows_in.height,
        created=created,
        out=result.kept.height,
        dropped=result.dropped.height,
        failed=result.failed.height,
        reasons=_counts(result.dropped),
        failures=_counts(result.failed),
        requests=result.usage.requests,
        prompt_tokens=result.usage.prompt_tokens,
        completion_tokens=result.usage.completion_tokens,
        cost_usd=result.usage.cost_usd,
        retriable=result.retriable,
        settings=step.model_dump(mode="json"),
        notes=result.notes,
    )
    return replace(entry, notes=json.loads(json.dumps(entry.notes, default=str)))


def check_rows(stem: str, rows_in: pl.DataFrame, result: Result) -> int:
    """How many rows a step created beyond those that came in. Raises CurateError naming rows that vanished.

    Every row that came in must be in exactly one of kept, dropped, failed, or be the parent of a row that is.
    """
    tables = [table for table in (result.kept, result.dropped, result.failed) if table.height]
    out = pl.concat([table[ID] for table in tables]) if tables else pl.Series(ID, [], dtype=pl.String)
    if out.n_unique() != out.len():
        twice = out.filter(out.is_duplicated()).unique(maintain_order=True)
        raise CurateError(
            f"{stem}: {twice.len()} ids stand for several rows, for example {twice[0]}; this is a bug of the step"
        )
    parents = [table[PARENT] for table in tables if PARENT in table.columns]
    came = rows_in[ID] if ID in rows_in.columns else pl.Series(ID, [], dtype=pl.String)
    there = pl.concat([out, *parents]) if parents else out
    lost = came.filter(~came.is_in(there.implode()))
    if lost.len():
        raise CurateError(f"{stem}: {lost.len()} rows vanished, for example {lost[0]}; this is a bug of the step")
    return out.len() - came.len()


def _counts(table: pl.DataFrame) -> dict[str, int]:
    """Rows by reason, most frequent first; ids of rows, which make every reason another, are folded."""
    if not table.height:
        return {}
    left = table.select(ID, REASON).iter_rows()
    folded = Counter(_ROW.sub("another row", reason.replace(row, "this row")) for row, reason in left)
    if len(folded) > REASONS:  # each row has a reason of its own: count their kinds
        kinds: Counter[str] = Counter()
        for kind, rows in zip(kinds_of(list(folded)), folded.values(), strict=True):
            kinds[kind] += rows
        folded = kinds
    return dict(folded.most_common(REASONS))


def _crc32(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            total = crc32(part, total)
    return total


def _change(old: Any, new: Any) -> str:
    """A setting as it was and as it is; of long ones the place where they begin to differ."""
    was, now = (json.dumps(value, ensure_ascii=False, default=str) for value in (old, new))
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(was, now, strict=False)))
    start = max(0, alike - SHOWN // 2) if max(len(was), len(now)) > SHOWN else 0
    return f"{_short(was, start)} -> {_short(now, start)}"


def _short(text: str, start: int) -> str:
    rest = text[start:]
    shown = rest if len(rest) <= SHOWN else rest[: SHOWN - 3] + "..."
    return f"...{shown}" if start else shown


def remove_stale(run: Run, stems: Mapping[str, Any]) -> None:
    """Delete the results of steps that the recipe no longer has; what else lies there is not ours."""
    for path in run.steps_folder.glob("[0-9][0-9]-*"):
        stem, _, suffix = path.name.partition(".")
        if stem not in stems and f".{suffix}" in (*SUFFIXES, ".json") and path.is_file():
            path.unlink()
