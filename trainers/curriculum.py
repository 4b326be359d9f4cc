"""The order of the problems: easy ones first, or those the model is learning most from just now.

Static: the rows are sorted by a column (the pipeline's `pass_rate`, or the length of the prompt) and not shuffled.

Adaptive: every problem has an estimate of its pass rate p, which each of its groups moves; a batch is drawn with
weights p(1-p), the variance of the reward, which is what a group's advantages are made of. Problems that are always or
never solved keep a small weight, so that they are looked at again. This is the sampling for learnability of Rutherford
et al. 2024 (arXiv 2408.15099), with estimates from training itself instead of separate rollouts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from torch.utils.data import Sampler

from curate.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    import polars as pl

    from trainers.job import Job
    from trainers.settings import TrainConfig

FILE: Final = "curriculum.json"
FLOOR: Final = 0.02
"""Weight of a problem whose answers all earn the same; the highest is 0.25."""

MEMORY: Final = 0.5
"""Share of an estimate that a new group replaces."""

PRIOR: Final = 0.5
"""Of a problem nobody has seen: the highest weight, so that all are tried."""


def columns(config: TrainConfig) -> list[str]:
    """Columns of the data that the order is told by."""
    wanted = config.curriculum
    return [] if wanted is None or wanted.order == "adaptive" or wanted.by == "length" else [wanted.by]


def check_column(there: Sequence[str], config: TrainConfig) -> None:
    """Raise DataError when the column that the order is told by is not there."""
    for wanted in columns(config):
        if wanted not in there:
            raise DataError(
                f"{config.data.path}: curriculum: no column '{wanted}'{did_you_mean(wanted, there)}; "
                "`curate build` makes pass_rate with - {step: pass_rate}, and {by: length} needs no column"
            )


def order(job: Job) -> None:
    """Sort the training rows as `curriculum:` says.

    Raises UsageError for an adaptive order of rows that are not asked, DataError for a column that is no number.
    """
    wanted = job.config.curriculum
    if wanted is None:
        return
    if wanted.order == "adaptive":
        if job.method.name != "grpo":
            raise UsageError(
                f"curriculum: adaptive draws the problems of grpo by its groups; {job.method.name} has none"
            )
        return
    frame = job.rows.train
    keys = _keys(frame, wanted.by)
    easy_first = sorted(range(len(keys)), key=lambda row: (keys[row], row))
    job.train = job.rows.dataset(frame[easy_first if wanted.order == "easy_first" else easy_first[::-1]])
    for name, value in (("shuffle_dataset", False), ("train_sampling_strategy", "sequential")):
        if hasattr(job.arguments, name):
            setattr(job.arguments, name, value)
    job.say(f"curriculum: {wanted.order.replace('_', ' ')} by {wanted.by}")


def _keys(frame: pl.DataFrame, by: str) -> list[float]:
    """The lower, the easier."""
    if by == "length":
        return [float(len(json.dumps(row, default=str))) for row in frame.iter_rows()]
    if not frame[by].dtype.is_numeric():
        raise DataError(f"curriculum: column '{by}' holds {frame[by].dtype}, not numbers")
    sign = -1.0 if by == "pass_rate" else 1.0  # what is solved often is easy; what is difficult or long is not
    return [sign * float(value) if value is not None else 0.0 for value in frame[by].to_list()]


class Estimates:
    """The pass rate of every row, moved by each group of answers. rates: shape (rows,), in [0, 1]."""

    def __init__(self, rates: torch.Tensor, span: tuple[float, float]) -> None:
        self.rates, self.span = rates, span

    @classmethod
    def of(cls, job: Job, span: tuple[float, float]) -> Estimates:
        """From the data's own `pass_rate` where it has one."""
        rates = torch.full((len(job.train),), PRIOR)
        if "pass_rate" in job.train.column_names:
            known = [PRIOR if rate is None else float(rate) for rate in job.train["pass_rate"]]
            rates = torch.tensor(known).clamp(0, 1)
        return cls(rates, span)

    def weights(self) -> torch.Tensor:
        """Of a draw: the variance of a right-or-wrong reward, and the floor."""
        return self.rates * (1 - self.rates) + FLOOR

    def update(self, rows: list[int], rewards: torch.Tensor) -> None:
        """Move the estimates by answers to `rows` (one row may come many times) that earned `rewards`.

        >>> seen = Estimates(torch.full((2,), 0.5), (0.0, 1.0))
        >>> seen.update([0, 0, 0, 0], torch.tensor([1.0, 1.0, 1.0, 1.0]))
        >>> seen.rates.tolist()
        [0.75, 0.5]
        """
        low, high = self.span
        shares = ((rewards - low) / ((high - low) or 1.0)).clamp(0, 1)
        for row in dict.fromkeys(rows):
            mean = shares[[place for place, other in enumerate(rows) if other == row]].mean()
            self.rates[row] = (1 - MEMORY) * self.rates[row] + MEMORY * float(mean)

    def draw(self, count: int, seed: int) -> list[int]:
        """`count` different rows, the likelier the higher their weight."""
        generator = torch.Generator().manual_seed(seed)
        return list(torch.multinomial(self.weights(), count, replacement=False, generator=generator).tolist())


class AdaptiveSampler(Sampler[int]):
    """In the place of TRL's RepeatSampler: the same repeats, the prompts of each batch drawn by their weights."""

    def __init__(self, seen: Estimates, prompts: int, repeats: int, batches: int, seed: int) -> None:
        self.seen, self.prompts, self.repeats, self.batches, self.seed = seen, prompts, repeats, batches, seed
        self.drawn = 0

    def __iter__(self) -> Iterator[int]:
        for _ in range(len(self.seen.rates) // self.prompts):
            rows = self.seen.draw(self.prompts, self.seed * 1_000_003 + self.drawn)
            self.drawn += 1
            for _ in range(self.batches):
                for row in rows:
                    yield from [row] * self.repeats

    def __len__(self) -> int:
        return len(self.seen.rates) // self.prompts * self.prompts * self.repeats * self.batches


def adaptive(base: type) -> type:
    """A GRPO trainer whose problems are drawn by what there is to learn from them.

    The estimates are kept with every checkpoint. A batch is drawn before the one ahead of it is scored, so a resumed
    training may draw other problems than one that was not stopped.
    """

    class Adaptive(base):  # type: ignore[misc]
        seen: Estimates

        def _get_train_sampler(self, dataset: Any = None) -> Any:  # noqa: ARG002  TRL's signature
            return AdaptiveSampler(
                self.seen,
                self.args.generation_batch_size // self.num_generations,
                self.num_generations,
                self.num_iterations * self.args.steps_per_generation,
                self.args.seed,
            )

        def _calculate_rewards(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            from accelerate.utils import gather_object

            rewards = super()._calculate_rewards(inputs, *args, **kwargs)
            if self.model.training:
                weights = self.reward_weights.to(rewards.device)
                known = ~torch.isnan(rewards).all(dim=1)
                rows = gather_object([int(one["_row"]) for one in inputs])
                kept = [row for row, judged in zip(rows, known.tolist(), strict=True) if judged]
                if kept:
                    self.seen.update(kept, (rewards * weights).nansum(dim=1)[known].cpu())
                self._metrics["train"]["curriculum/mean_rate"].append(float(self.seen.rates.mean()))
            return rewards

        def _fresh_prompts(self, count: int, used: int) -> list[dict[str, Any]]:
            from trainers.dynamic_sampling import batch_of

            rows = self.seen.draw(count, (self.args.seed * 1_000_003 + batch_of(self)) * 101 + used + 1)
            return [self.train_dataset[row] for row in rows for _ in range(self.num_generations)]

        def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
            super()._save_checkpoint(*args, **kwargs)
            folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
            if self.args.should_save and folder.is_dir():
                (folder / FILE).write_text(json.dumps({"rates": self.seen.rates.tolist()}), encoding="utf-8")

        def _load_from_checkpoint(self, resume_from_checkpoint: str, *args: Any, **kwargs: Any) -> None:
            super()._load_from_checkpoint(resume_from_checkpoint, *args, **kwargs)
            path = Path(resume_from_checkpoint) / FILE
            if path.is_file():
                self.seen.rates = torch.tensor(json.loads(path.read_text(encoding="utf-8"))["rates"])

    Adaptive.__name__ = Adaptive.__qualname__ = base.__name__
    return Adaptive
