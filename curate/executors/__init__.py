"""Where the shards of a step run: `local`, `ray`, `slurm`. The rows that come out are the same.

An executor does one thing: it calls a task on many parts, each of them bytes, somewhere (`base.Executor`). Two tasks
exist: run a row-wise step on a shard (`sharding`), and answer requests with a model (`asking`). Steps that look at all
rows run where the build runs.

`curate build RECIPE --executor ray`, or a YAML file that says more: `{executor: slurm, partition: cpu}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from curate.executors.base import Executor, Task
from curate.executors.settings import EXECUTORS, ExecutorSettings, LocalSettings, read_executor

__all__ = ["EXECUTORS", "Executor", "ExecutorSettings", "Task", "opened", "read_executor"]


@contextmanager
def opened(said: str) -> Iterator[Executor | None]:
    """The executor of a word or file, closed at the end; None for `local` in one process, which needs no shards."""
    settings = read_executor(said)
    if isinstance(settings, LocalSettings) and settings.workers == 1:
        yield None
        return
    executor = settings.open()
    try:
        yield executor
    finally:
        executor.close()
