"""`select`: one name for all ways to choose rows."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

import polars as pl

from curate.cleaning.frames import check_frame
from curate.cleaning.selection.bands import difficulty
from curate.cleaning.selection.diversity import diverse
from curate.cleaning.selection.mixing import mix
from curate.cleaning.selection.selected import Selected
from curate.cleaning.selection.staging import curriculum
from curate.cleaning.selection.strata import cap, stratify
from curate.errors import UsageError, did_you_mean

WAYS: dict[str, Callable[..., Selected]] = {
    "mix": mix,
    "stratify": stratify,
    "cap": cap,
    "diverse": diverse,
    "difficulty": difficulty,
    "curriculum": curriculum,
}


def select(frame: pl.DataFrame, by: str = "mix", **options: Any) -> Selected:
    """Choose rows in one of six ways; see the function of that name for its options.

    by: mix, stratify, cap, diverse, difficulty, curriculum.
    Raises UsageError for a way (`by`) or an option that does not exist, and what the function itself raises.

    >>> rows = pl.DataFrame({"id": list("abc"), "source": ["x", "x", "y"]})
    >>> print(select(rows, "cap", column="source", most=1))
    2 kept, 1 dropped
              1  not drawn: 1 of 2 rows with source x
    """
    check_frame(frame, "select")
    if by not in WAYS:
        raise UsageError(f"select: unknown by='{by}'{did_you_mean(by, WAYS)}")
    known = signature(WAYS[by]).parameters
    for name in options:
        if name not in known or name == "frame":
            raise UsageError(f"select {by}: no option '{name}'{did_you_mean(name, set(known) - {'frame'})}")
    missing = [p.name for p in known.values() if p.default is Parameter.empty and p.name not in {"frame", *options}]
    if missing:
        raise UsageError(f"select {by}: option '{missing[0]}' is missing")
    return WAYS[by](frame, **options)
