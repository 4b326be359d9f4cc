"""The pool of Self-Instruct: which tasks are shown in a round, what comes of the answers, and when it is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from random import Random
from typing import Any, Final

import polars as pl

from curate.growing.alikeness import Near, Pool
from curate.growing.numbered import read_list
from curate.growing.rules import Rules
from curate.result import ID, REASON, Result, Usage

PATIENCE: Final = 3
"""Rounds over which the yield is taken."""

COLUMNS = pl.Schema({
    ID: pl.String(), "prompt": pl.String(), "round": pl.Int64(), "shown": pl.List(pl.String()),
    "similarity": pl.Float64(), "nearest": pl.String(), "prompt_model": pl.String(), "prompt_response": pl.String(),
})  # fmt: skip


@dataclass
class Round:
    """What came of a round.

    requests: made. answered: of them. wanted: tasks that these asked for. The tasks of the answers are kept, too alike,
    against a rule, or surplus: there were enough.
    """

    requests: int
    answered: int
    wanted: int
    kept: int = 0
    alike: int = 0
    broken: int = 0
    surplus: int = 0


@dataclass
class Bootstrap:
    """A pool that begins with seeds and grows by the tasks a model makes of some of it.

    begins: of the ids of requests and tasks. seeds, and all tasks kept: text by id. rows: tasks wanted.
    human, machine: tasks shown of seeds and of those made before. tasks: asked in one request. at_once: requests in a
    round at most. most: requests in all at most. least_yield: kept of the tasks asked in the last rounds, at least.
    novelty: ROUGE-L F with any task of the pool at most. seed: of the draws.
    """

    begins: str
    seeds: Mapping[str, str]
    rows: int
    human: int
    machine: int
    tasks: int
    at_once: int
    most: int
    least_yield: float
    novelty: float
    rules: Rules
    seed: int
    made: dict[str, str] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)
    lines: list[list[Any]] = field(default_factory=list)
    reasons: list[str | None] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    _pool: Pool = field(default_factory=Pool)
    _shown: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, text in self.seeds.items():
            self._pool.add(name, text)

    @property
    def asked(self) -> int:
        """Requests so far."""
        return sum(one.requests for one in self.rounds)

    @property
    def is_answered(self) -> bool:
        """Whether any request of the last rounds was."""
        return any(one.answered for one in self.rounds[1 - PATIENCE :])

    @property
    def ended(self) -> str:
        """Why no further round is made; "" when there is one."""
        if len(self.made) >= self.rows:
            return "rows"
        if self.asked >= self.most or not self.seeds:
            return "requests"
        last = self.rounds[-PATIENCE:]
        is_low = len(last) == PATIENCE and any(one.answered for one in last) and self._yield < self.least_yield
        return "yield" if is_low else ""

    def next(self) -> dict[str, list[str]]:
        """The requests of the next round by id, each with the tasks it shows; none when it is over.

        As many as should give what is missing, by the yield of the last rounds. What is shown follows from the seed
        and from the pool before the round, so that it does not matter in what order answers arrive.
        """
        if self.ended:
            return {}
        hoped = max(self._yield, self.least_yield, 1 / self.tasks)
        missing = ceil((self.rows - len(self.made)) / (self.tasks * hoped))
        count = min(self.at_once, missing, self.most - self.asked)
        numbers = range(self.asked, self.asked + count)
        self._shown = {f"{self.begins}-{number}": self._draw(number) for number in numbers}
        return self._shown

    def texts(self, names: Sequence[str]) -> list[str]:
        """The tasks of these ids."""
        return [self.seeds[name] if name in self.seeds else self.made[name] for name in names]

    def take(self, result: Result) -> None:
        """What came of the round: `result` has the answers to its requests, or the reasons why there are none."""
        answered = result.kept.height
        self.rounds.append(Round(len(self._shown), answered, self.tasks * answered))
        self.usages.append(result.usage)
        self.failed += result.failed.select(ID, REASON).iter_rows()
        for answer in result.kept.select(ID, "completion", "finish_reason", "model", "response").iter_rows():
            self._read(*answer)

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """The tasks that are kept; those that are not, and the requests that failed, with their reasons."""
        rows = pl.DataFrame(self.lines, schema=COLUMNS, orient="row")
        reasons = pl.Series(REASON, self.reasons, dtype=pl.String)
        failed = pl.DataFrame(self.failed, schema={ID: pl.String, REASON: pl.String}, orient="row")
        return (
            rows.filter(reasons.is_null()),
            rows.with_columns(reasons).filter(reasons.is_not_null()),
            pl.concat([rows.clear(), failed], how="diagonal"),
        )

    def told(self) -> dict[str, Any]:
        """Notes: what was wanted, why it ended, and the funnel by round."""
        lines = [asdict(one) for one in self.rounds]
        funnel = {name: [line[name] for line in lines] for name in asdict(Round(0, 0, 0))}
        return {"wanted": self.rows, "short": self.rows - len(self.made), "ended": self.ended, "rounds": funnel}

    @property
    def _yield(self) -> float:
        last = self.rounds[-PATIENCE:]
        wanted = sum(one.wanted for one in last)
        return sum(one.kept for one in last) / wanted if wanted else 1.0

    def _draw(self, number: int) -> list[str]:
        """The tasks that request `number` shows. Seeds fill the places of made ones while there are too few."""
        random = Random(f"{self.seed}:{number}")  # noqa: S311 - no secret
        made = random.sample(list(self.made), min(self.machine, len(self.made)))
        seeds = random.sample(list(self.seeds), min(self.human + self.machine - len(made), len(self.seeds)))
        shown = [*seeds, *made]
        random.shuffle(shown)
        return shown

    def _read(self, request: str, text: str, finish_reason: str, model: str, response: str) -> None:
        items = read_list(text)
        if not items:
            self._add(request, 0, text.strip(), "no list of tasks in the answer", None, model, response)
        for number, item in enumerate(items):
            is_cut = number == len(items) - 1 and finish_reason not in ("stop", "")
            reason = f"not finished: {finish_reason}" if is_cut else self.rules.broken(item)
            if number >= self.tasks:
                reason = f"more than the {self.tasks:,} tasks asked for"
            near = None if reason else self._pool.nearest(item)
            self._add(request, number, item, reason, near, model, response)

    def _add(
        self, request: str, number: int, text: str, reason: str | None, near: Near | None, model: str, response: str
    ) -> None:
        """Keep a task, or note why not."""
        name, now = f"{request}/{number}", self.rounds[-1]
        if reason:
            now.broken += 1
        elif near and near.score > self.novelty:
            reason = f"too alike to {near.name}: {near.score:.2f}"
            now.alike += 1
        elif len(self.made) >= self.rows:
            reason = f"not needed: {self.rows:,} were there"
            now.surplus += 1
        else:
            self.made[name] = text
            self._pool.add(name, text)
            now.kept += 1
        score, nearest = (near.score, near.name) if near else (None if reason else 0.0, None)
        line = [name, text, len(self.rounds), self._shown[request], score, nearest, model, response]
        self.lines.append(line)
        self.reasons.append(reason)
