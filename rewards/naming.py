"""Rewards as the command line names them: `math`, `math(style="gsm8k")`, `strict=math(style="boxed")`."""

from __future__ import annotations

import ast
import re

from rewards.base import Reward, RewardError
from rewards.registry import get

_WRITTEN = re.compile(r"\s*(?:(\w+)\s*=\s*)?(\w+)\s*(\(.*\))?\s*", re.DOTALL)


def parse(written: str) -> Reward:
    """The reward that is written: a name, its options as literals, and what to call its column.

    Raises RewardError where it is not of this form, UnknownRewardError and UnknownOptionError as `rewards.get`.

    >>> parse('math(style="gsm8k")')
    rewards.get('math', style='gsm8k')
    >>> parse('strict=math(style="boxed")').name
    'strict'
    """
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise RewardError(f"cannot read {written!r}: write NAME, NAME(option=value) or LABEL=NAME(option=value)")
    label, name, arguments = match.groups()
    reward = get(name, **_options(written, arguments or "()"))
    return reward.named(label) if label else reward


def parse_all(written: list[str]) -> list[Reward]:
    """All of them; raises RewardError when two would fill one column."""
    found = [parse(one) for one in written]
    names = [reward.name for reward in found]
    for name in names:
        if names.count(name) > 1:
            raise RewardError(f"two rewards are called '{name}': label one of them, `other={name}(...)`")
    return found


def _options(written: str, arguments: str) -> dict[str, object]:
    try:
        call = ast.parse(f"f{arguments}", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or any(word.arg is None for word in call.keywords):
            raise ValueError("only option=value")  # noqa: TRY301
        return {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        raise RewardError(
            f"cannot read the options of {written!r}: write NAME(option=value), text in quotes as in style='boxed'"
        ) from None
