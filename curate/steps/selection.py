"""`select`: which rows stay, by what the whole table holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator, model_validator

from curate.errors import did_you_mean
from curate.result import Result
from curate.step import Context, Kind, Step

if TYPE_CHECKING:
    from curate.text.embed import Encoder

Way = Literal["mix", "stratify", "cap", "diverse", "difficulty", "curriculum"]

TAKES: Mapping[Way, tuple[str, ...]] = {
    "mix": ("weights", "counts", "column", "total", "repeat", "seed"),
    "stratify": ("column", "total", "share", "seed"),
    "cap": ("column", "most", "prefer", "seed"),
    "diverse": ("count", "column", "method", "encoder", "clusters", "seed"),
    "difficulty": ("low", "high", "passed", "judged", "rate", "within", "confidence"),
    "curriculum": ("column", "stages", "easy", "order", "seed"),
}
NEEDS: Mapping[Way, tuple[str, ...]] = {
    "stratify": ("column", "total"),
    "cap": ("column", "most"),
    "diverse": ("count",),
}
"""Settings that have no default."""

DEFAULT_COLUMNS: Mapping[Way, str] = {"mix": "source", "diverse": "prompt", "curriculum": "pass_rate"}


class Select(Step):
    """Choose rows in one of six ways, those of `curate.select`; the others are dropped with the reason.

    `mix` by weights or counts of sources, `stratify` by the values of columns, `cap` the rows of one value, `diverse`
    in embedding space, `difficulty` by pass rate, `curriculum` in order and stages (drops none that can be placed).
    """

    kind: ClassVar[Kind] = "group"

    step: Literal["select"]
    by: Way
    column: str | tuple[str, ...] | None = Field(default=None, description="Of sources, strata, texts or difficulty.")
    weights: dict[str, Annotated[float, Field(ge=0, le=1e9)]] | None = Field(
        default=None, description="mix: share of each source, any scale."
    )
    counts: dict[str, int] | None = Field(default=None, description="mix: rows of each source, instead of weights.")
    total: int | None = Field(default=None, ge=0, description="mix, stratify: rows in all.")
    repeat: int | None = Field(
        default=None, ge=1, description="mix: how often a row may stand in it; once unless given."
    )
    share: Literal["proportional", "equal"] | None = Field(default=None, description="stratify: what a stratum gets.")
    most: int | None = Field(default=None, ge=0, description="cap: rows of each value at most.")
    prefer: str | None = Field(default=None, description="cap: random, first, highest COLUMN, lowest COLUMN.")
    count: int | None = Field(default=None, ge=0, description="diverse: how many rows.")
    method: Literal["k-center", "clusters"] | None = Field(default=None, description="diverse: k-center unless given.")
    encoder: str | None = Field(default=None, description="diverse: static, a folder, or a Hub name.")
    clusters: int | None = Field(default=None, ge=1, description="diverse: how many clusters.")
    low: float | None = Field(default=None, description="difficulty: the pass rate lies above this; 0 unless given.")
    high: float | None = Field(default=None, description="difficulty: and below this; 1 unless given.")
    passed: str | None = Field(default=None, description="difficulty: column of the answers that passed.")
    judged: str | None = Field(default=None, description="difficulty: column of the answers that were judged.")
    rate: str | None = Field(default=None, description="difficulty: column of pass rates, where there are no counts.")
    within: Literal["rate", "possibly", "surely"] | None = Field(
        default=None, description="difficulty: what lies in the band: the rate, some of its interval, or all of it."
    )
    confidence: float | None = Field(default=None, gt=0, lt=1, description="difficulty: of the interval; 0.95.")
    stages: int | None = Field(default=None, ge=1, description="curriculum: how many; 3 unless given.")
    easy: Literal["high", "low"] | None = Field(default=None, description="curriculum: which values are easy.")
    order: Literal["sorted", "shuffled"] | None = Field(default=None, description="curriculum: inside a stage.")
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    @field_validator("column", mode="before")
    @classmethod
    def _tuple(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _fits(self) -> Select:
        takes = TAKES[self.by]
        for name in self._given():
            if name not in takes:
                raise ValueError(f"'{name}' does not go with by: {self.by}{did_you_mean(name, takes)}")
        for name in NEEDS.get(self.by, ()):
            if getattr(self, name) is None:
                raise ValueError(f"by: {self.by} needs '{name}:'")
        if self.column is not None and not (self.column and all(self.column)):
            raise ValueError("column: names no column")
        if self.by == "mix" and (self.weights is None) == (self.counts is None):
            raise ValueError("by: mix needs weights: or counts:, one of them")
        if self.by != "stratify" and self.by != "cap" and isinstance(self.column, tuple):
            raise ValueError(f"by: {self.by} looks at one column")
        return self

    def _given(self) -> dict[str, Any]:
        """The settings that are set, beside those of every step."""
        beside = ("step", "name", "by")
        return {name: value for name, value in self if name not in beside and value is not None}

    def needs(self) -> frozenset[str]:
        """The columns that decide."""
        if self.by == "difficulty":
            return frozenset({self.rate} if self.rate else {self.passed or "passed", self.judged or "judged"})
        column = self.column or DEFAULT_COLUMNS[self.by]
        preferred = (self.prefer or "").partition(" ")[2]
        word, _, measured = column.partition(" ") if isinstance(column, str) else ("", "", "")
        columns = {measured} - {""} if self.by == "curriculum" and word == "length" else _names(column)
        return frozenset(columns | ({preferred} if preferred else set()))

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The stage, or the interval of the pass rate."""
        added = {"curriculum": {"stage"}, "difficulty": set() if self.rate else {"pass_low", "pass_high"}}
        return columns | added.get(self.by, set())

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The encoder's weights."""
        return {"encoder": self._encoder(context).identity} if self.by == "diverse" else {}

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Select from the whole table."""
        from curate.cleaning.selection import select

        options = self._given()
        if "seed" in TAKES[self.by]:
            options.setdefault("seed", context.seed)
        if self.by == "diverse":
            options["encoder"] = self._encoder(context)
        result = select(table, self.by, **options)
        context.progress.advance(table.height, 0, None)
        for warning in result.warnings:
            context.progress.say(f"{self.title}: {warning}")
        return result

    def _encoder(self, context: Context) -> Encoder:
        from curate.text.embed import STATIC, encoder

        name = self.encoder or STATIC
        return encoder(context.folder / name if name.startswith(".") else name)


def _names(column: str | tuple[str, ...]) -> set[str]:
    return {column} if isinstance(column, str) else set(column)
