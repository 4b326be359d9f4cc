"""`judge`: a model rates the answers to one prompt side by side, aspect by aspect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from curate.asking.questions import Ask, AskChats
from curate.asking.spending import sum_usage
from curate.errors import DataError, did_you_mean
from curate.judging.aspects import ASPECTS, question
from curate.judging.sheets import Group, Ratings, Sheet, make_sheets, shown_prompt
from curate.result import ID, PARENT, REASON, Result
from curate.step import Context, Cost, Kind, Step, Unknown, unknown
from curate.steps.generate import Generate


class Aspect(BaseModel):
    """What to rate: a name, and the scale from 1 to 5 unless the name is one that ships with curate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Ratings go to score.<name>.")
    scale: str | None = Field(default=None, min_length=20, description="What 1, 2, 3, 4 and 5 mean.")

    @property
    def words(self) -> str:
        """The scale."""
        return self.scale or ASPECTS.get(self.name, self.name)


class Judge(Step):
    """Rate every `completion` from 1 to 5 by each aspect, in one request for all answers that share `by`.

    Writes `score.<aspect>` and `why.<aspect>`, and the mean of the aspects as `score.<into>` (null where a rating is
    missing); drops nothing. The order in which answers are shown is drawn from the seed for each aspect and prompt, so
    that no place is always the same answer's; the notes tell the mean rating of each place.
    """

    kind: ClassVar[Kind] = "group"

    step: Literal["judge"]
    engine: str = Field(description="An entry of engines:.")
    aspects: tuple[Aspect, ...] = Field(
        default=tuple(Aspect(name=name) for name in ASPECTS), min_length=1,
        description="Names that ship with curate, or {name: ..., scale: what 1 to 5 mean}.",
    )  # fmt: skip
    by: str = Field(default=PARENT, description="The column that answers to one prompt share.")
    into: str = Field(default="judge", description="The mean goes to score.<into>.")
    at_once: int = Field(default=8, ge=1, le=64, description="Answers in one request at most.")
    temperature: float = Field(default=0.0, ge=0, le=10)
    max_tokens: int = Field(default=1024, ge=16, description="Of one answer of the judge, thinking included.")
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    @field_validator("aspects", mode="before")
    @classmethod
    def _names_are_enough(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return tuple({"name": item} if isinstance(item, str) else item for item in value)

    @model_validator(mode="after")
    def _distinct(self) -> Judge:
        names = [aspect.name for aspect in self.aspects] + [self.into]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"score.{twice[0]} would be written twice; give each aspect, and into:, a name of its own")
        return self

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engine must exist, and an aspect without a scale."""
        yield from unknown(("engine",), self.engine, engines)
        for number, aspect in enumerate(self.aspects):
            if aspect.scale is None:
                yield from unknown(("aspects", number), aspect.name, ASPECTS)

    def needs(self) -> frozenset[str]:
        """The answers, and what they share."""
        return frozenset({"completion", self.by})

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """Ratings and reasons are added."""
        names = [*(aspect.name for aspect in self.aspects), self.into]
        return columns | {f"{what}.{name}" for what in ("score", "why") for name in names}

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The engine, and the words it is asked with."""
        asked = [question("", [""], aspect.words) for aspect in self.aspects]
        return {**self._asking.depends(context), "asked": asked}

    def prompts(self) -> Mapping[str, str]:
        """The request for each aspect."""
        return {aspect.name: question("...", ["..."], aspect.words) for aspect in self.aspects}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """A request for each aspect and prompt; where the rows are not known, for each of them at most."""
        if table is None:
            cost = self._asking.cost(None, rows * len(self.aspects), context)
        else:
            sheets = self._sheets(table, context)
            cost = self._asking.estimate(ask := self._ask(sheets, context), ask.rows, context)
        return replace(cost, rows=rows if table is None else table.height)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask about all prompts, then read the ratings."""
        sheets = self._sheets(table, context)
        context.progress.start(self.title, len(sheets))
        ask = self._ask(sheets, context)
        result = self._asking.answers(ask, ask.rows, context)
        if sheets and not result.kept.height:
            raise self._asking.down(result.failed.height, result.failed[REASON][0])
        rated = Ratings(table.height, len(self.aspects))
        for name, said, finish in result.kept.select(ID, "completion", "finish_reason").iter_rows():
            rated.take(sheets[name], said, is_cut=finish == "length")
        for name, reason in result.failed.select(ID, REASON).iter_rows():
            rated.fail(sheets[name], reason)
        names = [aspect.name for aspect in self.aspects]
        labels = {name: rated.of(place) for place, name in enumerate(names)} | {self.into: rated.means(names)}
        if unrated := [why for name in names for value, why in labels[name] if value is None]:
            told = f"{len(unrated):,} of {table.height * len(names):,} ratings are missing; the first: {unrated[0]}"
            context.progress.say(f"{self.title}: {told}")
        notes = {
            "engine": self.engine, "identity": dict(context.identity(self.engine)), "requests": len(sheets),
            "unrated": {name: sum(value is None for value, _ in given) for name, given in labels.items()},
            "mean_by_place": rated.by_place(),
        }  # fmt: skip
        return Result(
            kept=table.with_columns(
                pl.Series(f"{what}.{name}", [one[part] for one in given], dtype=dtype)
                for name, given in labels.items()
                for part, (what, dtype) in enumerate((("score", pl.Float64), ("why", pl.String)))
            ),
            notes=notes,
            usage=sum_usage([result.usage], context.settings[self.engine].price),
            retriable=result.retriable,
        )

    @cached_property
    def _asking(self) -> Generate:
        return Generate(
            step="generate", name=self.title, engine=self.engine, temperature=self.temperature,
            max_tokens=self.max_tokens, seed=self.seed,
        )  # fmt: skip

    def _ask(self, sheets: Mapping[str, Sheet], context: Context) -> AskChats:
        return AskChats(self._asking, context, {name: sheet.chat for name, sheet in sheets.items()})

    def _sheets(self, table: pl.DataFrame, context: Context) -> dict[str, Sheet]:
        """What to show, in the order of the table."""
        missing = sorted(self.needs() - set(table.columns))
        if missing:
            raise DataError(f"{self.title}: no column '{missing[0]}'{did_you_mean(missing[0], table.columns)}")
        if table.schema[self.by].is_nested():
            raise DataError(f"{self.title}: by: column '{self.by}' holds {table.schema[self.by]}, no plain values")
        Ask(self._asking, context).require(table.columns)
        groups: dict[Any, Group] = {}
        for place, row in enumerate(table.iter_rows(named=True)):
            shared = ("alone", row[ID]) if row[self.by] is None else ("group", row[self.by])
            group = groups.setdefault(shared, Group(shown_prompt(row)))
            if isinstance(row["completion"], str) and row["completion"].strip():
                group.rows.append((place, row[ID], row["completion"]))
        scales = [(aspect.name, aspect.words) for aspect in self.aspects]
        seed = context.seed if self.seed is None else self.seed
        return dict(make_sheets(list(groups.values()), scales, self.at_once, seed))
