"""Bare prefixes asked by the way of `generate`: journalled before they are read, keyed, reused, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.asking.questions import Ask
from curate.engines.base import Message
from curate.magpie.drawing import PREFIX


class AskBare(Ask):
    """Asks the prefix of each row, as it stands."""

    def require(self, columns: Sequence[str]) -> None:
        """Every row has its prefix."""

    def question(self, row: Mapping[str, Any]) -> tuple[tuple[Message, ...], str | None]:
        """No messages, but the prefix."""
        return (), row[PREFIX]
