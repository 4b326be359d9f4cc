"""`self_instruct`: a pool of tasks that begins with a few seeds and grows by what a model makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from math import ceil
from typing import Any, ClassVar, Final, Literal

import polars as pl
from pydantic import Field, field_validator

from curate.asking.spending import priced, sum_usage
from curate.growing.asking import TRIES, AskBounded
from curate.growing.bootstrapping import COLUMNS, Bootstrap
from curate.growing.numbered import write_list
from curate.growing.rules import Rules
from curate.growing.seeds import seeds_of, with_seeds
from curate.growing.shipped import text_of
from curate.prompts import Prompt, read_prompt
from curate.result import ID, REASON, Result
from curate.step import Context, Cost, Kind, Step, Unknown
from curate.steps.generate import Generate
from curate.table import slug

WRITES: Final = (*COLUMNS, "source")
READS: Final = ("tasks", "count", "first", "last")


class SelfInstruct(Step):
    """Grow a pool from the rows that come in, the seeds, until it has `rows` new tasks.

    A request shows a numbered list of `human` seeds and `machine` tasks made before (more seeds while there are too
    few) and asks for `tasks` more. A task stays when it keeps the rules and its ROUGE-L with every seed and every task
    kept is at most `novelty`; the others are dropped with the reason. `generate` then answers the tasks.

    Rounds end when there are enough; when `tries` times the requests that could do were made; or when the last
    rounds kept less than `min_yield` of the tasks they asked for. The notes and the build say which.
    """

    kind: ClassVar[Kind] = "pool"

    step: Literal["self_instruct"]
    engine: str = Field(description="An entry of engines:.")
    rows: int = Field(ge=1, description="New tasks wanted.")
    human: int = Field(default=6, ge=1, le=100, description="Seeds that a request shows.")
    machine: int = Field(default=2, ge=0, le=100, description="Tasks of the model's own that a request shows.")
    tasks: int = Field(default=8, ge=1, le=100, description="Tasks a request asks for; no more are taken of an answer.")
    prompt: str | None = Field(
        default=None, description="Jinja template over tasks (the numbered list), count, first and last, instead."
    )
    rules: Rules = Field(default=Rules(), description="What a task must be like.")
    novelty: float = Field(default=0.7, ge=0, le=1, description="Highest ROUGE-L F with a task of the pool.")
    keep_seeds: bool = Field(default=False, description="Let the seeds through beside the new tasks.")
    at_once: int = Field(default=16, ge=1, le=4096, description="Requests in a round at most; the paper makes 5.")
    tries: int = Field(default=4, ge=1, le=100, description="Bound of all requests, in times of the least possible.")
    min_yield: float = Field(default=0.02, ge=0, le=1, description="Tasks kept of those asked for, over 3 rounds.")
    temperature: float = Field(default=1.0, ge=0, le=10)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int = Field(default=1024, ge=1, description="Of one answer; the task it cuts off is dropped.")
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    @field_validator("prompt")
    @classmethod
    def _shows_tasks(cls, value: str | None) -> str | None:
        if value is not None:
            columns = read_prompt(value).columns
            if unknown := sorted(columns - {*READS}):
                raise ValueError(f"the template reads {', '.join(unknown)}; there are {', '.join(READS)}")
            if "tasks" not in columns:
                raise ValueError("the template shows no tasks: put {{ tasks }} in it")
        return value

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engine must exist."""
        return self._asking.names(engines)

    def needs(self) -> frozenset[str]:
        """Seeds stand in `prompt`."""
        return frozenset({"prompt"})

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The tasks with their lineage; the columns of the seeds only where these stay."""
        return frozenset(WRITES) | (columns if self.keep_seeds else frozenset())

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The engine, the words it is asked with, and the limit."""
        return {**self._asking.depends(context), "asked": self._prompt.text, "limit": context.limit}

    def prompts(self) -> Mapping[str, str]:
        """The template."""
        return {"": self._prompt.text}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """At most all tries; fewer where stored answers tell how many are needed."""
        wanted = self._rows(context)
        most, stored, characters = self._most(wanted), 0, 0
        if table is not None:
            pool = self._begin(table, context)
            while chats := self._chats(pool):
                ask = AskBounded(self._asking, context, chats)
                missing = sum(1 for _ in ask.requests(ask.rows))
                stored += len(chats) - missing
                if missing:
                    break
                pool.take(self._asking.read(ask, ask.rows, context))
            most = pool.most - pool.asked - len(chats) + missing if chats else 0
            characters = sum(len(chat[0]["content"]) for chat in chats.values()) * most // max(1, len(chats))
        cost = Cost(wanted + (rows if self.keep_seeds else 0), most, stored, characters // 4, most * self.max_tokens)
        return priced(cost, context.settings[self.engine].price)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask in rounds until the pool is large enough or will not be."""
        pool = self._begin(table, context)
        context.progress.start(self.title, None)
        while chats := self._chats(pool):
            pool.take(self._answers(chats, pool, context))
        told = pool.told()
        if told["short"]:
            why = {
                "yield": f"the last rounds kept less than {self.min_yield:.0%} of the tasks they asked for (min_yield)",
                "requests": f"after {pool.asked:,} requests, as many as tries: {self.tries} allows",
            }[pool.ended]
            context.progress.say(
                f"{self.title}: {told['short']:,} tasks fewer than wanted: {why}; `curate show` tells why tasks were "
                "dropped. More seeds, or seeds less alike, make more room"
            )
        return self._result(table, pool, told, context)

    @cached_property
    def _asking(self) -> Generate:
        return Generate(
            step="generate", name=self.title, engine=self.engine, temperature=self.temperature, top_p=self.top_p,
            max_tokens=self.max_tokens, seed=self.seed,
        )  # fmt: skip

    @cached_property
    def _prompt(self) -> Prompt:
        return read_prompt(self.prompt if self.prompt is not None else text_of("self_instruct"))

    def _rows(self, context: Context) -> int:
        return self.rows if context.limit is None else min(self.rows, context.limit)

    def _most(self, rows: int) -> int:
        return ceil(rows / self.tasks) * self.tries

    def _begin(self, table: pl.DataFrame, context: Context) -> Bootstrap:
        seeds = {name: text.strip() for name, text in seeds_of(table, self.title)[[ID, "prompt"]].iter_rows()}
        seed, rows = context.seed if self.seed is None else self.seed, self._rows(context)
        named = sha256("\0".join([str(seed), *map(str, seeds)]).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        return Bootstrap(
            f"{slug(self.title)[:80]}-{named}", seeds, rows, self.human, self.machine, self.tasks, self.at_once,
            self._most(rows), self.min_yield, self.novelty, self.rules, seed,
        )  # fmt: skip

    def _chats(self, pool: Bootstrap) -> dict[str, tuple[dict[str, str], ...]]:
        """The requests of the next round."""
        return {name: self._chat(pool.texts(shown)) for name, shown in pool.next().items()}

    def _chat(self, shown: list[str]) -> tuple[dict[str, str], ...]:
        first = len(shown) + 1
        row = {"tasks": write_list(shown), "count": self.tasks, "first": first, "last": first + self.tasks - 1}
        return ({"role": "user", "content": self._prompt.render(row)},)

    def _answers(self, chats: Mapping[str, tuple[dict[str, str], ...]], pool: Bootstrap, context: Context) -> Result:
        """The answers of a round; what failed is asked again at once.

        Raises EngineDown when nothing was answered in this round and in the last ones.
        """
        made = 0
        for _ in range(TRIES):
            ask = AskBounded(self._asking, context, chats)
            result = self._asking.answers(ask, ask.rows, context)
            made += ask.made
            if not result.failed.height:
                break
        if made and not result.kept.height and not pool.is_answered:
            raise self._asking.down(len(chats), result.failed[REASON][0])
        return result

    def _result(self, table: pl.DataFrame, pool: Bootstrap, told: Mapping[str, Any], context: Context) -> Result:
        made, dropped, failed = (part.with_columns(source=pl.lit(self.title)) for part in pool.tables())
        made, dropped, failed = with_seeds(table, made, dropped, failed, keep_seeds=self.keep_seeds)
        notes = {
            "engine": self.engine,
            "identity": dict(context.identity(self.engine)),
            "seeds": len(pool.seeds),
            **told,
        }
        return Result(
            kept=made,
            dropped=dropped,
            failed=failed,
            usage=sum_usage(pool.usages, context.settings[self.engine].price),
            notes=notes,
        )
