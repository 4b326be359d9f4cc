"""What can be set about each executor, and how it is named on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from curate.document import Node, document_text, parse
from curate.errors import RecipeError, UsageError, did_you_mean
from curate.executors.base import Executor


class ExecutorSettings(BaseModel):
    """What all executors share."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    needed: ClassVar[tuple[str, ...]] = ()

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


class LocalSettings(ExecutorSettings):
    """This machine: in this process, or in several."""

    executor: Literal["local"]
    workers: int = Field(default=1, ge=1, description="Processes; 1 is this one.")

    def open(self) -> Executor:
        """A pool, started when first used."""
        from curate.executors.local import LocalExecutor

        return LocalExecutor(self)


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
        from curate.executors.ray_cluster import RayExecutor

        return RayExecutor(self)


class SlurmSettings(ExecutorSettings):
    """Slurm, by datatrove's executor: writes job files, submits them with sbatch and waits. Needs a shared folder."""

    needed = ("partition",)

    executor: Literal["slurm"]
    partition: str
    time: str = Field(default="24:00:00", description="Limit of one task.")
    tasks: int = Field(default=100, ge=1, description="Tasks of a job array at most; each does several shards.")
    workers: int = Field(default=-1, description="Tasks running at a time; -1: no limit.")
    cpus_per_task: int = Field(default=1, ge=1)
    mem_per_cpu_gb: int = Field(default=4, ge=1)
    gpus_per_task: int = Field(default=0, ge=0, description="Of tasks that hold a model.")
    qos: str = ""
    venv_path: str | None = Field(default=None, description="Script to source; this environment's unless given.")
    env_command: str | None = Field(default=None, description="Command before the task instead, for modules or conda.")
    sbatch_args: dict[str, str] = Field(default_factory=dict, description="More #SBATCH lines: {account: mine}.")
    poll_s: float = Field(default=10.0, gt=0, description="Seconds between looks for results.")

    def open(self) -> Executor:
        """Submits when first used."""
        from curate.executors.slurm_jobs import SlurmExecutor

        return SlurmExecutor(self)


EXECUTORS: dict[str, type[ExecutorSettings]] = {"local": LocalSettings, "ray": RaySettings, "slurm": SlurmSettings}


def read_executor(said: str) -> ExecutorSettings:
    """Settings from a word (`ray`) or a YAML file (`{executor: slurm, partition: cpu}`).

    Raises UsageError for an unknown word, RecipeError with all mistakes of a file.

    >>> read_executor("local").open().settings.workers
    1
    """
    from curate.mistakes import validate

    path = Path(said)
    if said not in EXECUTORS and path.suffix not in (".yaml", ".yml"):
        raise UsageError(f"--executor {said}: no such executor{did_you_mean(said, EXECUTORS)}, or a .yaml file")
    if said in EXECUTORS:
        needed = EXECUTORS[said].needed
        if needed:
            raise UsageError(
                f"--executor {said} needs more: write cluster.yaml with {{executor: {said}, {needed[0]}: ...}} and "
                "build with --executor cluster.yaml"
            )
        return EXECUTORS[said].model_validate({"executor": said})
    if not path.is_file():
        raise UsageError(f"--executor {said}: no such file")
    root = parse(document_text(path, "settings of an executor"), said)
    word = _word(root)
    if word is None or word not in EXECUTORS:
        one = f"one of {', '.join(EXECUTORS)}" if word is None else f"unknown '{word}'{did_you_mean(word, EXECUTORS)}"
        raise RecipeError(said, [f"{root.place}: executor: {one}"])
    mistakes: list[str] = []
    settings: ExecutorSettings | None = validate(EXECUTORS[word], root, mistakes)
    if settings is None:
        raise RecipeError(said, mistakes)
    return settings


def _word(root: Node) -> str | None:
    found = root.value.get("executor") if isinstance(root.value, dict) else None
    return str(found.value) if found is not None and not isinstance(found.value, dict | list) else None
