"""The columns of a recipe, step by step, before anything is asked: will each step find what it reads?"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from curate.errors import InvalidInput, did_you_mean
from curate.recipe import Recipe
from curate.result import PARENT
from curate.step import Step, written_type


def require_columns(recipe: Recipe, types: Mapping[str, pl.DataType | None]) -> None:
    """Raise InvalidInput with the columns that steps will not find or cannot use, given those the first step makes.

    types: of each column; None where it is not known.
    """
    mistakes = column_mistakes(recipe, types)
    if mistakes:
        raise InvalidInput("\n".join(mistakes))


def column_mistakes(recipe: Recipe, types: Mapping[str, pl.DataType | None]) -> list[str]:
    """Columns that a step will look for and not find, or find in a type it cannot use; see `require_columns`."""
    mistakes = []
    for step in recipe.steps[1:]:
        columns = frozenset(types)
        mistakes += [_not_there(step, missing, columns) for missing in sorted(step.needs() - columns)]
        known = {name: kind for name, kind in types.items() if kind is not None}
        mistakes += [f"{step.title}: {misfit}" for misfit in step.misfits(known)]
        types = {name: None if step.reshapes else _type_after(name, types) for name in step.after(columns)}
    return mistakes


def _type_after(column: str, before: Mapping[str, pl.DataType | None]) -> pl.DataType | None:
    """The type of a column after a step: not known where the step may have written what others write."""
    written = written_type(column)
    if column not in before:
        return written
    return before[column] if written in (None, before[column]) else None


def _not_there(step: Step, missing: str, columns: frozenset[str]) -> str:
    chats = missing == "prompt" and "messages" in columns
    near = "; the rows are conversations: name `messages`" if chats else did_you_mean(missing, columns)
    comes = "an earlier step" if missing != PARENT else "generate with n: 2 or more"
    return (
        f"{step.title}: column '{missing}' will not be there{near}\n"
        f"  It comes from {comes}, or from the source by load: {{columns: {{{missing}: ...}}}}"
    )
