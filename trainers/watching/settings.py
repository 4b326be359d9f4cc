"""The `watch:` of a training's config: other limits, and what an alarm does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from curate.errors import did_you_mean
from trainers.watching.alarms import NAMES
from trainers.watching.limits import Limits

Action = Literal["warn", "lower", "stop"]


class Watching(BaseModel):
    """limits: of `trainers.watching.limits`, by name. actions: alarm -> warn, lower (the learning rate), stop."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limits: dict[str, float] = Field(default_factory=dict)
    actions: dict[str, Action] = Field(default_factory=dict)

    @field_validator("limits")
    @classmethod
    def _known_limits(cls, value: dict[str, float]) -> dict[str, float]:
        return _known(value, [one.name for one in fields(Limits)], "limit")

    @field_validator("actions")
    @classmethod
    def _known_alarms(cls, value: dict[str, Action]) -> dict[str, Action]:
        return _known(value, NAMES, "alarm")

    def made(self) -> Limits:
        """The limits, with their defaults."""
        whole = {name: int(value) if name in ("window", "patience") else value for name, value in self.limits.items()}
        return Limits(**whole)  # type: ignore[arg-type]


def _known(value: dict[str, Any], names: Sequence[str], what: str) -> dict[str, Any]:
    for name in value:
        if name not in names:
            raise ValueError(f"unknown {what} '{name}'{did_you_mean(name, names)}")
    return value
