"""Which row of a cluster stays: a rule, as a rank for every row."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates.buckets import Rows
from curate.errors import DataError, UsageError, did_you_mean

RULES = ("first", "longest", "shortest", "highest COLUMN", "lowest COLUMN")
SOURCE = "source"

_RULE = re.compile(r"(first|longest|shortest)|(highest|lowest) (.+)", re.DOTALL)


def keep_column(keep: str | Sequence[str]) -> str | None:
    """The column a rule reads beside the compared text. Raises UsageError for a rule there is none of."""
    if not isinstance(keep, str):
        return SOURCE
    rule = _RULE.fullmatch(keep)
    if not rule:
        word = keep.partition(" ")[0]
        raise UsageError(f"keep '{keep}' is no rule{did_you_mean(word, RULES)}, or a list of sources, best first")
    return rule[3]


def ranked(frame: pl.DataFrame, text: pl.Series, keep: str | Sequence[str]) -> Rows:
    """Row numbers, the row that stays before all others first; equals in the order of the table.

    text: what `longest` and `shortest` measure, in characters. A null is worse than any value. A list of sources goes
    by the column `source`; sources that are not listed come last.
    """
    return np.arange(frame.height) if keep == "first" else by_worth(worth(frame, text, keep))


def by_worth(values: NDArray[np.float64]) -> Rows:
    """Row numbers by falling worth, equals in their order."""
    return np.argsort(-values, kind="stable").astype(np.int64)


def worth(frame: pl.DataFrame, text: pl.Series, keep: str | Sequence[str]) -> NDArray[np.float64]:
    """The larger, the sooner a row stays; what has no value is minus infinity."""
    column = keep_column(keep)
    if column is not None and column not in frame.columns:
        raise DataError(f"no column '{column}' to decide by{did_you_mean(column, frame.columns)}")
    if keep == "first":
        return np.zeros(frame.height)
    if not isinstance(keep, str):
        places = {name: -place for place, name in reversed(list(enumerate(keep)))}
        values = frame[SOURCE].cast(pl.String).replace_strict(places, default=-len(places), return_dtype=pl.Float64)
    elif column is None:
        values = (text.str.len_chars() if text.dtype == pl.String else text).cast(pl.Float64, strict=False)
    else:
        values = _numbers(frame[column])
    small = isinstance(keep, str) and keep.startswith(("shortest", "lowest"))
    return (-values if small else values).fill_nan(None).fill_null(-np.inf).to_numpy()


def _numbers(values: pl.Series) -> pl.Series:
    if not (values.dtype.is_numeric() or values.dtype.is_temporal() or values.dtype in (pl.Boolean, pl.Null)):
        raise DataError(f"keep: column '{values.name}' holds {values.dtype}, which has no highest and lowest")
    return values.cast(pl.Float64) if not values.dtype.is_temporal() else values.to_physical().cast(pl.Float64)
