"""When a decision about a prompt can no longer change, however its missing answers turn out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from curate.cleaning.selection.bands import wilson
from curate.rules import Rule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS = ("passed", "judged", "pass_rate", "pass_low", "pass_high")
"""What a rule about a prompt can look at: the columns that the step `pass_rate` writes."""


class Outlook(NamedTuple):
    """keep: whether it stays, None while open. ahead: the fewest answers that could decide it, 0 when it is decided."""

    keep: bool | None
    ahead: int


class Decisions:
    """What a rule says of every way n answers can turn out, and from when on it is settled.

    A prompt has `passed` answers that passed, `failed` that did not, and `lost` that could not be judged; the missing
    ones may still become any of the three. A rule that cannot be told (no answer judged) keeps nothing, as in `keep`.
    Exact for every rule, monotone or not: all outcomes are looked at, in O(n^2) for each number of lost answers.

    >>> from curate.rules import read_rule
    >>> some = Decisions(read_rule("0 < pass_rate < 1"), n=8)
    >>> some.outlook(1, 1), some.outlook(1, 0), some.outlook(0, 7)
    (Outlook(keep=True, ahead=0), Outlook(keep=None, ahead=1), Outlook(keep=None, ahead=1))
    """

    def __init__(self, rule: Rule, n: int) -> None:
        self.rule, self.n = rule, n
        self._keeps = _outcomes(rule, n)
        self._settled = cache(self._settle)

    def outlook(self, passed: int, failed: int, lost: int = 0) -> Outlook:
        """Whether it is decided, and how many answers from now it could be."""
        keeps, drops, ahead = self._settled(min(lost, self.n))
        if keeps[passed, failed] or drops[passed, failed]:
            return Outlook(bool(keeps[passed, failed]), 0)
        return Outlook(None, int(ahead[passed, failed]) - passed - failed)

    def _settle(self, lost: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
        """By passed and failed: whether all that can follow is kept, or dropped; the fewest judged that settle it."""
        import numpy as np

        judged = np.add.outer(np.arange(self.n + 1), np.arange(self.n + 1))
        beyond = judged > self.n - lost
        keeps = _everywhere_after(self._keeps | beyond)
        drops = _everywhere_after(~self._keeps | beyond)
        settled = np.where((keeps | drops) & ~beyond, judged, 3 * self.n)
        for axis in (0, 1):
            settled = np.flip(np.minimum.accumulate(np.flip(settled, axis), axis), axis)
        return keeps, drops, settled


def _everywhere_after(holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether it holds here and wherever passed and failed are no smaller."""
    import numpy as np

    for axis in (0, 1):
        holds = np.flip(np.logical_and.accumulate(np.flip(holds, axis), axis), axis)
    return holds


def _outcomes(rule: Rule, n: int) -> NDArray[np.bool_]:
    """Whether the rule keeps a prompt with so many passed (first axis) and failed (second); beyond n, False."""
    import numpy as np

    counts = pl.DataFrame({"passed": range(n + 1)}).join(pl.DataFrame({"failed": range(n + 1)}), how="cross")
    counts = counts.filter(pl.col("passed") + pl.col("failed") <= n).with_columns(
        pl.col("passed").cast(pl.Int64), judged=(pl.col("passed") + pl.col("failed")).cast(pl.Int64)
    )
    low, high = wilson(pl.col("passed"), pl.col("judged"))
    rate = pl.when(pl.col("judged") > 0).then(pl.col("passed") / pl.col("judged"))
    table = counts.with_columns(pass_rate=rate, pass_low=low, pass_high=high)
    holds = table.select(rule.expression().fill_null(False).alias("holds"))["holds"]
    keeps = np.zeros((n + 1, n + 1), bool)
    keeps[table["passed"].to_numpy(), table["failed"].to_numpy()] = holds.to_numpy()
    return keeps
