"""What a run has in common with benchmarks: a line for each, and the worst pairs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from curate.report.escape import clip, visible
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
        for step, notes in _notes(run)
        for line in notes.get("benchmarks", ())
    ]


def worst_pairs(run: Run) -> list[Pair]:
    """The gravest hits of each step, at most `PAIRS`."""
    return [_pair(line) for _, notes in _notes(run) for line in notes.get("worst", ())][:PAIRS]


def _notes(run: Run) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((entry.step, entry.notes) for entry in run.ledger if entry.word == WORD)


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
        _marked(str(line["row_text"]), span),
        _marked(str(line["item_text"]), span),
    )


def _marked(text: str, span: str) -> Markup:
    """The text, escaped, with the span in it marked where it stands as it is."""
    shown, more = clip(text, TEXT)
    before, found, after = shown.partition(span) if span.strip() else (shown, "", "")
    marked = Markup("{}<mark>{}</mark>{}").format(visible(before), visible(found), visible(after))
    plain = Markup("{}").format(visible(shown))
    return (marked if found else plain) + (f" … and {more:,} more characters" if more else "")
