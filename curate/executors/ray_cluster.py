"""Ray Data, on a cluster that is there or on one started here."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from curate.errors import StepFailed, UsageError
from curate.executors.base import Executor, ExecutorSettings, Task

REACH_S = 10.0
"""Seconds a cluster has to answer a connection."""


class RaySettings(ExecutorSettings):
    """Ray Data, on the cluster that is there or on one started here. Every node needs curate installed."""

    executor: Literal["ray"]
    address: str | None = Field(
        default=None, description="Of a cluster; RAY_ADDRESS, one that runs here, or a new one."
    )
    num_cpus: float = Field(default=1, ge=0, description="Cores of one worker.")
    models: int = Field(default=1, ge=1, description="Workers that hold a model, for the requests to one.")
    num_gpus: float = Field(default=0, ge=0, description="GPUs of each of these.")

    def open(self) -> Executor:
        """Connects when first used."""
        return RayExecutor(self)


class RayExecutor:
    """Each part is a row of a Ray data set, each result too; Ray runs what a lost node held once more elsewhere.

    Parts travel through Ray's object store: no shared folder is needed. Settings as in `RaySettings`.
    Raises UsageError where Ray is not installed, StepFailed when no cluster answers.
    """

    def __init__(self, settings: RaySettings) -> None:
        try:
            ray = import_module("ray")
            import_module("ray.data")
        except ImportError as missing:
            raise UsageError(
                f"--executor ray needs Ray Data ({missing.name} is not installed): pip install 'curate-posttrain[ray]'"
            ) from None
        self.settings = settings
        self._ray = ray
        self._started = False

    def map(  # one signature for all executors
        self,
        name: str,
        task: Task,
        parts: Sequence[bytes],
        folder: Path,  # noqa: ARG002
    ) -> Iterator[tuple[int, bytes]]:
        """As they finish."""
        if not parts:
            return
        self._connect()
        data = self._ray.data
        rows = [{"number": number, "part": part} for number, part in enumerate(parts)]
        source = data.from_items(rows, override_num_blocks=len(rows))
        if task.holds_model:  # actors: a plain task with a GPU ends its process, and the model with it
            pool, gpus = data.ActorPoolStrategy(size=min(self.settings.models, len(rows))), self.settings.num_gpus
            options = {"fn_constructor_args": (task,), "compute": pool, "num_cpus": self.settings.num_cpus}
            done = source.map(Holding, **options, **({"num_gpus": gpus} if gpus else {}))
        else:
            done = source.map(run_row, fn_kwargs={"task": task}, num_cpus=self.settings.num_cpus)
        try:
            yield from ((row["number"], row["result"]) for row in done.iter_rows())
        except self._ray.exceptions.RayTaskError:  # a bug of ours: with its traceback
            raise
        except self._ray.exceptions.RayError as lost:
            reason = str(lost).strip().splitlines()[-1]
            raise StepFailed(f"{name}: Ray gave up: {reason}. The same command goes on from the last step") from lost

    def close(self) -> None:
        """Stop a cluster that was started here; leave one that was there."""
        if self._started:
            self._ray.shutdown()
            self._started = False

    def _connect(self) -> None:
        ray = self._ray
        if not ray.is_initialized():
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anyone
            self._join({"log_to_driver": False, "logging_level": logging.ERROR})
            self._started = True
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)

    def _join(self, quiet: dict[str, Any]) -> None:
        """The cluster of the settings, of RAY_ADDRESS, the one that runs here, or a new one; in that order."""
        address = self.settings.address or os.environ.get("RAY_ADDRESS")
        if address:
            _reach(address)
        try:
            self._ray.init(address=address or "auto", **quiet)
        except ConnectionError as refused:
            if address:
                raise StepFailed(f"no Ray cluster answers at {address}: {refused}") from refused
            self._ray.init(address="local", include_dashboard=False, **quiet)


def _reach(address: str) -> None:
    """Raise StepFailed when nothing listens at HOST:PORT; ray.init itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():  # "auto", "local"
        return
    try:
        socket.create_connection((host, int(port)), timeout=REACH_S).close()
    except OSError as refused:
        raise StepFailed(f"no Ray cluster answers at {address}: {refused.strerror or refused}") from None


def run_row(row: dict[str, Any], *, task: Task) -> dict[str, Any]:
    """One part, where Ray put it."""
    return {"number": row["number"], "result": task(row["part"])}


class Holding:
    """An actor that runs a task which keeps its model from part to part."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """One part, where Ray put it."""
        return run_row(row, task=self.task)
