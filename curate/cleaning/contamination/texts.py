"""The text of a row, or of an item of a benchmark, from the columns that hold it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from curate.errors import DataError, did_you_mean

COLUMNS = (
    "prompt", "problem", "question", "instruction", "text", "query", "input", "problem_text",
    "messages", "conversations", "conversation",
)  # fmt: skip
"""Where the question of a row is looked for, in this order, when no column is named; upper or lower case."""

IDS = ("id", "task_id", "unique_id", "question_id", "item", "idx")
"""Columns that may name an item of a benchmark; its number, from 0, when none does."""


def question_columns(frame: pl.DataFrame, wanted: str | Sequence[str] | None) -> list[str]:
    """The columns to read: those wanted, or the first of `COLUMNS` that is there. Raises DataError.

    A question that has its story in a column `body` (SVAMP) is read with it: alone it is asked everywhere. Where some
    rows have no value in the first column (chats beside prompts), the next one that fills them is read as well.
    """
    if wanted is not None:
        names = [wanted] if isinstance(wanted, str) else list(wanted) if isinstance(wanted, Iterable) else []
        if not names or not all(isinstance(name, str) for name in names):
            raise DataError(f"column: the name of a column is wanted, or several (got {wanted!r})")
        for name in names:
            if name not in frame.columns:
                raise DataError(f"no column '{name}'{did_you_mean(name, frame.columns)}")
        return names
    known = {name.lower(): name for name in reversed(frame.columns)}
    there = [known[name] for name in COLUMNS if name in known]
    if not there:
        raise DataError(f"which column holds the question? Give column: one of {', '.join(frame.columns) or '(none)'}")
    empty = frame.filter(pl.col(there[0]).is_null())
    more = next((name for name in there[1:] if empty[name].null_count() < empty.height), None)
    return [name for name in (known.get("body"), there[0], more) if name is not None]


def got(value: object) -> str:
    """The end of an error about a value that is no frame: what it is, and what to do with a lazy one."""
    return f"(got {type(value).__name__})" + ("; collect() it first" if isinstance(value, pl.LazyFrame) else "")


def texts_of(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """One text a row: its columns with an empty line between them; null where all of them are null or empty.

    A conversation (a list of messages) is the text of all its turns, thinking included. Bytes are read as UTF-8, with
    U+FFFD for what is none. Any other value is read as it prints.
    """
    parts = [text_of(frame[name]).alias(str(number)) for number, name in enumerate(columns)]
    if len(parts) == 1:
        return parts[0].alias("text")
    joined = pl.concat_str(pl.all(), separator="\n\n", ignore_nulls=True)
    joined = pl.when(pl.all_horizontal(pl.all().is_null())).then(None).otherwise(joined)
    return pl.DataFrame(parts).select(text=joined)["text"]


def text_of(column: pl.Series) -> pl.Series:
    """The text of each value of a column, see `texts_of`."""
    if column.dtype == pl.String:
        return column
    if column.dtype == pl.Binary:
        decoded = [None if one is None else one.decode("utf-8", "replace") for one in column]
        return pl.Series(decoded, dtype=pl.String)
    if column.dtype == pl.Null:
        return column.cast(pl.String)
    if column.dtype.is_nested() or column.dtype in (pl.Object, pl.Duration):
        return pl.Series([_told(value) for value in column.to_list()], dtype=pl.String)
    return column.cast(pl.String)


TEXTS = ("content", "value", "text", "reasoning_content", "reasoning", "thinking")
"""Fields of a message that hold its text, in any dialect."""


def _told(value: Any) -> str | None:
    """All the text inside a value: of a message what it says, of anything else every text there is."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        fields = [name for name in TEXTS if value.get(name) is not None] or list(value)
        inner = [_told(value[name]) for name in fields]
    elif isinstance(value, list):
        inner = [_told(one) for one in value]
    else:
        return str(value)
    return "\n\n".join(text for text in inner if text) or None
