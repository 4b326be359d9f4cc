"""`critique`: a model criticises answers by a principle and writes them anew, in rounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator, model_validator

from curate.asking.questions import Ask, AskChats
from curate.asking.settings import Template
from curate.asking.spending import priced, sum_usage
from curate.constitution.principles import (
    CRITIQUE,
    REVISION,
    Example,
    Principle,
    as_principle,
    default_principles,
    drawn,
    read_principles,
)
from curate.constitution.revising import Revised, Revising
from curate.errors import DataError, did_you_mean
from curate.prompts import PromptError
from curate.result import ID, REASON, Result, Usage
from curate.step import Context, Cost, Kind, Step, Unknown, unknown
from curate.steps.generate import Generate

COLUMNS = ("completion", "thinking", "finish_reason", "model", "prompt_tokens", "completion_tokens", "response")
"""Of the last revision, in the place of the first answer's."""

ROUND = ("principle", "critique", "revision", "critique_response", "revision_response")
"""Of each round, in `critiques`."""


class Critique(Step):
    """In each round, `engine` criticises `completion` by a principle drawn from the list, then writes it anew.

    `completion` and what belongs to it (thinking, finish_reason, model, tokens) become those of the last revision;
    `original` is the answer that came in; `critiques` holds the principle, the critique and the revision of each round.
    A row fails when a critique or a revision cannot be had or is empty. A revision that is cut off ends its row's
    rounds, with finish_reason `length`.
    """

    kind: ClassVar[Kind] = "map"

    step: Literal["critique"]
    engine: str = Field(description="An entry of engines:.")
    rounds: int = Field(default=1, ge=1, le=16, description="The paper makes 4.")
    principles: tuple[Principle, ...] = Field(
        default=(), description="Sentences, or {critique: ..., revision: ...}, the two requests in full."
    )
    principles_file: str | None = Field(
        default=None, description="A YAML list of them instead; a short constitution ships with curate."
    )
    examples: tuple[Example, ...] = Field(default=(), description="Critiques and revisions to show before each chat.")
    system: Template | None = Field(default=None, description="Jinja template of a system message.")
    pair: bool = Field(default=False, description="Write the last revision as chosen and the original as rejected too.")
    temperature: float = Field(default=1.0, ge=0, le=10)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int = Field(default=1024, ge=1, description="Of one critique or revision, thinking included.")
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    @field_validator("principles", mode="before")
    @classmethod
    def _sentences_are_enough(cls, value: Any) -> Any:
        return tuple(as_principle(item) for item in value) if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _one_list(self) -> Critique:
        if self.principles and self.principles_file is not None:
            raise ValueError("give principles: or principles_file:, not both")
        return self

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engine must exist."""
        yield from unknown(("engine",), self.engine, engines)

    def needs(self) -> frozenset[str]:
        """The answer, and what the system message is made of."""
        return self._asking.needs() | {"completion"}

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The answer is another one; the first, and all between, stand beside it."""
        pair = {"chosen", "rejected", "chosen_thinking", "rejected_thinking"} if self.pair else set()
        kept = {"original_thinking"} if "thinking" in columns else set()
        return columns | {*COLUMNS, "original", "critiques"} | kept | pair

    def check(self, context: Context) -> None:
        """A file of principles must be one."""
        self._principles(context)

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The engine, and the requests of every principle."""
        asks = [[one.asks_critique, one.asks_revision] for one in self._principles(context)]
        return {**self._asking.depends(context), "principles": asks}

    def prompts(self) -> Mapping[str, str]:
        """The requests, and the principles as far as the recipe holds them."""
        listed = self.principles or default_principles()
        texts = "\n".join(one.text for one in listed) if self.principles_file is None else f"({self.principles_file})"
        system = {"system": self.system} if self.system else {}
        return {**system, "critique": CRITIQUE, "revision": REVISION, "principles": texts}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """Two requests a round and row, but for those that stored answers serve."""
        requests, stored, characters = 2 * self.rounds * rows, 0, 0
        if table is not None:
            revising = self._begin(table, context)
            requests = 0
            while chats := revising.next():
                ask = AskChats(self._asking, context, chats)
                missing = [request.row for request in ask.requests(ask.rows)]
                requests, stored = requests + revising.left * len(missing), stored + len(chats) - len(missing)
                characters += revising.left * sum(len(str(turn["content"])) for row in missing for turn in chats[row])
                revising.take(self._asking.read(ask, ask.rows, context))
        # a request for a revision holds the critique too
        prompts = characters // 4 + (requests * self.max_tokens // 2 if characters else 0)
        cost = Cost(rows, requests, stored, prompts, requests * self.max_tokens)
        return priced(cost, context.settings[self.engine].price)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask all critiques of a round, then all its revisions."""
        revising = self._begin(table, context)
        usages, retriable = list[Usage](), 0
        context.progress.start(self.title, None)
        while chats := revising.next():
            ask = AskChats(self._asking, context, chats)
            result = self._asking.answers(ask, ask.rows, context)
            if not revising.phase and not result.kept.height:
                raise self._asking.down(result.failed.height, result.failed[REASON][0])
            revising.take(result)
            usages, retriable = [*usages, result.usage], retriable + result.retriable
        return self._result(table, revising, usages, retriable, context)

    @cached_property
    def _asking(self) -> Generate:
        return Generate(
            step="generate", name=self.title, engine=self.engine, system=self.system, temperature=self.temperature,
            top_p=self.top_p, max_tokens=self.max_tokens, seed=self.seed,
        )  # fmt: skip

    def _principles(self, context: Context) -> tuple[Principle, ...]:
        if self.principles_file is None:
            return self.principles or default_principles()
        try:
            return read_principles(context.folder / self.principles_file)
        except DataError as broken:
            raise DataError(f"{self.title}: principles_file: {broken}") from broken

    def _begin(self, table: pl.DataFrame, context: Context) -> Revising:
        if "completion" not in table.columns:
            raise DataError(
                f"{self.title}: no column 'completion' to criticise{did_you_mean('completion', table.columns)}"
            )
        ask, principles = Ask(self._asking, context), self._principles(context)
        ask.require(table.columns)
        rows = {row[ID]: self._row(row, principles, ask) for row in table.iter_rows(named=True)}
        return Revising(rows, self.rounds, self.examples)

    def _row(self, row: Mapping[str, Any], principles: tuple[Principle, ...], ask: Ask) -> Revised:
        try:
            question, reason = ask.question(row)[0], None
        except PromptError as broken:
            question, reason = (), f"cannot be asked: {broken}"
        answer = row["completion"]
        if not isinstance(answer, str) or not answer.strip():
            reason = reason or "the completion is empty"
        return Revised(question, answer or "", drawn(principles, self.rounds, ask.seed, row[ID]), reason=reason)

    def _result(
        self, table: pl.DataFrame, revising: Revising, usages: list[Usage], retriable: int, context: Context
    ) -> Result:
        rows = list(revising.rows.values())
        reasons = pl.Series(REASON, [row.reason for row in rows], dtype=pl.String)
        kept, done = table.filter(reasons.is_null()), [row for row in rows if row.reason is None]
        first = {"original": kept["completion"]}
        if "thinking" in kept.columns:
            first["original_thinking"] = kept["thinking"]
        last = {
            name: pl.Series([row.last[name] for row in done], dtype=pl.Int64 if "tokens" in name else pl.String)
            for name in COLUMNS
        } | {"completion": pl.Series([row.answer for row in done], dtype=pl.String)}
        critiques = _lists([row.rounds for row in done])
        kept = kept.with_columns(**first, **last, critiques=critiques)
        if self.pair:
            none = pl.lit(None, pl.String)
            kept = kept.with_columns(
                chosen="completion", rejected="original", chosen_thinking="thinking",
                rejected_thinking="original_thinking" if "original_thinking" in kept.columns else none,
            )  # fmt: skip
        drawn_by = Counter(one["principle"] for row in done for one in row.rounds)
        notes = {
            "engine": self.engine, "identity": dict(context.identity(self.engine)),
            "rounds": sum(len(row.rounds) for row in done), "principles": dict(sorted(drawn_by.items())),
            "unchanged": int((kept["completion"] == kept["original"]).sum()),
        }  # fmt: skip
        return Result(
            kept=kept,
            failed=table.with_columns(reasons).filter(reasons.is_not_null()),
            usage=sum_usage(usages, context.settings[self.engine].price),
            retriable=retriable,
            notes=notes,
        )


def _lists(rounds: Sequence[Sequence[Mapping[str, str]]]) -> pl.Series:
    """The rounds of each row, at least one, as a list: of all rows at once, since a series for each takes 20 KB."""
    lines = [(place, *(one[name] for name in ROUND)) for place, several in enumerate(rounds) for one in several]
    columns = {"row": pl.Int64, **dict.fromkeys(ROUND, pl.String)}
    flat = pl.DataFrame(lines, schema=columns, orient="row")
    return flat.group_by("row", maintain_order=True).agg(rounds=pl.struct(ROUND))["rounds"]
