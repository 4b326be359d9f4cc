"""What a selection gives back: a `Result` that can be asked for another size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from curate.errors import UsageError
from curate.result import REASON, Result

Again = Callable[..., "Selected"]


@dataclass(frozen=True)
class Selected(Result):
    """Rows that were selected; the others are `dropped` with the reason. `notes` counts them and says what fell short.

    again: selects anew from the same rows by another size; what was costly (embeddings, distances) is not done again.
    """

    again: Again | None = field(default=None, repr=False, compare=False)

    def at(self, *size: float, **changes: Any) -> Selected:
        """The selection at another size, from the same rows: a count, a cap, or the ends of a band of pass rates.

        Selections are nested: what `at(100)` keeps, `at(200)` keeps too. Raises UsageError where there is no size.
        """
        if self.again is None:
            raise UsageError("this selection has no size to change: select again from the frame")
        return self.again(*size, **changes)

    def __str__(self) -> str:
        """The counts, the reasons, and what fell short."""
        return "\n".join([super().__str__(), *self.warnings])

    @property
    def warnings(self) -> list[str]:
        """What a reader should not overlook."""
        said = self.notes.get("warning", [])
        return [said] if isinstance(said, str) else list(said)


def selected(
    frame: pl.DataFrame, reasons: pl.Series | pl.Expr, notes: Mapping[str, Any], again: Again | None = None
) -> Selected:
    """Split `frame` by its reasons: null stays, text leaves with it."""
    marked = frame.with_columns(reasons.alias(REASON))
    kept = marked.filter(pl.col(REASON).is_null()).drop(REASON)
    dropped = marked.filter(pl.col(REASON).is_not_null())
    return Selected(kept=kept, dropped=dropped, notes=dict(notes), again=again)
