"""`pairs`: the best and the worst of the answers to one prompt."""

from __future__ import annotations

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.errors import DataError, did_you_mean
from curate.result import ID, PARENT, REASON, Result
from curate.step import Context, Kind, Step

WRITES = ("chosen", "rejected", "chosen_score", "rejected_score", "rejected_id", "chosen_thinking", "rejected_thinking")


ANY_DIFFERENCE = 1e-9


class Pairs(Step):
    """From each group of siblings, the answer with the highest score beside the one with the lowest.

    The pair keeps the row of its chosen answer, with `chosen`, `rejected` and both scores. Every other row of the group
    is dropped with the reason: it became the rejected side, was neither best nor worst, could not be judged, or the
    group has no two answers `margin` apart. Equal scores are broken by length as `prefer` says, then by order.
    """

    kind: ClassVar[Kind] = "group"

    step: Literal["pairs"]
    score: str = Field(description="The column that ranks, for example score.math.")
    margin: float = Field(default=ANY_DIFFERENCE, gt=0, description="Least difference between chosen and rejected.")
    by: str = Field(default=PARENT, description="The column that siblings share.")
    min_chosen: float | None = Field(default=None, description="Least score of a chosen answer.")
    prefer: Literal["first", "shortest", "longest"] = Field(
        default="first", description="Which of equally good answers is chosen."
    )

    def needs(self) -> frozenset[str]:
        """The score, the group and the answers."""
        return frozenset({self.score, self.by, "completion"})

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """Both sides are added."""
        return columns | set(WRITES)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Rank each group, take its ends, and say of every other row why it is not in a pair."""
        missing = sorted(self.needs() - set(table.columns))
        if missing:
            raise DataError(
                f"{self.title}: no column '{missing[0]}' to make pairs by{did_you_mean(missing[0], table.columns)}"
            )
        ends = self._ends(table)
        marked = table.with_row_index("row").join(ends, on=self.by, how="left", maintain_order="left", nulls_equal=True)
        score, row = pl.col(self.score), pl.col("row")
        paired = pl.col("best_row").is_not_null()
        reason = (
            pl.when(score.is_null() | score.is_nan()).then(pl.format("{} could not be judged", pl.lit(self.score)))
            .when(~paired).then(pl.lit(self._no_pair()))
            .when(row == pl.col("best_row")).then(None)
            .when(row == pl.col("worst_row")).then(pl.format("became the rejected side of {}", pl.col("best_id")))
            .otherwise(pl.lit("neither best nor worst of its prompt"))
        )  # fmt: skip
        reasons = marked.select(reason.alias(REASON))[REASON]
        dropped = table.with_columns(reasons).filter(reasons.is_not_null())
        kept = self._sides(table, marked.filter(reasons.is_null()))
        context.progress.advance(table.height, 0, None)
        return Result(kept=kept, dropped=dropped)

    def _ends(self, table: pl.DataFrame) -> pl.DataFrame:
        """One line a group that makes a pair: the rows of its best and its worst answer."""
        length = pl.col("completion").str.len_chars().cast(pl.Int64)
        tie = {"first": pl.lit(0), "shortest": length, "longest": -length}[self.prefer]
        judged = (
            table.with_row_index("row")
            .filter(pl.col(self.score).is_not_null() & pl.col(self.score).is_not_nan() & pl.col(self.by).is_not_null())
            .select(self.by, ID, "row", score=pl.col(self.score).cast(pl.Float64), tie=tie)
            .sort(["score", "tie", "row"], descending=[True, False, False])
        )
        groups = judged.group_by(self.by, maintain_order=True).agg(
            best_row=pl.col("row").first(), best_id=pl.col(ID).first(), best=pl.col("score").first(),
            worst=pl.col("score").last(),
            worst_row=pl.col("row").filter(pl.col("score") == pl.col("score").min()).first(),
        )  # fmt: skip
        enough = pl.col("best") - pl.col("worst") >= self.margin
        if self.min_chosen is not None:
            enough &= pl.col("best") >= self.min_chosen
        return groups.filter(enough).select(self.by, "best_row", "best_id", "worst_row")

    def _no_pair(self) -> str:
        apart = "differ" if self.margin <= ANY_DIFFERENCE else f"are {self.margin:g} apart"
        least = f" with the better one at least {self.min_chosen:g}" if self.min_chosen is not None else ""
        return f"no two answers to its prompt {apart} in {self.score}{least}"

    def _sides(self, table: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
        chosen, rejected = table[pairs["best_row"]], table[pairs["worst_row"]]
        thinking = "thinking" in table.columns
        none = pl.Series([None] * pairs.height, dtype=pl.String)
        return chosen.with_columns(
            chosen=chosen["completion"],
            rejected=rejected["completion"],
            chosen_score=chosen[self.score].cast(pl.Float64),
            rejected_score=rejected[self.score].cast(pl.Float64),
            rejected_id=rejected[ID],
            chosen_thinking=chosen["thinking"] if thinking else none,
            rejected_thinking=rejected["thinking"] if thinking else none,
        )
