"""The tables of a run, a page at a time: only the columns that are shown and the start of each text are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import DataError, did_you_mean
from curate.report.tables import FLAG, SCORE, Outcome, Table, splits, table
from curate.result import ID, PARENT, REASON
from curate.rules import RuleError, read_rule
from curate.run import Run

PAGE = 25
"""Rows of a page."""
SNIPPET = 400
"""Characters of a text that a list shows."""
PART = 20_000
"""Rows of which a rule is told at once."""
NEAR = 200
"""Rows that are read along rather than begun anew behind."""
CHIPS = 24
"""Scores and flags of a row that a list shows."""
REASONS = 12
"""Reasons that can be chosen from; the rule takes any."""

_HEAD = (ID, "source", PARENT, REASON, "step", "finish_reason", "split")
_TEXTS = ("prompt", "messages", "completion", "chosen", "rejected", "text")


@dataclass(frozen=True)
class Listed:
    """One table of a run. name: `04-keep`, `04-keep.dropped`, `data/train`."""

    name: str
    step: str
    outcome: str
    rows: int


@dataclass(frozen=True)
class Page:
    """Rows `start` .. `start + len(rows)` of the `total` that fit the filter. texts, chips: columns to show."""

    rows: list[dict[str, Any]]
    total: int
    start: int
    texts: tuple[str, ...]
    chips: tuple[str, ...]


def listed(run: Run) -> dict[str, Listed]:
    """Every table of a run by name, in the order of the steps; the final ones last. Raises DataError for no run."""
    found = [one for entry in run.ledger for one in _of_step(entry.step, entry.out, entry.dropped, entry.failed)]
    for split, final in splits(run).items():
        found.append(Listed(f"data/{split}", "data", split, final.select(pl.len()).item()))
    return {one.name: one for one in found}


def _of_step(step: str, out: int, dropped: int, failed: int) -> Iterator[Listed]:
    yield Listed(step, step, "kept", out)
    for outcome, rows in (("dropped", dropped), ("failed", failed)):
        if rows:
            yield Listed(f"{step}.{outcome}", step, outcome, rows)


def open_table(run: Run, name: str) -> Table:
    """A table by its name in `listed`; no other file can be named. Raises DataError when there is none."""
    known = listed(run)
    if name not in known:
        raise DataError(f"no table '{name}' in {run.folder.name}{did_you_mean(name, known)}")
    one = known[name]
    if one.step == "data":
        return splits(run)[one.outcome]
    outcomes: dict[str, Outcome] = {"kept": "kept", "dropped": "dropped", "failed": "failed"}
    found = table(run, one.step, outcomes[one.outcome])
    if found is None:
        raise DataError(f"{name} of {run.folder.name} has no columns: no row came so far")
    return found


def page(found: Table, start: int = 0, rule: str = "", text: str = "") -> Page:
    """Rows from `start` on of those for which `rule` holds and a text of which contains `text`, in any case.

    Raises RuleError when the rule cannot be read or does not fit the columns.
    """
    texts, chips = _columns(found)
    condition = _condition(found, rule, text)
    shown = [_snippet(name, found.schema[name]) for name in (*(n for n in _HEAD if n in found), *texts, *chips)]
    if condition is None:
        total = int(found.select(pl.len()).item())
        start = _within(start, total)
        return Page(_told(found, found.lazy.slice(start, PAGE).select(shown)), total, start, texts, chips)
    places = _places(found.path, _stamp(found.path), rule, text)
    start = _within(start, places.len())
    rows = [row for span in _spans(places.slice(start, PAGE).to_list()) for row in _at(found, span, shown)]
    return Page(rows, places.len(), start, texts, chips)


def _at(found: Table, places: list[int], shown: list[pl.Expr]) -> list[dict[str, Any]]:
    """Rows at places that lie near each other, read as one slice."""
    first, last = places[0], places[-1]
    rows = _told(found, found.lazy.slice(first, last - first + 1).select(shown))
    return [rows[place - first] for place in places]


def _spans(places: list[int]) -> list[list[int]]:
    """Ascending places, parted where `NEAR` rows or more lie between them.

    >>> _spans([1, 2, 5000])
    [[1, 2], [5000]]
    """
    spans: list[list[int]] = []
    for place in places:
        if spans and place - spans[-1][-1] < NEAR:
            spans[-1].append(place)
        else:
            spans.append([place])
    return spans


def _told(found: Table, rows: pl.LazyFrame) -> list[dict[str, Any]]:
    """Rows with all that every table may have in its head; None where this one has no such column."""
    return [dict.fromkeys(_HEAD) | row for row in found.collect(rows).iter_rows(named=True)]


def reasons(found: Table) -> list[tuple[str, int]]:
    """The most frequent reasons by which rows left, with how many did."""
    if REASON not in found:
        return []
    counted = found.lazy.group_by(pl.col(REASON).cast(pl.String)).len().drop_nulls()
    return list(found.collect(counted.sort("len", REASON, descending=[True, False]).head(REASONS)).iter_rows())


def _within(start: int, total: int) -> int:
    """The first row of the page that holds `start`, or of the last page."""
    return max(0, min(start, total - 1)) // PAGE * PAGE


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=8)
def _places(path: Path, _stamp: tuple[int, int], rule: str, text: str) -> pl.Series:
    """The places of the rows that fit, found once for all pages. A file that a build replaced has another stamp."""
    found = Table(path)
    condition = _condition(found, rule, text)
    assert condition is not None
    fits = []
    try:  # in parts: a text column of the whole file may be larger than the memory
        for start in range(0, int(found.select(pl.len()).item()), PART):
            part = (
                found.lazy.slice(start, PART).with_columns(condition.alias("#fits")).select("#fits").collect()["#fits"]
            )
            fits.append(part.arg_true().cast(pl.Int64) + start)
    except pl.exceptions.PolarsError as unfit:
        raise _misfit(unfit) from None
    return pl.concat(fits) if fits else pl.Series([], dtype=pl.Int64)


def _misfit(unfit: Exception) -> RuleError:
    return RuleError(f"the rule does not fit the columns: {(str(unfit).splitlines() or [''])[0][:200]}")


def _condition(found: Table, rule: str, text: str) -> pl.Expr | None:
    parts = []
    if rule.strip():
        read = read_rule(rule)
        for name in read.columns:
            if name not in found:
                raise RuleError(f"no column '{name}' in this table{did_you_mean(name, found.schema)}")
        parts.append(_true_or_false(found, read.expression()))
    if text:
        pattern = f"(?i){pl.escape_regex(text)}"
        parts.append(pl.any_horizontal(pl.lit(value=False), *_contains(found, pattern)))
    return pl.all_horizontal(parts).fill_null(value=False) if parts else None


def _true_or_false(found: Table, rule: pl.Expr) -> pl.Expr:
    try:
        (dtype,) = found.lazy.select(rule.alias("rule")).collect_schema().dtypes()
    except pl.exceptions.PolarsError as unfit:
        raise _misfit(unfit) from None
    if dtype not in (pl.Boolean, pl.Null):
        raise RuleError("a rule is true or false of a row, for example length(completion) > 100; this is a value")
    return rule


def _contains(found: Table, pattern: str) -> Iterator[pl.Expr]:
    for name, dtype in found.schema.items():
        if dtype == pl.String:
            yield pl.col(name).str.contains(pattern).fill_null(value=False)
        elif _is_messages(dtype):
            said = pl.element().struct.field("content").str.contains(pattern)
            yield pl.col(name).list.eval(said).list.any().fill_null(value=False)


def _columns(found: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts and marks that a list shows: the known ones, or, in a table of other columns, its first texts."""
    readable = [name for name, dtype in found.schema.items() if dtype == pl.String or _is_messages(dtype)]
    texts = [name for name in _TEXTS if name in readable]
    texts = texts or [name for name in readable if name not in _HEAD][:2]
    chips = [
        name
        for name, dtype in found.schema.items()
        if name.startswith((SCORE, FLAG)) and (dtype.is_numeric() or dtype == pl.Boolean)
    ]
    return tuple(texts), tuple(chips[:CHIPS])


def _snippet(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.String:
        return pl.col(name).str.slice(0, SNIPPET)
    if _is_messages(dtype):
        said = pl.element().struct.field("content").str.slice(0, SNIPPET)
        return pl.col(name).list.eval(said).list.join("\n").str.slice(0, SNIPPET)
    return pl.col(name)


def _is_messages(dtype: pl.DataType) -> bool:
    if not (isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct)):
        return False
    return any(field.name == "content" and field.dtype == pl.String for field in dtype.inner.fields)
