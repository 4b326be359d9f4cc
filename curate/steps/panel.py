"""`panel`: answers of several models, each under a system message that is drawn too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator

from curate.asking.questions import Ask, AskChats
from curate.asking.settings import Template
from curate.asking.spending import sum_usage
from curate.engines.base import Message
from curate.prompts import PromptError, read_prompt
from curate.result import ID, PARENT, REASON, Result, cost_of
from curate.step import Context, Cost, Kind, Step, Unknown, unknown
from curate.steps.generate import WRITES, Generate

ENGINE, PRINCIPLE, SAMPLE = "engine", "principle", "sample"


class Panel(Step):
    """Ask `n` of the engines about each row, one answer each; with `systems:` every answer under one of them.

    As UltraFeedback (arXiv 2310.01377) draws 4 of 17 models and a principle for each prompt. Engines are drawn without
    putting back until none is left, so an answer's siblings come from others as far as there are others. Each row
    becomes n children `<id>/0` .. `<id>/n-1`, with the columns that `generate` writes, `engine` and `principle`.
    """

    kind: ClassVar[Kind] = "expand"
    version: ClassVar[int] = 2

    step: Literal["panel"]
    engines: tuple[str, ...] = Field(min_length=1, description="Entries of engines:.")
    n: int = Field(default=4, ge=1, le=1024, description="Answers for each row.")
    systems: dict[str, Template] = Field(
        default_factory=dict, description="Name: jinja template of a system message; one is drawn for each answer."
    )
    temperature: float = Field(default=1.0, ge=0, le=10)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int = Field(default=1024, ge=1, description="Of one answer, thinking included.")
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    @field_validator("engines")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("an engine is named twice")
        return value

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engines must exist."""
        for place, engine in enumerate(self.engines):
            yield from unknown(("engines", place), engine, engines)

    def needs(self) -> frozenset[str]:
        """What the system messages are made of."""
        return frozenset().union(*(read_prompt(text).columns for text in self.systems.values()))

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The answers' columns, and who answered under what."""
        return columns | {*WRITES, PARENT, ENGINE} | ({PRINCIPLE} if self.systems else set())

    def depends(self, context: Context) -> Mapping[str, Any]:
        """All engines."""
        return {name: asking.depends(context) for name, asking in self._asking.items()}

    def prompts(self) -> Mapping[str, str]:
        """The system messages."""
        return {"": "(the row's own prompt or messages)", **self.systems}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """The sum over the engines."""
        if table is None:
            share = -(-rows * self.n // len(self.engines))
            parts = [asking.cost(None, share, context) for asking in self._asking.values()]
        else:
            drawn, chats, _ = self._draw(table, context)
            parts = [
                asking.estimate(AskChats(asking, context, chats), drawn.filter(pl.col(ENGINE) == name), context)
                for name, asking in self._asking.items()
            ]
        return Cost(
            rows * self.n, sum(part.requests for part in parts), sum(part.stored for part in parts),
            sum(part.prompt_tokens for part in parts), sum(part.completion_tokens for part in parts),
            cost_of(parts),
        )  # fmt: skip

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask one engine after the other; an engine that answers nothing is down."""
        drawn, chats, refused = self._draw(table, context)
        context.progress.start(self.title, drawn.height)
        results = []
        for name, asking in self._asking.items():
            mine = drawn.filter(pl.col(ENGINE) == name)
            result = asking.answers(AskChats(asking, context, chats), mine, context)
            if mine.height and not result.kept.height:
                raise asking.down(mine.height, f"engine '{name}': {result.failed[REASON][0]}")
            results.append(result)
        order = {row: place for place, row in enumerate(drawn[ID])}
        kept, failed = (
            pl.concat(parts, how="vertical_relaxed").sort(pl.col(ID).replace_strict(order, return_dtype=pl.Int64))
            for parts in ([result.kept for result in results], [result.failed for result in results])
        )
        usages = {name: result.usage for name, result in zip(self._asking, results, strict=True)}
        return Result(
            kept=kept.with_columns(pl.Series(SAMPLE, _numbers(kept), dtype=pl.Int64)),
            failed=pl.concat([failed, refused], how="diagonal_relaxed"),
            notes=self._notes(drawn, context) | {"cost_usd": {name: usage.cost_usd for name, usage in usages.items()}},
            usage=sum_usage(list(usages.values()), None),
            retriable=sum(result.retriable for result in results),
        )

    def _notes(self, drawn: pl.DataFrame, context: Context) -> dict[str, Any]:
        identities = {name: dict(context.identity(name)) for name in self.engines}
        models = ", ".join(str(identity.get("model", name)) for name, identity in identities.items())
        asked = dict(sorted(drawn[ENGINE].value_counts().iter_rows()))
        return {
            "engine": ", ".join(self.engines), "identity": {"model": models}, "identities": identities, "asked": asked
        }  # fmt: skip

    @cached_property
    def _asking(self) -> dict[str, Generate]:
        return {
            name: Generate(
                step="generate", name=self.title, engine=name, temperature=self.temperature, top_p=self.top_p,
                max_tokens=self.max_tokens, seed=self.seed,
            )
            for name in self.engines
        }  # fmt: skip

    def _draw(
        self, table: pl.DataFrame, context: Context
    ) -> tuple[pl.DataFrame, dict[str, tuple[Message, ...]], pl.DataFrame]:
        """The children with the engine and the principle of each, their chats, and children that cannot be asked."""
        ask = Ask(self._asking[self.engines[0]], context)
        ask.require(table.columns)
        table = ask.step.asked_of(table)
        chats: dict[str, tuple[Message, ...]] = {}
        drawn, reasons = list[tuple[str, int, str, str | None]](), list[str | None]()
        for place, row in enumerate(table.iter_rows(named=True)):
            engines = sorted(self.engines, key=lambda engine: _lot(ask.seed, row[ID], engine))
            for number in range(self.n):
                child = f"{row[ID]}/{number}"
                principle = min(self.systems, key=lambda name: _lot(ask.seed, child, name), default=None)
                drawn.append((child, place, engines[number % len(engines)], principle))
                try:
                    chats[child] = self._chat(ask.question(row)[0], principle, row)
                    reasons.append(None)
                except PromptError as broken:
                    reasons.append(f"cannot be asked: {broken}")
        columns = {ID: pl.String, "place": pl.Int64, ENGINE: pl.String, PRINCIPLE: pl.String}
        made = pl.DataFrame(drawn, schema=columns, orient="row")
        rows = table[made["place"]].with_columns(pl.col(ID).alias(PARENT), made[ID], made[ENGINE])
        rows = rows.with_columns(made[PRINCIPLE]) if self.systems else rows
        why = pl.Series(REASON, reasons, dtype=pl.String)
        return rows.filter(why.is_null()), chats, rows.with_columns(why).filter(why.is_not_null())

    def _chat(
        self, question: tuple[Message, ...], principle: str | None, row: Mapping[str, Any]
    ) -> tuple[Message, ...]:
        if principle is None:
            return question
        own = question[1:] if question[0].get("role") == "system" else question
        return ({"role": "system", "content": read_prompt(self.systems[principle]).render(row)}, *own)


def _numbers(kept: pl.DataFrame) -> list[int]:
    """The number of each child among its siblings."""
    return [int(row.rpartition("/")[2]) for row in kept[ID]]


def _lot(seed: int, row: str, name: str) -> bytes:
    return sha256(f"{seed}:{row}:{name}".encode("utf-8", "surrogatepass")).digest()
