"""Rewards as a trainer may call them: whatever one does, the run goes on, and what went wrong is counted and told.

TRL 1.16 ends the run when a reward raises or gives a wrong number of values, and calls a function that takes no
`**kwargs` with more than it takes. Here a row that cannot be judged is None, which leaves it out of this reward.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING, Any

import rewards
from curate.errors import StepFailed

if TYPE_CHECKING:
    from rewards.base import Score
    from trainers.config import RewardUse

Say = Callable[[str], None]
HOPELESS = 3
"""So many batches in which no row at all could be judged, each for an error, end the training."""

TOLD = 20
"""Different reasons of a reward that are told aloud."""

_TRAINERS_OWN = frozenset({"trainer_state", "log_extra", "log_metric", "environments", "completion_ids"})


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
        self._takes = _parameters(function)

    def __call__(self, completions: Sequence[Any], **given: Any) -> list[float | None]:
        """One value a completion, None for one that could not be judged."""
        arguments = self._arguments(completions, given)
        try:
            values, failed = self._checked(self.function(**arguments), len(completions)), 0
        except Exception as error:  # noqa: BLE001  the boundary: a failed judge is data
            values, failed = self._one_by_one(arguments, len(completions), error)
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

    def _one_by_one(self, arguments: Mapping[str, Any], count: int, error: Exception) -> tuple[list[float | None], int]:
        """Every row alone, so that only those that fail are lost. The error of the batch stands for each of them."""
        values: list[float | None] = []
        failed = 0
        for row in range(count):
            try:
                values += self._checked(self.function(**_row(arguments, row, count)), 1)
            except Exception as own:  # noqa: BLE001  the boundary: a failed judge is data
                values.append(None)
                failed += 1
                self._failed(own)
        if not failed:
            self._failed(error)  # only the batch as a whole fails; the values stand
        return values, failed

    def _checked(self, values: Any, count: int) -> list[float | None]:
        made = list(values)
        if len(made) != count:
            raise rewards.RewardError(f"{self.__name__} gave {len(made)} values for {count} completions")
        return [None if value is None or not isfinite(value) else float(value) for value in made]

    def _failed(self, error: Exception) -> None:
        self._reason(f"{type(error).__name__}: {error}"[:200], failed=True)

    def _reason(self, reason: str, *, failed: bool) -> None:
        self.errors += failed
        self.reasons[reason] += 1
        if failed and self.reasons[reason] == 1 and len(self.reasons) <= TOLD:
            self._say(f"reward {self.__name__}: a row could not be judged and is left out: {reason}")

    def _counted(self, values: list[float | None], failed: int, given: Mapping[str, Any]) -> list[float | None]:
        none = sum(value is None for value in values)
        self.calls += 1
        self.rows += len(values)
        self.undecided += none
        log_metric = given.get("log_metric")
        if log_metric is not None:
            log_metric(f"rewards/{self.__name__}/undecided", none / max(len(values), 1))
            log_metric(f"rewards/{self.__name__}/errors", float(failed))
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
            return self._counted(self._checked(await self.function(**arguments), count), 0, given)
        except StepFailed:
            raise
        except Exception:  # noqa: BLE001  the boundary: a failed judge is data
            calls = [self.function(**_row(arguments, row, count)) for row in range(count)]
            found = await asyncio.gather(*calls, return_exceptions=True)
        values: list[float | None] = []
        failed = 0
        for value in found:
            try:
                values += self._checked(value if not isinstance(value, BaseException) else _again(value), 1)
            except Exception as own:  # noqa: BLE001  the boundary: a failed judge is data
                values.append(None)
                failed += 1
                self._failed(own)
        return self._counted(values, failed, given)


def _again(error: BaseException) -> Any:
    raise error


def _row(arguments: Mapping[str, Any], row: int, count: int) -> dict[str, Any]:
    """The arguments of one row: every column of the batch is cut to it, the rest stays."""
    return {name: [value[row]] if _is_column(name, value, count) else value for name, value in arguments.items()}


def _is_column(name: str, value: Any, count: int) -> bool:
    if name in _TRAINERS_OWN - {"completion_ids", "environments"}:
        return False
    return isinstance(value, list | tuple) and len(value) == count


def _parameters(function: Callable[..., Any]) -> frozenset[str] | None:
    """The names a function takes; None when it takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return None
    return frozenset(one.name for one in parameters)


class GuardedScores(Guarded):
    """The same around what gives scores: a reward of the registry, or the one that each row names.

    The reasons of the rows go to the table of completions as `<name>.why`.
    """

    def __call__(self, completions: Sequence[Any], **given: Any) -> list[float | None]:
        """One value a completion, None for one that could not be judged."""
        columns = {name: value for name, value in given.items() if name not in _TRAINERS_OWN}
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

    Raises UnknownRewardError, UnknownOptionError.
    """
    made: list[Guarded] = []
    for use in uses:
        function = _by_verifier if use.reward == "verifier" else rewards.get(use.reward, **use.options).score_batch
        made.append(GuardedScores(function, use.label, say, use.columns))
    for function in functions:
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


def needed_columns(uses: Iterable[RewardUse]) -> list[str]:
    """The columns of the data that the rewards cannot do without."""
    needed: dict[str, None] = {}
    for use in uses:
        reads = ("verifier",) if use.reward == "verifier" else rewards.get(use.reward, **use.options).columns
        for column in reads:
            if column not in ("prompt", "completion_ids"):
                needed[use.columns.get(column, column)] = None
    return list(needed)


def identity(uses: Sequence[RewardUse], functions: Sequence[Callable[..., Any]]) -> list[dict[str, Any]]:
    """What the rewards are, for the lock file: names, options, weights, and a hash of the code of plain functions."""
    from curate.steps.grade import code_hash

    listed: list[dict[str, Any]] = []
    for use in uses:
        where = () if use.reward == "verifier" else (rewards.get(use.reward, **use.options).entry.use,)
        listed.append(use.model_dump(mode="json") | {"code": code_hash(where)})
    for function in functions:
        try:
            source = inspect.getsource(function)
        except (OSError, TypeError):
            source = repr(type(function))
        name = getattr(function, "__name__", type(function).__name__)
        listed.append({"function": name, "code": sha256(source.encode()).hexdigest()[:16]})
    return listed
