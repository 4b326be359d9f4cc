"""What a run has in common with benchmarks: a line for each, and the worst pairs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from curate.report.excerpts import excerpt, notes_of
from curate.run import Run

WORD = "decontaminate"
PAIRS = 12
TEXT = 1_500


@dataclass(frozen=True, slots=True)
class Compared:
    """One benchmark at one step. rows: dropped for it. numbers: rows that differ from an item in numbers alone.

    found: items that a dropped row holds.
    """

    step: str
    benchmark: str
    items: int
    rows: int
    numbers: int
    found: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A row and the item it holds, the common span marked in both. measured: how much is common, in words."""

    row: str
    benchmark: str
    item: str
    measured: str
    row_text: Markup
    item_text: Markup


def compared(run: Run) -> list[Compared]:
    """The benchmarks that the rows were compared with, in the order of the recipe; none when no step did."""
    return [
        Compared(
            step,
            str(line["benchmark"]),
            int(line["items"]),
            int(line["rows"]),
            int(line["numbers"]),
            len(line["found"]),
        )
        for step, notes in notes_of(run, WORD)
        for line in notes.get("benchmarks", ())
    ]


def worst_pairs(run: Run) -> list[Pair]:
    """The gravest hits of each step, at most `PAIRS`."""
    return [_pair(line) for _, notes in notes_of(run, WORD) for line in notes.get("worst", ())][:PAIRS]


def _pair(line: Mapping[str, Any]) -> Pair:
    span = str(line["span"])
    if line["how"] in ("meaning", "ratio"):
        measured = f"{line['similarity']:.2f} alike"
    else:
        measured = f"{line['words']} words in a row, {line['covered']:.0%} of the item"
    return Pair(
        str(line["id"]),
        str(line["benchmark"]),
        str(line["item"]),
        f"{line['how']}: {measured}",
        excerpt(line["row_text"], TEXT, span),
        excerpt(line["item_text"], TEXT, span),
    )
