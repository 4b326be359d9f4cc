"""What a cleaning or a step makes of a table: rows kept, dropped and failed, and what to know of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

ID, PARENT, REASON = "id", "parent", "reason"


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
        """The counts, and the reasons rows left by, most frequent first."""
        from curate.cleaning.shown import result_text

        return result_text(self)

    def _repr_html_(self) -> str:
        """The same in a notebook."""
        from curate.cleaning.shown import result_html

        return result_html(self)
