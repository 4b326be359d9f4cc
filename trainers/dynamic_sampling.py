"""Dynamic sampling for GRPO: groups of equal rewards are replaced by groups of other prompts until a batch has none.

DAPO (arXiv 2503.14476, section 3.2), which TRL has not (trl#3708, #4764). There prompts are over-sampled and what has
no variance is thrown away; here the batch is made as TRL makes it, and only what is missing is drawn again, at most
`rounds` times. What is still without variance then stays, and trains nothing, as in TRL. A batch in which every group
has variance is TRL's own, number for number.

The prompts that are drawn depend on the seed and the step only, so a resumed training draws the same.
"""

from __future__ import annotations

from typing import Any

import torch
from trl import GRPOTrainer

from curate.errors import UsageError

LEFT_PADDED = frozenset({"prompt_ids", "prompt_mask"})


class DynamicSamplingTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPO whose batches are refilled. rounds: how often at most."""

    rounds: int = 4

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Any:
        self._rewards_per_func = super()._calculate_rewards(*args, **kwargs)
        return self._rewards_per_func

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        batch = super()._generate_and_score_completions(inputs)
        if not self.model.training:
            return batch  # type: ignore[no-any-return]
        varied = self._varied(len(inputs))
        first, used = int((~varied).sum()), 0
        while used < self.rounds:
            missing = self._most(int((~varied).sum()))  # every process draws as many, for what they gather is one shape
            if not missing:
                break
            more = super()._generate_and_score_completions(self._fresh_prompts(missing, used))
            batch, varied = self._refilled(batch, varied, more, self._varied(missing * self.num_generations))
            used += 1
        self._note(used, first, int((~varied).sum()), len(varied))
        return batch  # type: ignore[no-any-return]

    def _varied(self, rows: int) -> torch.Tensor:
        """Which of this process's groups have rewards that differ, shape (groups,)."""
        weights = self.reward_weights.to(self._rewards_per_func.device)
        scored = ~torch.isnan(self._rewards_per_func).all(dim=1)
        rewards = (self._rewards_per_func * weights).nansum(dim=1)
        start = self.accelerator.process_index * rows
        grouped = rewards[start : start + rows].view(-1, self.num_generations)
        known = scored[start : start + rows].view(-1, self.num_generations)
        high = grouped.masked_fill(~known, -torch.inf).amax(dim=1)
        low = grouped.masked_fill(~known, torch.inf).amin(dim=1)
        varied: torch.Tensor = ~torch.isclose(high, low) & (high > low)
        return varied

    def _most(self, count: int) -> int:
        counts = torch.tensor([count], device=self.accelerator.device)
        return int(self.accelerator.gather(counts).max())

    def _fresh_prompts(self, count: int, used: int) -> list[dict[str, Any]]:
        """`count` rows of the training set, each repeated for its group."""
        world = self.accelerator.num_processes
        place = ((self.args.seed * 1_000_003 + batch_of(self)) * 101 + used) * world + self.accelerator.process_index
        generator = torch.Generator().manual_seed(place)
        rows = torch.randint(len(self.train_dataset), (count,), generator=generator).tolist()
        return [self.train_dataset[row] for row in rows for _ in range(self.num_generations)]

    def _refilled(
        self, batch: dict[str, Any], varied: torch.Tensor, more: dict[str, Any], good: torch.Tensor
    ) -> tuple[dict[str, Any], torch.Tensor]:
        """`batch` with as many of its groups without variance replaced as `more` has with."""
        empty, full = torch.nonzero(~varied).flatten(), torch.nonzero(good).flatten()
        count = min(len(empty), len(full))
        rows, replacing = self._rows(empty[:count]), self._rows(full[:count])
        made = {}
        for name, value in batch.items():
            if name != "num_items_in_batch":
                made[name] = _placed(value, more[name], rows, replacing, left=name in LEFT_PADDED, pad=self._pad(name))
        mask = made["completion_mask"] * made.get("tool_mask", 1)
        made["num_items_in_batch"] = self.accelerator.gather(mask.sum()).sum()
        after = varied.clone()
        after[empty[:count]] = True
        return made, after

    def _rows(self, groups: torch.Tensor) -> torch.Tensor:
        inside = torch.arange(self.num_generations, device=groups.device)
        rows: torch.Tensor = (groups[:, None] * self.num_generations + inside).flatten()
        return rows

    def _pad(self, name: str) -> int:
        return int(self.processing_class.pad_token_id) if name.endswith("_ids") else 0

    def _note(self, used: int, first: int, last: int, groups: int) -> None:
        metrics = self._metrics["train"]
        metrics["dynamic_sampling/rounds"].append(used)
        metrics["dynamic_sampling/replaced"].append((first - last) / groups)
        metrics["dynamic_sampling/frac_left_zero_std"].append(last / groups)


def batch_of(trainer: Any) -> int:
    """The number of the batch that is made, of the whole training: TRL's own `_step` begins anew after a resume."""
    accumulated = int(trainer.args.gradient_accumulation_steps)
    return int(trainer.state.global_step) * accumulated + int(trainer._step) % accumulated  # noqa: SLF001  TRL's


def _placed(
    value: torch.Tensor, other: torch.Tensor, rows: torch.Tensor, replacing: torch.Tensor, *, left: bool, pad: int
) -> torch.Tensor:
    """`value` with `rows` taken from `other`; both are brought to the width of the wider one."""
    if (value.dim() > 1 and value.shape[1] > 1) or (other.dim() > 1 and other.shape[1] > 1):
        width = max(value.shape[1], other.shape[1])
        value, other = (_widened(one, width, left=left, pad=pad) for one in (value, other))
    placed = value.clone()
    placed[rows] = other[replacing]
    return placed


def _widened(value: torch.Tensor, width: int, *, left: bool, pad: int) -> torch.Tensor:
    room = width - value.shape[1]
    return torch.nn.functional.pad(value, (room, 0) if left else (0, room), value=pad)


def check(arguments: Any, world: int) -> None:
    """Raise UsageError for settings under which a group cannot be replaced alone."""
    if arguments.scale_rewards == "batch" or arguments.multi_objective_aggregation != "sum_then_normalize":
        raise UsageError(
            "dynamic_sampling replaces groups one by one, so their advantages must not depend on each other: take "
            "scale_rewards: group (or none) and multi_objective_aggregation: sum_then_normalize"
        )
    rows = arguments.per_device_train_batch_size * arguments.steps_per_generation
    if rows % arguments.num_generations:
        raise UsageError(
            f"dynamic_sampling needs whole groups on each of {world} processes: {rows} completions a process are no "
            f"multiple of num_generations {arguments.num_generations}"
        )
