"""`filter`: label rows by quality rules; `keep:` says which of them stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator

from curate.cleaning.rules.filtering import CLEAN, filter_rows
from curate.cleaning.rules.measuring import WHY
from curate.cleaning.rules.reading import read_rules
from curate.cleaning.rules.table import rules_hash
from curate.errors import DataError
from curate.result import Result
from curate.rules import misfits, read_rule
from curate.step import Context, Kind, Step, written_type


class Filter(Step):
    """Label `column` by rules; without `keep` nothing is dropped.

    Writes `flag.<rule>`, `score.<rule>` or `found.<rule>`, and `why.flags`; see `curate.cleaning.rules.RULES`.
    """

    kind: ClassVar[Kind] = "filter"

    step: Literal["filter"]
    rules: tuple[str | dict[str, Any], ...] = Field(
        default=("default",),
        min_length=1,
        description="Names of rules and sets, or a name with limits: {words: {min: 20, max: 2000}}, {language: [en]}.",
    )
    column: str | None = Field(default=None, description="Text or messages; completion, messages or text unless given.")
    keep: tuple[str, ...] = Field(default=(), description="clean (no flag), or rules on the labels: not flag.refusal.")
    roles: tuple[str, ...] = Field(default=("assistant",), description="Whose messages are judged.")

    @field_validator("rules", "keep", "roles", mode="before")
    @classmethod
    def _one_is_enough(cls, value: Any) -> Any:
        if isinstance(value, str | dict):
            return (value,)
        return tuple(value) if isinstance(value, list) else value

    @field_validator("rules")
    @classmethod
    def _known(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        read_rules(value)
        return value

    @field_validator("keep")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            if text != CLEAN:
                read_rule(text)
        return value

    def needs(self) -> frozenset[str]:
        """The text, what the rules read beside it, and what `keep` reads beside the labels."""
        needed = {name for rule in read_rules(self.rules) for name in rule.needs}
        kept = {name for rule in self.keep if rule != CLEAN for name in read_rule(rule).columns}
        return frozenset(needed | ({self.column} if self.column else set()) | (kept - self.after(frozenset())))

    def misfits(self, types: Mapping[str, pl.DataType]) -> Iterator[str]:
        """Rules on the labels that do not fit them."""
        labels = {name: kind for name in self.after(frozenset()) if (kind := written_type(name))}
        return misfits([rule for rule in self.keep if rule != CLEAN], {**types, **labels})

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The labels are added."""
        read = read_rules(self.rules)
        return columns | {f"flag.{rule.name}" for rule in read} | {r.column for r in read if r.kind != "sign"} | {WHY}

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The code and the phrases of the rules: a changed rule labels again."""
        return {"rules": rules_hash()}

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Label all rows, then split them by `keep`."""
        try:
            result = filter_rows(table, self.rules, column=self.column, keep=self.keep, roles=self.roles)
        except DataError as broken:
            raise DataError(f"{self.title}: {broken}") from broken
        context.progress.advance(table.height, 0, None)
        return Result(kept=result.kept, dropped=result.dropped, notes=result.notes)
