"""What an executor is: it calls a task on many parts, somewhere; and what can be set about every one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field


class Task(Protocol):
    """A function of one part. Made of plain values only, so that it can be sent to another machine.

    Parts and results are bytes (Arrow tables and JSON, see `sharding` and `asking`), never pickles: what lies in a
    folder or comes over a network is read as data.
    """

    @property
    def holds_model(self) -> bool:
        """Whether it loads a model, which the next parts find loaded."""

    def __call__(self, part: bytes, /) -> bytes:
        """The result of one part; errors a user can meet are results too (`curate.executors.failures`)."""


class Executor(Protocol):
    """Runs tasks. Opened by the settings of its kind (`ExecutorSettings.open`)."""

    settings: Any

    def map(self, name: str, task: Task, parts: Sequence[bytes], folder: Path) -> Iterator[tuple[int, bytes]]:
        """Yield (index of the part, its result) as they finish, each part once.

        name: of the step, for job names and logs. folder: where an executor may keep its files.
        Raises StepFailed when parts are left without a result; the same build goes on with these.
        """

    def close(self) -> None:
        """Let go of workers; safe to call twice."""


class ExecutorSettings(BaseModel):
    """What all executors share."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    needed: ClassVar[tuple[str, ...]] = ()
    """Settings without a default, so that the word alone does not do."""

    executor: str
    rows: int = Field(default=2_000, ge=1, description="Rows of a shard at most.")
    shard_mb: int = Field(default=64, ge=1, description="Megabytes of a shard, about, where rows are large.")
    requests: int = Field(default=256, ge=1, description="Requests a worker is given at a time.")
    spread: Literal["models", "all", "none"] = Field(
        default="models",
        description="Which engines run on the workers: those that hold a model (transformers, vllm), all, none. A "
        "server is asked from where the build runs: waiting needs no machine.",
    )

    def open(self) -> Executor:
        """Make the executor; it connects when it is first used."""
        raise NotImplementedError
