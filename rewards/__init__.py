r"""Verifiers and reward functions for post-training: one import away from every trainer.

    import rewards
    from trl import GRPOTrainer

    trainer = GRPOTrainer(
        model="Qwen/Qwen3-0.6B",
        reward_funcs=[rewards.math, rewards.think_format],      # the data set has the column `answer`
        train_dataset=dataset,
    )

    rewards.math.score("so it is \\boxed{1/2}", answer="0.5")   # Score(value=1.0, why='1/2 equals 0.5', ...)
    rewards.get("math", style="gsm8k")                          # the same reward with options
    rewards.gate("math", "boxed_format", weight=0.1)            # style counts only where the answer is right

`rewards.names()` lists all; `rewards/registry.py` is the table. Importing this package loads the standard library
only; what a reward needs is loaded when it is first used. Model output is parsed, never evaluated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewards.base import Entry, OptionError, Reward, RewardError, Score, UnknownOptionError, UnknownRewardError, load
from rewards.registry import REWARDS, get, names

if TYPE_CHECKING:
    from rewards.composing import cap, cascade, gate, lexicographic, weighted

__all__ = [
    "Entry",
    "OptionError",
    "Reward",
    "RewardError",
    "Score",
    "UnknownOptionError",
    "UnknownRewardError",
    "cap",
    "cascade",
    "gate",
    "get",
    "lexicographic",
    "names",
    "weighted",
]

_COMPOSING = {"cap", "cascade", "gate", "lexicographic", "weighted"}  # loaded when first used


def __getattr__(name: str) -> Reward:
    if name in _COMPOSING:
        return load(f"rewards.composing:{name}")  # type: ignore[return-value]  # typed by the imports above
    if name.startswith("_"):
        raise AttributeError(f"module 'rewards' has no attribute '{name}'")
    try:
        return get(name)
    except UnknownRewardError as error:
        raise AttributeError(str(error)) from None


def __dir__() -> list[str]:
    return sorted({*globals(), *REWARDS, *_COMPOSING})
