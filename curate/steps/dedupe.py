"""`dedupe`: one row of each group of equal rows, near copies, or rows that mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator

from curate.errors import DataError, did_you_mean
from curate.result import Result
from curate.sources.files import resolve
from curate.step import Context, Kind, Step
from curate.table import file_hash

if TYPE_CHECKING:
    from curate.cleaning.duplicates import Deduped

ASKED = ("prompt", "messages")
BORDER, BORDER_CHARACTERS = 6, 2_000
"""Pairs near the threshold that the notes keep, and of each text so much."""


class Dedupe(Step):
    """Keep one row of each cluster of duplicates; the others name the row that was kept (`kept_id`, `similarity`).

    `by: exact` compares normal forms (Unicode NFKC, lower case, runs of white space as one space, ends trimmed; with
    `normal: exact` the text as it is). `by: minhash` finds near copies: the Jaccard similarity of runs of 5 words, each
    pair verified. `by: semantic` compares embeddings. Rows in which all of `on` is null are never duplicates.
    """

    kind: ClassVar[Kind] = "group"
    version: ClassVar[int] = 4

    step: Literal["dedupe"]
    on: tuple[str, ...] = Field(
        default=(), description="Columns that are compared, text or conversations: prompt or messages unless given."
    )
    by: Literal["exact", "minhash", "semantic"] = "exact"
    threshold: float | None = Field(
        default=None, gt=0, le=1, description="Similarity of duplicates: 0.8 (minhash) or 0.95 (semantic) unless given."
    )
    normal: Literal["loose", "exact"] = "loose"
    prefer: str | tuple[str, ...] = Field(
        default="first",
        description="Which row stays: first, longest or shortest (last `on` column), highest COLUMN, lowest COLUMN, "
        "or a list of values of `source`, best first.",
    )
    numbers: bool = Field(
        default=True,
        description="Problems that differ in their numbers are no copies; by meaning, in any of their facts.",
    )
    template: bool = Field(default=True, description="Families of a template are compared by their variable part.")
    code: bool = Field(default=False, description="Compare code as well.")
    max_cluster: int | None = Field(
        default=None,
        ge=2,
        description="A larger cluster of near copies is left whole; a tenth of the rows, at least 1,000, unless given.",
    )
    encoder: str = Field(default="static", description="by: semantic: `static`, a folder, or a Hub name.")

    index: str | None = Field(
        default=None,
        description="A folder that `dedupe` made of earlier rows: rows leave for them. A build adds nothing to it.",
    )

    @field_validator("on", mode="before")
    @classmethod
    def _one_is_enough(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value

    @field_validator("prefer", mode="after")
    @classmethod
    def _is_a_rule(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        from curate.cleaning.duplicates.ranks import keep_column
        from curate.errors import UsageError

        try:
            keep_column(value)
        except UsageError as wrong:
            raise ValueError(str(wrong).removeprefix("keep ")) from wrong
        return value

    def needs(self) -> frozenset[str]:
        """The compared columns where they are named, and the one that decides."""
        from curate.cleaning.duplicates.ranks import keep_column

        column = keep_column(self.prefer)
        return frozenset(self.on) | ({column} if column else set())

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The weights of the encoder, and the rows of the index."""
        told: dict[str, Any] = {}
        if self.index is not None:
            from curate.cleaning.duplicates.stored import STATE

            told["index"] = file_hash(resolve(self.index, context.folder) / STATE)
        if self.by == "semantic":
            from curate.text.embed import encoder

            told["encoder"] = encoder(self.encoder).identity
        return told

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Compare all rows; the first of the best rows of a cluster stays."""
        from curate.cleaning.duplicates import dedupe

        missing = sorted(self.needs() - set(table.columns))
        if missing:
            raise DataError(
                f"{self.title}: no column '{missing[0]}' to compare{did_you_mean(missing[0], table.columns)}"
            )
        on = self.on or tuple(name for name in ASKED if name in table.columns)[:1]
        if not on:
            raise DataError(f"{self.title}: neither prompt nor messages to compare; name the columns: on: [...]")
        result = dedupe(
            table,
            on,
            by=self.by,
            threshold=self.threshold,
            keep=self.prefer,
            normal=self.normal,
            numbers=self.numbers,
            template=self.template,
            code=self.code,
            max_cluster=self.max_cluster,
            encoder=self.encoder,
            index=None if self.index is None else resolve(self.index, context.folder),
            grow=False,
        )
        context.progress.advance(table.height, 0, None)
        if warning := result.notes.get("warning") or result.notes.get("skipped"):
            context.progress.say(f"{self.title}: {warning}")
        return replace(result, notes={**result.notes, "border": _border(result)}) if self.by != "exact" else result


def _border(result: Deduped) -> list[dict[str, Any]]:
    """The pairs nearest to the threshold, for the report; texts cut."""
    columns = ["id", "other_id", "similarity", "spared", "text", "other_text"]
    cut = result.border(BORDER).select(columns).with_columns(pl.col("text", "other_text").str.head(BORDER_CHARACTERS))
    return cut.with_columns(below=pl.col("similarity") < result.threshold).to_dicts()
