"""Data sets of the Hub that a recipe reads without a commit: a branch moves, and such a build could not be repeated.

A plan says so without asking anybody; a build asks the Hub for the current commits, and stops before it reads a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from curate.errors import DataError
from curate.recipe import Recipe
from curate.sources import hub
from curate.step import Step

WHY = "a branch moves, and what is built from one cannot be built again"


class Unpinned(NamedTuple):
    """A data set without a commit. place: in the recipe. revision: what stands there. why: what is wrong with it."""

    place: str
    step: str
    name: str
    revision: str | None
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.name}: {self.why}"


def unpinned(recipe: Recipe, steps: Iterable[Step] | None = None) -> list[Unpinned]:
    """Every data set without a commit that the steps read, all of them unless told, in the order of the recipe."""
    wanted = recipe.steps if steps is None else tuple(steps)
    return [
        Unpinned(recipe.place_of(index, pin.field), step.title, pin.name, pin.revision, why)
        for index, step in enumerate(recipe.steps)
        if step in wanted
        for pin in step.pins()
        if (why := hub.unpinned(pin.name, pin.revision))
    ]


def require_pinned(recipe: Recipe, steps: Iterable[Step]) -> None:
    """Raise one DataError that names every data set without a commit, with the current one where the Hub says it."""
    if not (found := unpinned(recipe, steps)):
        return
    lines, silent = [], ""
    for one in found:
        commit, silent = (None, silent) if silent else hub.current(one.name, one.revision)
        lines.append(f"{one}; write revision: {commit or '<40 hex digits>'}{' (the current one)' if commit else ''}")
    told = "".join(f"\n  {line}" for line in lines)
    after = f"\nThe Hub did not say which are current ({silent}). {pages(found)}" if silent else ""
    raise DataError(f"{counted(found)}: {WHY}. Nothing was read yet.{told}{after}")


def told(recipe: Recipe, found: list[Unpinned]) -> str:
    """What a plan says of them."""
    profile = f" --profile {recipe.profile}" if recipe.profile != "laptop" else ""
    ask = f"`curate build {recipe.path}{profile} --until {recipe.steps[0].title}` asks the Hub for the current commits"
    lines = "".join(f"\n  {one}" for one in found)
    end = f"Write `revision:` and the 40 hex digits of a commit beside each: {ask}. {pages(found)}"
    return f"This cannot be built yet. {counted(found)}: {WHY}.{lines}\n{end}"


def counted(found: list[Unpinned]) -> str:
    """How many they are."""
    many = len(found) > 1
    return f"{len(found)} data set{'s' * many} of the Hub {'have' if many else 'has'} no commit"


def pages(found: list[Unpinned]) -> str:
    """Where to look a commit up by hand."""
    return f"They are listed on the page of a data set, as https://huggingface.co/datasets/{found[0].name}/commits/main"
