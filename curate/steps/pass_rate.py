"""`pass_rate`: from k judged answers back to one row a prompt, with the share that passed."""

from __future__ import annotations

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.cleaning.selection.bands import wilson
from curate.errors import DataError, did_you_mean
from curate.result import ID, PARENT, REASON, Result
from curate.step import Context, Kind, Step

WRITES = ("pass_rate", "passed", "judged", "pass_low", "pass_high")


class PassRate(Step):
    """Keep the first answer of each group, with `pass_rate` = passed / judged over all of its siblings.

    An answer that could not be judged (null) counts in neither; a group with none judged has a null rate. pass_rate is
    the unbiased estimate of pass@1 (arXiv 2107.03374), pass_low and pass_high the ends of its 95% interval (Wilson).
    """

    kind: ClassVar[Kind] = "group"
    version: ClassVar[int] = 2

    step: Literal["pass_rate"]
    score: str = Field(description="The column that says who passed, for example score.math.")
    threshold: float = Field(default=1.0, description="Passed means at least this.")
    by: str = Field(default=PARENT, description="The column that siblings share.")

    def needs(self) -> frozenset[str]:
        """The score and the group."""
        return frozenset({self.score, self.by})

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The rate and its counts are added."""
        return columns | set(WRITES)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Count each group; its first row stays, the others are dropped as counted."""
        missing = sorted(self.needs() - set(table.columns))
        if missing:
            raise DataError(f"{self.title}: no column '{missing[0]}' to count{did_you_mean(missing[0], table.columns)}")
        score = pl.col(self.score).cast(pl.Float64).fill_nan(None)
        group = pl.col(self.by).cast(pl.String).fill_null(pl.format("\0{}", pl.col(ID)))
        counted = table.with_columns(
            passed=(score >= self.threshold).sum().over(group).cast(pl.Int64),
            judged=score.is_not_null().sum().over(group).cast(pl.Int64),
        )
        low, high = wilson(pl.col("passed"), pl.col("judged"))
        rate = pl.when(pl.col("judged") > 0).then(pl.col("passed") / pl.col("judged"))
        counted = counted.with_columns(pass_rate=rate, pass_low=low, pass_high=high)
        first = counted.select(pl.col(ID).first().over(group) == pl.col(ID))[:, 0]
        leader = counted.select(pl.col(ID).first().over(group))[:, 0]
        dropped = counted.with_columns(pl.format("counted in the pass rate of {}", leader).alias(REASON)).filter(~first)
        context.progress.advance(table.height, 0, None)
        return Result(kept=counted.filter(first), dropped=dropped)
