"""What an answer is made of, the limits that keep hostile input cheap, and the two ways to fail.

A tree is built of plain objects that nothing ever executes. Limits are on characters, tokens, nesting, digits and the
size of exact numbers, so that every step of the comparison has a bound without a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

MAX_CHARS = 4_000  # longest answer that is read
MAX_TOKENS = 1_500
MAX_DEPTH = 40  # nested groups
MAX_DIGITS = 1_000  # in one number as written
MAX_BITS = 20_000  # in an exact integer while computing


class Unreadable(ValueError):
    """The text is not an answer this grammar knows."""


class Beyond(Unreadable):
    """Well-formed mathematics that this grammar does not cover: integrals, sums, limits, other macros."""


class TooLarge(ArithmeticError):
    """A number beyond MAX_BITS."""


@dataclass(slots=True, eq=False)
class Num:
    """A number as written. places: digits after the decimal point, or -1 without a point."""

    value: Fraction | int
    places: int = -1


@dataclass(slots=True, eq=False)
class Name:
    """A variable, or one of the constants `pi`, `e`, `i`, `infinity`."""

    name: str


@dataclass(slots=True, eq=False)
class Apply:
    """An operation or function: `+ * / ^ neg root ± sin cos log abs floor binom ! union intersection minus` ..."""

    op: str
    args: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Relation:
    """`a < b <= c`: sides and the operators between them, out of `= != < > <= >= in`."""

    sides: tuple[Node, ...]
    ops: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Bracket:
    """`(1, 2)`, `[0, 1)`, `<1, 2>`: a point, vector or interval."""

    left: str
    items: tuple[Node, ...]
    right: str


@dataclass(slots=True, eq=False)
class Braces:
    """A finite set; empty for the empty set."""

    items: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Builder:
    """`{x | condition}`."""

    element: Node
    condition: Node


@dataclass(slots=True, eq=False)
class Items:
    """Several answers side by side. joined: `,`, `and` or `or`."""

    items: tuple[Node, ...]
    joined: str


@dataclass(slots=True, eq=False)
class Matrix:
    """Rows of a matrix."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(slots=True, eq=False)
class Ratio:
    """`1:2:3`."""

    items: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Quantity:
    """A number with what was written behind (or before) it: unit, percent, degree or any noun."""

    value: Node
    unit: str


@dataclass(slots=True, eq=False)
class Words:
    """An answer in words, as written."""

    text: str


@dataclass(slots=True, eq=False)
class Series:
    """A sum (`+`), product (`*`) or integral (`int`) of a term in which `Bound(index)` runs from first to last."""

    op: str
    index: int
    first: Node
    last: Node
    term: Node


@dataclass(slots=True, eq=False)
class Bound:
    """The index of a series inside its term, by number: what it was called says nothing."""

    index: int


@dataclass(slots=True, eq=False)
class Cases:
    """A function by cases: each value with the condition under which it holds."""

    values: tuple[Node, ...]
    conditions: tuple[Node, ...]


Expression = Num | Name | Apply | Series | Bound
Node = Expression | Relation | Bracket | Braces | Builder | Items | Matrix | Ratio | Quantity | Words | Cases

Equal = Callable[[Node, Node], bool | None]
"""Whether gold and prediction are one answer. The rules for one kind are handed what compares its parts."""

OTHERWISE = "otherwise"  # the words of a condition that holds where all others fail

CONSTANTS = frozenset({"pi", "e", "i", "infinity"})
FUNCTION_NAMES = frozenset("fghFGHPpQq")
SETS = frozenset({"Reals", "Integers", "Naturals", "Rationals", "Complexes"})


def all_of(verdicts: Iterable[bool | None]) -> bool | None:
    """False if any is False, else None if any is None."""
    undecided = False
    for verdict in verdicts:
        if verdict is False:
            return False
        undecided = undecided or verdict is None
    return None if undecided else True


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node."""
    if isinstance(node, Apply):
        return node.args
    if isinstance(node, Bracket | Braces | Items | Ratio):
        return node.items
    if isinstance(node, Relation):
        return node.sides
    if isinstance(node, Matrix):
        return tuple(cell for row in node.rows for cell in row)
    if isinstance(node, Quantity):
        return (node.value,)
    if isinstance(node, Builder):
        return (node.element, node.condition)
    if isinstance(node, Series):
        return (node.first, node.last, node.term)
    if isinstance(node, Cases):
        return (*node.values, *node.conditions)
    return ()


def has_words(node: Node) -> bool:
    """Whether there are words anywhere in a tree."""
    return isinstance(node, Words) or any(map(has_words, children(node)))


def names_in(node: Node) -> set[str]:
    """The names of all variables and constants in a tree."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Apply):
            waiting.extend(node.args)
        elif isinstance(node, Name):
            found.add(node.name)
        elif not isinstance(node, Num):
            waiting.extend(children(node))
    return found


def variables_in(node: Node) -> set[str]:
    """The names of the variables in a tree.

    >>> variables_in(Apply("+", (Name("x"), Name("pi"))))
    {'x'}
    """
    return names_in(node) - CONSTANTS


def rebuild(node: Node, parts: tuple[Node, ...]) -> Node:
    """The same node with other children."""
    if isinstance(node, Apply):
        return Apply(node.op, parts)
    if isinstance(node, Bracket):
        return Bracket(node.left, parts, node.right)
    if isinstance(node, Braces):
        return Braces(parts)
    if isinstance(node, Items):
        return Items(parts, node.joined)
    if isinstance(node, Ratio):
        return Ratio(parts)
    if isinstance(node, Relation):
        return Relation(parts, node.ops)
    if isinstance(node, Quantity):
        return Quantity(parts[0], node.unit)
    if isinstance(node, Builder):
        return Builder(parts[0], parts[1])
    if isinstance(node, Cases):
        return Cases(parts[: len(parts) // 2], parts[len(parts) // 2 :])
    if isinstance(node, Series):
        return Series(node.op, node.index, *parts)
    if isinstance(node, Matrix):
        width = len(node.rows[0])
        return Matrix(tuple(parts[i : i + width] for i in range(0, len(parts), width)))
    return node


def with_value(node: Node, name: str, value: Node) -> Node:
    """The same tree with a name replaced."""
    if isinstance(node, Name):
        return value if node.name == name else node
    return rebuild(node, tuple(with_value(child, name, value) for child in children(node)))


def renamed_in(node: Node, old: str, new: str) -> Node:
    """The same tree with one variable renamed."""
    return with_value(node, old, Name(new))
