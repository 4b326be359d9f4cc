"""How many rows each step let through, and why the others left: from the ledger, and by source from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from curate.reasons import kinds_of
from curate.report.tables import table
from curate.run import Run


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows left. failed: they could not be judged or asked, rather than being judged and dropped."""

    text: str
    rows: int
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the funnel. rows_in + created = out + dropped + failed. reasons: most frequent first."""

    step: str
    word: str
    kind: str
    rows_in: int
    created: int
    out: int
    dropped: int
    failed: int
    reasons: tuple[Reason, ...]

    @property
    def total(self) -> int:
        """The rows this step decided on."""
        return self.rows_in + self.created

    @property
    def kept(self) -> float | None:
        """The share of them it let through; None when it had none."""
        return self.out / self.total if self.total else None


def funnel(run: Run) -> list[Stage]:
    """The stages of a run, in order. Raises DataError when the ledger is missing or damaged."""
    return [
        Stage(
            step=entry.step,
            word=entry.word,
            kind=entry.kind,
            rows_in=entry.rows_in,
            created=entry.created,
            out=entry.out,
            dropped=entry.dropped,
            failed=entry.failed,
            reasons=(*_reasons(entry.reasons, failed=False), *_reasons(entry.failures, failed=True)),
        )
        for entry in run.ledger
    ]


def _reasons(counts: Mapping[str, int], *, failed: bool) -> list[Reason]:
    merged: dict[str, int] = {}
    for kind, rows in zip(kinds_of(list(counts)), counts.values(), strict=True):
        merged[kind] = merged.get(kind, 0) + rows
    ordered = sorted(merged.items(), key=lambda item: (-item[1], item[0]))
    return [Reason(text, rows, failed) for text, rows in ordered]


@dataclass(frozen=True, slots=True)
class SourceRows:
    """Rows of one source after each step of the run; None where the table does not say."""

    source: str
    rows: tuple[int | None, ...]


def by_source(run: Run) -> list[SourceRows]:
    """Rows after each step, by source, the largest first."""
    counts = [_counts(run, entry.step) for entry in run.ledger]
    names = {name for step in counts if step for name in step}
    rows = [SourceRows(name, tuple(None if step is None else step.get(name, 0) for step in counts)) for name in names]
    return sorted(rows, key=lambda row: (*(-(number or 0) for number in row.rows[:1]), row.source))


def _counts(run: Run, step: str) -> dict[str, int] | None:
    kept = table(run, step)
    if kept is None or "source" not in kept:
        return None
    counted = kept.collect(kept.lazy.group_by(kept.source()).len())
    return dict(counted.iter_rows())
