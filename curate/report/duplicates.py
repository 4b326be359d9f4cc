"""What was deduped: the clusters of each step, and the pairs nearest to its threshold, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from curate.report.excerpts import excerpt, notes_of
from curate.run import Run

WORD = "dedupe"
PAIRS, TEXT = 12, 1_000


@dataclass(frozen=True, slots=True)
class Clustered:
    """One step. by: how rows were compared, with the threshold. spared: pairs that are alike and no copies, by why."""

    step: str
    by: str
    clusters: int
    largest: int
    spared: str
    warning: str


@dataclass(frozen=True, slots=True)
class Border:
    """A pair near the threshold. told: how alike the two are, and what became of it."""

    row: str
    other: str
    told: str
    text: Markup
    other_text: Markup


def clustered(run: Run) -> list[Clustered]:
    """The steps that deduped, in the order of the recipe."""
    return [
        Clustered(
            step,
            str(notes["by"]) + (f" from {notes['threshold']:g}" if "threshold" in notes else ""),
            int(notes["clusters"]),
            int(notes["largest_group"]),
            ", ".join(f"{count:,} {why}" for why, count in notes.get("spared_pairs", {}).items()),
            str(notes.get("warning") or notes.get("skipped") or ""),
        )
        for step, notes in _notes(run)
    ]


def borders(run: Run) -> list[Border]:
    """The pairs nearest to the threshold of each step, at most `PAIRS`."""
    return [_border(pair) for _, notes in _notes(run) for pair in notes.get("border", ())][:PAIRS]


def _notes(run: Run) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((step, notes) for step, notes in notes_of(run, WORD) if "clusters" in notes)


def _border(pair: Mapping[str, Any]) -> Border:
    fate = {None: "copies", "numbers": "other numbers", "template": "siblings of a template", "code": "code"}
    became = "below the threshold" if pair["below"] else fate.get(pair["spared"], str(pair["spared"]))
    told = f"{pair['similarity']:.3f}: {became}"
    return Border(
        str(pair["id"]), str(pair["other_id"]), told, excerpt(pair["text"], TEXT), excerpt(pair["other_text"], TEXT)
    )
