"""`keep`: rows for which every rule holds; the others leave with the rule as their reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator

from curate.errors import DataError, did_you_mean
from curate.result import REASON, Result
from curate.rules import misfits, read_rule
from curate.step import Context, Kind, Step


class Keep(Step):
    """Keep the rows for which every rule of `where` holds; see `curate.rules` for the language.

    A dropped row carries the first rule that did not hold; where that could not be told, also the null columns.
    """

    kind: ClassVar[Kind] = "filter"

    step: Literal["keep"]
    where: tuple[str, ...] = Field(min_length=1, description="A rule, or a list of them.")

    @field_validator("where", mode="before")
    @classmethod
    def _one_is_enough(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value

    @field_validator("where")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for rule in value:
            read_rule(rule)
        return value

    def needs(self) -> frozenset[str]:
        """The columns of the rules."""
        return frozenset(column for text in self.where for column in read_rule(text).columns)

    def misfits(self, types: Mapping[str, pl.DataType]) -> Iterator[str]:
        """Rules that do not fit their columns."""
        return misfits(self.where, types)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Split the rows by the first rule that does not hold."""
        missing = sorted(self.needs() - set(table.columns))
        if missing:
            nearest = did_you_mean(missing[0], table.columns)
            raise DataError(f"{self.title}: no column '{missing[0]}' to keep rows by{nearest}")
        if misfit := next(self.misfits(table.schema), ""):
            raise DataError(f"{self.title}: {misfit}")
        reasons = table.select(pl.coalesce([read_rule(text).reason() for text in self.where]).alias(REASON))[REASON]
        context.progress.advance(table.height, 0, None)
        dropped = table.with_columns(reasons).filter(reasons.is_not_null())
        return Result(kept=table.filter(reasons.is_null()), dropped=dropped)
