"""`generate`: ask a model about each row, k times."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import ClassVar, Literal

import polars as pl

from curate.asking.questions import Ask
from curate.asking.settings import Asking
from curate.asking.spending import add_usage, priced, sum_usage
from curate.engines.base import Completion, Request
from curate.errors import EngineDown
from curate.result import ID, PARENT, REASON, Result, Usage
from curate.step import Context, Cost, Kind
from curate.text.thinking import split_thinking

CHUNK = 4096
"""Answers turned into columns at a time: so few are held as Python objects, however many rows there are."""

WRITES = (
    "completion",
    "thinking",
    "finish_reason",
    "model",
    "prompt_tokens",
    "completion_tokens",
    "sample",
    "response",
)


class Generate(Asking):
    """Ask `engine` for `n` answers to each row.

    The question is the row's `messages`, or its `prompt` as one user message, or a jinja template over its columns. A
    chat that ends with an answer is answered anew: `messages` then end before it. The answer comes apart: `thinking`
    (between think tags, or as the server kept it) and `completion` (the rest). With n > 1 each row becomes n children
    `<id>/0` .. `<id>/n-1`. A row that cannot be asked, or whose request failed for good, fails with the reason.
    """

    kind: ClassVar[Kind] = "expand"
    version: ClassVar[int] = 2

    step: Literal["generate"]

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The answer's columns are added, and `parent` with several answers."""
        return columns | set(WRITES) | ({PARENT} if self.n > 1 else set())

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """Requests that no stored answer serves, and their tokens at most."""
        if table is None:
            asked = rows * self.n
            most = Cost(asked, asked, completion_tokens=asked * self.max_tokens)
            return priced(most, context.settings[self.engine].price)
        return self.estimate(Ask(self, context), self.asked_of(table), context)

    def estimate(self, ask: Ask, table: pl.DataFrame, context: Context) -> Cost:
        """The cost of a pass over a table."""
        requests = stored = characters = 0
        for request in ask.requests(table):
            requests, characters = requests + 1, characters + sum(len(str(m["content"])) for m in request.messages)
        stored = sum(1 for key in ask.keys if key) - requests
        refused = next(iter(ask.refused.values()), "")
        remark = f"{len(ask.refused):,} of {len(ask.keys):,} requests {refused}" if refused else ""
        spent = requests * self.max_tokens
        counted = Cost(table.height * self.n, requests, stored, characters // 4, spent, remark=remark)
        return priced(counted, context.settings[self.engine].price)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask what no stored answer serves, then read every answer back from the journal."""
        ask, table = Ask(self, context), self.asked_of(table)
        missing = table.height * self.n
        context.progress.start(self.title, missing)
        answered = self._fetch(ask, ask.requests(table), context)
        if not answered and ask.errors and not ask.stored:
            raise self.down(len(ask.errors), next(iter(ask.errors.values())).error)
        if ask.stored:
            context.progress.say(f"{self.title}: {answered:,} answers came, {ask.stored:,} were stored before")
        return self.read(ask, table, context)

    def answers(self, ask: Ask, table: pl.DataFrame, context: Context) -> Result:
        """`run` for a step that asks in rounds, each with an `ask` of its own: here it is no end when all fail."""
        self._fetch(ask, ask.requests(table), context)
        return self.read(ask, table, context)

    def down(self, requests: int, reason: str | None) -> EngineDown:
        """The end, when nothing was answered."""
        return EngineDown(f"{self.title}: all {requests} requests failed; the first says: {reason}")

    def _fetch(self, ask: Ask, missing: Iterator[Request], context: Context) -> int:
        """Run the engine over the missing requests; every bundle is durable before the next is asked for.

        Returns how many were answered.
        """
        first = next(missing, None)
        if first is None:
            return 0
        price = context.settings[self.engine].price
        answered = stored = 0
        for bundle in context.engine(self.engine).complete(chain([first], missing)):
            context.journal.append(bundle)
            answered += sum(completion.error is None for completion in bundle)
            ask.errors.update({completion.key: completion for completion in bundle if completion.error is not None})
            tokens = sum(completion.completion_tokens for completion in bundle)
            prompts = sum(completion.prompt_tokens for completion in bundle)
            rows, stored = len(bundle) + ask.stored - stored, ask.stored
            context.progress.advance(rows, tokens, price.cost(prompts, tokens) if price else None)
        context.journal.flush()
        return answered

    def read(self, ask: Ask, table: pl.DataFrame, context: Context) -> Result:
        """The rows beside the answers that the journal holds, after a pass of `ask` over the table."""
        kept, failed, usage, retriable = [], [], Usage(), 0
        rows = max(1, CHUNK // self.n)
        for start in range(0, table.height, rows):
            part = table.slice(start, rows)
            answers = [self._answer(ask, start * self.n + offset) for offset in range(part.height * self.n)]
            retriable += sum(bool(answer.error) and answer.retriable for answer in answers)
            usage = add_usage(usage, answers)
            spread = part.select(pl.all().repeat_by(self.n).explode(empty_as_null=False)) if self.n > 1 else part
            good, bad = self._rows(spread, [place % self.n for place in range(len(answers))], answers, ask.model)
            kept.append(good)
            failed.append(bad)
        shape = self._rows(table.clear(), [], [], ask.model)
        return Result(
            kept=pl.concat([shape[0], *kept], how="vertical_relaxed", rechunk=True),
            failed=pl.concat([shape[1], *failed], how="vertical_relaxed", rechunk=True),
            usage=sum_usage([usage], context.settings[self.engine].price),
            retriable=retriable,
            notes={"engine": self.engine, "identity": dict(ask.identity)},
        )

    def _answer(self, ask: Ask, place: int) -> Completion:
        """The answer at `place` of `ask.keys`, from the journal, or the reason why there is none."""
        key = ask.keys[place]
        if not key:
            return Completion("", None, error=ask.refused[place], finish_reason="")
        found = ask.journal.find(key, self.max_tokens)
        return found or ask.errors.get(key) or Completion(key, None, error="no answer came", retriable=True)

    def _rows(
        self, spread: pl.DataFrame, samples: list[int], answers: list[Completion], model: str
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows of `spread`, each beside one answer and the number of its sample; the failed ones apart."""
        splits = [split_thinking(answer.text or "") for answer in answers]
        thinking = [answer.reasoning or split.thinking for answer, split in zip(answers, splits, strict=True)]
        columns = {
            "completion": pl.Series([split.answer for split in splits], dtype=pl.String),
            "thinking": pl.Series(thinking, dtype=pl.String),
            "finish_reason": pl.Series([answer.finish_reason for answer in answers], dtype=pl.String),
            "model": pl.Series([model] * len(answers), dtype=pl.String),
            "prompt_tokens": pl.Series([answer.prompt_tokens for answer in answers], dtype=pl.Int64),
            "completion_tokens": pl.Series([answer.completion_tokens for answer in answers], dtype=pl.Int64),
            "sample": pl.Series(samples, dtype=pl.Int64),
            "response": pl.Series([answer.key for answer in answers], dtype=pl.String),
        }
        if self.n > 1:
            ids = pl.Series(
                ID, [f"{row}/{sample}" for row, sample in zip(spread[ID], samples, strict=True)], dtype=pl.String
            )
            spread = spread.with_columns(pl.col(ID).alias(PARENT), ids)
        reasons = pl.Series(REASON, [answer.error for answer in answers], dtype=pl.String)
        good = spread.with_columns(**columns).filter(reasons.is_null())
        bad = spread.with_columns(reasons).filter(reasons.is_not_null())
        return good, bad
