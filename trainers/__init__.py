"""Training on the data `curate` makes, with the rewards that judged it.

    from trainers import train

    trained = train({"method": "sft", "model": "house", "data": "runs/openthoughts", "out": "runs/sft"})
    train({"method": "grpo", "model": trained.model, "data": "runs/prompts", "rewards": ["math"], "out": "runs/grpo"})

The same as `curate train CONFIG`. Importing this package loads nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.lazy import loading

if TYPE_CHECKING:
    from trainers.config import load_config
    from trainers.folder import Trained
    from trainers.methods import METHODS, Method
    from trainers.settings import TrainConfig
    from trainers.stage import train

__all__ = ["METHODS", "Method", "TrainConfig", "Trained", "load_config", "train"]

__getattr__ = loading(
    __name__,
    {
        "METHODS": "trainers.methods",
        "Method": "trainers.methods",
        "TrainConfig": "trainers.settings",
        "Trained": "trainers.folder",
        "load_config": "trainers.config",
        "train": "trainers.stage",
    },
)
