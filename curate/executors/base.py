"""What an executor is: it calls a task on many parts, somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol


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
    """Runs tasks. Opened by the settings of its kind (`curate.executors.settings`)."""

    settings: Any

    def map(self, name: str, task: Task, parts: Sequence[bytes], folder: Path) -> Iterator[tuple[int, bytes]]:
        """Yield (index of the part, its result) as they finish, each part once.

        name: of the step, for job names and logs. folder: where an executor may keep its files.
        Raises StepFailed when parts are left without a result; the same build goes on with these.
        """

    def close(self) -> None:
        """Let go of workers; safe to call twice."""
