"""`generate`: ask a model about each row, k times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, repeat
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import polars as pl
from pydantic import AfterValidator, Field, model_validator

from curate.engines.base import Completion, Keys, Request, Sampling
from curate.errors import DataError, EngineDown
from curate.prompts import Prompt, PromptError, read_prompt, template_names, template_text
from curate.result import ID, PARENT, REASON, Result, Usage, cost_of
from curate.steps.base import Context, Cost, Kind, Step, Unknown, unknown
from curate.text.thinking import split_thinking

if TYPE_CHECKING:
    from curate.engines.base import Message
    from curate.engines.settings import Price

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


def _readable(text: str) -> str:
    read_prompt(text)
    return text


Template = Annotated[str, AfterValidator(_readable)]
"""A jinja template of a recipe, which can be read."""


class Generate(Step):
    """Ask `engine` for `n` answers to each row.

    The question is the row's `messages`, or its `prompt` as one user message, or a jinja template over its columns.
    The answer comes apart: `thinking` (between think tags, or as the server kept it) and `completion` (the rest).
    With n > 1 each row becomes n children `<id>/0` .. `<id>/n-1`. A row that cannot be asked, or whose request failed
    for good, is a failed row with the reason.
    """

    kind: ClassVar[Kind] = "expand"

    step: Literal["generate"]
    engine: str = Field(description="An entry of engines:.")
    prompt: Template | None = Field(
        default=None, description="Jinja template of the user message, over the row's columns."
    )
    template: str | None = Field(default=None, description="Name of a template that ships with curate, instead.")
    system: Template | None = Field(default=None, description="Jinja template of a system message.")
    n: int = Field(default=1, ge=1, le=1024, description="Answers for each row.")
    temperature: float = Field(default=1.0, ge=0, le=10)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=1)
    min_p: float | None = Field(default=None, ge=0, le=1)
    max_tokens: int = Field(default=1024, ge=1, description="Of one answer, thinking included.")
    stop: tuple[str, ...] = ()
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    @model_validator(mode="after")
    def _one_template(self) -> Generate:
        if self.prompt is not None and self.template is not None:
            raise ValueError("give prompt: or template:, not both")
        return self

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engine and the template must exist."""
        yield from unknown(("engine",), self.engine, engines)
        yield from unknown(("template",), self.template, template_names())

    def needs(self) -> frozenset[str]:
        """What the templates read; without a template, the prompt itself is looked for when the step runs."""
        asked = _Asked.of(self)
        return (asked.user.columns if asked.user else frozenset()) | (
            asked.system.columns if asked.system else frozenset()
        )

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The answer's columns are added, and `parent` with several answers."""
        return columns | set(WRITES) | ({PARENT} if self.n > 1 else set())

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The engine's settings that change answers, its identity, and the text of a shipped template."""
        says = context.settings[self.engine].says()
        identity = context.identity(self.engine)
        return {
            "engine": says,
            "identity": identity,
            "template": template_text(self.template) if self.template else None,
        }

    def prompts(self) -> Mapping[str, str]:
        """The templates."""
        text = self.prompt if self.prompt is not None else template_text(self.template) if self.template else None
        system = {"system": self.system} if self.system else {}
        return {**system, "": text if text is not None else "(the row's own prompt or messages)"}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """Requests that no stored answer serves, and their tokens at most."""
        if table is None:
            asked = rows * self.n
            most = Cost(asked, asked, completion_tokens=asked * self.max_tokens)
            return priced(most, context.settings[self.engine].price)
        return self.estimate(Ask(self, context), table, context)

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
        ask = Ask(self, context)
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


@dataclass(frozen=True)
class _Asked:
    """The templates of a step, read."""

    user: Prompt | None
    system: Prompt | None

    @classmethod
    def of(cls, step: Generate) -> _Asked:
        text = step.prompt if step.prompt is not None else template_text(step.template) if step.template else None
        return cls(read_prompt(text) if text is not None else None, read_prompt(step.system) if step.system else None)

    def messages(self, row: Mapping[str, Any]) -> tuple[Message, ...]:
        """The chat to send for a row. Raises PromptError when the row has nothing to ask."""
        system = ({"role": "system", "content": self.system.render(row)},) if self.system else ()
        if self.user is not None:
            return (*system, {"role": "user", "content": self.user.render(row)})
        if row.get("messages"):
            return (*system, *({k: v for k, v in message.items() if v is not None} for message in row["messages"]))
        if not isinstance(row.get("prompt"), str):
            raise PromptError(
                f"prompt is {type(row.get('prompt')).__name__}, not text"
                if row.get("prompt") is not None
                else "prompt is null"
            )
        return (*system, {"role": "user", "content": row["prompt"]})


class Ask:
    """One pass over a table: the key of every answer, and the requests that no stored answer serves.

    keys: by row, then sample; "" for a row that cannot be asked (its reason is in `refused`).
    """

    def __init__(self, step: Generate, context: Context) -> None:
        self.step, self.asked, self.journal = step, _Asked.of(step), context.journal
        self.identity = context.identity(step.engine)
        self.model = str(self.identity.get("model", context.settings[step.engine].engine))
        self.seed = context.seed if step.seed is None else step.seed
        self.sampling = Sampling(step.temperature, step.top_p, step.top_k, step.min_p, step.max_tokens, step.stop)
        self.naming = Keys(self.identity, self.sampling)
        self.keys: list[str] = []
        self.refused: dict[int, str] = {}
        self.errors: dict[str, Completion] = {}
        self.stored = 0

    def requests(self, table: pl.DataFrame, samples: Sequence[range] | None = None) -> Iterator[Request]:
        """Requests still to be asked, in the order of the rows; keys of all answers are noted on the way.

        samples: which samples of each row; all n unless given.
        """
        self.require(table.columns)
        numbers = samples if samples is not None else repeat(range(self.step.n), table.height)
        for row, wanted in zip(table.iter_rows(named=True), numbers, strict=True):
            try:
                messages, prefix = self.question(row)
            except PromptError as broken:
                for _ in wanted:
                    self.refused[len(self.keys)] = f"cannot be asked: {broken}"
                    self.keys.append("")
                continue
            draws = [(sample_seed(self.seed, row[ID], sample), sample) for sample in wanted]
            for (seed, sample), key in zip(draws, self.naming.of(messages, draws, prefix), strict=True):
                self.keys.append(key)
                if self.journal.find(key, self.step.max_tokens) is not None:
                    self.stored += 1
                elif (refusal := self.journal.refused(key, self.step.max_tokens)) is not None:
                    self.errors[key] = refusal
                else:
                    yield Request(key, row[ID], messages, self.sampling, seed, sample, prefix=prefix)

    def require(self, columns: Sequence[str]) -> None:
        """Raise DataError when no row could have anything to ask."""
        if self.asked.user is None and not {"prompt", "messages"} & set(columns):
            raise DataError(
                f"{self.step.title}: rows with neither prompt nor messages (they have: {', '.join(columns)}). "
                "Give prompt: a template over these columns, or rename one in load: {columns: {prompt: ...}}"
            )

    def question(self, row: Mapping[str, Any]) -> tuple[tuple[Message, ...], str | None]:
        """The messages to send for a row, or a bare prefix. Raises PromptError when the row has nothing to ask."""
        return self.asked.messages(row), None


class AskChats(Ask):
    """Asks each row the chat that stands under its id."""

    def __init__(self, step: Generate, context: Context, chats: Mapping[str, tuple[Message, ...]]) -> None:
        super().__init__(step, context)
        self.chats = chats

    @property
    def rows(self) -> pl.DataFrame:
        """The table to pass over: an id for each chat."""
        return pl.DataFrame({ID: list(self.chats)}, schema={ID: pl.String})

    def require(self, columns: Sequence[str]) -> None:
        """Every row has its chat."""

    def question(self, row: Mapping[str, Any]) -> tuple[tuple[Message, ...], str | None]:
        """The chat."""
        return self.chats[row[ID]], None


def sample_seed(seed: int, row: str, sample: int) -> int:
    """The seed of one answer, in [0, 2**31): the same whatever other rows there are.

    >>> sample_seed(0, "gsm8k-1", 0) == sample_seed(0, "gsm8k-1", 0) != sample_seed(0, "gsm8k-1", 1)
    True
    """
    return int.from_bytes(sha256(f"{seed}:{row}:{sample}".encode("utf-8", "surrogatepass")).digest()[:4]) >> 1


def priced(cost: Cost, price: Price | None) -> Cost:
    """A cost with what its tokens cost, where the price is known."""
    return replace(cost, cost_usd=price.cost(cost.prompt_tokens, cost.completion_tokens)) if price else cost


def add_usage(usage: Usage, answers: list[Completion]) -> Usage:
    """`usage` and what these answers took; those that failed took nothing."""
    good = [answer for answer in answers if answer.error is None]
    return Usage(
        usage.requests + len(good),
        usage.prompt_tokens + sum(answer.prompt_tokens for answer in good),
        usage.completion_tokens + sum(answer.completion_tokens for answer in good),
    )


def sum_usage(parts: Sequence[Usage], price: Price | None) -> Usage:
    """All of it, and what it cost: at one price where that is known, else as `cost_of` tells it."""
    prompts, tokens = sum(part.prompt_tokens for part in parts), sum(part.completion_tokens for part in parts)
    cost = round(price.cost(prompts, tokens), 6) if price else cost_of(parts)
    return Usage(sum(part.requests for part in parts), prompts, tokens, cost)
