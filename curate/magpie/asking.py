"""Bare prefixes asked by the way of `generate`: journalled before they are read, keyed, reused, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from curate.engines.base import Message
from curate.errors import EngineDown
from curate.magpie.drawing import PREFIX
from curate.result import REASON, Result
from curate.steps.base import Context
from curate.steps.generate import Ask, Generate


class AskBare(Ask):
    """Asks the prefix of each row, as it stands."""

    def require(self, columns: Sequence[str]) -> None:
        """Every row has its prefix."""

    def question(self, row: Mapping[str, Any]) -> tuple[tuple[Message, ...], str | None]:
        """No messages, but the prefix."""
        return (), row[PREFIX]


class GenerateBare(Generate):
    """`generate`, for bare prefixes; a round of which every answer fails is no end."""

    def ask(self, context: Context) -> Ask:
        """A pass over the rows of a round."""
        return AskBare(self, context)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask what no stored answer serves, then read every answer back from the journal."""
        ask = self.ask(context)
        self._fetch(ask, ask.requests(table), context)
        return self._collect(ask, table, context)

    def missing(self, table: pl.DataFrame, context: Context) -> int:
        """How many of a round would have to be asked."""
        return sum(1 for _ in self.ask(context).requests(table))

    def stored(self, table: pl.DataFrame, context: Context) -> Result:
        """A round of which the journal holds every answer."""
        ask = self.ask(context)
        list(ask.requests(table))
        return self._collect(ask, table, context)

    def down(self, failed: pl.DataFrame) -> EngineDown:
        """The end, when nothing at all was answered."""
        return self._down(failed.height, failed[REASON][0])
