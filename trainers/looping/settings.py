"""The settings of a loop, frozen: what each key of its YAML may be.

name: countdown
model: house
problems: {procedural: countdown, rows: 1000, split: train}      # or a run, a file, a data set
held_out: {procedural: countdown, rows: 300, split: test}
rewards: [verifier]                                              # the first says who passed
rounds:
  - name: expert-iteration
    generate: {n: 8}
    select: {per_problem: 2}
    train: {method: sft, batch: 64, trl: {...}}                  # as `curate train`, without model, data and out
  - name: grpo
    train: {method: grpo, batch: 64, trl: {...}}
  - name: soup
    merge: {method: linear, models: [expert-iteration, grpo]}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from curate.errors import did_you_mean
from trainers.merging.config import Part
from trainers.merging.weights import METHODS as MERGES
from trainers.methods import METHODS
from trainers.settings import Data, RewardUse, Settings, named

GIVEN = ("model", "data", "out", "seed", "rewards")
"""Settings of a training that the loop itself gives."""


class Problems(Data):
    """Problems that are asked: a path, or problems made here."""

    path: str = ""
    procedural: str | None = Field(default=None, description="A kind of procedural problems, instead of a path.")
    rows: int = Field(default=1000, ge=1, description="Procedural problems to make.")
    columns: dict[str, str] = Field(default_factory=dict, description="Our column: the data's column.")

    @model_validator(mode="after")
    def _one_source(self) -> Problems:
        if bool(self.path) == (self.procedural is not None):
            raise ValueError("give a path, or procedural: KIND")
        return self


class Generation(Settings):
    """How the model answers."""

    n: int = Field(default=8, ge=1, le=1024, description="Answers a problem.")
    temperature: float = Field(default=1.0, ge=0, le=10)
    max_tokens: int = Field(default=1024, ge=1)
    limit: int | None = Field(default=None, ge=1, description="Problems asked in this round, at most.")


class Selection(Settings):
    """Which answers are trained on (supervised methods), or which problems (methods that generate)."""

    per_problem: int = Field(default=2, ge=1, description="Different right answers of a problem, the shortest first.")
    solved: tuple[float, float] = Field(
        default=(0.0, 1.0), description="Pass rates of problems taken: above the first, below or at the second."
    )


class Measuring(Settings):
    """How a candidate is measured."""

    n: int = Field(default=8, ge=1)
    k: tuple[int, ...] = (1, 8)
    temperature: float = Field(default=1.0, ge=0, le=10)
    max_tokens: int = Field(default=1024, ge=1)

    @model_validator(mode="after")
    def _k_fits(self) -> Measuring:
        if not self.k or min(self.k) < 1 or max(self.k) > self.n:
            raise ValueError(f"k lies between 1 and n ({self.n})")
        return self


class Promotion(Settings):
    """When a candidate takes the place of the champion."""

    k: int = Field(default=1, ge=1, description="pass@k that must rise: the interval of the difference above zero.")
    beat_control: bool = Field(default=True, description="It must also be above the control arm, beyond chance.")
    most_lost: dict[int, float] = Field(default_factory=dict, description="k: how far pass@k may fall.")


class Merging(Settings):
    """A merge as a stage. models: earlier rounds by name, `champion`, `candidate`, or folders."""

    method: str = "linear"
    models: tuple[Part, ...] = ()
    base: str | None = Field(default=None, description="A round's name, `champion`, `start`, or a folder.")
    t: float = Field(default=0.5, ge=0, le=1)

    @field_validator("models", mode="before")
    @classmethod
    def _names_are_enough(cls, value: Any) -> Any:
        return named(value, "model")

    @field_validator("method")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in MERGES:
            raise ValueError(f"unknown merge '{value}'{did_you_mean(value, MERGES)}")
        return value


class Round(Settings):
    """One turn of the loop."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    generate: Generation | None = Field(default=None, description="Supervised methods need it; others may.")
    select: Selection = Field(default_factory=Selection)
    data: Data | None = Field(default=None, description="Rows to train on instead of selected answers.")
    train: dict[str, Any] | None = Field(default=None, description="As `curate train`, without model, data, out.")
    control: bool | dict[str, Any] | None = Field(
        default=None, description="An arm of equal compute: verdicts shuffled, or a training of its own."
    )
    merge: Merging | None = None
    promote: Literal["gated", "always"] = "gated"

    @field_validator("data", mode="before")
    @classmethod
    def _path_is_enough(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _does_something(self) -> Round:
        if self.train is None and self.merge is None:
            raise ValueError("a round trains, merges, or does both")
        if self.train is None:
            return self
        method = self.train.get("method")
        if method not in METHODS:
            raise ValueError(f"train: unknown method '{method}'{did_you_mean(str(method), METHODS)}")
        given = sorted(set(GIVEN[:3]) & set(self.train))
        if given:
            raise ValueError(f"train: '{given[0]}' is given by the loop; leave it out")
        if not METHODS[method].online and self.generate is None and self.data is None:
            raise ValueError(f"train: {method} learns from answers; give generate: {{n: 8}}, or data:")
        return self

    @property
    def online(self) -> bool:
        """Whether its method generates for itself."""
        return self.train is not None and METHODS[str(self.train["method"])].online

    @property
    def controlled(self) -> bool:
        """Whether it has a control arm; by default a round that trains has one."""
        return self.train is not None and self.control is not False


class LoopConfig(Settings):
    """A loop, whole."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    model: str = Field(description="`house`, the folder of a model or of a training, or a model on the Hub.")
    problems: Problems
    held_out: Problems = Field(description="Asked in no round; what promotes is measured on them.")
    rewards: tuple[RewardUse, ...] = Field(min_length=1, description="The first says who passed.")
    out: str = Field(default="", description="runs/NAME unless given.")
    seed: int = Field(default=0, ge=0)
    evaluate: Measuring = Field(default_factory=Measuring)
    promote: Promotion = Field(default_factory=Promotion)
    rounds: tuple[Round, ...] = Field(min_length=1)

    @field_validator("problems", "held_out", mode="before")
    @classmethod
    def _path_is_enough(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value

    @field_validator("rewards", mode="before")
    @classmethod
    def _names_are_enough(cls, value: Any) -> Any:
        return named(value, "reward")

    @model_validator(mode="after")
    def _holds_together(self) -> LoopConfig:
        names = [one.name for one in self.rounds]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two rounds are called '{twice[0]}'")
        if self.promote.k not in self.evaluate.k:
            raise ValueError(f"promote: k is {self.promote.k}; evaluate measures k={list(self.evaluate.k)}")
        return self

    @property
    def folder(self) -> Path:
        """Where everything goes."""
        return Path(self.out or f"runs/{self.name}")
