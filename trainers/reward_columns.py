"""What rewards read: columns of the data, and what a trainer itself gives to a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import rewards
from curate.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from trainers.settings import RewardUse

TRAINERS_OWN = frozenset({"trainer_state", "log_extra", "log_metric", "environments", "completion_ids"})


def needed_columns(uses: Iterable[RewardUse]) -> list[str]:
    """The columns of the data that the rewards cannot do without."""
    needed: dict[str, None] = {}
    for use in uses:
        reads = ("verifier",) if use.reward == "verifier" else rewards.get(use.reward, **use.options).columns
        for column in reads:
            if column not in ("prompt", "completion_ids"):
                needed[use.columns.get(column, column)] = None
    return list(needed)


def check_parameters(functions: Iterable[Callable[..., Any]], columns: Iterable[str]) -> None:
    """Raise UsageError where a plain function asks for a column that the data does not have."""
    given = {"prompts", "completions", *TRAINERS_OWN, *columns}
    for function in functions:
        for one in signature(function):
            lacking = one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) and one.default is one.empty
            if lacking and one.name not in given:
                name = getattr(function, "__name__", type(function).__name__)
                raise UsageError(
                    f"reward {name} asks for '{one.name}': say which column that is, columns: {{{one.name}: ...}}; the "
                    f"data has none of that name{did_you_mean(one.name, given)}"
                )


def parameters(function: Callable[..., Any]) -> frozenset[str] | None:
    """The names a function takes; None when it takes any."""
    parameters = signature(function)
    if not parameters or any(one.kind is one.VAR_KEYWORD for one in parameters):
        return None
    return frozenset(one.name for one in parameters)


def signature(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function; none where Python cannot tell them."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def one_row(arguments: Mapping[str, Any], row: int, count: int) -> dict[str, Any]:
    """The arguments of one row: every column of the batch is cut to it, the rest stays."""
    return {name: [value[row]] if _is_column(name, value, count) else value for name, value in arguments.items()}


def _is_column(name: str, value: Any, count: int) -> bool:
    if name in TRAINERS_OWN - {"completion_ids", "environments"}:
        return False
    return isinstance(value, list | tuple) and len(value) == count
