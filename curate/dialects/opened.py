"""Structured values that a table holds as JSON text: conversations in CSV files, lists in what a database exports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from curate.dialects.dialect import Kind
from curate.messages import is_turn

if TYPE_CHECKING:
    import polars as pl

LOOKED_AT = 10
_OPENS = {
    "turns": "[", "texts": "[", "objects": "[", "pairs": "[", "numbers": "[", "object": "{",
    "choices": "[{", "any": "[",
}  # fmt: skip


def holds(column: pl.Series, kind: Kind) -> bool:
    """Whether a column is text that holds values of this kind as JSON, by half at least; of `any` kind are turns."""
    import polars as pl

    if column.dtype != pl.String or kind not in _OPENS:
        return False
    first = column.drop_nulls().head(LOOKED_AT).to_list()
    return bool(first) and sum(_is(opened(text, kind), kind) for text in first) * 2 >= len(first)


def opened(text: Any, kind: Kind) -> Any:
    """The value that a text stands for; None where it is no JSON of that form. Any other value as it is."""
    if not isinstance(text, str):
        return text
    if text.lstrip()[:1] not in tuple(_OPENS[kind]):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list | dict) else None


def _is(value: Any, kind: Kind) -> bool:
    if kind in ("object", "choices") and isinstance(value, Mapping):
        return bool(value)
    if not isinstance(value, list) or not value or kind == "object":
        return False
    if kind in ("turns", "any"):
        return all(map(is_turn, value))
    if kind == "objects":
        return all(isinstance(one, Mapping) for one in value)
    if kind == "pairs":
        return all(isinstance(one, list) for one in value)
    if kind == "numbers":
        return all(isinstance(one, int | float) for one in value)
    return all(isinstance(one, str) for one in value)
