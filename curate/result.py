"""What a cleaning or a step makes of a table: rows kept, dropped and failed, and what to know of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl
from markupsafe import escape

from curate.reasons import kinds_of
from curate.text.shown import UNSAFE, one_line, visible

ID, PARENT, REASON = "id", "parent", "reason"
REASONS, CHARACTERS = 12, 120
"""Reasons shown at most, and characters of each."""
ROWS = 5
"""Rows of each table that a notebook shows."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the answers of a step took to make. Tokens as the engine counted them; cost None when no price is known."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None


class Spent(Protocol):
    """Requests and what they cost, or will cost; None when the price of their engine is not known."""

    @property
    def requests(self) -> int:
        """How many."""

    @property
    def cost_usd(self) -> float | None:
        """Dollars."""


def cost_of(parts: Iterable[Spent]) -> float | None:
    """Dollars in all; None when no price is known, or one is not: the sum of the others would pass for the whole.

    >>> cost_of([Usage(3, cost_usd=0.5), Usage(2, cost_usd=0.25)])
    0.75
    >>> cost_of([Usage(3, cost_usd=0.5), Usage(2)])
    >>> cost_of([Usage(3, cost_usd=0.5), Usage(0)])
    0.5
    """
    costs = [part.cost_usd for part in parts if part.requests or part.cost_usd is not None]
    known = [cost for cost in costs if cost is not None]
    return round(sum(known), 6) if known and len(known) == len(costs) else None


@dataclass(frozen=True)
class Result:
    """What a step made of a table. Every row that came in is in exactly one place, or has children in `kept`.

    dropped, failed: the columns the row had, and `reason`. A dropped row was judged; a failed one could not be.
    notes: what a reader should know (JSON values): clusters, licences, border cases, warnings.
    retriable: rows of `failed` that may succeed when asked again; the next build does so.
    """

    kept: pl.DataFrame
    dropped: pl.DataFrame = field(default_factory=pl.DataFrame)
    failed: pl.DataFrame = field(default_factory=pl.DataFrame)
    notes: Mapping[str, Any] = field(default_factory=dict)
    usage: Usage = Usage()
    retriable: int = 0

    def __str__(self) -> str:
        """The counts on one line, then the reasons rows left by, most frequent first."""
        told = _reasons(self)
        lines = [f"  {count:>9,}  {one_line(reason, CHARACTERS)}" for reason, count in told[:REASONS]]
        if len(told) > REASONS:
            lines.append(f"  and {len(told) - REASONS:,} more reasons")
        return "\n".join([self._counts, *lines])

    def _repr_html_(self) -> str:
        """What it prints, and the first rows of each table to open; every text of the data is escaped."""
        tables = {"kept": self.kept, "dropped": self.dropped, "failed": self.failed}
        rows = "".join(
            f"<details><summary>{name}: {min(ROWS, table.height)} of {table.height:,} rows</summary>"
            f"{_written_out(table.head(ROWS)._repr_html_())}</details>"
            for name, table in tables.items()
            if table.height
        )
        return f"<pre>{escape(str(self))}</pre>{rows}"

    @property
    def _counts(self) -> str:
        failed = f", {self.failed.height:,} failed" if self.failed.height else ""
        return f"{self.kept.height:,} kept, {self.dropped.height:,} dropped{failed}"


def _written_out(page: str) -> str:
    """HTML whose text is escaped, with what could hide or disturb other text written out in it."""
    return UNSAFE.sub(lambda found: str(escape(visible(found[0]))), page)


def _reasons(result: Result) -> list[tuple[str, int]]:
    """Reasons of dropped and failed rows with their counts, most frequent first.

    Where there are more than can be shown, those that differ only in ids and numbers are counted together.
    """
    told: Counter[str] = Counter()
    for table in (result.dropped, result.failed):
        if REASON in table.columns:
            told.update(reason or "no reason given" for reason in table[REASON])
    if len(told) <= REASONS:
        return told.most_common()
    folded: Counter[str] = Counter()
    for kind, count in zip(kinds_of(list(told)), told.values(), strict=True):
        folded[kind] += count
    return folded.most_common()
