"""What occurs among the values of a column, and so what column they make.

| the values of a column | the column |
|---|---|
| text | String |
| integers within 64 bits | Int64 |
| numbers, where each integer is exact as a float (within 2**53) | Float64 |
| true and false | Boolean |
| lists | List of what their elements make together |
| objects | Struct of every field that one of them has; an absent field is null |
| a mix of these; integers beyond 64 bits; objects with no field, or with more than 256 different ones | String |
| only nulls | Null |

In a column of mixed values text stays as it is and the rest becomes its JSON; `notes` says which columns those are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

MAX_FIELDS = 256
MAX_DEPTH = 64

_WORDS = {
    "str": "text", "bool": "true/false", "int": "integers", "wide": "integers", "big": "integers beyond 64 bits",
    "float": "numbers", "list": "lists", "dict": "objects", "other": "other values",
}  # fmt: skip


class TooDeep(ValueError):
    """A value is nested deeper than `MAX_DEPTH`."""


@dataclass(slots=True)
class Census:
    """What an observation met on its way: `keys` of objects in all; `huge`, a float beyond 64-bit integers."""

    keys: int = 0
    huge: bool = False


@dataclass(slots=True)
class Shape:
    """What occurs among the values of a column.

    kinds: of `str bool int wide big float list dict other`; `wide` is an integer beyond 2**53, `big` beyond 64 bits.
    items: what the elements of its lists are. fields: what the fields of its objects are.
    """

    kinds: set[str] = field(default_factory=set)
    items: Shape | None = None
    fields: dict[str, Shape] = field(default_factory=dict)

    def merge(self, other: Shape) -> Shape:
        """What occurs among the values of both."""
        items = self.items.merge(other.items) if self.items and other.items else self.items or other.items
        fields = dict(self.fields)
        for name, shape in other.fields.items():
            fields[name] = fields[name].merge(shape) if name in fields else shape
        return Shape(self.kinds | other.kinds, items, fields)

    @property
    def form(self) -> str:
        """Which row of the table above it is: `null str bool int float list dict other`, or `mixed`."""
        kinds = self.kinds
        if not kinds:
            return "null"
        if kinds <= {"int", "wide"}:
            return "int"
        if kinds <= {"int", "float"}:
            return "float"
        if kinds == {"dict"} and not 0 < len(self.fields) <= MAX_FIELDS:
            return "mixed"
        return next(iter(kinds)) if len(kinds) == 1 and kinds != {"big"} else "mixed"

    def fits(self) -> bool:
        """Whether the values can stand in the column as they are."""
        if self.form == "list":
            return self.items is None or self.items.fits()
        if self.form == "dict":
            return all(shape.fits() for shape in self.fields.values())
        return self.form != "mixed"


def observe(values: Sequence[Any], census: Census | None = None, depth: int = 0) -> Shape:
    """What occurs among values. Raises TooDeep."""
    if depth > MAX_DEPTH:
        raise TooDeep
    census = census or Census()
    shape = Shape()
    types = set(map(type, values)) - {type(None)}
    for kind in types:
        same: Sequence[Any] = values if len(types) == 1 else [value for value in values if type(value) is kind]
        if kind is int:
            shape.kinds |= _integers([value for value in same if value is not None])
        elif kind is list:
            shape.kinds.add("list")
            shape.items = observe(list(chain.from_iterable(filter(None, same))), census, depth + 1)
        elif kind is dict:
            shape.kinds.add("dict")
            objects = [value for value in same if value]
            census.keys += sum(map(len, objects))
            names = dict.fromkeys(chain.from_iterable(objects))
            shape.fields = {name: Shape() for name in names}
            if len(names) <= MAX_FIELDS:
                shape.fields = {n: observe([row.get(n) for row in objects], census, depth + 1) for n in names}
            else:
                observe([inner for row in objects for inner in row.values()], census, depth + 1)
        elif kind is float:
            shape.kinds.add("float")
            census.huge |= any(value is not None and abs(value) >= 2**63 for value in same)
        else:
            shape.kinds.add({str: "str", bool: "bool"}.get(kind, "other"))
    return shape


def _integers(values: Sequence[int]) -> set[str]:
    low, high = min(values), max(values)
    if low < -(2**63) or high >= 2**63:
        return {"big"}
    return {"wide"} if low < -(2**53) or high > 2**53 else {"int"}


def notes(shapes: Mapping[str, Shape]) -> list[str]:
    """One line for each column that holds JSON text because its values were mixed.

    >>> notes({"a": observe([1, "x"])})
    ["column 'a' mixes integers and text: what was no text is now its JSON"]
    """
    return [line for name, shape in shapes.items() for line in _notes(name, shape)]


def _notes(name: str, shape: Shape) -> list[str]:
    if shape.form == "list" and shape.items is not None:
        return _notes(f"{name}[]", shape.items)
    if shape.form == "dict":
        return [line for inner, one in shape.fields.items() for line in _notes(f"{name}.{inner}", one)]
    if shape.form != "mixed":
        return []
    if shape.kinds == {"dict"}:
        count = f"more than {MAX_FIELDS} different" if shape.fields else "no"
        return [f"column '{name}' holds objects with {count} fields: each is now its JSON"]
    if shape.kinds == {"big"}:
        return [f"column '{name}' holds integers beyond 64 bits: they are now text"]
    words = sorted({_WORDS[kind] for kind in shape.kinds})
    return [f"column '{name}' mixes {' and '.join(words)}: what was no text is now its JSON"]
