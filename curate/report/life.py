"""The life of one row: where it came from, what each step did to it, where it left and why, and its children."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from curate.errors import DataError
from curate.report.tables import SCORE, Outcome, Table, splits, table
from curate.run import Run
from curate.text.shown import visible

ID, PARENT, REASON, REJECTED = "id", "parent", "reason", "rejected_id"
GENERATIONS = 20
LISTED = 10

_HEAD = (ID, PARENT, "source", REASON)


@dataclass(frozen=True)
class Station:
    """What one step did to the row, or to the row it came from.

    row: its id there. outcome: `kept`, `dropped`, `failed`, `split` (its children go on), `paired` (it is the rejected
    side of `other`), `gone` (no table holds it any more), `published` (`step` is then the split's file).
    new: columns that appeared or changed here, as they are; `asked` first, the messages that a step's templates made.
    """

    step: str
    row: str
    outcome: str
    reason: str = ""
    other: str = ""
    new: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Child:
    """A row that came from this one, and where it was last seen. scores: by reward, None where not judged."""

    id: str
    step: str
    outcome: str
    reason: str
    completion: str | None
    finish_reason: str | None
    scores: Mapping[str, float | None]


@dataclass(frozen=True)
class Life:
    """A row from its source to its end. ancestors: ids, the nearest first."""

    id: str
    source: str
    ancestors: tuple[str, ...]
    stations: tuple[Station, ...]
    children: tuple[Child, ...]

    def to_dict(self) -> dict[str, Any]:
        """All of it, texts whole."""
        return asdict(self)


def life(run: Run, row_id: str) -> Life:
    """The life of a row of a run.

    row_id: its id, the beginning of one, or its `source_id`.
    Raises DataError when no row, or several rows, answer to it.
    """
    row = _resolve(run, row_id)
    line = _line_of(run, row)
    found = list(_find(run, line))
    stations = list(_stations(run, line, found))
    source = next((str(rows["source"]) for _, _, rows in found if rows.get("source") is not None), "")
    return Life(row, source, tuple(line[1:]), tuple(stations), tuple(_children(run, row)))


def _tables(run: Run) -> Iterator[tuple[str, Outcome | str, Table]]:
    """Every table of the run that names its rows, in the order of the steps; the final ones last."""
    outcomes: tuple[Outcome, ...] = ("kept", "dropped", "failed")
    for entry in run.ledger:
        for outcome in outcomes:
            found = table(run, entry.step, outcome)
            if found is not None and ID in found:
                yield entry.step, outcome, found
    for split, final in splits(run).items():
        if ID in final:
            yield f"data/{split}.parquet", "published", final


def _rows(run: Run, column: str, values: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Rows whose `column` is one of `values`, with the step and what it did to them."""
    for step, outcome, found in _tables(run):
        if column in found:
            chosen = found.collect(found.lazy.filter(pl.col(column).cast(pl.String).is_in(values)))
            for row in chosen.iter_rows(named=True):
                yield step, outcome, row


def _find(run: Run, ids: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    return _rows(run, ID, ids)


# Which row is meant


def _resolve(run: Run, row_id: str) -> str:
    for column, condition in (
        (ID, pl.col(ID) == row_id),
        ("source_id", pl.col("source_id").cast(pl.String) == row_id),
        (ID, pl.col(ID).str.starts_with(row_id)),
    ):
        matches = _families(_ids(run, column, condition))
        if len(matches) == 1:
            return matches[0]
        if matches:
            listed = ", ".join(visible(match) for match in matches[:LISTED])
            more = f" and {len(matches) - LISTED:,} more" if len(matches) > LISTED else ""
            raise DataError(f"'{visible(row_id)}' names {len(matches):,} rows: {listed}{more}; give more of the id")
    near = ", ".join(visible(name) for name in _near(run, row_id))
    raise DataError(f"no row '{visible(row_id)}' in {run.folder}{f'; near to it: {near}' if near else ''}")


def _ids(run: Run, column: str, condition: pl.Expr) -> list[str]:
    """Ids of the rows for which the condition on `column` holds."""
    found: set[str] = set()
    for _, _, rows in _tables(run):
        if column in rows:
            chosen = rows.lazy.with_columns(pl.col(ID).cast(pl.String)).filter(condition).select(pl.col(ID).unique())
            found.update(name for name in rows.collect(chosen)[ID] if name is not None)
    return sorted(found)


def _families(ids: list[str]) -> list[str]:
    """Without the descendants of others in the list: `a/0` goes where `a` is there."""
    there = set(ids)
    return [name for name in ids if not any(name[:cut] in there for cut in range(len(name)) if name[cut] == "/")]


def _near(run: Run, row_id: str) -> list[str]:
    """Ids that begin like this one, as far as any does."""
    for length in range(len(row_id) - 1, 2, -1):
        found = _ids(run, ID, pl.col(ID).str.starts_with(row_id[:length]))
        if found:
            return found[:3]
    return _ids(run, ID, pl.lit(value=True))[:3]


def _line_of(run: Run, row: str) -> list[str]:
    """The row, its parent, and so on."""
    line = [row]
    for _ in range(GENERATIONS):
        parents = {str(found[PARENT]) for _, _, found in _find(run, line[-1:]) if found.get(PARENT) is not None}
        older = sorted(parents - set(line))
        if not older:
            break
        line.append(older[0])
    return line


# What happened to it


def _stations(run: Run, line: list[str], found: list[tuple[str, str, dict[str, Any]]]) -> Iterator[Station]:
    """One station for each step, told of the row where it is, else of its nearest ancestor there."""
    known: dict[str, Any] = {}
    settings = {entry.step: entry.settings for entry in run.ledger}
    at = len(line) - 1  # the member of the line that the last step held
    seen = gone = False
    for step in dict.fromkeys([*(entry.step for entry in run.ledger), *(step for step, _, _ in found)]):
        here = [(line.index(str(row[ID])), outcome, row) for place, outcome, row in found if place == step]
        if not here:
            if seen and not gone and not step.startswith("data/"):
                gone = True
                yield _absent(run, step, line[at])
            continue
        younger = [one for one in here if one[0] < at]
        at, outcome, row = min(younger or here, key=lambda one: one[0])
        seen, gone = True, outcome in ("dropped", "failed")
        new = {name: value for name, value in row.items() if _is_new(name, value, known)}
        known.update(row)
        told = {name: value for name, value in new.items() if name not in _HEAD}
        asked = _asked(settings.get(step, {}), row) if "completion" in told else None
        told = {"asked": asked, **told} if asked else told
        yield Station(step, str(row[ID]), outcome, str(row.get(REASON) or "") if gone else "", new=told)


def _asked(settings: Mapping[str, Any], row: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """The messages that the templates of a step make of a row; None where it asks the row's own."""
    from curate.prompts import read_prompt, template_text

    try:
        user = settings.get("prompt") or (template_text(settings["template"]) if settings.get("template") else None)
        texts = {"system": settings.get("system"), "user": user}
        return [
            {"role": role, "content": read_prompt(text).render(row)} for role, text in texts.items() if text
        ] or None
    except (ValueError, LookupError, OSError):  # a template of another version, a column that has gone
        return None


def _is_new(name: str, value: Any, known: Mapping[str, Any]) -> bool:
    """Whether a step wrote this value; of the nulls only a score's tells something."""
    return known.get(name) != value if value is not None else name.startswith(SCORE) and name not in known


def _absent(run: Run, step: str, row: str) -> Station:
    """Why no table of this step holds the row: it has children, or stands in a pair, or nothing says."""
    kept = table(run, step)
    if kept is not None:
        for column, outcome in ((PARENT, "split"), (REJECTED, "paired")):
            if column in kept and ID in kept:
                rows = kept.collect(
                    kept.lazy.filter(pl.col(column).cast(pl.String) == row).select(pl.col(ID).cast(pl.String))
                )
                if rows.height:
                    return Station(step, row, outcome, other=rows[ID][0])
    return Station(step, row, "gone")


def _children(run: Run, row: str) -> Iterator[Child]:
    """The rows that came from this one, in order of id, each where it was last seen."""
    ids = sorted({str(found[ID]) for _, _, found in _rows(run, PARENT, [row])}, key=_natural)
    last: dict[str, tuple[str, str, dict[str, Any]]] = {}
    for step, outcome, found in _find(run, ids):
        before = last.get(str(found[ID]), ("", "", {}))[2]
        new = {name: value for name, value in found.items() if _is_new(name, value, before)}
        last[str(found[ID])] = step, outcome, {**before, **new}
    for name in ids:
        step, outcome, known = last[name]
        scores = {column.removeprefix(SCORE): known[column] for column in known if column.startswith(SCORE)}
        reason = str(known.get(REASON) or "") if outcome in ("dropped", "failed") else ""
        yield Child(name, step, outcome, reason, known.get("completion"), known.get("finish_reason"), scores)


def _natural(name: str) -> tuple[str, int, str]:
    stem, _, number = name.rpartition("/")
    return (stem, int(number), "") if number.isdigit() and len(number) < 10 else (name, -1, "")
