"""Training on the data `curate` makes, with the rewards that judged it.

    from trainers import train

    trained = train({"method": "sft", "model": "house", "data": "runs/openthoughts", "out": "runs/sft"})
    train({"method": "grpo", "model": trained.model, "data": "runs/prompts", "rewards": ["math"], "out": "runs/grpo"})

The same as `curate train CONFIG`. Importing this package loads nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainers.config import TrainConfig, load_config
    from trainers.methods import METHODS, Method
    from trainers.stage import Trained, train

__all__ = ["METHODS", "Method", "TrainConfig", "Trained", "load_config", "train"]

_WHERE = {
    "METHODS": "trainers.methods",
    "Method": "trainers.methods",
    "TrainConfig": "trainers.config",
    "Trained": "trainers.stage",
    "load_config": "trainers.config",
    "train": "trainers.stage",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'trainers' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
