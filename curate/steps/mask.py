"""`mask`: private values give way to placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator

from curate.cleaning.rules.masking import KINDS, mask_rows, read_kinds
from curate.cleaning.rules.table import rules_hash
from curate.errors import DataError
from curate.result import Result
from curate.step import Context, Kind, Step


class Mask(Step):
    """Replace e-mail addresses, telephone and card numbers, keys and the like by `[EMAIL_1]`, `[KEY_1]` ...

    The same value has the same placeholder all through its row. Rows stay; the notes count values by kind.
    """

    kind: ClassVar[Kind] = "map"

    step: Literal["mask"]
    columns: tuple[str, ...] | None = Field(default=None, description="Text or messages; all of them unless given.")
    kinds: tuple[str, ...] = Field(default=KINDS, min_length=1, description="pii, secrets, or single kinds.")

    @field_validator("columns", "kinds", mode="before")
    @classmethod
    def _one_is_enough(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value

    @field_validator("kinds")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return read_kinds(value)
        except DataError as broken:
            raise ValueError(str(broken)) from None

    def needs(self) -> frozenset[str]:
        """The columns that are named."""
        return frozenset(self.columns or ())

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The code that finds private data: changed code masks again."""
        return {"rules": rules_hash()}

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Mask all rows."""
        try:
            result = mask_rows(table, self.columns, kinds=self.kinds)
        except DataError as broken:
            raise DataError(f"{self.title}: {broken}") from broken
        context.progress.advance(table.height, 0, None)
        return result
