"""Make, clean and verify post-training data.

    from curate import build, load_recipe
    run = build(load_recipe("recipes/openthoughts.yaml"))
    run.splits()["train"]

Imports nothing heavy; names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.building import build as build
    from curate.cleaning.contamination import decontaminate as decontaminate
    from curate.cleaning.duplicates import dedupe as dedupe
    from curate.cleaning.rules import filter_rows as filter_rows
    from curate.cleaning.rules import mask_rows as mask_rows
    from curate.cleaning.rules import score_rows as score_rows
    from curate.cleaning.selection import select as select
    from curate.recipe import load_recipe as load_recipe
    from curate.result import Result as Result
    from curate.run import Run as Run

_NAMES = {
    "build": "curate.building",
    "load_recipe": "curate.recipe",
    "Run": "curate.run",
    "Result": "curate.result",
    "decontaminate": "curate.cleaning.contamination",
    "dedupe": "curate.cleaning.duplicates",
    "filter_rows": "curate.cleaning.rules",
    "mask_rows": "curate.cleaning.rules",
    "score_rows": "curate.cleaning.rules",
    "select": "curate.cleaning.selection",
}

__all__ = [
    "Result",
    "Run",
    "build",
    "decontaminate",
    "dedupe",
    "filter_rows",
    "load_recipe",
    "mask_rows",
    "score_rows",
    "select",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'curate' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*__all__, *globals()])
