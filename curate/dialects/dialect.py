"""What a dialect is: which columns play which part, how its values look, and what a row of it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from curate.messages import is_turn

if TYPE_CHECKING:
    import polars as pl

Row = dict[str, Any]
Kind = Literal[
    "text", "turns", "texts", "objects", "object", "flag", "number", "numbers", "pairs", "choices", "gold", "any"
]


class CannotConvert(ValueError):
    """A row that its dialect cannot turn into a sample; the text is its reason, without its place."""


@dataclass(frozen=True)
class Part:
    """A part that a column plays.

    names: of columns that play it, the likeliest first; letter case does not matter. kind: of value it must hold.
    `gold` is any value, which a table of text keeps as it is written.
    rivals: names of which a table may have one only; two are a question for the user (which completion is trained on?).
    """

    names: tuple[str, ...]
    kind: Kind = "text"
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dialect:
    """One way of writing samples.

    about: one line. needs, may: the parts it must and may have.
    convert: a row of parts -> samples in our words, or a CannotConvert in the place of one; raises it (or `BadTurn`)
    for the whole row.
    looks: given the columns found and the first rows, why the values are none of this dialect, or None.
    over: dialects that fit the same table and say less. without: columns that must not be there.
    witness: parts that are only looked at; their columns stay (the others become what `convert` makes of them).
    gather: rows -> rows, where one sample is spread over several; each with the number of the row it stands for, and
    the numbers of rows that belong nowhere, with the reason.
    asked: it is used only when named.
    """

    name: str
    about: str
    needs: Mapping[str, Part]
    convert: Callable[[Row], Sequence[Row | CannotConvert]]
    may: Mapping[str, Part] = field(default_factory=dict)
    looks: Callable[[Mapping[str, str], Sequence[Row]], str | None] = lambda _columns, _rows: None
    over: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    witness: tuple[str, ...] = ()
    gather: Callable[[Sequence[Row]], tuple[list[tuple[int, Row]], list[tuple[int, str]]]] | None = None
    asked: bool = False


def is_kind(dtype: pl.DataType, kind: Kind) -> bool:
    """Whether a column of this type can hold values of this kind."""
    import polars as pl

    if kind == "text":
        return dtype == pl.String
    if kind == "flag":
        return dtype == pl.Boolean
    if kind == "number":
        return dtype.is_numeric()
    if kind == "object":
        return isinstance(dtype, pl.Struct)
    if kind == "choices":
        return isinstance(dtype, pl.List | pl.Struct)
    inner = dtype.inner if isinstance(dtype, pl.List) else None
    if kind == "texts":
        return inner == pl.String
    if kind == "numbers":
        return inner is not None and inner.is_numeric()
    if kind == "pairs":
        return isinstance(inner, pl.List) and inner.inner == pl.String
    if kind == "objects":
        return isinstance(inner, pl.Struct)
    if kind == "turns":
        return isinstance(inner, pl.Struct) and is_turn({one.name: None for one in inner.fields})
    return True
