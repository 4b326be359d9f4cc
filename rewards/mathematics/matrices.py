r"""Matrices out of expressions: a number times a matrix, sums of matrices.

>>> from rewards.mathematics.parser import parse
>>> matrix = folded(parse(r"2\begin{pmatrix}1&2\\3&4\end{pmatrix}"))
>>> len(matrix.rows), matrix.rows[1][1].op
(2, '*')
"""

from __future__ import annotations

from collections.abc import Callable

from rewards.mathematics.equality import same
from rewards.mathematics.traversal import names_in, with_value
from rewards.mathematics.tree import Apply, Bracket, Matrix, Name, Node, Num

_ARITHMETIC = frozenset({"+", "*", "/", "neg", "call", "^"})
_VECTORS = frozenset({("(", ")"), ("<", ">")})


def holds_matrix(node: Node) -> bool:
    """Whether an expression has a matrix or a vector in it."""
    if isinstance(node, Matrix):
        return True
    if isinstance(node, Bracket):
        return len(node.items) > 1 and (node.left, node.right) in _VECTORS
    return isinstance(node, Apply) and node.op in _ARITHMETIC and any(holds_matrix(arg) for arg in node.args)


def is_matrix(node: Node) -> bool:
    """Whether a node is a matrix, or an expression of matrices and vectors."""
    return isinstance(node, Matrix) or (isinstance(node, Apply) and holds_matrix(node))


def folded(node: Node) -> Node:
    """The matrix that an expression of matrices comes to, entry by entry; any other node as it is."""
    if not (isinstance(node, Apply) and holds_matrix(node)):
        return node
    parts = tuple(_column(folded(arg)) for arg in node.args)
    first, last = parts[0], parts[-1]
    if node.op in ("*", "/") and isinstance(first, Matrix) and not holds_matrix(last):
        return _each(first, lambda entry: Apply(node.op, (entry, last)))
    if node.op in ("*", "call") and isinstance(last, Matrix) and not holds_matrix(first):
        return _each(last, lambda entry: Apply("*", (first, entry)))
    if node.op == "neg" and isinstance(first, Matrix):
        return _each(first, lambda entry: Apply("neg", (entry,)))
    if node.op == "+" and isinstance(first, Matrix) and isinstance(last, Matrix):
        return _sum(first, last) or node
    return node


def as_vector(node: Node, size: int) -> Bracket | None:
    """`2i - 5j + k` as the vector (2, -5, 1) of so many coordinates; None for what is no sum of the unit vectors."""
    units = "ijk"[:size]
    if not 2 <= size <= 3 or not isinstance(node, Apply | Name) or names_in(node).isdisjoint(units):
        return None

    def at(*values: int) -> Node:
        found: Node = node
        for unit, value in zip("ijk", (*values, 0), strict=False):
            found = with_value(found, unit, Num(value))
        return found

    axes = [[int(row == column) for column in range(size)] for row in range(size)]
    entries = [at(*axis) for axis in axes]
    total = entries[0]
    for entry in entries[1:]:
        total = Apply("+", (total, entry))
    linear = same(at(*[0] * size), Num(0)) and same(at(*[1] * size), total)
    linear = linear and all(
        same(at(*[2 * x for x in axis]), Apply("+", (entry, entry))) for axis, entry in zip(axes, entries, strict=True)
    )
    return Bracket("<", tuple(entries), ">") if linear and not (size == 2 and "k" in names_in(node)) else None


def _column(node: Node) -> Node:
    return Matrix(tuple((item,) for item in node.items)) if isinstance(node, Bracket) and holds_matrix(node) else node


def _each(matrix: Matrix, change: Callable[[Node], Node]) -> Matrix:
    return Matrix(tuple(tuple(change(entry) for entry in row) for row in matrix.rows))


def _sum(a: Matrix, b: Matrix) -> Matrix | None:
    if len(a.rows) != len(b.rows) or len(a.rows[0]) != len(b.rows[0]):
        return None
    pairs = zip(a.rows, b.rows, strict=True)
    return Matrix(tuple(tuple(Apply("+", both) for both in zip(*rows, strict=True)) for rows in pairs))
