"""Where the shards of a step run: `local`, `ray`, `slurm`. The rows that come out are the same.

An executor does one thing: it calls a task on many parts, each of them bytes, somewhere (`base.Executor`). Two tasks
exist: run a row-wise step on a shard (`sharding`), and answer requests with a model (`asking`). Steps that look at all
rows run where the build runs.

`curate build RECIPE --executor ray`, or a YAML file that says more: `{executor: slurm, partition: cpu}`.
"""

from __future__ import annotations

from curate.executors.base import Executor, ExecutorSettings, Task
from curate.executors.choosing import EXECUTORS, opened, read_executor

__all__ = ["EXECUTORS", "Executor", "ExecutorSettings", "Task", "opened", "read_executor"]
