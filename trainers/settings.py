"""The settings of a training, frozen: what each key of its YAML may be.

method: grpo
model: house                      # `house`, the folder of a model or of a training, or a model on the Hub
data: runs/grpo-prompts           # a run, parquet, jsonl, a folder of them, or a data set on the Hub
rewards: [math, {reward: think_format, weight: 0.1}]
out: runs/grpo
trl: {learning_rate: 1.0e-6}      # everything else: the trainer's own arguments, handed on as they are
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from trainers.watching.settings import Watching

TooLong = Literal["error", "drop", "truncate"]


def named(value: Any, key: str) -> Any:
    """A list in which a name alone stands for `{key: name}`; anything else as it is, for pydantic to refuse.

    >>> named(["math", {"reward": "xml"}], "reward")
    ({'reward': 'math'}, {'reward': 'xml'})
    """
    if not isinstance(value, list | tuple):
        return value
    return tuple({key: item} if isinstance(item, str) else item for item in value)


class Settings(BaseModel):
    """Base of all settings here: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Settings):
    """Where rows come from, when a path alone does not say it."""

    path: str = Field(description="A run, a parquet or jsonl file, a folder of them, or ORG/NAME on the Hub.")
    split: str | None = Field(
        default=None, description="Of a run or a data set; all of a run's but `test` unless given."
    )
    revision: str | None = Field(default=None, description="The commit of a data set on the Hub.")
    config: str | None = Field(default=None, description="The configuration of a data set on the Hub.")
    limit: int | None = Field(default=None, ge=1, description="At most so many rows.")


class RewardUse(Settings):
    """One reward and its share."""

    reward: str = Field(description="Its name; `curate rewards list` shows them. `verifier`: the one each row names.")
    name: str | None = Field(default=None, description="Its name in the metrics, when the reward is used twice.")
    options: dict[str, Any] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict, description="The reward's column: the data's column.")
    weight: float = 1.0

    @property
    def label(self) -> str:
        """Its name in the metrics."""
        return self.name or self.reward


class Batch(Settings):
    """Rows an optimizer step learns from, over all devices, and how many of them a device holds at once."""

    effective: int | None = Field(default=None, ge=1, description="Rows, pairs or completions an optimizer step.")
    device: int | Literal["auto"] | None = Field(
        default=None, description="`auto`: the most that fit, by a probe step."
    )

    @field_validator("device")
    @classmethod
    def _at_least_one(cls, value: Any) -> Any:
        if isinstance(value, int) and value < 1:
            raise ValueError("a device holds at least 1 row")
        return value


class Stop(Settings):
    """Stop early, and keep the best checkpoint instead of the last."""

    on: str = Field(default="eval_loss", description="eval_loss, eval_reward, or pass@K on the held-out problems.")
    patience: int = Field(default=3, ge=1, description="Evaluations without a better value.")
    min_delta: float = Field(default=0.0, ge=0.0, description="What counts as better.")
    samples: int | None = Field(default=None, ge=1, description="Answers a problem for pass@K; K unless given.")
    max_tokens: int = Field(default=512, ge=1, description="Of an answer, for methods that generate nothing else.")
    problems: int = Field(default=128, ge=1, description="Held-out problems that are asked, at most.")

    @field_validator("on")
    @classmethod
    def _known(cls, value: str) -> str:
        name, _, k = value.partition("@")
        if name == "pass":
            if not k.isdigit() or int(k) < 1:
                raise ValueError("write pass@1, pass@8, ...")
        elif not value.startswith("eval_"):
            raise ValueError("write eval_loss, eval_reward, or pass@K")
        near = get_close_matches(value, ("eval_loss", "eval_reward"), n=1, cutoff=0.8)
        if near and value != near[0]:
            raise ValueError(f"did you mean {near[0]}?")
        return value

    @property
    def k(self) -> int | None:
        """K of pass@K."""
        return int(self.on.partition("@")[2]) if "@" in self.on else None

    @property
    def metric(self) -> str:
        """The metric's name in the log."""
        return f"eval_{self.on}" if self.k else self.on

    @property
    def higher_is_better(self) -> bool:
        """Only losses get better by falling."""
        return not self.metric.endswith("loss")


class DynamicSampling(Settings):
    """Replace groups of equal rewards, which train nothing, by groups of other prompts (arXiv 2503.14476)."""

    rounds: int = Field(default=4, ge=1, description="How many times a batch is refilled at most.")


class Curriculum(Settings):
    """The order of the rows: sorted by a column, or (grpo) drawn by what there is to learn from them."""

    order: Literal["easy_first", "hard_first", "adaptive"] = "easy_first"
    by: str = Field(default="pass_rate", description="A column of numbers, or `length`.")


class TrainConfig(Settings):
    """A training, whole."""

    method: str = Field(description="sft dpo kto orpo simpo cpo reward grpo rloo ...")
    model: str = Field(description="`house`, the folder of a model or of a training, or a model on the Hub.")
    revision: str | None = Field(default=None, description="The commit of a model on the Hub.")
    data: Data
    columns: dict[str, str] = Field(default_factory=dict, description="Our column: the data's column.")
    eval: float | str | None = Field(default=None, description="Held out by problem: a share, a split, or a path.")
    out: str = Field(description="The folder of the training.")
    seed: int = Field(default=0, ge=0)
    format: Literal["messages", "text"] | None = Field(
        default=None, description="How text is put to the model: `messages` where it has a chat template, unless given."
    )
    chat_template: str | None = Field(default=None, description="A jinja file that takes the place of the model's own.")
    too_long: TooLong = Field(default="error", description="What to do with rows longer than max_length.")
    teacher: str | None = Field(default=None, description="What distill, gkd and kd learn from, named as a model is.")
    rewards: tuple[RewardUse, ...] = Field(default=(), description="Names of rewards, or {reward, weight, options}.")
    peft: dict[str, Any] | None = Field(default=None, description="{type: lora, r: 16, ...}")
    freeze: tuple[str, ...] = Field(default=(), description='Names to freeze by glob; "!name" frees again.')
    batch: Batch = Field(default_factory=Batch)
    stop: Stop | None = None
    dynamic_sampling: DynamicSampling | None = None
    curriculum: Curriculum | None = Field(default=None, description="easy_first, hard_first, adaptive; {order, by}.")
    profile: Literal["course"] | None = None
    watch: Watching = Field(default_factory=Watching, description="Limits of the alarms, and what they do.")
    trl: dict[str, Any] = Field(default_factory=dict, description="The trainer's own arguments.")

    @field_validator("data", mode="before")
    @classmethod
    def _path_is_enough(cls, value: Any) -> Any:
        if not isinstance(value, str | Mapping | Data):
            raise ValueError("write a path, or {path: ..., split: ...}")  # noqa: TRY004  pydantic's
        return {"path": value} if isinstance(value, str) else value

    @field_validator("rewards", mode="before")
    @classmethod
    def _names_are_enough(cls, value: Any) -> Any:
        return named(value, "reward")

    @field_validator("batch", mode="before")
    @classmethod
    def _number_is_enough(cls, value: Any) -> Any:
        if value == "auto":
            return {"device": "auto"}
        if isinstance(value, int) and not isinstance(value, bool):
            return {"effective": value}
        if not isinstance(value, Mapping | Batch):
            raise ValueError("write a number of rows, auto, or {effective: 64, device: 8}")  # noqa: TRY004  pydantic's
        return value

    @field_validator("dynamic_sampling", mode="before")
    @classmethod
    def _true_is_enough(cls, value: Any) -> Any:
        return ({} if value else None) if isinstance(value, bool) else value

    @field_validator("curriculum", mode="before")
    @classmethod
    def _word_is_enough(cls, value: Any) -> Any:
        return {"order": value} if isinstance(value, str) else value

    @field_validator("eval")
    @classmethod
    def _a_share(cls, value: Any) -> Any:
        if isinstance(value, float) and not 0 < value < 1:
            raise ValueError("a share lies between 0 and 1, for example 0.1; or name a split or a file")
        return value

    @model_validator(mode="after")
    def _held_out_to_stop_on(self) -> TrainConfig:
        if self.stop is not None and self.eval is None:
            raise ValueError(f"stop: {self.stop.on} needs held-out problems, eval: 0.1 or eval: FILE")
        return self

    @model_validator(mode="after")
    def _distinct_rewards(self) -> TrainConfig:
        labels = [use.label for use in self.rewards]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"two rewards are called '{twice[0]}'; give one a name: of its own")
        return self
