r"""Objects as Python and sympy print them: `Interval.open(0, 1)`, `FiniteSet(1, 2)`, `Matrix([[1], [2]])`.

>>> printed("Interval", (Num(0), Num(1))).left
'['
>>> printed("Rational", (Num(1), Num(2))).op
'/'
"""

from __future__ import annotations

from rewards.mathematics.traversal import names_in
from rewards.mathematics.tree import Apply, Braces, Bracket, Matrix, Node, Num, Relation, Unreadable, Words

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
