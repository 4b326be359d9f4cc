"""What ships with curate: recipes (`recipes/` of the repository, `_recipes` in an installed wheel), and two models."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from curate.errors import UsageError, did_you_mean

MODELS: Final = {"house": "house", "house-writer": "house_writer"}
"""Their names, and their folders in this package: one answers problems, one writes them. Made by `trainers.house`."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def model_folder(name: str) -> Path | None:
    """Where a shipped model lies; None for a name that is none of them.

    >>> model_folder("house").name, model_folder("another")
    ('house', None)
    """
    return Path(__file__).resolve().parent / MODELS[name] if name in MODELS else None


def recipe_folder() -> Path:
    """Where the shipped recipes lie."""
    here = Path(__file__).resolve().parent
    return here / "_recipes" if (here / "_recipes").is_dir() else here.parent / "recipes"


def recipe_names() -> list[str]:
    """Everything that ships, by name: recipes of data sets, and of loops that train."""
    return sorted(path.stem for path in recipe_folder().glob("*.yaml"))


def pipeline_names() -> list[str]:
    """The recipes that `curate build` takes: those with steps."""
    texts = {name: (recipe_folder() / f"{name}.yaml").read_text(encoding="utf-8") for name in recipe_names()}
    return [name for name, text in texts.items() if re.search(r"^steps:", text, re.MULTILINE)]


def copy_recipe(template: str, name: str, to: Path) -> Path:
    """Write a shipped recipe as `NAME.yaml` in `to`, with its own name in it.

    Raises UsageError when there is no such recipe, the name is not one, or the file exists.
    """
    name = re.sub(r"\.ya?ml$", "", name)
    if not _NAME.fullmatch(name):
        raise UsageError(f"init {name}: a name has letters, digits, dots, dashes and underscores, and no folder")
    if template not in recipe_names():
        raise UsageError(
            f"--from {template}: no recipe of that name ships with curate{did_you_mean(template, recipe_names())}"
        )
    path = to / f"{name}.yaml"
    text = (recipe_folder() / f"{template}.yaml").read_text(encoding="utf-8")
    text = re.sub(r"^name: .*$", f"name: {name}", text, count=1, flags=re.MULTILINE)
    try:
        to.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists; choose another name, or remove it first") from None
    except OSError as refused:
        raise UsageError(f"{path} cannot be written: {refused.strerror}; --to names another folder") from None
    return path
