"""How the function of a reward wants to be called: its columns, its options, and what an option may be."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import isfinite
from numbers import Integral, Real
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from rewards.score import OptionError, RewardError, UnknownOptionError, did_you_mean


@dataclass(frozen=True, slots=True)
class Signature:
    """How a reward's function wants to be called.

    batched: it takes a whole batch. required, optional: columns. options: every parameter with a default, and every
    column (an option named like a column fixes it for all rows). messages: it wants the completion as messages too.
    """

    batched: bool
    required: tuple[str, ...]
    optional: tuple[str, ...]
    options: tuple[str, ...]
    messages: bool


@cache
def load(use: str) -> Callable[..., Any]:
    """The function behind `module:function`."""
    module, _, function = use.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(module), function)
    return loaded


@cache
def signature_of(use: str) -> Signature:
    """Read columns and options off the function: positional parameters are columns, keyword-only ones options."""
    parameters = list(inspect.signature(load(use)).parameters.values())
    if not parameters or parameters[0].name not in ("completion", "completions"):
        raise RewardError(f"{use}: the first parameter of a reward is 'completion' or 'completions'")
    columns = [p for p in parameters[1:] if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "messages"]
    options = [p.name for p in parameters[1:] if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return Signature(
        batched=parameters[0].name == "completions",
        required=tuple(p.name for p in columns if p.default is p.empty),
        optional=tuple(p.name for p in columns if p.default is not p.empty),
        options=tuple(name for name in options if name != "messages"),
        messages=any(p.name == "messages" for p in parameters),
    )


def check_options(name: str, use: str, options: Mapping[str, Any], check: str = "") -> None:
    """Raise for an option the function does not have, or whose value is not what its annotation says.

    The name says more: what ends in _s or _mb is above 0, a tolerance is not below it. Columns given as options are
    data, and not checked. check: as in `Entry`, asked last, with the defaults of what is not given.

    >>> check_options("exact", "rewards.strings:exact", {"normalise": "ligth"})
    Traceback (most recent call last):
    ...
    rewards.score.OptionError: rewards.exact: the option 'normalise' is 'ligth'; did you mean 'light'?
    """
    signature = signature_of(use)
    function = load(use)
    for option, value in options.items():
        if option not in signature.options:
            raise UnknownOptionError(
                f"rewards.{name} has no option '{option}'{did_you_mean(option, signature.options)}"
            )
        if option in signature.required + signature.optional:
            continue
        annotation = inspect.signature(function).parameters[option].annotation
        wanted = _evaluated(annotation, function)
        problem = _misfit(value, wanted)
        if not problem and option.endswith(("_s", "_mb")) and not value > 0:
            problem = "; give a number above 0"
        if not problem and option.endswith("tolerance") and value is not None and value < 0:
            problem = "; give a number from 0 on"
        if problem:
            raise OptionError(f"rewards.{name}: the option '{option}' is {value!r:.60}{problem}")
    if check:
        settings = {p.name: p.default for p in inspect.signature(function).parameters.values()} | dict(options)
        load(check)(**{option: settings[option] for option in inspect.signature(load(check)).parameters})


def _evaluated(annotation: Any, function: Callable[..., Any]) -> Any:
    """An annotation as an object; Any for one that only a type checker can read."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, function.__globals__)  # noqa: S307  the annotation of an installed function
    except (NameError, AttributeError, TypeError, SyntaxError):
        return Any


def _misfit(value: Any, wanted: Any) -> str:
    """How a value is not what it should be, as the end of a sentence; "" where it is, or where that cannot be told."""
    origin, parts = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return "" if value in parts else did_you_mean(str(value), [str(part) for part in parts])
    if origin in (Union, UnionType):
        problems = [_misfit(value, part) for part in parts]
        return "" if "" in problems else problems[0]
    if wanted is type(None):
        return "" if value is None else "; give None"
    if wanted is bool:
        return "" if isinstance(value, bool) else "; give true or false"
    if wanted is int:
        return "" if _is_number(value, Integral) else "; give a whole number"
    if wanted is float:
        return "" if _is_number(value, Real) else "; give a number"
    if wanted is str:
        return "" if isinstance(value, str) else "; give a text"
    if origin is tuple and Ellipsis not in parts:
        fits = isinstance(value, (list, tuple)) and len(value) == len(parts)
        return "" if fits and not any(map(_misfit, value, parts)) else f"; give a list of {len(parts)}"
    if isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, Mapping):
        fits = isinstance(value, Collection) and not isinstance(value, (str, bytes))
        return "" if fits and not any(_misfit(one, parts[0]) for one in value) else "; give a list"
    return ""


def _is_number(value: Any, kind: Any) -> bool:
    """Whether it is a finite number; true and false are none, though Python counts with them."""
    return isinstance(value, kind) and not isinstance(value, bool) and isfinite(value)
