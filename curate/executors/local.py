"""This machine: one process, or a pool of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from pydantic import Field

from curate.errors import StepFailed
from curate.executors.base import Executor, ExecutorSettings, Task


class LocalSettings(ExecutorSettings):
    """This machine: in this process, or in several."""

    executor: Literal["local"]
    workers: int = Field(default=1, ge=1, description="Processes; 1 is this one.")

    def open(self) -> Executor:
        """A pool, started when first used."""
        return LocalExecutor(self)


class LocalExecutor:
    """Parts in this process with one worker, else in a pool that stays warm from step to step."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        self._pool: ProcessPoolExecutor | None = None

    def map(  # one signature for all executors
        self,
        name: str,
        task: Task,
        parts: Sequence[bytes],
        folder: Path,  # noqa: ARG002
    ) -> Iterator[tuple[int, bytes]]:
        """As they finish; in order with one worker."""
        if self.settings.workers == 1:
            yield from ((number, task(part)) for number, part in enumerate(parts))
            return
        if self._pool is None:  # polars has threads, which a fork would not survive
            self._pool = ProcessPoolExecutor(self.settings.workers, mp_context=get_context("spawn"))
        numbers: dict[Future[bytes], int] = {self._pool.submit(task, part): n for n, part in enumerate(parts)}
        try:
            for done in as_completed(numbers):
                yield numbers.pop(done), done.result()
        except BrokenProcessPool:
            self._pool = None
            raise StepFailed(
                f"{name}: a worker process died (out of memory?). Fewer rows a shard may help (rows: in the executor's "
                "file); the same command goes on"
            ) from None
        finally:
            for waiting in numbers:
                waiting.cancel()

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
