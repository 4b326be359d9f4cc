"""`evolve`: prompts are made harder or rarer round by round, and what became no better is told apart and dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator, model_validator

from curate.growing.asking import TRIES, AskBounded
from curate.growing.eliminating import LEAKS
from curate.growing.evolving import ANSWER, ANSWERED, JUDGE, LINEAGE, REWRITE, Chain, Chats, Evolving
from curate.growing.operations import NAMES, Operation, as_operation, asks_judge
from curate.result import ID, REASON, Result, Usage
from curate.steps.base import Context, Cost, Kind, Step, Unknown
from curate.steps.generate import Generate, sum_usage

JUDGE_TOKENS = 512


class Evolve(Step):
    """Rewrite each prompt `rounds` times, each time from the last that stood, by an operation drawn with equal chance.

    An evolution is dropped when it is cut off or longer than `most_words`, holds words of the request, is more than
    `alike` to its parent (or the `judge` calls it the same), or when its answer is a refusal, empty, or stop words
    only; its parent is then tried again in the next round. What stays are all evolutions, with their answers.
    """

    kind: ClassVar[Kind] = "pool"

    step: Literal["evolve"]
    engine: str = Field(description="An entry of engines:. It rewrites and answers.")
    rounds: int = Field(default=4, ge=1, le=20)
    operations: tuple[Operation, ...] = Field(
        default=tuple(Operation(name=name) for name in NAMES),
        min_length=1,
        description="Names of operations, or {name, how: a sentence} or {name, template: Jinja over prompt}.",
    )
    answer: bool = Field(default=True, description="Answer each evolution: without it no answer can eliminate one.")
    judge: str | None = Field(default=None, description="An entry of engines: that tells whether a prompt is the same.")
    alike: float = Field(default=0.9, ge=0, le=1, description="Highest ROUGE-L F of an evolution with its parent.")
    most_words: int = Field(default=400, ge=1, description="Words of an evolution at most.")
    leaks: tuple[str, ...] = Field(default=LEAKS, description="Words of the request that no evolution may hold.")
    keep_seeds: bool = Field(default=False, description="Let the rows that came in through beside the evolutions.")
    temperature: float = Field(default=1.0, ge=0, le=10)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int = Field(default=1024, ge=1, description="Of one rewrite or answer.")
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    @field_validator("operations", mode="before")
    @classmethod
    def _names_are_enough(cls, value: Any) -> Any:
        return tuple(as_operation(item) for item in value) if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _distinct(self) -> Evolve:
        names = [operation.name for operation in self.operations]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two operations are called '{twice[0]}'")
        return self

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engines must exist."""
        for field, engine in (("engine", self.engine), ("judge", self.judge)):
            if engine is not None and engine not in engines:
                yield Unknown((field,), engine, engines)

    def needs(self) -> frozenset[str]:
        """The prompt, and what the operations read beside it."""
        return frozenset({"prompt"}).union(*(operation.columns for operation in self.operations))

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The evolutions with their lineage; the columns of the rows only where these stay."""
        return frozenset(self._columns) | (columns if self.keep_seeds else frozenset())

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The engines, and the words they are asked with."""
        judge = {"judge": self._asks[JUDGE].depends(context)} if self.judge else {}
        return {**self._asks[REWRITE].depends(context), **judge, "asked": dict(self.prompts())}

    def prompts(self) -> Mapping[str, str]:
        """The request of each operation, and the judge's."""
        judge = {"judge": asks_judge("...", "...")} if self.judge else {}
        return {**{operation.name: operation.asks for operation in self.operations}, **judge}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """At most: every round of every prompt succeeds. Stored answers are followed as far as they go."""
        requests, stored = rows * self.rounds * len(self._parts), 0
        if table is not None:
            evolving = self._begin(table, context)
            requests = len(evolving.chains) * self.rounds * len(self._parts)
            while evolving.left:
                chats = evolving.next()
                ask = AskBounded(self._asks[evolving.part], context, chats)
                missing = sum(1 for _ in ask.requests(_ids(chats)))
                stored += len(chats) - missing
                if missing:
                    requests = missing + len(evolving.chains) * (evolving.left - 1)
                    break
                evolving.take(self._asks[evolving.part].read(ask, _ids(chats), context))
            else:
                requests = 0
        cost = Cost(rows * (self.rounds + self.keep_seeds), requests, stored, 0, requests * self.max_tokens)
        price = context.settings[self.engine].price
        return replace(cost, cost_usd=price.cost(0, cost.completion_tokens)) if price else cost

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask part by part: all prompts are rewritten, then judged, then answered, then the next round."""
        evolving = self._begin(table, context)
        context.progress.start(self.title, len(evolving.chains) * self.rounds * len(self._parts))
        usages: dict[str, list[Usage]] = {}
        while evolving.left:
            part, chats = evolving.part, evolving.next()
            result = self._answers(part, chats, context)
            if chats and not result.kept.height and not usages:
                raise self._asks[part].down(len(chats), result.failed[REASON][0])
            usages.setdefault(self._asks[part].engine, []).append(result.usage)
            evolving.take(result)
        return self._result(table, evolving, usages, context)

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        return (REWRITE, *([JUDGE] if self.judge else []), *([ANSWER] if self.answer else []))

    @cached_property
    def _columns(self) -> pl.Schema:
        return pl.Schema({**LINEAGE, **(ANSWERED if self.answer else {})})

    @cached_property
    def _asks(self) -> Mapping[str, Generate]:
        """The step that asks each part."""
        writes = Generate(
            step="generate", name=self.title, engine=self.engine, temperature=self.temperature, top_p=self.top_p,
            max_tokens=self.max_tokens, seed=self.seed,
        )  # fmt: skip
        judges = Generate(
            step="generate", name=self.title, engine=self.judge or self.engine, temperature=0.0,
            max_tokens=JUDGE_TOKENS, seed=self.seed,
        )  # fmt: skip
        return {REWRITE: writes, JUDGE: judges, ANSWER: writes}

    def _begin(self, table: pl.DataFrame, context: Context) -> Evolving:
        rows = table.filter(_said()).iter_rows(named=True)
        chains = {row[ID]: Chain(row, row[ID], row["prompt"].strip()) for row in rows}
        seed = context.seed if self.seed is None else self.seed
        return Evolving(
            chains, self.operations, self.rounds, self._parts, self.alike, self.most_words, self.leaks, seed
        )

    def _answers(self, part: str, chats: Chats, context: Context) -> Result:
        """The answers of a part; what failed is asked again at once."""
        asking = self._asks[part]
        for _ in range(TRIES):
            ask = AskBounded(asking, context, chats)
            result = asking.answers(ask, _ids(chats), context)
            if not result.failed.height:
                break
        return result

    def _result(
        self, table: pl.DataFrame, evolving: Evolving, usages: Mapping[str, list[Usage]], context: Context
    ) -> Result:
        told = pl.Schema({**self._columns, REASON: pl.String()})
        kept = pl.DataFrame(evolving.lines(kept=True), schema=self._columns)
        dropped = pl.DataFrame(evolving.lines(), schema=told)
        failed = pl.DataFrame(evolving.lines(failed=True), schema=told)
        seeds = table.filter(_said())
        silent = table.filter(~_said()).with_columns(pl.lit("its prompt is empty").alias(REASON))
        if not self.keep_seeds:
            left = seeds.with_columns(pl.lit("a seed (keep_seeds lets them through)").alias(REASON))
            dropped = pl.concat([left, dropped], how="diagonal_relaxed")
        prices = {name: context.settings[name].price for name in usages}
        spent = [sum_usage(parts, prices[name]) for name, parts in usages.items()]
        costs = [usage.cost_usd for usage in spent]
        cost = None if None in costs else sum(cost for cost in costs if cost is not None)
        return Result(
            kept=pl.concat([seeds, kept], how="diagonal_relaxed") if self.keep_seeds else kept,
            dropped=dropped,
            failed=pl.concat([silent, failed], how="diagonal_relaxed"),
            usage=replace(sum_usage(spent, None), cost_usd=cost),
            notes={
                "engine": self.engine, "identity": dict(context.identity(self.engine)), "seeds": seeds.height,
                **evolving.told(),
            },
        )  # fmt: skip


def _said() -> pl.Expr:
    return pl.col("prompt").fill_null("").str.strip_chars() != ""


def _ids(chats: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame({ID: list(chats)}, schema={ID: pl.String})
