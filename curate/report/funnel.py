"""How many rows each step let through, and why the others left: from the ledger, and by source from the tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from curate.report.tables import table
from curate.run import Run

ALIKE = 3
_WORD = re.compile(r"(?<=\s)\S+")
_DIGIT = re.compile(r"\d")
_QUOTED = re.compile(r"“.*”", re.DOTALL)  # to the last one: what is quoted may quote


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


def kinds_of(reasons: list[str]) -> list[str]:
    """For each reason its kind: itself, or, where more than `ALIKE` differ only in words with digits, those as dots.

    So is what stands “in quotes”. The first word stays: it says which rule it was (`top_3gram: 0.2 of characters`).

    `same prompt as gsm8k-0c5f31b2a9de` is another text for each row that left, and one kind of reason.

    >>> kinds_of(["same as a1", "same as b2", "same as c3", "same as d4", "score.math == 1"])
    ['same as …', 'same as …', 'same as …', 'same as …', 'score.math == 1']
    """
    bare = [_QUOTED.sub("“…”", reason) for reason in reasons]
    masks = [_WORD.sub(lambda word: "…" if _DIGIT.search(word[0]) else word[0], reason) for reason in bare]
    different = Counter(mask for mask, _ in set(zip(masks, reasons, strict=True)))
    alike: dict[str, list[str]] = {}
    for mask, reason in zip(masks, bare, strict=True):
        alike.setdefault(mask, []).append(reason)
    kinds = {mask: _shared(group) for mask, group in alike.items() if different[mask] > ALIKE}
    return [kinds.get(mask, reason) for mask, reason in zip(masks, reasons, strict=True)]


def _shared(reasons: list[str]) -> str:
    """Reasons of as many words as one, the words in which they differ as dots."""
    return " ".join(words[0] if len(set(words)) == 1 else "…" for words in zip(*map(str.split, reasons), strict=True))


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
    counted = kept.collect(kept.lazy.group_by(pl.col("source").cast(pl.String).fill_null("unknown")).len())
    return dict(counted.iter_rows())
