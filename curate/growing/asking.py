"""Chats asked a bounded number of times, by the way of `generate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from curate.asking.questions import AskChats
from curate.engines.base import Request

TRIES: Final = 3


class AskBounded(AskChats):
    """A request that failed `TRIES` times, in this build or before, has failed for good and is asked no more.

    What a pool asks next depends on every answer before, so a request that fails now and succeeds after a restart would
    make another pool and buy all that follows again.

    made: requests that were really made.
    """

    made = 0

    def requests(self, table: pl.DataFrame, samples: Sequence[range] | None = None) -> Iterator[Request]:
        """Those that have not failed too often."""
        for request in super().requests(table, samples):
            errors = self.journal.errors(request.key)
            if len(errors) < TRIES:
                self.made += 1
                yield request
            else:
                self.errors[request.key] = errors[-1]
