r"""Matrices out of expressions: a number times a matrix, sums of matrices.

>>> from rewards.mathematics.parser import parse
>>> matrix = folded(parse(r"2\begin{pmatrix}1&2\\3&4\end{pmatrix}"))
>>> len(matrix.rows), matrix.rows[1][1].op
(2, '*')
"""

from __future__ import annotations

from collections.abc import Callable

from rewards.mathematics.tree import Apply, Matrix, Node


def holds_matrix(node: Node) -> bool:
    """Whether an expression has a matrix in it; a determinant is a number."""
    return (isinstance(node, Matrix) and not node.bars) or (
        isinstance(node, Apply) and any(holds_matrix(arg) for arg in node.args)
    )


def folded(node: Node) -> Node:
    """The matrix that an expression of matrices comes to, entry by entry; any other node as it is."""
    if not (isinstance(node, Apply) and holds_matrix(node)):
        return node
    parts = tuple(folded(arg) for arg in node.args)
    first, last = parts[0], parts[-1]
    if node.op in ("*", "/") and isinstance(first, Matrix) and not holds_matrix(last):
        return _each(first, lambda entry: Apply(node.op, (entry, last)))
    if node.op == "*" and isinstance(last, Matrix) and not holds_matrix(first):
        return _each(last, lambda entry: Apply("*", (first, entry)))
    if node.op == "neg" and isinstance(first, Matrix):
        return _each(first, lambda entry: Apply("neg", (entry,)))
    if node.op == "+" and isinstance(first, Matrix) and isinstance(last, Matrix):
        return _sum(first, last) or node
    return node


def _each(matrix: Matrix, change: Callable[[Node], Node]) -> Matrix:
    return Matrix(tuple(tuple(change(entry) for entry in row) for row in matrix.rows))


def _sum(a: Matrix, b: Matrix) -> Matrix | None:
    if len(a.rows) != len(b.rows) or len(a.rows[0]) != len(b.rows[0]):
        return None
    pairs = zip(a.rows, b.rows, strict=True)
    return Matrix(tuple(tuple(Apply("+", both) for both in zip(*rows, strict=True)) for rows in pairs))
