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
    """The pass rate of every row, moved by each group of answers. rates: shape (rows,), in [0, 1].

    A batch is drawn before the one ahead of it is scored, or after, as the trainer fetches them. So that this makes no
    difference, also after a resume, batch n is drawn by the rates from before batch n - 1: `before` holds those of the
    last batch that was scored.
    """

    def __init__(self, rates: torch.Tensor, span: tuple[float, float]) -> None:
        self.rates, self.span = rates, span
        self.before: tuple[int, torch.Tensor] = (-1, rates)

    @classmethod
    def of(cls, job: Job, span: tuple[float, float]) -> Estimates:
        """From the data's own `pass_rate` where it has one."""
        rates = torch.full((len(job.train),), PRIOR)
        if "pass_rate" in job.train.column_names:
            known = [PRIOR if rate is None else float(rate) for rate in job.train["pass_rate"]]
            rates = torch.tensor(known).clamp(0, 1)
        return cls(rates, span)

    def update(self, batch: int, rows: list[int], rewards: torch.Tensor) -> None:
        """Move the estimates by answers of a batch to `rows` (one row may come many times) that earned `rewards`.

        >>> seen = Estimates(torch.full((2,), 0.5), (0.0, 1.0))
        >>> seen.update(0, [0, 0, 0, 0], torch.tensor([1.0, 1.0, 1.0, 1.0]))
        >>> seen.rates.tolist()
        [0.75, 0.5]
        """
        if self.before[0] != batch:  # dynamic sampling scores a batch several times
            self.before = (batch, self.rates.clone())
        low, high = self.span
        shares = ((rewards - low) / ((high - low) or 1.0)).clamp(0, 1)
        for row in dict.fromkeys(rows):
            mean = shares[[place for place, other in enumerate(rows) if other == row]].mean()
            self.rates[row] = (1 - MEMORY) * self.rates[row] + MEMORY * float(mean)

    def batch(self, number: int, count: int, seed: int) -> list[int]:
        """The rows of a batch."""
        last, rates = self.before
        return self.draw(rates if last == number - 1 else self.rates, count, seed * 1_000_003 + number)

    def draw(self, rates: torch.Tensor, count: int, seed: int) -> list[int]:
        """`count` different rows, the likelier the higher their weight: p(1 - p), and the floor."""
        generator = torch.Generator().manual_seed(seed)
        weights = rates * (1 - rates) + FLOOR
        return list(torch.multinomial(weights, count, replacement=False, generator=generator).tolist())

    def kept(self) -> str:
        """For a checkpoint."""
        batch, before = self.before
        return json.dumps({"rates": self.rates.tolist(), "batch": batch, "before": before.tolist()})

    def restore(self, text: str) -> None:
        """As they were when `text` was kept."""
        kept = json.loads(text)
        self.rates, self.before = torch.tensor(kept["rates"]), (kept["batch"], torch.tensor(kept["before"]))


class AdaptiveSampler(Sampler[int]):
    """In the place of TRL's RepeatSampler: the same repeats, the prompts of each batch drawn by their weights."""

    def __init__(self, seen: Estimates, prompts: int, repeats: int, batches: int, seed: int) -> None:
        self.seen, self.prompts, self.repeats, self.batches, self.seed = seen, prompts, repeats, batches, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Of the whole training, which a resumed one may begin with."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        each = len(self.seen.rates) // self.prompts
        for number in range(self.epoch * each, (self.epoch + 1) * each):
            rows = self.seen.batch(number, self.prompts, self.seed)
            for _ in range(self.batches):
                for row in rows:
                    yield from [row] * self.repeats

    def __len__(self) -> int:
        return len(self.seen.rates) // self.prompts * self.prompts * self.repeats * self.batches


def adaptive(base: type) -> type:
    """A GRPO trainer whose problems are drawn by what there is to learn from them.

    The estimates are kept with every checkpoint, so that a resumed training draws what an uninterrupted one does.
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

            from trainers.dynamic_sampling import batch_of

            rewards = super()._calculate_rewards(inputs, *args, **kwargs)
            if self.model.training:
                weights = self.reward_weights.to(rewards.device)
                known = ~torch.isnan(rewards).all(dim=1)
                rows = gather_object([int(one["_row"]) for one in inputs])
                kept = [row for row, judged in zip(rows, known.tolist(), strict=True) if judged]
                number = batch_of(self) // (self.num_iterations * self.args.steps_per_generation)
                self.seen.update(number, kept, (rewards * weights).nansum(dim=1)[known].cpu())
                self._metrics["train"]["curriculum/mean_rate"].append(float(self.seen.rates.mean()))
            return rewards

        def _fresh_prompts(self, count: int, used: int) -> list[dict[str, Any]]:
            from trainers.dynamic_sampling import batch_of

            seed = (self.args.seed * 1_000_003 + batch_of(self)) * 101 + used + 1
            rows = self.seen.draw(self.seen.rates, count, seed)
            return [self.train_dataset[row] for row in rows for _ in range(self.num_generations)]

        def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
            super().save_model(output_dir, _internal_call)
            if _internal_call and self.args.should_save:
                folder = Path(output_dir or self.args.output_dir)
                (folder / FILE).write_text(self.seen.kept(), encoding="utf-8")

        def _load_from_checkpoint(self, resume_from_checkpoint: str, *args: Any, **kwargs: Any) -> None:
            super()._load_from_checkpoint(resume_from_checkpoint, *args, **kwargs)
            path = Path(resume_from_checkpoint) / FILE
            if path.is_file():
                self.seen.restore(path.read_text(encoding="utf-8"))

    Adaptive.__name__ = Adaptive.__qualname__ = base.__name__
    return Adaptive
