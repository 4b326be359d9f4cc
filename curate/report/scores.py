"""How the rows of a run scored: by reward and source, and over the answers to one prompt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.ledger import Entry
from curate.report.tables import SCORE, Table, table
from curate.run import Run

PASS = 0.5
"""A score in [0, 1] passes from here on, as in an average over votes; rewards with another range have no pass rate."""

BINS = 10


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of one reward over the rows of one source (None: all sources) at one step.

    judged: rows with a score. mean, low, high: of those, None when there are none.
    passed: share of them at `PASS` or above, None for a reward that leaves [0, 1].
    histogram: rows in `BINS` equal bins from `bounds[0]` to `bounds[1]`.
    """

    step: str
    reward: str
    source: str | None
    rows: int
    judged: int
    mean: float | None
    low: float | None
    high: float | None
    passed: float | None
    bounds: tuple[float, float]
    histogram: tuple[int, ...]

    @property
    def unjudged(self) -> float:
        """The share of rows that the reward could not judge."""
        return 1 - self.judged / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Siblings:
    """How many of the answers to one prompt pass, over all prompts with at least two judged answers.

    fewest, most: answers judged per prompt. passed_one: mean share that passes (pass@1). passed_any: share of prompts
    with at least one that passes (pass@k). passed_all: share on which all pass. counts: prompts in equal classes of
    that share, from none to all.
    """

    step: str
    reward: str
    prompts: int
    fewest: int
    most: int
    passed_one: float
    passed_any: float
    passed_all: float
    counts: tuple[int, ...]


def scores(run: Run, sources: int = 40) -> list[Scores]:
    """For each step that judged and each of its rewards: all rows, then each source (the largest `sources` of them)."""
    found: list[Scores] = []
    for entry, reward, rows in _judged(run):
        bounds = _bounds(rows["score"])
        found.append(_scores(entry.step, reward, None, rows["score"], bounds))
        parts = rows.partition_by("source", as_dict=True, maintain_order=True)
        if len(parts) > 1:
            largest = sorted(parts, key=lambda key: (-parts[key].height, key))[:sources]
            found += [_scores(entry.step, reward, str(key[0]), parts[key]["score"], bounds) for key in sorted(largest)]
    return found


def siblings(run: Run) -> list[Siblings]:
    """For each reward within [0, 1], how prompts with several judged answers did."""
    found = [_siblings(entry.step, reward, rows) for entry, reward, rows in _judged(run)]
    return [one for one in found if one is not None]


def _judged(run: Run) -> Iterator[tuple[Entry, str, pl.DataFrame]]:
    """Each reward at the step that gave it: a frame with score, source and parent over all rows of that step."""
    seen: set[str] = set()
    for entry in run.ledger:
        kept = table(run, entry.step)
        if kept is None:
            continue
        columns = [name for name in kept.schema if name.startswith(SCORE) and kept.schema[name].is_numeric()]
        again = _graded(entry)
        if entry.word == "filter":  # what its rules measured is no reward
            seen.update(columns)
        for column in columns:
            if column not in seen or column in again:
                rest = table(run, entry.step, "dropped")
                parts = [_read(kept, column)] + ([_read(rest, column)] if rest is not None and column in rest else [])
                yield entry, column.removeprefix(SCORE), pl.concat(parts)
        seen.update(columns)


def _graded(entry: Entry) -> set[str]:
    """The columns that a grade or sample step wrote, which may be new scores under old names."""
    rewards = entry.settings.get("rewards") if entry.word in ("grade", "sample") else None
    items = [item for item in rewards if isinstance(item, dict)] if isinstance(rewards, list) else []
    return {f"{SCORE}{item.get('name') or item.get('reward')}" for item in items}


def _read(rows: Table, column: str) -> pl.DataFrame:
    score = pl.col(column).cast(pl.Float64)
    return rows.select(
        score=pl.when(score.is_finite()).then(score),
        source=rows.source(),
        parent=pl.col("parent").cast(pl.String) if "parent" in rows else pl.lit(None, dtype=pl.String),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _bounds(values: pl.Series) -> tuple[float, float]:
    """From 0 to 1 when all scores lie there, else from the lowest to the highest."""
    low, high = _number(values.min()), _number(values.max())
    if low is None or high is None or (low >= 0 and high <= 1):
        return 0.0, 1.0
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _scores(step: str, reward: str, source: str | None, values: pl.Series, bounds: tuple[float, float]) -> Scores:
    judged = values.drop_nulls()
    unit = bounds == (0.0, 1.0)
    passed = _number((judged >= PASS).mean()) if unit and len(judged) else None
    place = ((judged - bounds[0]) / (bounds[1] - bounds[0]) * BINS).floor().clip(0, BINS - 1).cast(pl.Int64)
    counts = dict(place.value_counts().iter_rows())
    return Scores(
        step, reward, source, len(values), len(judged),
        _number(judged.mean()), _number(judged.min()), _number(judged.max()), passed, bounds,
        tuple(counts.get(index, 0) for index in range(BINS)),
    )  # fmt: skip


def _siblings(step: str, reward: str, rows: pl.DataFrame) -> Siblings | None:
    judged = rows.filter(pl.col("score").is_not_null() & pl.col("parent").is_not_null())
    if not judged.height or _bounds(judged["score"]) != (0.0, 1.0):
        return None
    passes = (pl.col("score") >= PASS).sum()
    prompts = (
        judged.group_by("parent", maintain_order=True)
        .agg(answers=pl.len(), passes=passes)
        .filter(pl.col("answers") > 1)
    )
    if not prompts.height:
        return None
    share = prompts["passes"] / prompts["answers"]
    most = int(prompts["answers"].max())  # type: ignore[arg-type]
    classes = most if most <= 2 * BINS else BINS
    place = dict((share * classes).round().cast(pl.Int64).value_counts().iter_rows())
    return Siblings(
        step, reward, prompts.height, int(prompts["answers"].min()), most,  # type: ignore[arg-type]
        float(share.mean()), float((share > 0).mean()), float((share == 1).mean()),  # type: ignore[arg-type]
        tuple(place.get(index, 0) for index in range(classes + 1)),
    )  # fmt: skip
