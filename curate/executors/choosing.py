"""Which executor a word or a file on the command line means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.document import Node, document_text, parse
from curate.errors import RecipeError, UsageError, did_you_mean
from curate.executors.base import Executor, ExecutorSettings
from curate.executors.local import LocalSettings
from curate.executors.ray_cluster import RaySettings
from curate.executors.slurm_jobs import SlurmSettings
from curate.mistakes import validate

EXECUTORS: dict[str, type[ExecutorSettings]] = {"local": LocalSettings, "ray": RaySettings, "slurm": SlurmSettings}


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


def read_executor(said: str) -> ExecutorSettings:
    """Settings from a word (`ray`) or a YAML file (`{executor: slurm, partition: cpu}`).

    Raises UsageError for an unknown word, RecipeError with all mistakes of a file.

    >>> read_executor("local").open().settings.workers
    1
    """
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
