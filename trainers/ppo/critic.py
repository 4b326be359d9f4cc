"""The critic of PPO: a value head on the policy's last hidden state, which no file of the policy knows of.

It learns faster than the policy. Checkpoints hold it, and β, in a file of its own; a finished model has none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import Trainer

from trainers.ppo.formulas import KLController

CRITIC = "critic.safetensors"
"""In a checkpoint: the value head and β."""


def value_head(model: Any) -> torch.nn.Linear:
    """From the last hidden state to a value; it starts at 0, so it draws no random numbers."""
    head = torch.nn.Linear(model.config.get_text_config().hidden_size, 1)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    return head.to(model.device)


class CriticTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose model carries a `value_head`, and whose β adapts."""

    control_kl: KLController

    def create_optimizer(self, *args: Any, **kwargs: Any) -> Any:
        """The Trainer's for the policy; the value head, which is new, learns faster and without weight decay."""
        head = self.model.value_head
        head.requires_grad_(requires_grad=False)
        optimizer = super().create_optimizer(*args, **kwargs)
        head.requires_grad_(requires_grad=True)
        held = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
        if id(head.weight) not in held:
            rate = self.args.value_learning_rate
            rate = 10 * self.args.learning_rate if rate is None else rate
            optimizer.add_param_group({"params": list(head.parameters()), "lr": rate, "weight_decay": 0.0})
        return optimizer

    @contextmanager
    def _without_head(self) -> Iterator[None]:
        """The policy as it came, so that its file holds what other programs expect in it."""
        head = self.model.value_head
        del self.model.value_head
        try:
            yield
        finally:
            self.model.value_head = head

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        with self._without_head():
            super()._save(output_dir, state_dict)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Save the policy; into a checkpoint also what PPO needs to go on."""
        super().save_model(output_dir, _internal_call)
        if _internal_call and self.args.should_save:
            critic = {name: value.detach().cpu() for name, value in self.model.value_head.state_dict().items()}
            critic["beta"] = torch.tensor(self.control_kl.coefficient, dtype=torch.float64)
            save_file(critic, Path(output_dir or self.args.output_dir) / CRITIC)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        with self._without_head():
            super()._load_from_checkpoint(resume_from_checkpoint, model)
        critic = load_file(Path(resume_from_checkpoint) / CRITIC)
        self.control_kl.coefficient = float(critic.pop("beta"))
        self.model.value_head.load_state_dict(critic)

    def _load_best_model(self) -> None:
        with self._without_head():
            super()._load_best_model()
