"""Rewards for a rollout: called as TRL calls them, summed by their weights."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from typing import Any, NamedTuple

from trainers.guards import Guarded

OWN = frozenset({"prompt", "completion", "completion_ids"})
"""Columns of the data that a reward does not get: what the model writes takes their place."""


class Judged(NamedTuple):
    """totals: one number a row, None where no reward could judge. each: of every reward its values, by its name.

    metrics: what the rewards said about themselves.
    """

    totals: list[float | None]
    each: dict[str, list[float | None]]
    metrics: dict[str, float]


def judge(
    rewards: Sequence[Guarded],
    weights: Sequence[float] | None,
    rows: Sequence[dict[str, Any]],
    texts: Sequence[str],
    token_ids: Sequence[list[int]],
    state: Any = None,
) -> Judged:
    """The weighted sum of the rewards of each row; a reward that says None is left out of its row's sum.

    rows: of the data, each with its `prompt`. texts: the answers. weights: 1 each unless given.
    """
    metrics: dict[str, float] = {}
    columns = {name: [row[name] for row in rows] for name in rows[0] if name not in OWN}
    columns |= {
        "prompts": [row["prompt"] for row in rows],
        "completions": [_as_the_prompt(row["prompt"], text) for row, text in zip(rows, texts, strict=True)],
        "completion_ids": list(token_ids),
    }
    told = {
        "trainer_state": state,
        "log_extra": lambda *_: None,
        "log_metric": lambda name, value: metrics.__setitem__(name, float(value)),
    }
    each = {reward.__name__: _called(reward, columns | told) for reward in rewards}
    totals: list[float | None] = []
    shares = list(weights or [1.0] * len(rewards))
    for values in zip(*each.values(), strict=True):
        known = [share * value for share, value in zip(shares, values, strict=True) if value is not None]
        totals.append(sum(known) if known else None)
    return Judged(totals, each, metrics)


def _called(reward: Guarded, arguments: dict[str, Any]) -> list[float | None]:
    values: Any = reward(**arguments)
    if inspect.iscoroutine(values):
        values = asyncio.run(values)
    made: list[float | None] = values
    return made


def _as_the_prompt(prompt: Any, text: str) -> Any:
    """An answer in the form of its prompt: text, or a conversation of one message."""
    return text if isinstance(prompt, str) else [{"role": "assistant", "content": text}]
