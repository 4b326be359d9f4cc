"""Slurm: job files written and submitted by datatrove's executor, results read from the folder that both sides see.

    runs/x/shards/grade-3f9a1c0d22b1/
      in/00000 ...   parts            out/00000 ...  results, each written atomically
      todo.json      the parts of the job that runs; job_id the job
      job/           datatrove's: launch_script.slurm, executor.pik, slurm_logs/, logs/, stats/

The folder is named by the task and its parts, so that a build that was stopped finds what its job did, or still does.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from curate.errors import StepFailed, UsageError
from curate.executors.base import Executor, ExecutorSettings, Task
from curate.table import replacing, slug, write_text_atomic

PATIENCE = 3
"""Looks for a result after its job has ended: a shared file system shows files late."""


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
        return SlurmExecutor(self)


class SlurmExecutor:
    """Parts as files, a job array over them, results as files. Settings as in `SlurmSettings`.

    Raises UsageError where datatrove or sbatch is missing, StepFailed when a job ends without all results.
    """

    def __init__(self, settings: SlurmSettings) -> None:
        try:
            self._job: Any = import_module("datatrove.executor.slurm").SlurmPipelineExecutor
        except ImportError as missing:
            raise UsageError(
                f"--executor slurm needs datatrove ({missing.name} is not installed): "
                "pip install 'curate-posttrain[slurm]'"
            ) from None
        self.settings = settings

    def map(self, name: str, task: Task, parts: Sequence[bytes], folder: Path) -> Iterator[tuple[int, bytes]]:
        """As they are found; the folder of the job's parts goes when all were taken, its logs stay."""
        if not parts:
            return
        if shutil.which("sbatch") is None:
            raise UsageError(
                "--executor slurm: no sbatch on this machine; run the build on a login node of the cluster"
            )
        work = folder.absolute() / f"{slug(name)}-{_digest(task, parts)}"
        if any(sign.isspace() for sign in str(work)):
            raise UsageError(
                f"--executor slurm: {folder.absolute()} has a space, which job files cannot name; --out elsewhere"
            )
        _write_parts(work, parts)
        waiting = set(range(len(parts)))
        if not self._runs(work) and any(not _out(work, number).is_file() for number in waiting):
            self._submit(name, work, task, sorted(n for n in waiting if not _out(work, n).is_file()))
        patience = PATIENCE
        while waiting:
            ready = sorted(number for number in waiting if _out(work, number).is_file())
            for number in ready:
                yield number, _out(work, number).read_bytes()
            waiting -= set(ready)
            if not waiting:
                break
            patience = PATIENCE if ready or self._runs(work) else patience - 1
            if not patience:
                raise StepFailed(
                    f"{name}: job {_job_id(work)} has ended and {len(waiting)} of {len(parts)} shards have no result; "
                    f"its logs are in {work / 'job' / 'slurm_logs'}. The same command runs these shards again"
                )
            time.sleep(self.settings.poll_s)
        shutil.rmtree(work / "in")
        shutil.rmtree(work / "out")

    def close(self) -> None:
        """Nothing to let go of: a job that runs goes on, and the same build finds it."""

    def _submit(self, name: str, work: Path, task: Task, todo: list[int]) -> None:
        settings = self.settings
        shutil.rmtree(work / "job", ignore_errors=True)
        write_text_atomic(work / "todo.json", json.dumps(todo))
        activate = Path(sys.prefix) / "bin" / "activate"
        job = self._job(
            pipeline=[RunParts(str(work), task)],
            tasks=min(len(todo), settings.tasks),
            time=settings.time,
            partition=settings.partition,
            workers=settings.workers,
            cpus_per_task=settings.cpus_per_task,
            mem_per_cpu_gb=settings.mem_per_cpu_gb,
            gpus_per_task=settings.gpus_per_task if task.holds_model else 0,
            qos=settings.qos,
            env_command=settings.env_command,
            venv_path=settings.venv_path or (str(activate) if activate.is_file() else None),
            sbatch_args=dict(settings.sbatch_args),
            job_name=f"curate-{slug(name)}",
            logging_dir=str(work / "job"),
        )
        try:
            job.run()
        except (subprocess.CalledProcessError, ValueError, IndexError) as refused:
            said = getattr(refused, "output", None) or refused
            raise StepFailed(f"{name}: sbatch refused {work / 'job' / 'launch_script.slurm'}: {said}") from refused
        write_text_atomic(work / "job_id", str(job.job_id))

    def _runs(self, work: Path) -> bool:
        """Whether the job of this folder waits or runs; one that Slurm no longer knows has ended."""
        job = _job_id(work)
        if not job:
            return False
        asked = subprocess.run(  # noqa: S603
            ["squeue", "--noheader", "--jobs", job],  # noqa: S607 - where the user's path says
            capture_output=True,
            text=True,
            check=False,
        )
        return asked.returncode == 0 and bool(asked.stdout.strip())


@dataclass(frozen=True)
class RunParts:
    """What a Slurm task does: every so-many-th part of the list, each result in place at once or not at all."""

    work: str
    task: Task

    def __call__(self, data: Any = None, rank: int = 0, world_size: int = 1) -> None:  # noqa: ARG002
        """As datatrove calls a block of a pipeline."""
        work = Path(self.work)
        todo = json.loads((work / "todo.json").read_text(encoding="utf-8"))
        for number in todo[rank::world_size]:
            if not _out(work, number).is_file():
                result = self.task(_in(work, number).read_bytes())
                with replacing(_out(work, number)) as draft:
                    draft.write_bytes(result)


def _write_parts(work: Path, parts: Sequence[bytes]) -> None:
    for number, part in enumerate(parts):
        if not _in(work, number).is_file():
            with replacing(_in(work, number)) as draft:
                draft.write_bytes(part)


def _in(work: Path, number: int) -> Path:
    return work / "in" / f"{number:05d}"


def _out(work: Path, number: int) -> Path:
    return work / "out" / f"{number:05d}"


def _job_id(work: Path) -> str:
    path = work / "job_id"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _digest(task: Task, parts: Sequence[bytes]) -> str:
    total = sha256(repr(task).encode())
    for part in parts:
        total.update(len(part).to_bytes(8))
        total.update(part)
    return total.hexdigest()[:12]
