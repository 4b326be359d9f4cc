"""Rounds of evolution over many prompts at a time: what to ask next, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import polars as pl

from curate.growing.eliminating import SAME, gain, judged, lost, rewritten, unanswered
from curate.growing.operations import Operation, asks_judge
from curate.prompts import PromptError
from curate.result import ID, PARENT, REASON, Result

REWRITE, JUDGE, ANSWER = "rewrite", "judge", "answer"

LINEAGE = pl.Schema({
    ID: pl.String(), PARENT: pl.String(), "root": pl.String(), "prompt": pl.String(), "source": pl.String(),
    "round": pl.Int64(), "op": pl.String(), "similarity": pl.Float64(), "prompt_model": pl.String(),
    "prompt_response": pl.String(),
})  # fmt: skip
ANSWERED = pl.Schema({
    "completion": pl.String(), "thinking": pl.String(), "finish_reason": pl.String(), "model": pl.String(),
    "prompt_tokens": pl.Int64(), "completion_tokens": pl.Int64(), "response": pl.String(),
})  # fmt: skip

Chats = dict[str, tuple[dict[str, str], ...]]


@dataclass
class Chain:
    """A prompt on its way through the rounds. row: the seed. name, prompt: as it is now. is_over: a request failed."""

    row: Mapping[str, Any]
    name: str
    prompt: str
    is_over: bool = False


@dataclass
class Attempt:
    """One evolution. line: its row. reason: why it is dropped, or failed with `is_failed`."""

    chain: Chain
    operation: Operation
    line: dict[str, Any]
    reason: str | None = None
    is_failed: bool = False


@dataclass
class Evolving:
    """All prompts of a step. Each round has its parts: all are rewritten, then judged, then answered.

    An evolution that fails leaves its chain where it was, and the next round tries another operation.

    chains: the seeds, by id. parts: of a round, some of rewrite, judge and answer. alike: to the parent at most.
    """

    chains: Mapping[str, Chain]
    operations: Sequence[Operation]
    rounds: int
    parts: Sequence[str]
    alike: float
    most_words: int
    leaks: tuple[str, ...]
    seed: int
    done: int = 0
    attempts: list[list[Attempt]] = field(default_factory=list)
    unread: int = 0
    _open: dict[str, Attempt] = field(default_factory=dict)

    @property
    def part(self) -> str:
        """What is asked now."""
        return self.parts[self.done % len(self.parts)]

    @property
    def left(self) -> int:
        """Parts that are not over, this one too."""
        return self.rounds * len(self.parts) - self.done

    @property
    def ahead(self) -> Counter[str]:
        """Requests at most that a chain still makes, by part, this one too."""
        return Counter(self.parts[number % len(self.parts)] for number in range(self.done, self.done + self.left))

    def next(self) -> Chats:
        """The chats of this part, by the id of the evolution; there may be none though parts are left."""
        if self.part == REWRITE:
            self._begin()
        chats: Chats = {}
        for name, one in self._open.items():
            try:
                chats[name] = ({"role": "user", "content": self._asks(one)},)
            except PromptError as broken:
                _fail(one, f"cannot be asked: {broken}")
        self._close()
        return chats

    def take(self, result: Result) -> None:
        """The answers of this part, as `generate` reads them."""
        for name, reason in result.failed.select(ID, REASON).iter_rows():
            _fail(self._open[name], f"{self.part}: {reason}")
        read = {REWRITE: self._rewritten, JUDGE: self._judged, ANSWER: self._answered}[self.part]
        for answer in result.kept.iter_rows(named=True):
            read(self._open[answer[ID]], answer)
        self._close()
        self.done += 1
        if self.part == REWRITE:
            for one in self._open.values():
                one.chain.name, one.chain.prompt = one.line[ID], one.line["prompt"]
            self._open = {}

    def lines(self, *, kept: bool = False, failed: bool = False) -> list[dict[str, Any]]:
        """Rows of the evolutions that are kept, that failed, or else that were dropped."""
        attempts = (one for attempts in self.attempts for one in attempts)
        return [
            {**one.line, REASON: one.reason}
            for one in attempts
            if (one.reason is None) == kept and one.is_failed == failed
        ]

    def told(self) -> dict[str, Any]:
        """Notes: what became of the evolutions of each round, of each operation, and by cause."""
        every = [one for attempts in self.attempts for one in attempts]
        causes = Counter(one.reason.partition(":")[0] for one in every if one.reason and not one.is_failed)
        return {
            "rounds": _funnel([[*attempts] for attempts in self.attempts]),
            "operations": {
                operation.name: {key: value[0] for key, value in _funnel([mine]).items()}
                for operation in self.operations
                if (mine := [one for one in every if one.operation is operation])
            },
            "eliminated": dict(sorted(causes.items())),
            **({"judgements_unread": self.unread} if JUDGE in self.parts else {}),
        }

    def _begin(self) -> None:
        """A round: an operation for each chain, all with an equal chance."""
        number = len(self.attempts) + 1
        if self.left and len(self.attempts) == self.done // len(self.parts):
            live = [(root, chain) for root, chain in self.chains.items() if not chain.is_over]
            self.attempts.append([self._attempt(root, chain, number) for root, chain in live])
            self._open = {one.line[ID]: one for one in self.attempts[-1]}

    def _attempt(self, root: str, chain: Chain, number: int) -> Attempt:
        operation = Random(f"{self.seed}:{root}:{number}").choice(self.operations)  # noqa: S311 - no secret
        name = f"{root}/{number}"
        while name in self.chains:  # this step ran before on the same rows
            number += self.rounds
            name = f"{root}/{number}"
        line = {ID: name, PARENT: chain.name, "root": root, "source": chain.row.get("source")}
        return Attempt(chain, operation, {**line, "round": len(self.attempts) + 1, "op": operation.name})

    def _asks(self, one: Attempt) -> str:
        if self.part == REWRITE:
            return one.operation.render(one.chain.row, one.chain.prompt)
        prompt: str = one.line["prompt"]
        return asks_judge(one.chain.prompt, prompt) if self.part == JUDGE else prompt

    def _rewritten(self, one: Attempt, answer: Mapping[str, Any]) -> None:
        prompt, parent = rewritten(answer["completion"]), one.chain.prompt
        one.line |= {"prompt": prompt, "prompt_model": answer["model"], "prompt_response": answer["response"]}
        one.reason = lost(parent, prompt, answer["finish_reason"], most=self.most_words, leaks=self.leaks)
        if one.reason is None:
            one.line["similarity"], one.reason = gain(parent, prompt, self.alike)

    def _judged(self, one: Attempt, answer: Mapping[str, Any]) -> None:
        verdict = judged(answer["completion"])
        self.unread += verdict is None
        if verdict == SAME:
            one.reason = "no information gain: the judge calls it the same as its parent"

    def _answered(self, one: Attempt, answer: Mapping[str, Any]) -> None:
        one.line |= {name: answer[name] for name in ANSWERED}
        one.reason = unanswered(answer["completion"])

    def _close(self) -> None:
        self._open = {name: one for name, one in self._open.items() if one.reason is None}


def _fail(one: Attempt, reason: str) -> None:
    one.reason, one.is_failed, one.chain.is_over = reason, True, True


def _funnel(groups: Sequence[Sequence[Attempt]]) -> dict[str, list[int]]:
    """For each group: evolutions tried, kept, dropped, failed."""
    kept = [sum(one.reason is None for one in group) for group in groups]
    failed = [sum(one.is_failed for one in group) for group in groups]
    tried = [len(group) for group in groups]
    dropped = [all_ - good - bad for all_, good, bad in zip(tried, kept, failed, strict=True)]
    return {"tried": tried, "kept": kept, "dropped": dropped, "failed": failed}
