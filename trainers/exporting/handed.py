"""What every target is given: rows with their golds, the rewards as Python, the settings by one set of names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rewards
from curate.errors import UsageError
from curate.shipped import MODELS
from trainers import batch
from trainers.lengths import prompt_length
from trainers.preparing import prepare

if TYPE_CHECKING:
    import polars as pl

    from trainers.job import Job
    from trainers.settings import RewardUse, TrainConfig

METHODS = ("grpo", "rloo", "ppo")

GROUPED = ("grpo", "rloo")


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows that are judged alike. reward: an expression in Python. columns: the reward's column -> the data's."""

    name: str
    reward: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """prompt: messages. columns: what the reward reads, under the reward's own names. kind: a `Kind.name`."""

    prompt: list[dict[str, Any]]
    columns: dict[str, Any]
    kind: str

    @property
    def gold(self) -> str:
        """As one string, which `rewards.adapters` reads: an answer as it is, anything else as JSON."""
        if set(self.columns) <= {"answer"}:
            return str(self.columns.get("answer", ""))
        return json.dumps(self.columns, ensure_ascii=False, default=str)


@dataclass(frozen=True, slots=True)
class Handed:
    """A training, read and checked. group: answers a prompt. prompts: a step. longest: tokens of a prompt."""

    config: TrainConfig
    arguments: Any
    model: str
    kinds: dict[str, Kind]
    train: list[Row]
    held_out: list[Row]
    longest: int
    group: int
    prompts: int

    def rate(self) -> float:
        """The learning rate."""
        return float(self.arguments.learning_rate)

    def value_rate(self) -> float:
        """The learning rate of PPO's critic."""
        return float(self.arguments.value_learning_rate or 10 * self.rate())

    def steps(self) -> int:
        """Steps of the whole training."""
        if self.arguments.max_steps > 0:
            return int(self.arguments.max_steps)
        return max(round(len(self.train) * float(self.arguments.num_train_epochs) / self.prompts), 1)

    def passes(self) -> int:
        """How often a rollout is learned from."""
        return int(self.get("num_ppo_epochs") or self.get("num_iterations", 1))

    def get(self, name: str, otherwise: Any = None) -> Any:
        """An argument of the training; `otherwise` where its method has none of that name."""
        return getattr(self.arguments, name, otherwise)


def hand(config: TrainConfig) -> Handed:
    """Read a training. Raises UsageError for what cannot be handed on, and InvalidInput as training does."""
    if config.method not in METHODS:
        raise UsageError(f"export hands on {', '.join(METHODS)}; {config.method} trains here")
    job = prepare(config)
    if not job.tokenizer.chat_template or config.format == "text":
        raise UsageError("export writes prompts as messages, and this training puts text to the model (format: text)")
    kinds = _kinds(config.rewards, job.rows.train)
    group = batch.group_size(config, job.method) if config.method in GROUPED else 1
    longest = max(prompt_length(job.tokenizer, prompt) for prompt in job.rows.train["prompt"].to_list())
    return Handed(
        config=config,
        arguments=job.arguments,
        model=_model(config, job),
        kinds=kinds,
        train=_rows(job.rows.train, kinds),
        held_out=[] if job.rows.held_out is None else _rows(job.rows.held_out, kinds),
        longest=longest,
        group=group,
        prompts=batch.effective(config, job.method) // group,
    )


def _model(config: TrainConfig, job: Job) -> str:
    """A folder in full; a name of the Hub as it is."""
    here = config.model in MODELS or Path(config.model).expanduser().exists()
    return str(job.start.resolve()) if here else config.model


def _kinds(uses: tuple[RewardUse, ...], frame: pl.DataFrame) -> dict[str, Kind]:
    """One kind of row; or with `verifier`, one for each verifier that the rows name."""
    if not any(use.reward == "verifier" for use in uses):
        kind = _kind(uses, None)
        return {kind.name: kind}
    return {name: _kind(uses, name) for name in sorted(frame["verifier"].unique().to_list())}


def _kind(uses: tuple[RewardUse, ...], verifier: str | None) -> Kind:
    parts: list[tuple[str, float]] = []
    columns: dict[str, str] = {}
    for use in uses:
        own = (
            rewards.get(verifier or use.reward) if use.reward == "verifier" else rewards.get(use.reward, **use.options)
        )
        parts.append((repr(own), use.weight))
        for column in own.columns:
            source = use.columns.get(column, column)
            if columns.setdefault(column, source) != source:
                raise UsageError(f"two rewards read '{column}' from different columns; export can hand on one of them")
    if len(parts) == 1 and parts[0][1] == 1.0:
        return Kind(verifier or uses[0].label, parts[0][0], columns)
    listed = ", ".join(f"{reward}: {weight!r}" for reward, weight in parts)
    return Kind(verifier or "weighted", f"rewards.weighted({{{listed}}})", columns)


def _rows(frame: pl.DataFrame, kinds: Mapping[str, Kind]) -> list[Row]:
    only = next(iter(kinds)) if len(kinds) == 1 else None
    made = []
    for row in frame.iter_rows(named=True):
        kind = kinds[only or row["verifier"]]
        columns = {column: row[source] for column, source in kind.columns.items() if source in row}
        prompt = [{key: value for key, value in turn.items() if value is not None} for turn in row["prompt"]]
        made.append(Row(prompt, columns, kind.name))
    return made
