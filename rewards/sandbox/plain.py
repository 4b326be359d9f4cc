"""Values as plain data: the only form in which anything crosses between the sandbox's processes.

A value is built of None, bool, int, float, str, bytes, bytearray, complex, range, Fraction, Decimal, date, datetime
without a zone, timedelta, the built-in types themselves, list, tuple, set, frozenset, dict and deque; on the wire it is
JSON with one-key objects as tags. What arrives is built anew from exact built-in types, so a subclass with its own
`__eq__`, a lazy object or a `__class__` property has nothing to say on the other side. An instance of a subclass
(Counter, IntEnum) travels as the built-in value it holds; a namedtuple too, but to tests it keeps its names. Reading
needs no trust: no code is looked up by name, size and depth are limited.
"""

from __future__ import annotations

import json
from collections import deque, namedtuple
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

MAX_DEPTH = 200
MAX_TERM_BITS = 1 << 17  # of a fraction: reducing it takes quadratic time
FEW = 1_000  # items of a set whose hashes may all be equal

_NATURAL = frozenset({int, str, bool, float, type(None)})
_WIDE = 1 << 63
_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (bool, int, float, str, bytes, bytearray, complex, range, list, tuple, set, frozenset, dict, object)
}

Tree = Any  # what json.dumps takes
Export = Callable[[object], Tree]
Resolve = Callable[[Tree], object]


class NotPlain(Exception):
    """A value that cannot cross, or bytes that are no value."""


def encode(value: object, export: Export | None = None, depth: int = 0) -> Tree:
    """The JSON tree of a value.

    export: called for an object that is not plain data, gives the tree of a reference to it; without it NotPlain is
    raised, as for nesting deeper than MAX_DEPTH (which is also what a list that holds itself amounts to).

    >>> encode((1, {2}))
    {'t': [1, {'s': [2]}]}
    """
    kind = type(value)
    if kind in _NATURAL and kind is not int:
        return value
    if depth > MAX_DEPTH:
        raise NotPlain(f"nested deeper than {MAX_DEPTH}, or holds itself")
    for base in kind.__mro__:  # the type itself first; never isinstance, which believes __class__
        encoder = _ENCODERS.get(base)
        if encoder is not None:
            return encoder(value, export, depth + 1)
    if kind.__module__.partition(".")[0] == "numpy" and hasattr(value, "tolist"):
        return encode(value.tolist(), export, depth + 1)
    if isinstance(value, type) and _TYPES.get(value.__name__) is value:
        return {"T": value.__name__}
    if export is not None:
        return export(value)
    raise NotPlain(f"an object of class {kind.__name__[:60]} is not plain data")


def decode(tree: Tree, resolve: Resolve | None = None, depth: int = 0) -> Any:
    """The value of a JSON tree. resolve: turns the tree under the tag `ref` into an object. Raises NotPlain.

    >>> decode({"t": [1, {"s": [2]}]})
    (1, {2})
    """
    kind = type(tree)
    if kind in _NATURAL:
        return tree
    if depth > MAX_DEPTH:
        raise NotPlain(f"nested deeper than {MAX_DEPTH}")
    if kind is list:
        if _NATURAL.issuperset(map(type, tree)):
            return tree
        return [decode(item, resolve, depth + 1) for item in tree]
    if kind is dict and len(tree) == 1:
        ((tag, body),) = tree.items()
        if tag == "ref" and resolve is not None:
            return resolve(body)
        if tag in _DECODERS:
            try:
                return _DECODERS[tag](body, resolve, depth + 1)
            except (TypeError, ValueError, ArithmeticError, LookupError) as error:
                raise NotPlain(f"bad {tag}: {type(error).__name__}") from None
    raise NotPlain("not a value")


def dumps(tree: Tree) -> bytes:
    """JSON bytes of a tree; NaN and infinities as Python's json writes them."""
    return json.dumps(tree, separators=(",", ":"), check_circular=False).encode()


def loads(data: bytes) -> Tree:
    """The tree of JSON bytes. Raises NotPlain for anything else, however deep or long."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotPlain(f"not JSON: {type(error).__name__}") from None


def _int(value: int, _export: Export | None, _depth: int) -> Tree:
    exact = int.__index__(value)
    return exact if -_WIDE <= exact < _WIDE else {"i": hex(exact)}


def _list(value: list[Any], export: Export | None, depth: int) -> Tree:
    items = list.copy(value)
    kinds = set(map(type, items))
    if kinds <= _NATURAL and int not in kinds:
        return items
    if kinds == {int} and min(items) >= -_WIDE and max(items) < _WIDE:
        return items
    return [encode(item, export, depth) for item in items]


def _tagged(tag: str, base: Any) -> Callable[[Any, Export | None, int], Tree]:
    def encoder(value: Any, export: Export | None, depth: int) -> Tree:
        return {tag: [encode(item, export, depth) for item in base.__iter__(value)]}

    return encoder


def _tuple(value: tuple[Any, ...], export: Export | None, depth: int) -> Tree:
    items = [encode(item, export, depth) for item in tuple.__iter__(value)]
    fields = getattr(type(value), "_fields", None) if export is not None and type(value) is not tuple else None
    if type(fields) is tuple and len(fields) == len(items) and all(type(field) is str for field in fields):
        return {"N": [type(value).__name__, list(fields), items]}
    return {"t": items}


def _dict(value: dict[Any, Any], export: Export | None, depth: int) -> Tree:
    return {"d": [[encode(key, export, depth), encode(item, export, depth)] for key, item in dict.items(value)]}


def _moment(value: Any, export: Export | None, _depth: int) -> Tree:
    if value.tzinfo is None:
        return {"D": [*datetime.timetuple(value)[:6], value.microsecond]}
    if export is None:
        raise NotPlain("a time with a zone is not plain data")
    return export(value)


_ENCODERS: dict[type, Callable[[Any, Export | None, int], Tree]] = {
    type(None): lambda value, _export, _depth: value,
    bool: lambda value, _export, _depth: value,
    int: _int,
    float: lambda value, _export, _depth: float.__float__(value),
    str: lambda value, _export, _depth: str.__str__(value),
    list: _list,
    tuple: _tuple,
    set: _tagged("s", set),
    frozenset: _tagged("z", frozenset),
    deque: _tagged("q", deque),
    dict: _dict,
    bytes: lambda value, _export, _depth: {"b": bytes.hex(value)},
    bytearray: lambda value, _export, _depth: {"a": bytearray.hex(value)},
    complex: lambda value, _export, _depth: {"c": [value.real, value.imag]},
    range: lambda value, _export, _depth: {"r": [hex(value.start), hex(value.stop), hex(value.step)]},
    Fraction: lambda value, _export, _depth: {"F": [hex(value.numerator), hex(value.denominator)]},
    Decimal: lambda value, _export, _depth: {"M": Decimal.__str__(value)},
    datetime: _moment,
    date: lambda value, _export, _depth: {"D": date.timetuple(value)[:3]},
    timedelta: lambda value, _export, _depth: {"P": [value.days, value.seconds, value.microseconds]},
}


def _items(body: Tree, resolve: Resolve | None, depth: int) -> list[Any]:
    if type(body) is not list:
        raise NotPlain("not a value")
    return [decode(item, resolve, depth) for item in body]


def _named_tuple(body: Tree, resolve: Resolve | None, depth: int) -> tuple[Any, ...]:
    name, fields, items = body
    if resolve is None:
        return tuple(_items(items, resolve, depth))
    return namedtuple(name, fields)(*_items(items, resolve, depth))  # noqa: PYI024


def _hex(text: Tree) -> int:
    if type(text) is not str:
        raise NotPlain("not a value")
    return int(text, 16)


def _fraction(numerator: int, denominator: int) -> Fraction:
    if max(numerator.bit_length(), denominator.bit_length()) > MAX_TERM_BITS:
        raise NotPlain("a fraction whose reduction takes long")
    return Fraction(numerator, denominator)


def _decimal(text: Tree) -> Decimal:
    value = Decimal(str(text))
    if value.is_snan():
        raise NotPlain("a number that may not even be compared")
    return value


def _pairs(body: Tree, resolve: Resolve | None, depth: int) -> dict[Any, Any]:
    pairs = [(decode(key, resolve, depth), decode(item, resolve, depth)) for key, item in body]
    _spread([key for key, _ in pairs])
    return dict(pairs)


def _spread(keys: list[Any]) -> list[Any]:
    """The keys; NotPlain for many that share their hashes, as a table of them takes quadratic time to build.

    Multiples of 2**61 - 1 do: CPython's hash of an integer is its value modulo that number.
    """
    if len(keys) > FEW and 2 * len({hash(key) for key in keys}) < len(keys):
        raise NotPlain("keys whose hashes collide")
    return keys


def _type_named(body: Tree) -> type:
    if type(body) is not str or body not in _TYPES:
        raise NotPlain("not a type")
    return _TYPES[body]


_DECODERS: dict[str, Callable[[Tree, Resolve | None, int], Any]] = {
    "i": lambda body, _resolve, _depth: _hex(body),
    "t": lambda body, resolve, depth: tuple(_items(body, resolve, depth)),
    "N": _named_tuple,
    "s": lambda body, resolve, depth: set(_spread(_items(body, resolve, depth))),
    "z": lambda body, resolve, depth: frozenset(_spread(_items(body, resolve, depth))),
    "q": lambda body, resolve, depth: deque(_items(body, resolve, depth)),
    "d": _pairs,
    "b": lambda body, _resolve, _depth: bytes.fromhex(body),
    "a": lambda body, _resolve, _depth: bytearray.fromhex(body),
    "c": lambda body, _resolve, _depth: complex(float(body[0]), float(body[1])),
    "r": lambda body, _resolve, _depth: range(*map(_hex, body)),
    "F": lambda body, _resolve, _depth: _fraction(*map(_hex, body)),
    "M": lambda body, _resolve, _depth: _decimal(body),
    "D": lambda body, _resolve, _depth: datetime(*body) if len(body) > 3 else date(*body),  # noqa: DTZ001
    "P": lambda body, _resolve, _depth: timedelta(*body),
    "T": lambda body, _resolve, _depth: _type_named(body),
}
