"""Rewards as a trainer may call them: whatever one does, the run goes on, and what went wrong is counted and told.

TRL 1.16 ends the run when a reward raises or gives a wrong number of values, and calls a function that takes no
`**kwargs` with more than it takes. Here a row that cannot be judged is None, which leaves it out of this reward.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import rewards
from curate.errors import StepFailed, UsageError
from trainers.reward_columns import TRAINERS_OWN, one_row, parameters

if TYPE_CHECKING:
    from rewards.base import Score
    from trainers.settings import RewardUse

Say = Callable[[str], None]
HOPELESS = 3
"""So many batches in which no row at all could be judged, each for an error, end the training."""

FAILURES = (Exception, SystemExit)
"""The boundary: what a judge raises is data. Some scripts that grade call `sys.exit`, which would end the training."""

TOLD = 20
"""Different reasons of a reward that are told aloud."""


class Guarded:
    """A reward that never ends a run by a row.

    function: TRL's call, `function(prompts=, completions=, **columns) -> values`. name: in the metrics. columns: the
    name the function reads -> the column of the data.
    Raises StepFailed when it has judged nothing in `HOPELESS` batches: that is a mistake in the reward, not in rows.
    """

    def __init__(
        self, function: Callable[..., Any], name: str, say: Say, columns: Mapping[str, str] | None = None
    ) -> None:
        self.function = function
        self.__name__ = self.__qualname__ = name
        self.columns = dict(columns or {})
        self.calls = self.rows = self.undecided = self.errors = 0
        self.reasons: Counter[str] = Counter()
        self._say = say
        self._hopeless = 0
        self._told_none = False
        self._takes = parameters(function)

    def __call__(self, completions: Sequence[Any], **given: Any) -> list[float | None]:
        """One value a completion, None for one that could not be judged."""
        arguments = self._arguments(completions, given)
        try:
            values, failed = self._checked(self.function(**arguments), len(completions))
        except FAILURES as error:
            rows = [one_row(arguments, row, len(completions)) for row in range(len(completions))]
            values, failed = self._alone([_result(self.function, row) for row in rows], error)
        return self._counted(values, failed, given)

    def summary(self) -> dict[str, Any]:
        """What it did, for the metrics: rows, rows that could not be judged, errors, the commonest reasons."""
        return {
            "rows": self.rows,
            "undecided": self.undecided,
            "errors": self.errors,
            "reasons": dict(self.reasons.most_common(5)),
        }

    def _arguments(self, completions: Sequence[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        arguments = {"completions": completions, **given}
        arguments |= {mine: given[theirs] for mine, theirs in self.columns.items() if theirs in given}
        if self._takes is None:
            return arguments
        return {name: value for name, value in arguments.items() if name in self._takes}

    def _alone(self, results: Sequence[Any], error: BaseException) -> tuple[list[float | None], int]:
        """The values of rows that were judged one by one, so that only those that fail are lost; and how many did.

        results: what the function gave for each row, or raised. error: why the batch as a whole could not be judged.
        """
        values: list[float | None] = []
        failed = 0
        for result in results:
            try:
                value, wrong = self._checked(_raised(result), 1)
            except FAILURES as own:
                self._reason(_told(own), failed=True)
                value, wrong = [None], 1
            values += value
            failed += wrong
        if not failed:
            told = f"a batch could not be judged at once, only row by row: {_told(error)}"
            self._reason(_told(error), failed=True, told=told)
        return values, failed

    def _checked(self, values: Any, count: int) -> tuple[list[float | None], int]:
        """The values as numbers or None, and how many were neither. Raises RewardError for no list of `count`."""
        if not hasattr(values, "__iter__") or isinstance(values, str | bytes | Mapping):
            raise rewards.RewardError(f"it gave {values!r:.60} where a list belongs, of a number or None a completion")
        made = list(values)
        if len(made) != count:
            raise rewards.RewardError(f"it gave {len(made)} values for {count} completions")
        numbers = [_number(value) for value in made]
        unfit = [value for value, number in zip(made, numbers, strict=True) if number is None and value is not None]
        for value in unfit:
            self._reason(f"it gave {value!r:.60} for a completion, which is no number (nor None)", failed=True)
        return numbers, len(unfit)

    def _reason(self, reason: str, *, failed: bool, told: str = "") -> None:
        self.errors += failed
        self.reasons[reason] += 1
        if failed and self.reasons[reason] == 1 and len(self.reasons) <= TOLD:
            self._say(f"reward {self.__name__}: {told or f'a row could not be judged and is left out: {reason}'}")

    def _counted(self, values: list[float | None], failed: int, given: Mapping[str, Any]) -> list[float | None]:
        none = sum(value is None for value in values)
        self.calls += 1
        self.rows += len(values)
        self.undecided += none
        log_metric = given.get("log_metric")
        if log_metric is not None:
            log_metric(f"rewards/{self.__name__}/undecided", none / max(len(values), 1))
            log_metric(f"rewards/{self.__name__}/errors", float(failed))
        if none > failed and not self._told_none:
            self._told_none = True
            why = f": {self.reasons.most_common(1)[0][0]}" if self.reasons else ""
            self._say(f"reward {self.__name__}: {none:,} of {len(values):,} completions got None and are left out{why}")
        self._hopeless = self._hopeless + 1 if values and failed == len(values) else 0
        if self._hopeless >= HOPELESS:
            told = "; ".join(f"{reason} ({count})" for reason, count in self.reasons.most_common(3))
            raise StepFailed(f"reward {self.__name__} failed on every row of {HOPELESS} batches: {told}")
        return values


class GuardedAsync(Guarded):
    """The same around a coroutine function; TRL runs all of them at once."""

    async def __call__(self, completions: Sequence[Any], **given: Any) -> list[float | None]:  # type: ignore[override]
        """One value a completion, None for one that could not be judged."""
        arguments = self._arguments(completions, given)
        count = len(completions)
        try:
            values, failed = self._checked(await self.function(**arguments), count)
        except FAILURES as error:
            calls = [self.function(**one_row(arguments, row, count)) for row in range(count)]
            values, failed = self._alone(await asyncio.gather(*calls, return_exceptions=True), error)
        return self._counted(values, failed, given)


def _result(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """What a function gives, or what it raises."""
    try:
        return function(**arguments)
    except FAILURES as error:
        return error


def _raised(result: Any) -> Any:
    if isinstance(result, FAILURES):
        raise result
    return result


def _told(error: BaseException) -> str:
    text = str(error) if isinstance(error, rewards.RewardError) else f"{type(error).__name__}: {error}"
    return text[:200]


def _number(value: Any) -> float | None:
    """A reward's value, a finite number of Python, numpy or torch; None for anything else."""
    try:
        number = None if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return None
    return number if number is not None and isfinite(number) else None


class GuardedScores(Guarded):
    """The same around what gives scores: a reward of the registry, or the one that each row names.

    The reasons of the rows go to the table of completions as `<name>.why`.
    """

    def __call__(self, completions: Sequence[Any], **given: Any) -> list[float | None]:
        """One value a completion, None for one that could not be judged."""
        columns = {name: value for name, value in given.items() if name not in TRAINERS_OWN}
        columns |= {mine: given[theirs] for mine, theirs in self.columns.items() if theirs in given}
        if "completion_ids" in given:
            columns["completion_ids"] = given["completion_ids"]
        columns.setdefault("prompt", columns.pop("prompts", None) or [None] * len(completions))
        try:
            scores: list[Score] = self.function(completions, **columns)
        except rewards.RewardError as error:
            scores = [rewards.Score(None, str(error), {"error": "RewardError"})] * len(completions)
        failed = 0
        for score in scores:
            if score.value is None:
                failed += "error" in score.evidence
                self._reason(score.why[:200], failed="error" in score.evidence)
        if given.get("log_extra") is not None:
            given["log_extra"](f"{self.__name__}.why", [score.why for score in scores])
        return self._counted([score.value for score in scores], failed, given)


def guard(uses: Iterable[RewardUse], functions: Iterable[Callable[..., Any]], say: Say) -> list[Guarded]:
    """The rewards of a config, then plain functions given in Python, each guarded.

    Raises UnknownRewardError, UnknownOptionError, UsageError for what is no function.
    """
    made: list[Guarded] = []
    for use in uses:
        function = _by_verifier if use.reward == "verifier" else rewards.get(use.reward, **use.options).score_batch
        made.append(GuardedScores(function, use.label, say, use.columns))
    for function in functions:
        if not callable(function):
            raise UsageError(
                f"rewards= takes functions, and {function!r} is none; a reward of the registry is named in the config, "
                "rewards: [math]"
            )
        name = getattr(function, "__name__", type(function).__name__)
        if isinstance(function, rewards.Reward):
            made.append(GuardedScores(function.score_batch, name, say))
        else:
            made.append((GuardedAsync if _waits(function) else Guarded)(function, name, say))
    return made


def _waits(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def _by_verifier(completions: Sequence[Any], **columns: Any) -> list[Score]:
    """Judge each row by the reward that its own `verifier` column names, as `grade` does with `reward: verifier`."""
    from curate.steps.grade import reward_scores

    return reward_scores(None, list(completions), columns)
