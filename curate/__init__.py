"""Make, clean and verify post-training data.

    from curate import build, load_recipe
    run = build(load_recipe("recipes/openthoughts.yaml"))
    run.splits()["train"]

Imports nothing heavy; names load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.lazy import loading

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

__getattr__ = loading(
    __name__,
    {
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
    },
)


def __dir__() -> list[str]:
    return sorted([*__all__, *globals()])
