"""What a step noted of its rows, and texts to show side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from curate.run import Run
from curate.text.shown import clip, visible


def notes_of(run: Run, word: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each step of one kind, and its notes, in the order of the recipe."""
    return ((entry.step, entry.notes) for entry in run.ledger if entry.word == word)


def excerpt(text: Any, limit: int, span: str = "") -> Markup:
    """The beginning of a text, escaped, with `span` marked where it stands as it is; how much is left out."""
    shown, more = clip(str(text or ""), limit)
    before, found, after = shown.partition(span) if span.strip() else (shown, "", "")
    marked = Markup("<mark>{}</mark>").format(visible(found)) if found else ""
    rest = f" … and {more:,} more characters" if more else ""
    return Markup("{}{}{}{}").format(visible(before), marked, visible(after), rest)
