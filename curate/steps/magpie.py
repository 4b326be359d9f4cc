"""`magpie`: instructions from an aligned model that is given the bare beginning of a user's turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, model_validator

from curate.asking.settings import Template
from curate.asking.spending import priced, sum_usage
from curate.engines.settings import ServerSettings
from curate.errors import DataError
from curate.magpie.asking import AskBare
from curate.magpie.drawing import SLOT, Draws, Slot
from curate.magpie.instructions import Reader
from curate.magpie.local_tokenizer import NotFetched, tokenizer_of
from curate.magpie.prequery import SYSTEM, Prequery, derived, without_bos, written
from curate.prompts import Prompt, PromptError, read_prompt
from curate.result import ID, PARENT, REASON, Result
from curate.step import Context, Cost, Kind, Step, Unknown, unknown
from curate.steps.generate import Generate
from curate.table import slug

WRITES = ("prompt", "source", "prompt_model", "prompt_response")


class Magpie(Step):
    """Draw until there are `rows` instructions, each another one; those that are none are dropped with the reason.

    As the first step it needs no rows. Later, every row that comes in gets `rows` children, with a `system:` prompt
    made of its columns to steer what is asked. `generate` then answers the instructions.

    The beginning of the turn comes from the chat template of the engine's model; the notes tell it. The engine must
    take bare text: transformers, vllm, or a server with /v1/completions. At most `tries` requests are made for each
    instruction wanted; where they do not suffice, fewer come out and the build says so.
    """

    kind: ClassVar[Kind] = "pool"

    step: Literal["magpie"]
    engine: str = Field(description="An entry of engines:.")
    rows: int = Field(ge=1, description="Instructions wanted: in all, or of each row that comes in.")
    system: Template | None = Field(
        default=None, description="Jinja template of a system prompt before the user's turn."
    )
    prequery: str | None = Field(
        default=None,
        description="The text before a user's words, instead of the template's; {system} stands for the system prompt.",
    )
    stop: tuple[str, ...] = Field(default=(), description="Ends an instruction too, beside the end of the turn.")
    temperature: float = Field(default=1.0, ge=0, le=10)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=1)
    min_p: float | None = Field(default=None, ge=0, le=1)
    max_tokens: int = Field(default=512, ge=1, description="Of one instruction; one that is cut off there is dropped.")
    max_words: int = Field(default=400, ge=1, description="Longer instructions are dropped.")
    keep_markdown: bool = Field(default=False, description="Keep what begins with a heading, bold text or a fence.")
    tries: int = Field(default=2, ge=1, le=100, description="Requests at most for each instruction wanted.")
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    @model_validator(mode="after")
    def _fits(self) -> Magpie:
        if self.prequery is not None and (SYSTEM in self.prequery) != (self.system is not None):
            raise ValueError(f"{SYSTEM} in prequery: and system: go together; give both or none")
        return self

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engine must exist."""
        yield from unknown(("engine",), self.engine, engines)

    def needs(self) -> frozenset[str]:
        """What the system prompt is made of."""
        return self._system.columns if self._system else frozenset()

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """Instructions stand in `prompt`; `parent` is the row they were drawn for."""
        return (columns - {"messages"}) | {*WRITES, ID, *self._more(bool(columns))}

    def check(self, context: Context) -> None:
        """The template must have a beginning of a user's turn."""
        with suppress(NotFetched):
            self._beginning(context, SYSTEM if self.system else None, fetch=False)

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The engine, the beginning of the turn, and the limit of the first step."""
        beginning = self._beginning(context, SYSTEM if self.system else None)
        asked = {"prequery": beginning.text, "stop": beginning.stop, "limit": context.limit}
        return {**self._asking(beginning).depends(context), **asked}

    def prompts(self) -> Mapping[str, str]:
        """The system prompt, and the beginning of the turn where the recipe gives it."""
        system = {"system": self.system} if self.system else {}
        return {**system, "": self.prequery or "(the beginning of a user's turn, by the model's chat template)"}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """At most all tries; fewer where stored answers tell how many are needed."""
        try:
            beginning = self._beginning(context, SYSTEM if self.system else None, fetch=False)
        except NotFetched:
            beginning = None
        wanted = self._wanted(table, context) * (rows if table is None else table.height or 1)
        most, stored = wanted * self.tries, 0
        if table is not None and beginning is not None:
            draws = self._draws(table, self._slots(table, context)[0], beginning, context)
            most, stored = self._to_ask(draws, beginning, context)
        characters = len(beginning.text) if beginning is not None else 0
        cost = Cost(wanted, most, stored, most * characters // 4, most * self.max_tokens)
        return priced(cost, context.settings[self.engine].price)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Draw in rounds: as many as are missing, until there are enough or the tries are used up."""
        beginning = self._beginning(context, SYSTEM if self.system else None)
        slots, refused = self._slots(table, context)
        draws, asking = self._draws(table, slots, beginning, context), self._asking(beginning)
        context.progress.start(self.title, None)
        while (wanted := draws.next()).height:
            result = asking.answers(AskBare(asking, context), wanted, context)
            if not result.kept.height and not draws.answered:
                raise asking.down(wanted.height, result.failed[REASON][0])
            draws.add(wanted, result)
        if short := draws.told()["short"]:
            context.progress.say(
                f"{self.title}: {short:,} instructions fewer than wanted after {sum(draws.rounds):,} requests; "
                f"`curate show` tells why draws were dropped, tries: {2 * self.tries} draws more"
            )
        return self._result(table, draws, refused, beginning, context)

    @cached_property
    def _system(self) -> Prompt | None:
        return read_prompt(self.system) if self.system is not None else None

    def _more(self, parents: bool) -> tuple[str, ...]:
        return (*(("system",) if self.system else ()), *((PARENT,) if parents else ()))

    def _asking(self, beginning: Prequery) -> Generate:
        return Generate(
            step="generate", name=self.title, engine=self.engine, temperature=self.temperature, top_p=self.top_p,
            top_k=self.top_k, min_p=self.min_p, max_tokens=self.max_tokens, stop=beginning.stop, seed=self.seed,
        )  # fmt: skip

    def _beginning(self, context: Context, system: str | None, *, fetch: bool = True) -> Prequery:
        """What stands before a user's words. Raises DataError saying why there is no such thing."""
        if self.prequery is not None:
            return written(self.prequery, system, self.stop)
        settings = context.settings[self.engine]
        try:
            tokenizer = tokenizer_of(settings, context.folder, fetch=fetch)
            made = derived(tokenizer, system)
        except NotFetched:
            raise
        except DataError as broken:
            raise DataError(f"{self.title}: engine '{self.engine}': {broken}") from broken
        made = without_bos(made, tokenizer) if isinstance(settings, ServerSettings) else made
        return replace(made, stop=(*made.stop, *self.stop))

    def _slots(self, table: pl.DataFrame, context: Context) -> tuple[list[Slot], pl.DataFrame]:
        """What to draw for, and the rows whose system prompt cannot be made."""
        if ID not in table.columns:
            return [self._alone(context)], pl.DataFrame()
        slots, reasons, beginnings = [], dict[int, str](), dict[str | None, Prequery]()
        for place, row in enumerate(table.iter_rows(named=True)):
            try:
                system = self._system.render(row) if self._system else None
                if system not in beginnings:
                    beginnings[system] = self._beginning(context, system)
            except PromptError as broken:
                reasons[place] = f"cannot be asked: {broken}"
                continue
            slots.append(Slot(f"{row[ID]}/", beginnings[system].text, system, place))
        refused = table[list(reasons)].with_columns(pl.Series(REASON, list(reasons.values()), dtype=pl.String))
        return slots, refused

    def _alone(self, context: Context) -> Slot:
        """The one slot of a step that no rows come into; its ids hold what they follow from."""
        try:
            system = self._system.render({}) if self._system else None
        except PromptError as broken:
            raise DataError(f"{self.title}: system: {broken}; as the first step it has no rows to read") from broken
        prefix = self._beginning(context, system).text
        seed = context.seed if self.seed is None else self.seed
        named = sha256(f"{seed}:{prefix}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
        return Slot(f"{slug(self.title)[:80]}-{named}-", prefix, system)

    def _wanted(self, table: pl.DataFrame | None, context: Context) -> int:
        """Instructions for each slot; `--limit` bounds the first step as it bounds a source."""
        is_first = table is not None and ID not in table.columns
        return min(self.rows, context.limit) if is_first and context.limit is not None else self.rows

    def _draws(self, table: pl.DataFrame, slots: Sequence[Slot], beginning: Prequery, context: Context) -> Draws:
        reader = Reader(beginning.stop, self.max_words, self.keep_markdown)
        return Draws(slots, self._wanted(table, context), self.tries, reader)

    def _to_ask(self, draws: Draws, beginning: Prequery, context: Context) -> tuple[int, int]:
        """Requests at most, and answers that are stored: rounds are gone through as long as nothing is missing."""
        asking, stored = self._asking(beginning), 0
        while (wanted := draws.next()).height:
            ask = AskBare(asking, context)
            missing = sum(1 for _ in ask.requests(wanted))
            stored += wanted.height - missing
            if missing:
                return draws.room - (wanted.height - missing), stored
            draws.add(wanted, asking.read(ask, wanted, context))
        return 0, stored

    def _result(
        self, table: pl.DataFrame, draws: Draws, refused: pl.DataFrame, beginning: Prequery, context: Context
    ) -> Result:
        """Instructions in the order of rows and draws."""
        drawn, failed = draws.tables()
        rows = self._rows(table, draws.slots, drawn)
        is_kept = drawn[REASON].is_null()
        lost = [refused, self._rows(table, draws.slots, failed).with_columns(failed[REASON])]
        notes = {
            "engine": self.engine, "identity": dict(context.identity(self.engine)), "prequery": beginning.text,
            "stop": list(beginning.stop), **draws.told(),
        }  # fmt: skip
        return Result(
            kept=rows.filter(is_kept),
            dropped=rows.with_columns(drawn[REASON]).filter(~is_kept),
            failed=pl.concat([part for part in lost if part.height] or [lost[1]], how="diagonal_relaxed"),
            usage=sum_usage(draws.usages, context.settings[self.engine].price),
            retriable=draws.retriable,
            notes=notes,
        )

    def _rows(self, table: pl.DataFrame, slots: Sequence[Slot], drawn: pl.DataFrame) -> pl.DataFrame:
        """The rows of the slots with what was drawn for them in `prompt`."""
        own = [slots[place] for place in drawn[SLOT]]
        base = table[[slot.place for slot in own]].drop("messages", strict=False) if ID in table.columns else None
        made = drawn.select(ID, "prompt", "prompt_model", "prompt_response")
        if self.system is not None:
            made = made.with_columns(system=pl.Series([slot.system for slot in own], dtype=pl.String))
        if base is None or "source" not in base.columns:
            made = made.with_columns(source=pl.lit(self.title))
        return made if base is None else base.with_columns(pl.Series(PARENT, base[ID])).with_columns(made)
