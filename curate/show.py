"""`curate show`: the funnel of a run and some of its rows, or some rows of any data file, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import UsageError, did_you_mean
from curate.holding import holder
from curate.ledger import Entry
from curate.report.figures import rows as counted
from curate.report.life_text import value_lines, without_quiet_flags
from curate.report.tables import Table, splits, table
from curate.responses import Journal
from curate.result import REASON
from curate.run import Run
from curate.sources import files
from curate.sources.files import FORMATS
from curate.text.shown import one_line

CELL = 300
"""Characters of a value that are printed."""
REASONS = 5
"""Reasons of a step that are printed."""


def show_run(
    folder: Path,
    *,
    step: str | None = None,
    dropped: bool = False,
    failed: bool = False,
    reason: str | None = None,
    rows: int = 3,
) -> dict[str, Any]:
    """The ledger of a run, and rows of one of its tables.

    step: `grade` or `02-grade`; without it the final rows (of a run that is not finished: those of its last step), or
    (dropped, failed) the rows of every step. Raises UsageError for a step the run does not have.
    """
    run = Run(folder)
    done = run.ledger
    unfinished = _unfinished(run)
    entries = _chosen(done, step)
    count, shown = 0, list[dict[str, Any]]()
    for found, mark in _tables(run, entries, step, dropped=dropped, failed=failed):
        query = found.lazy
        if reason is not None and REASON in found:
            query = query.filter(pl.col(REASON).str.contains(reason, literal=True))
        count += found.collect(query.select(pl.len())).item()
        shown += [row | mark for row in found.collect(query.head(rows - len(shown))).to_dicts()]
    return {
        "run": str(folder),
        "unfinished": unfinished,
        "funnel": [_funnel_line(entry) for entry in done],
        "count": count,
        "rows": _told(shown),
    }


def is_data(path: Path) -> bool:
    """Whether a path is a file, or a folder with files of rows right in it, as TRL's `output_dir/completions` is."""
    if not path.is_dir():
        return path.is_file()
    run = Run(path)
    if run.lock_path.exists() or run.ledger_path.exists() or run.steps_folder.exists():
        return False
    return any(entry.suffix in FORMATS for entry in path.iterdir())


def show_file(path: Path, *, reason: str | None = None, rows: int = 3) -> dict[str, Any]:
    """How many rows a file or a folder of files has, which columns, what was decided in reading it, and some of them.

    Raises DataError.
    """
    unread, notes = 0, list[str]()
    if path.suffix == ".parquet" and path.is_file():
        query = Table(path).lazy
    else:
        read = files.read(path)
        query, unread, notes = read.frame.lazy(), read.failed.height, [*read.notes]
    names = query.collect_schema().names()
    if reason is not None and REASON in names:
        query = query.filter(pl.col(REASON).str.contains(reason, literal=True))
    count = query.select(pl.len()).collect().item()
    shown = query.head(rows).collect().to_dicts()
    told = {"file": str(path), "columns": names, "unread": unread, "notes": notes, "count": count}
    return told | {"rows": _told(shown)}


def file_text(shown: dict[str, Any]) -> str:
    """The same as text."""
    unread = f", {shown['unread']:,} that cannot be read" if shown["unread"] else ""
    head = f"{counted(shown['count'])}{unread}: {', '.join(shown['columns'])}"
    return "\n".join([head, *(f"  {note}" for note in shown["notes"]), *_rows_text(shown)])


def show_text(shown: dict[str, Any]) -> str:
    """A run as text."""
    head = ("step", "in", "created", "out", "dropped", "failed")
    lines = [head] + [tuple(_number(line[name]) for name in head) for line in shown["funnel"]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = [shown["unfinished"], ""] if shown["unfinished"] else []
    for number, line in enumerate(lines):
        text.append(
            "  ".join(
                cell.ljust(width) if not column else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
        )
        reasons = list(shown["funnel"][number - 1]["reasons"].items()) if number else []
        text += [f"    {count:>7,}  {one_line(reason, 110)}" for reason, count in reasons[:REASONS]]
        if len(reasons) > REASONS:
            text.append(f"             and {len(reasons) - REASONS} more reasons")
    return "\n".join([*text, *_rows_text(shown)])


def _rows_text(shown: dict[str, Any]) -> Iterator[str]:
    if shown["rows"]:
        yield from ("", f"{len(shown['rows'])} of {shown['count']:,} rows")
    for row in shown["rows"]:
        yield ""
        for name, value in without_quiet_flags(row).items():
            yield from value_lines(name, value, CELL, "  ")


def _told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def _unfinished(run: Run) -> str | None:
    """How far a run is that has no ledger yet."""
    if run.ledger_path.is_file():
        return None
    with Journal(run.journal_path, read_only=True) as journal:
        return how_far(run, f", {len(journal):,} responses are stored")


def how_far(run: Run, more: str = "") -> str:
    """What to say of a run that is not finished."""
    by = holder(run.folder)
    done = "1 step is" if len(run.ledger) == 1 else f"{len(run.ledger)} steps are"
    return f"Not finished: {done} done{more}; {f'{by} is building it' if by else '`curate build` goes on from here'}."


def _chosen(done: list[Entry], step: str | None) -> list[Entry]:
    if step is None:
        return done
    found = [entry for entry in done if step in (entry.step, entry.step.partition("-")[2])]
    if not found:
        raise UsageError(f"--step {step}: the run has no such step{did_you_mean(step, [entry.step for entry in done])}")
    return found


def _tables(
    run: Run, entries: list[Entry], step: str | None, *, dropped: bool, failed: bool
) -> Iterator[tuple[Table, dict[str, str]]]:
    """The tables that were asked for, and what to add to their rows so that they can be told apart."""
    if dropped or failed:
        for entry in entries:
            if found := table(run, entry.step, "dropped" if dropped else "failed"):
                yield found, {"step": entry.step}
    elif step is not None or not run.data_folder.is_dir():
        for entry in entries[-1:]:
            if found := table(run, entry.step):
                yield found, {}
    else:
        for name, found in splits(run).items():
            yield found, {"split": name}


def _funnel_line(entry: Entry) -> dict[str, Any]:
    return {
        "step": entry.step, "in": entry.rows_in, "created": entry.created, "out": entry.out, "dropped": entry.dropped,
        "failed": entry.failed, "reasons": {**entry.reasons, **{f"failed: {k}": v for k, v in entry.failures.items()}},
    }  # fmt: skip


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
