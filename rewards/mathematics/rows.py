"""Rows of a matrix as columns, and the determinant of a small one."""

from __future__ import annotations

from rewards.mathematics.tree import Apply, Beyond, Bracket, Matrix, Node, Num

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
