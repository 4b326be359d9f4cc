r"""Notation by its meaning: `C_n^k`, determinants, `A^T`, and objects as Python and sympy print them.

>>> printed("Interval", (Num(0), Num(1))).left
'['
"""

from __future__ import annotations

import re

from rewards.mathematics.traversal import names_in
from rewards.mathematics.tree import (
    Apply,
    Beyond,
    Braces,
    Bracket,
    Matrix,
    Name,
    Node,
    Num,
    Relation,
    Unreadable,
    Words,
)

_UPPER = re.compile(r"[nm](?:[+-]\d{1,3})?")


def chosen(letter: str, upper: Node, lower: Node) -> Node:
    """How many ways: `C` without, `P` or `A` with regard to order."""
    if letter == "C":
        return Apply("binom", (upper, lower))
    rest = Apply("+", (upper, Apply("neg", (lower,))))
    return Apply("/", (Apply("!", (upper,)), Apply("!", (rest,))))


def combinations(base: Node, lower: Node) -> Node | None:
    """`C_n^k`, `C(n, k)` and `A_n^k` as the numbers they count, or None for any other power or call."""
    if not isinstance(base, Name):
        return None
    letter, _, below = base.name.partition("_")
    if isinstance(lower, Bracket) and base.name in ("C", "P") and (lower.left, lower.right) == ("(", ")"):
        return chosen(base.name, *lower.items) if _count(base.name, lower.items) else None
    if letter not in ("C", "A") or not isinstance(lower, Num | Name):
        return None
    if below.isdigit() and isinstance(lower, Num) and isinstance(lower.value, int) and lower.value <= int(below) > 2:
        upper: Node = Num(int(below))
    elif _UPPER.fullmatch(below):  # n, n-1, m+2
        upper = Name(below[0]) if len(below) == 1 else Apply("+", (Name(below[0]), Num(int(below[1:]))))
    else:
        return None
    return chosen(letter, upper, lower)


def _count(letter: str, items: tuple[Node, ...]) -> bool:
    """Whether `C(n, k)` or `P(8, 5)` counts ways; `P(3, -2)` and `P(2, 3)` are points."""
    sizes = [item.value for item in items if isinstance(item, Num)]
    return len(items) == 2 and ((letter == "C" and len(sizes) < 2) or (len(sizes) == 2 and sizes[0] >= sizes[1] >= 0))


MAX_DETERMINANT = 4  # rows


def transposed(node: Bracket | Matrix) -> Matrix:
    """A matrix with its rows as columns; a list of numbers is one row."""
    if isinstance(node, Bracket):
        return Matrix(tuple((item,) for item in node.items))
    return Matrix(tuple(zip(*node.rows, strict=True)))


def determinant(matrix: Matrix) -> Node:
    """The determinant of a small square matrix, along its first row. Raises Beyond for any other."""
    rows = matrix.rows
    if len(rows) != len(rows[0]) or len(rows) > MAX_DETERMINANT:
        raise Beyond(f"a determinant of {len(rows)} x {len(rows[0])}")
    if len(rows) == 1:
        return rows[0][0]
    total: Node = Num(0)
    for column, cell in enumerate(rows[0]):
        minor = determinant(Matrix(tuple(row[:column] + row[column + 1 :] for row in rows[1:])))
        term: Node = Apply("*", (cell, minor))
        total = Apply("+", (total, Apply("neg", (term,)) if column % 2 else term))
    return total


PRINTED = frozenset(
    (
        "Interval", "Interval.open", "Interval.Lopen", "Interval.Ropen", "FiniteSet", "Union", "Intersection",
        "Complement", "Matrix", "ImmutableMatrix", "Rational", "Fraction", "Integer", "Float", "Eq", "Ne", "Tuple",
        "Point", "Point2D", "Point3D", "diag",
    )
)  # fmt: skip
"""Names that are objects where a bracket follows."""

SETS = {
    "S.Reals": "Reals", "S.Integers": "Integers", "S.Naturals": "Naturals", "S.EmptySet": "EmptySet",
    "EmptySet": "EmptySet", "S.Infinity": "infinity",
}  # fmt: skip
"""Names that are objects by themselves."""

_OPEN = {"Interval": "", "Interval.open": "both", "Interval.Lopen": "left", "Interval.Ropen": "right"}
_JOINED = {"Union": "union", "Intersection": "intersection", "Complement": "minus"}


def printed(name: str, items: tuple[Node, ...]) -> Node:
    """The object of this name with these arguments. Raises Unreadable when they do not fit."""
    if name in _OPEN and len(items) in (2, 4):
        return _interval(_OPEN[name], items)
    if name == "FiniteSet":
        return Braces(items)
    if name in _JOINED and items:
        node = items[0]
        for item in items[1:]:
            node = Apply(_JOINED[name], (node, item))
        return node
    if name.endswith("Matrix") and len(items) == 1 and isinstance(items[0], Bracket):
        return _matrix(items[0])
    if name == "diag" and items:
        size = range(len(items))
        return Matrix(tuple(tuple(items[row] if row == column else Num(0) for column in size) for row in size))
    if name in ("Rational", "Fraction") and len(items) == 2:
        return Apply("/", items)
    if name in ("Eq", "Ne") and len(items) == 2:
        return Relation(items, ("=" if name == "Eq" else "!=",))
    if name.startswith(("Tuple", "Point")) and len(items) > 1:
        return Bracket("(", items, ")")
    if name in ("Rational", "Fraction", "Integer", "Float") and len(items) == 1:
        return items[0]
    raise Unreadable(f"{name} with {len(items)} arguments")


def _interval(opened: str, items: tuple[Node, ...]) -> Node:
    """Open at infinity, as sympy has it, and where the arguments left_open and right_open say so."""
    low, high = items[:2]
    flags = [isinstance(flag, Words) and flag.text == "True" for flag in items[2:]] or [False, False]
    left = opened in ("both", "left") or flags[0] or "infinity" in names_in(low)
    right = opened in ("both", "right") or flags[1] or "infinity" in names_in(high)
    return Bracket("(" if left else "[", (low, high), ")" if right else "]")


def _matrix(rows: Bracket) -> Node:
    cells = [row.items if isinstance(row, Bracket) else (row,) for row in rows.items]
    if len({len(row) for row in cells}) != 1:
        raise Unreadable("rows of different length")
    return Matrix(tuple(cells))
