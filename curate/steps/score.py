"""`score`: a number for every row, from a model in this process or from a judge behind an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, model_validator

from curate.cleaning.rules.rubric import RUBRICS, grade, question
from curate.cleaning.rules.scoring import score_rows, with_scores
from curate.errors import DataError, did_you_mean
from curate.result import ID, Result
from curate.step import Context, Cost, Kind, Step, Unknown, unknown
from curate.steps.generate import Generate


class Score(Step):
    """Write `score.<into>` and `why.<into>` for `column`; drops nothing.

    `by: perplexity`, `by: classifier` (say `model:`, and the `label:` that is meant) and `by: reward_model` load a
    model here; `by: judge` asks `engine:` for a grade from 0 to 5 by `rubric:`, and every answer is stored.
    """

    kind: ClassVar[Kind] = "map"

    step: Literal["score"]
    by: Literal["perplexity", "classifier", "reward_model", "judge"]
    column: str = Field(default="completion", description="The text to score.")
    label: str | None = Field(default=None, description="Of a classifier: whose probability is the score.")
    into: str | None = Field(default=None, description="The score goes to score.<into>; `by` unless given.")
    model: str | None = Field(default=None, description="house, a folder or a Hub model; not for a judge.")
    revision: str | None = None
    engine: str | None = Field(default=None, description="An entry of engines:, for a judge.")
    rubric: str = Field(default="quality", description="educational, quality, or your own words for 0 to 5.")
    max_tokens: int = Field(default=512, ge=16, description="Of a judge's answer, thinking included.")

    @model_validator(mode="after")
    def _fits(self) -> Score:
        if (self.by == "judge") != (self.engine is not None):
            raise ValueError("a judge needs engine:, and nothing else takes one")
        if self.by in ("classifier", "reward_model") and self.model is None:
            raise ValueError(f"{self.by} needs model:")
        return self

    @property
    def score(self) -> str:
        """The name in `score.<into>`."""
        return self.into or self.by

    @cached_property
    def _asking(self) -> Generate:
        return Generate(
            step="generate", name=self.title, engine=self.engine or "", temperature=0.0, max_tokens=self.max_tokens
        )

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engine must exist, and a rubric in one word."""
        yield from unknown(("engine",), self.engine, engines)
        if " " not in self.rubric:
            yield from unknown(("rubric",), self.rubric, RUBRICS)

    def needs(self) -> frozenset[str]:
        """The text."""
        return frozenset({self.column})

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The score and its reason are added."""
        return columns | {f"score.{self.score}", f"why.{self.score}"}

    def depends(self, context: Context) -> Mapping[str, Any]:
        """What changes a judge's answers: its engine, and the words it is asked with."""
        if self.by != "judge":
            return {}
        return {**self._asking.depends(context), "rubric": question("", self.rubric)}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """A judge's requests; models in this process ask nobody."""
        if self.by != "judge":
            return Cost(rows)
        return self._asking.cost(None if table is None else self._questions(table), rows, context)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Score all rows."""
        if self.column not in table.columns:
            raise DataError(
                f"{self.title}: no column '{self.column}' to score{did_you_mean(self.column, table.columns)}"
            )
        if self.by == "judge":
            return self._judged(table, context)
        options = {"model": self.model, "revision": self.revision, "label": self.label}
        given = {name: value for name, value in options.items() if value is not None}
        try:
            result = score_rows(table, self.by, column=self.column, name=self.score, **given)
        except DataError as broken:
            raise DataError(f"{self.title}: {broken}") from broken
        context.progress.advance(table.height, 0, None)
        return result

    def _questions(self, table: pl.DataFrame) -> pl.DataFrame:
        """A message for each row that has a text; equal texts are told apart by their row's id only."""
        some = table.filter(pl.col(self.column).str.strip_chars() != "").select(ID, text=self.column)
        asked = [[{"role": "user", "content": question(text, self.rubric)}] for text in some["text"]]
        message = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
        return some.with_columns(pl.Series("messages", asked, dtype=message))

    def _judged(self, table: pl.DataFrame, context: Context) -> Result:
        asked = self._asking.run(self._questions(table), context)
        told = dict(zip(asked.kept[ID], zip(asked.kept["text"], asked.kept["completion"], strict=True), strict=True))
        failed = dict(zip(asked.failed[ID], asked.failed["reason"], strict=True)) if asked.failed.height else {}
        scored = [
            grade(*told[row]) if row in told else (None, failed.get(row, "the text is empty")) for row in table[ID]
        ]
        return with_scores(table, self.score, scored, usage=asked.usage, retriable=asked.retriable)
