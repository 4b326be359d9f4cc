"""The figures of PPO's rollouts: noted as they come, over all processes, and averaged when they are logged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor

from trainers.ppo.rollout import Rollout


class Figures:
    """What was noted since the last log. accelerator: of the trainer, which knows the other processes."""

    def __init__(self, accelerator: Any) -> None:
        self.accelerator = accelerator
        self._noted: dict[str, list[float]] = defaultdict(list)

    def note(self, figures: Mapping[str, float]) -> None:
        """Of one rollout, or of one mini-batch."""
        for name, value in figures.items():
            self._noted[name].append(value)

    def note_rewards(self, each: dict[str, list[float | None]], rewards: Tensor, rollout: Rollout) -> None:
        """Rewards and lengths of a rollout, under TRL's names."""
        own = zip(
            rewards.tolist(), rollout.token_ids, rollout.ended.tolist(), zip(*each.values(), strict=True), strict=True
        )
        rows = gather_object([(total, len(ids), ended, values) for total, ids, ended, values in own])
        for number, name in enumerate(each):
            mean, spread = _spread([row[3][number] for row in rows if row[3][number] is not None])
            self.note({f"rewards/{name}/mean": mean, f"rewards/{name}/std": spread})
        mean, spread = _spread([row[0] for row in rows if row[0] == row[0]])
        self.note({"reward": mean, "reward_std": spread})
        self.note({"completions/mean_length": sum(row[1] for row in rows) / len(rows)})
        self.note({"completions/clipped_ratio": sum(not row[2] for row in rows) / len(rows)})

    def taken(self) -> dict[str, float]:
        """The mean of each, and none of them any more."""
        means = {name: sum(values) / len(values) for name, values in self._noted.items()}
        self._noted.clear()
        return means

    def sum(self, values: Tensor) -> Tensor:
        """Over all processes."""
        summed: Tensor = self.accelerator.reduce(values, "sum")
        return summed

    def mean(self, values: Tensor, mask: Tensor) -> float:
        """Over all unmasked tokens of all processes."""
        total, count = self.sum(torch.stack([(values * mask).sum(), mask.sum().float()])).tolist()
        return float(total / max(count, 1.0))


def _spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation."""
    if not values:
        return 0.0, 0.0
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)) ** 0.5
