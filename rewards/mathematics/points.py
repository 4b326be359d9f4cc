"""Points, vectors, intervals by their brackets, matrices and ratios: entry by entry."""

from __future__ import annotations

from math import gcd

from rewards.mathematics.equality import same
from rewards.mathematics.matrices import as_vector, folded
from rewards.mathematics.traversal import names_in, with_value
from rewards.mathematics.tree import Apply, Bracket, Equal, Matrix, Name, Node, Num, Ratio, all_of


def same_ratio(gold: Node, pred: Node) -> bool | None:
    """Two ratios up to a common factor, or a ratio of two terms and its quotient."""
    left = gold.items if isinstance(gold, Ratio) else None
    right = pred.items if isinstance(pred, Ratio) else None
    if left is not None and right is not None:
        if len(left) != len(right):
            return False
        if _is_clock(left) or any(isinstance(term, Num) and term.value == 0 for term in (*left, *right)):
            return all_of(same(a, b) for a, b in zip(left, right, strict=True))
        return all_of(same(_product(left[0], b), _product(a, right[0])) for a, b in zip(left, right, strict=True))
    terms = left if left is not None else right
    other = pred if left is not None else gold
    if terms is None or len(terms) != 2:
        return False
    return same(Apply("/", (terms[0], terms[1])), other)


def _is_clock(terms: tuple[Node, ...]) -> bool:
    """Whether `2:30` is a time of day rather than a ratio, which would have been written 1:15."""
    hours, minutes = (term.value if isinstance(term, Num) else 0 for term in (terms[0], terms[-1]))
    if len(terms) != 2 or not (isinstance(hours, int) and isinstance(minutes, int)):
        return False
    return 1 <= hours <= 24 and 10 <= minutes < 60 and gcd(hours, minutes) > 1


def _product(a: Node, b: Node) -> Node:
    return Apply("*", (a, b))


_VECTORS = (Bracket, Matrix)
_EXPRESSIONS = (Num, Name, Apply)


def same_bracket(gold: Bracket, pred: Bracket, equal: Equal) -> bool | None:
    """Two points, or two intervals: in a pair the kind of bracket counts."""
    if len(gold.items) != len(pred.items):
        return False
    if len(gold.items) == 2:
        ends = [("(" if side in "]<" else "[" if side == "[" else side) for side in (gold.left, pred.left)]
        closes = [(")" if side in "[>" else side) for side in (gold.right, pred.right)]
        if ends[0] != ends[1] or closes[0] != closes[1]:
            return False
    return all_of(equal(a, b) for a, b in zip(gold.items, pred.items, strict=True))


def same_matrix(gold: Node, pred: Node, equal: Equal) -> bool | None:
    """Two matrices, or a matrix of one row or column and the vector it is."""
    gold, pred = _as_matrix(folded(gold)), _as_matrix(folded(pred))
    if isinstance(gold, Matrix) and isinstance(pred, Matrix):
        if len(gold.rows) != len(pred.rows) or len(gold.rows[0]) != len(pred.rows[0]):
            return False
        pairs = [pair for rows in zip(gold.rows, pred.rows, strict=True) for pair in zip(*rows, strict=True)]
        return all_of(equal(a, b) for a, b in pairs)
    left, right = entries_of(gold), entries_of(pred)
    if left is None or right is None or len(left) != len(right):
        return False
    return all_of(equal(a, b) for a, b in zip(left, right, strict=True))


def _as_matrix(node: Node) -> Node:
    """`[[1, 2], [3, 4]]` is a matrix written as programs write it."""
    if isinstance(node, Bracket) and all(isinstance(item, Bracket) for item in node.items):
        rows = [item.items for item in node.items if isinstance(item, Bracket)]
        if len({len(row) for row in rows}) == 1:
            return Matrix(tuple(rows))
    return node


def beside_vector(node: Node, other: Node) -> Node:
    """`2i - 5j + k` as a vector, beside a vector."""
    point = None if isinstance(other, _EXPRESSIONS) else _named_point(node)
    if point is not None:
        return point
    if not (isinstance(other, _VECTORS) and isinstance(node, _EXPRESSIONS)):
        return node
    if isinstance(other, Matrix):
        for name in names_in(node) & {"I", f"I_{len(other.rows)}"}:
            node = with_value(node, name, _identity(len(other.rows)))
    entries = entries_of(other)
    if entries is None or (isinstance(other, Bracket) and "[" in (other.left, other.right)):
        return node
    return as_vector(node, len(entries)) or node


def _named_point(node: Node) -> Bracket | None:
    """The point of `A(2, -3)`."""
    if not (isinstance(node, Apply) and node.op == "call"):
        return None
    name, point = node.args
    named = isinstance(name, Name) and name.name.isupper() and isinstance(point, Bracket) and len(point.items) > 1
    return point if named and isinstance(point, Bracket) else None


def _identity(size: int) -> Matrix:
    rows = range(size)
    return Matrix(tuple(tuple(Num(int(row == column)) for column in rows) for row in rows))


def entries_of(node: Node) -> tuple[Node, ...] | None:
    """The coordinates of a point, or of a matrix with one row or column."""
    if isinstance(node, Bracket):
        return node.items
    if isinstance(node, Matrix):
        if len(node.rows) == 1:
            return node.rows[0]
        if len(node.rows[0]) == 1:
            return tuple(row[0] for row in node.rows)
    if isinstance(node, Apply) and node.op == "binom":  # a column of two, as some data sets write it
        return node.args
    return None
