"""`evolve`: prompts are made harder or rarer round by round, and what became no better is told apart and dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator, model_validator

from curate.asking.questions import AskChats
from curate.asking.spending import priced, sum_usage
from curate.growing.eliminating import LEAKS
from curate.growing.evolving import ANSWER, ANSWERED, JUDGE, LINEAGE, REWRITE, Chain, Evolving
from curate.growing.operations import NAMES, Operation, as_operation, asks_judge
from curate.growing.seeds import seeds_of, with_seeds
from curate.result import ID, REASON, Result, Usage, cost_of
from curate.step import Context, Cost, Kind, Step, Unknown, unknown
from curate.steps.generate import Generate

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
        yield from unknown(("engine",), self.engine, engines)
        yield from unknown(("judge",), self.judge, engines)

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
        asked, stored, characters = Counter(dict.fromkeys(self._parts, rows * self.rounds)), 0, 0
        if table is not None:
            evolving, asked = self._begin(table, context), Counter[str]()
            while evolving.left:
                part, chats = evolving.part, evolving.next()
                ask = AskChats(self._asks[part], context, chats)
                missing = [request.row for request in ask.requests(ask.rows)]
                stored += len(chats) - len(missing)
                ahead = evolving.ahead
                asked += {one: len(missing) * ahead[one] for one in ahead}
                characters += sum(len(chats[row][0]["content"]) for row in missing) * ahead.total()
                evolving.take(self._asks[part].read(ask, ask.rows, context))
        spent = [
            self._spent(part, count, characters // max(1, asked.total()), context) for part, count in asked.items()
        ]
        return Cost(
            rows * (self.rounds + self.keep_seeds), asked.total(), stored, sum(cost.prompt_tokens for cost in spent),
            sum(cost.completion_tokens for cost in spent), cost_of(spent),
        )  # fmt: skip

    def _spent(self, part: str, requests: int, characters: int, context: Context) -> Cost:
        """What so many requests of a part take, each of so many characters."""
        asking = self._asks[part]
        cost = Cost(0, requests, 0, requests * characters // 4, requests * asking.max_tokens)
        return priced(cost, context.settings[asking.engine].price)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask part by part: all prompts are rewritten, then judged, then answered, then the next round."""
        evolving = self._begin(table, context)
        context.progress.start(self.title, len(evolving.chains) * self.rounds * len(self._parts))
        usages, retriable = dict[str, list[Usage]](), 0
        while evolving.left:
            part, chats = evolving.part, evolving.next()
            asking = self._asks[part]
            ask = AskChats(asking, context, chats)
            result = asking.answers(ask, ask.rows, context)
            if chats and not result.kept.height and not usages:
                raise asking.down(len(chats), result.failed[REASON][0])
            usages.setdefault(asking.engine, []).append(result.usage)
            retriable += result.retriable
            evolving.take(result)
        return replace(self._result(table, evolving, usages, context), retriable=retriable)

    @property
    def engines(self) -> tuple[str, ...]:
        """Engines it asks beside `engine`, for the lock of a run."""
        return (self.judge,) if self.judge else ()

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
        rows = seeds_of(table, self.title).iter_rows(named=True)
        chains = {row[ID]: Chain(row, row[ID], row["prompt"].strip()) for row in rows}
        seed = context.seed if self.seed is None else self.seed
        return Evolving(
            chains, self.operations, self.rounds, self._parts, self.alike, self.most_words, self.leaks, seed
        )

    def _result(
        self, table: pl.DataFrame, evolving: Evolving, usages: Mapping[str, list[Usage]], context: Context
    ) -> Result:
        told = pl.Schema({**self._columns, REASON: pl.String()})
        kept = pl.DataFrame(evolving.lines(kept=True), schema=self._columns)
        dropped = pl.DataFrame(evolving.lines(), schema=told)
        failed = pl.DataFrame(evolving.lines(failed=True), schema=told)
        kept, dropped, failed = with_seeds(table, kept, dropped, failed, keep_seeds=self.keep_seeds)
        prices = {name: context.settings[name].price for name in usages}
        spent = {name: sum_usage(parts, prices[name]) for name, parts in usages.items()}
        return Result(
            kept=kept,
            dropped=dropped,
            failed=failed,
            usage=sum_usage(list(spent.values()), None),
            notes={
                "engine": self.engine, "identity": dict(context.identity(self.engine)), "seeds": len(evolving.chains),
                "cost_usd": {name: usage.cost_usd for name, usage in spent.items()}, **evolving.told(),
            },
        )  # fmt: skip
