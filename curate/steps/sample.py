"""`sample`: ask, judge, and stop asking about a prompt once it is decided whether it stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator, model_validator

from curate.asking.questions import Ask
from curate.asking.spending import add_usage, sum_usage
from curate.cleaning.selection.deciding import COLUMNS, Decisions, Outlook
from curate.engines.base import Completion
from curate.errors import did_you_mean
from curate.result import REASON, Result, Usage
from curate.rules import read_rule
from curate.step import Context, Kind, Progress, Unknown
from curate.steps.generate import CHUNK, Generate
from curate.steps.grade import Grade, Grading

ROW = "\0row"
"""A column for the time of the rounds: where a prompt stands in the table."""


class Sample(Generate):
    """`generate`, `grade` and a decision about each prompt, in rounds: an answer that cannot change it is not asked.

    `keep` is a rule over passed, judged, pass_rate, pass_low and pass_high, as `pass_rate` and `keep` would apply it to
    all `n` answers. The prompts that stay are the same as without stopping early, whatever the answers: answers have
    the seeds they would have had, and a decision falls only when no outcome of the missing ones can overturn it. The
    answers of a prompt that does not stay are dropped, with the counts as reason.
    """

    kind: ClassVar[Kind] = "pool"
    version: ClassVar[int] = 2

    step: Literal["sample"]  # type: ignore[assignment]
    rewards: tuple[Grading, ...] = Field(min_length=1, description="As in grade.")
    keep: str = Field(description="Which prompts stay: a rule such as 0.2 < pass_rate < 0.8, or passed >= 1.")
    score: str | None = Field(default=None, description="Who passed; score.<the first reward> unless given.")
    threshold: float = Field(default=1.0, description="Passed means at least this.")
    curtail: Literal["decided", "dropped", "never"] = Field(
        default="decided",
        description="Stop asking about a prompt when it is decided; only when it is out (those that stay then have all "
        "n answers, so their pass rates are those of n); never.",
    )
    at_once: int = Field(default=1, ge=1, description="Answers asked in a round at least: fewer rounds, fewer saved.")

    @field_validator("rewards", mode="before")
    @classmethod
    def _names_are_enough(cls, value: Any) -> Any:
        return Grade._names_are_enough(value)  # noqa: SLF001 - the same field

    @field_validator("keep")
    @classmethod
    def _about_prompts(cls, value: str) -> str:
        for column in read_rule(value).columns:
            if column not in COLUMNS:
                raise ValueError(f"a rule about a prompt knows no '{column}'{did_you_mean(column, COLUMNS)}")
        return value

    @model_validator(mode="after")
    def _scored(self) -> Sample:
        scores = [f"score.{grading.label}" for grading in self._grade.rewards]
        if self.score is not None and self.score not in scores:
            raise ValueError(f"no reward writes '{self.score}'{did_you_mean(self.score, scores)}")
        return self

    @cached_property
    def _grade(self) -> Grade:
        return Grade(step="grade", name=self.title, rewards=self.rewards)

    @property
    def _score(self) -> str:
        return self.score or f"score.{self.rewards[0].label}"

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """What generate and grade look up."""
        yield from super().names(engines)
        yield from self._grade.names(engines)

    def needs(self) -> frozenset[str]:
        """What the templates and the rewards read, but the answer itself."""
        return super().needs() | (self._grade.needs() - super().after(frozenset()))

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The answer's columns and the labels."""
        return self._grade.after(super().after(columns))

    def depends(self, context: Context) -> Mapping[str, Any]:
        """What generate and grade depend on."""
        return {**super().depends(context), **self._grade.depends(context)}

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Ask in rounds until every prompt is decided or has all its answers."""
        context.progress.start(self.title, table.height * self.n)
        rows = self.asked_of(table).with_row_index(ROW)
        decisions = Decisions(read_rule(self.keep), self.n)
        prompts = [_Prompt() for _ in range(table.height)]
        errors: dict[str, Completion] = {}
        rounds = [self._round(rows.clear(), [], context, errors)]
        while asked := self._next(decisions, prompts):
            samples = [range(prompts[row].asked, prompts[row].asked + count) for row, count in asked.items()]
            made = self._round(rows[list(asked)], samples, context, errors)
            for row, count in asked.items():
                prompts[row].asked += count
            self._count(prompts, made.kept)
            rounds.append(made)
        context.progress.advance(sum(self.n - prompt.asked for prompt in prompts), 0, None)
        if errors and not any(made.kept.height for made in rounds):
            raise self.down(len(errors), next(iter(errors.values())).error)
        return self._result(decisions, prompts, rounds, context)

    def _next(self, decisions: Decisions, prompts: Sequence[_Prompt]) -> dict[int, int]:
        """How many more answers to ask of each prompt: as few as could decide it."""
        wanted = {}
        for row, prompt in enumerate(prompts):
            left = self.n - prompt.asked
            ahead = self._ahead(prompt.outlook(decisions), left)
            if left and ahead:
                wanted[row] = min(left, max(ahead, self.at_once))
        return wanted

    def _ahead(self, outlook: Outlook, left: int) -> int:
        if self.curtail == "never" or (self.curtail == "dropped" and outlook.keep):
            return left
        return outlook.ahead

    def _round(
        self, rows: pl.DataFrame, samples: Sequence[range], context: Context, errors: dict[str, Completion]
    ) -> Result:
        """Ask for these samples of each row, read the answers back and judge them; note the errors."""
        ask = Ask(self, context)
        self._fetch(ask, ask.requests(rows, samples), context)
        errors.update(ask.errors)
        spread = rows[[index for index, numbers in enumerate(samples) for _ in numbers]]
        numbers = [sample for numbers in samples for sample in numbers]
        kept, failed, usage, retriable = [], [], Usage(), 0
        for start in range(0, max(1, len(numbers)), CHUNK):
            part = numbers[start : start + CHUNK]
            answers = [self._answer(ask, start + offset) for offset in range(len(part))]
            usage = add_usage(usage, answers)
            retriable += sum(bool(answer.error) and answer.retriable for answer in answers)
            good, bad = self._rows(spread.slice(start, len(part)), part, answers, ask.model)
            kept.append(self._grade.run(good, replace(context, progress=Progress())).kept)
            failed.append(bad)
        return Result(_stack(kept), failed=_stack(failed), usage=usage, retriable=retriable)

    def _count(self, prompts: Sequence[_Prompt], graded: pl.DataFrame) -> None:
        score = pl.col(self._score).fill_nan(None)
        counted = graded.group_by(ROW).agg((score >= self.threshold).sum(), judged=score.count())
        for row, passed, judged in counted.iter_rows():
            prompts[row].passed += passed
            prompts[row].failed += judged - passed

    def _result(
        self, decisions: Decisions, prompts: Sequence[_Prompt], rounds: Sequence[Result], context: Context
    ) -> Result:
        """Answers in the order of rows and samples; those of prompts that do not stay leave with the counts."""
        kept, failed = (
            _stack([getattr(made, name) for made in rounds]).sort(ROW, maintain_order=True)
            for name in ("kept", "failed")
        )
        reasons = pl.Series(REASON, [prompt.reason(decisions, self.keep) for prompt in prompts], dtype=pl.String)
        marked = kept.with_columns(reasons[kept[ROW]]).drop(ROW)
        usage = sum_usage([made.usage for made in rounds], context.settings[self.engine].price)
        notes = {
            "engine": self.engine, "identity": dict(context.identity(self.engine)),
            "rounds": [made.kept.height + made.failed.height for made in rounds[1:]],
            "asked": sum(prompt.asked for prompt in prompts), "of": len(prompts) * self.n,
            "prompts_kept": reasons.null_count(),
        }  # fmt: skip
        return Result(
            kept=marked.filter(pl.col(REASON).is_null()).drop(REASON),
            dropped=marked.filter(pl.col(REASON).is_not_null()),
            failed=failed.drop(ROW),
            usage=usage,
            retriable=sum(made.retriable for made in rounds),
            notes=notes,
        )


@dataclass
class _Prompt:
    """The answers of one prompt so far; those neither passed nor failed could not be had or judged."""

    asked: int = 0
    passed: int = 0
    failed: int = 0

    def outlook(self, decisions: Decisions) -> Outlook:
        return decisions.outlook(self.passed, self.failed, self.asked - self.passed - self.failed)

    def reason(self, decisions: Decisions, rule: str) -> str | None:
        """Why the prompt does not stay; None when it does."""
        if self.outlook(decisions).keep:
            return None
        left = decisions.n - self.asked
        counts = f"{self.passed} of {self.passed + self.failed} answers passed"
        return f"not {rule}: {counts}" + (f", {left} not asked" if left else "")


def _stack(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts, how="vertical_relaxed", rechunk=True)
