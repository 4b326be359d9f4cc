"""The arguments of PPO: those of `transformers.TrainingArguments` and its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from transformers import TrainingArguments


@dataclass
class PPOConfig(TrainingArguments):  # type: ignore[misc]
    """What `trl:` may hold with `method: ppo`.

    A step is a rollout: `batch:` completions, learned from in `num_ppo_epochs` passes of `num_mini_batches` optimizer
    steps each. `per_device_train_batch_size` rows are on a device at once. Names are those of TRL's old PPOConfig, but
    for `beta` and `epsilon`, which are called as in GRPO. Raises ValueError for a value out of its range.
    """

    learning_rate: float = 1e-6
    remove_unused_columns: bool | None = False
    model_init_kwargs: dict[str, Any] | None = field(default=None, metadata={"help": "Of `from_pretrained`."})
    max_completion_length: int = field(default=512, metadata={"help": "Most tokens of an answer."})
    temperature: float = field(default=1.0, metadata={"help": "Of sampling, and of all log-probabilities."})
    generation_batch_size: int | None = field(
        default=None, metadata={"help": "Answers that are written at once on a device; None: a whole rollout."}
    )
    num_ppo_epochs: int = field(default=4, metadata={"help": "Passes over a rollout."})
    num_mini_batches: int = field(default=1, metadata={"help": "Optimizer steps a pass."})
    beta: float = field(
        default=0.05, metadata={"help": "KL penalty a token, in reward per nat; 0: no reference model."}
    )
    kl_target: float | None = field(
        default=None, metadata={"help": "Nats per sequence that `beta` is adapted to (arXiv 1909.08593); None: fixed."}
    )
    kl_horizon: int = field(default=10_000, metadata={"help": "Sequences over which `beta` adapts."})
    kl_estimator: Literal["k1", "k3"] = field(default="k1", metadata={"help": "Of the penalty."})
    epsilon: float = field(default=0.2, metadata={"help": "The ratio of policies is clipped to 1 ± this."})
    cliprange_value: float = field(default=0.2, metadata={"help": "Values move by at most this from the old ones."})
    vf_coef: float = field(default=0.1, metadata={"help": "Weight of the value loss."})
    entropy_coef: float = field(default=0.0, metadata={"help": "Weight of the entropy bonus."})
    value_learning_rate: float | None = field(
        default=None, metadata={"help": "Of the value head; None: ten times learning_rate."}
    )
    gamma: float = field(default=1.0, metadata={"help": "Discount a token."})
    lam: float = field(default=0.95, metadata={"help": "λ of GAE: 1 is no bootstrapping."})
    whiten_advantages: bool = field(default=True, metadata={"help": "To mean 0 and variance 1 in a rollout."})
    missing_eos_penalty: float | None = field(
        default=None, metadata={"help": "Taken from the reward of an answer that was cut off."}
    )
    reward_weights: list[float] | None = field(default=None, metadata={"help": "Of each reward; 1 unless given."})

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("max_completion_length", "num_ppo_epochs", "num_mini_batches", "kl_horizon"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, is {getattr(self, name)}")
        if self.generation_batch_size is not None and self.generation_batch_size < 1:
            raise ValueError(f"generation_batch_size must be at least 1, is {self.generation_batch_size}")
        for name in ("gamma", "lam"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} lies between 0 and 1, is {getattr(self, name)}")
        for name in ("epsilon", "cliprange_value", "temperature"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, is {getattr(self, name)}")
        if self.beta < 0 or (self.kl_target is not None and (self.beta == 0 or self.kl_target <= 0)):
            raise ValueError(
                f"beta must be 0 or more, and above 0 with a kl_target above 0 (beta {self.beta}, "
                f"kl_target {self.kl_target})"
            )
