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
    """A sum (`+`), product (`*`) or integral (`int`) of a term in which `Bound(index)` runs from first to last.

    A limit (`lim`): first is where the index goes, last from which side (1, -1, or 0 for both).
    """

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
GREEK_FUNCTIONS = frozenset({"phi", "Phi", "psi", "Psi", "sigma", "tau", "mu", "omega", "Omega"})
SETS = frozenset({"Reals", "Integers", "Naturals", "Rationals", "Complexes"})


def all_of(verdicts: Iterable[bool | None]) -> bool | None:
    """False if any is False, else None if any is None."""
    undecided = False
    for verdict in verdicts:
        if verdict is False:
            return False
        undecided = undecided or verdict is None
    return None if undecided else True
