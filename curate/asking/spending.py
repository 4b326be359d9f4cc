"""What answers took, and what they will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from curate.engines.base import Completion
from curate.result import Usage, cost_of
from curate.step import Cost

if TYPE_CHECKING:
    from curate.engines.settings import Price


def priced(cost: Cost, price: Price | None) -> Cost:
    """A cost with what its tokens cost, where the price is known."""
    return replace(cost, cost_usd=price.cost(cost.prompt_tokens, cost.completion_tokens)) if price else cost


def add_usage(usage: Usage, answers: list[Completion]) -> Usage:
    """`usage` and what these answers took; those that failed took nothing."""
    good = [answer for answer in answers if answer.error is None]
    return Usage(
        usage.requests + len(good),
        usage.prompt_tokens + sum(answer.prompt_tokens for answer in good),
        usage.completion_tokens + sum(answer.completion_tokens for answer in good),
    )


def sum_usage(parts: Sequence[Usage], price: Price | None) -> Usage:
    """All of it, and what it cost: at one price where that is known, else as `cost_of` tells it."""
    prompts, tokens = sum(part.prompt_tokens for part in parts), sum(part.completion_tokens for part in parts)
    cost = round(price.cost(prompts, tokens), 6) if price else cost_of(parts)
    return Usage(sum(part.requests for part in parts), prompts, tokens, cost)
