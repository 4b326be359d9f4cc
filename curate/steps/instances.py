"""`instances`: examples of tasks, their inputs and outputs, as Self-Instruct makes them of its instructions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, Final, Literal

import polars as pl
from pydantic import Field

from curate.asking.questions import AskChats
from curate.asking.spending import sum_usage
from curate.growing.examples import Example, broken, is_closed, read_examples
from curate.growing.seeds import SAID, seeds_of
from curate.growing.shipped import text_of
from curate.prompts import read_prompt
from curate.result import ID, PARENT, REASON, Result, Usage, cost_of
from curate.step import Context, Cost, Kind, Step, Unknown
from curate.steps.generate import Generate

CLASSIFY_TOKENS: Final = 512
COLUMNS: Final = pl.Schema({
    ID: pl.String(), PARENT: pl.String(), "prompt": pl.String(), "instruction": pl.String(), "input": pl.String(),
    "completion": pl.String(), "is_classification": pl.Boolean(), "finish_reason": pl.String(), "model": pl.String(),
    "response": pl.String(),
})  # fmt: skip


class Instances(Step):
    """Write examples of each task in `prompt`: an input, where it needs one, and the output.

    Self-Instruct, arXiv 2212.10560, sections 2.2 and A.2: a request asks whether the task is one of classification;
    then examples are written with the input first, or, of a classification, with the output first, since a model that
    begins with the inputs writes them for one label mostly. Each example is a child `<id>/0`, ... with the task as
    `instruction`, `prompt` (the task and its input) and `completion`. Examples without an output, or with an input that
    was there before, are dropped with the reason; so is a task of which no example can be read.
    """

    kind: ClassVar[Kind] = "expand"

    step: Literal["instances"]
    engine: str = Field(description="An entry of engines:.")
    n: int = Field(default=3, ge=1, le=50, description="Examples asked for of each task; no more are taken.")
    classify: bool = Field(default=True, description="False asks all tasks with the input first, in one request each.")
    temperature: float = Field(default=0.7, ge=0, le=10, description="Of the examples; yes or no is asked at 0.")
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int = Field(default=1024, ge=1, description="Of one answer; the example it cuts off is dropped.")
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engine must exist."""
        return self._writing.names(engines)

    def needs(self) -> frozenset[str]:
        """Tasks stand in `prompt`."""
        return frozenset({"prompt"})

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The examples stand beside what the task had."""
        return columns | {*COLUMNS}

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The engine, and the words it is asked with."""
        return {**self._writing.depends(context), "asked": dict(self.prompts())}

    def prompts(self) -> Mapping[str, str]:
        """The requests."""
        names = ["classify", "input_first", "output_first"] if self.classify else ["input_first"]
        return {name: text_of(name) for name in names}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """A request for each task, two with `classify`."""
        parts = [self._classifying] if self.classify else []
        if table is None:
            costs = [asking.cost(None, rows, context) for asking in (*parts, self._writing)]
        else:
            tasks, closed, costs = self._tasks(table), dict[str, bool | None](), list[Cost]()
            for asking in parts:
                ask = self._ask_kind(tasks, context)
                costs.append(asking.estimate(ask, ask.rows, context))
                closed = _closed(asking.read(ask, ask.rows, context))
            ask = self._ask_examples(tasks, closed, context)
            costs.append(self._writing.estimate(ask, ask.rows, context))
        return Cost(
            rows * self.n, sum(cost.requests for cost in costs), sum(cost.stored for cost in costs),
            sum(cost.prompt_tokens for cost in costs), sum(cost.completion_tokens for cost in costs), cost_of(costs),
        )  # fmt: skip

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask of what kind the tasks are, then for their examples."""
        tasks = self._tasks(table)
        context.progress.start(self.title, len(tasks) * (2 if self.classify else 1))
        kinds, failed = dict[str, bool | None](), dict[str, str]()
        results = list[Result]()
        if self.classify:
            ask = self._ask_kind(tasks, context)
            results.append(self._answers(self._classifying, ask, context))
            kinds = _closed(results[0])
            failed |= dict(results[0].failed.select(ID, REASON).iter_rows())
        ask = self._ask_examples({name: task for name, task in tasks.items() if name not in failed}, kinds, context)
        results.append(self._answers(self._writing, ask, context))
        failed |= dict(results[-1].failed.select(ID, REASON).iter_rows())
        made = self._made(tasks, kinds, results[-1].kept)
        usages: list[Usage] = [result.usage for result in results]
        return self._result(table, made, failed, usages, sum(result.retriable for result in results), kinds, context)

    @cached_property
    def _writing(self) -> Generate:
        return self._asking(self.temperature, self.max_tokens)

    @cached_property
    def _classifying(self) -> Generate:
        return self._asking(0.0, CLASSIFY_TOKENS)

    def _asking(self, temperature: float, max_tokens: int) -> Generate:
        return Generate(
            step="generate", name=self.title, engine=self.engine, temperature=temperature, top_p=self.top_p,
            max_tokens=max_tokens, seed=self.seed,
        )  # fmt: skip

    def _tasks(self, table: pl.DataFrame) -> dict[str, str]:
        return dict(seeds_of(table, self.title)[[ID, "prompt"]].iter_rows())

    def _ask_kind(self, tasks: Mapping[str, str], context: Context) -> AskChats:
        return AskChats(self._classifying, context, {name: _chat("classify", task) for name, task in tasks.items()})

    def _ask_examples(self, tasks: Mapping[str, str], closed: Mapping[str, bool | None], context: Context) -> AskChats:
        chats = {
            name: _chat("output_first" if closed.get(name) else "input_first", task, self.n)
            for name, task in tasks.items()
        }
        return AskChats(self._writing, context, chats)

    def _answers(self, asking: Generate, ask: AskChats, context: Context) -> Result:
        result = asking.answers(ask, ask.rows, context)
        if ask.chats and not result.kept.height:
            raise asking.down(len(ask.chats), result.failed[REASON][0])
        return result

    def _made(
        self, tasks: Mapping[str, str], kinds: Mapping[str, bool | None], answers: pl.DataFrame
    ) -> list[tuple[Any, ...]]:
        """Every example with its reason, None where it stands; and a line of each task that has none."""
        lines: list[tuple[Any, ...]] = []
        for name, said, finish, *answer in answers.select(
            ID, "completion", "finish_reason", "model", "response"
        ).iter_rows():
            examples = read_examples(said, output_first=bool(kinds.get(name)))
            for number, example in enumerate(examples):
                is_cut = number == len(examples) - 1 and finish not in ("stop", "")
                reason = f"not finished: {finish}" if is_cut else broken(example, examples[:number])
                reason = reason or (f"more than the {self.n} examples asked for" if number >= self.n else None)
                shown = _prompt(tasks[name], example)
                told = (tasks[name], example.input, example.output, kinds.get(name), "stop", *answer, reason)
                lines.append((f"{name}/{number}", name, shown, *told))
            if not examples:
                told = (tasks[name], None, said, kinds.get(name), finish, *answer, "no example in the answer")
                lines.append((f"{name}/0", name, tasks[name], *told))
        return lines

    def _result(
        self, table: pl.DataFrame, made: list[tuple[Any, ...]], failed: Mapping[str, str], usages: list[Usage],
        retriable: int, kinds: Mapping[str, bool | None], context: Context,
    ) -> Result:  # fmt: skip
        lines = pl.DataFrame(made, schema={**COLUMNS, REASON: pl.String()}, orient="row")
        beside = table.drop({*COLUMNS, REASON} - {ID}, strict=False).rename({ID: PARENT})
        children = lines.join(beside, on=PARENT, how="left", maintain_order="left")
        good = pl.col(REASON).is_null()
        reasons = pl.Series(REASON, [failed.get(name) for name in table[ID]], dtype=pl.String)
        silent = pl.when(~SAID).then(pl.lit("its prompt is empty")).otherwise(reasons).alias(REASON)
        unasked = table.with_columns(pl.col("prompt").cast(pl.String)).with_columns(silent)
        told = {"yes": True, "no": False, "neither": None}
        return Result(
            kept=children.filter(good).drop(REASON),
            dropped=children.filter(~good),
            failed=unasked.filter(pl.col(REASON).is_not_null()),
            usage=sum_usage(usages, context.settings[self.engine].price),
            retriable=retriable,
            notes={
                "engine": self.engine, "identity": dict(context.identity(self.engine)),
                "classification": {name: sum(kind is said for kind in kinds.values()) for name, said in told.items()},
            },
        )  # fmt: skip


def _chat(template: str, task: str, count: int = 0) -> tuple[dict[str, str], ...]:
    return ({"role": "user", "content": read_prompt(text_of(template)).render({"task": task, "count": count})},)


def _closed(result: Result) -> dict[str, bool | None]:
    return {name: is_closed(said) for name, said in result.kept.select(ID, "completion").iter_rows()}


def _prompt(task: str, example: Example) -> str:
    return f"{task}\n\n{example.input}" if example.input else task
