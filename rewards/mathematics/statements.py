"""Whether two equations or inequalities say the same."""

from __future__ import annotations

from typing import Any

from rewards.mathematics.digits import context_of, digits
from rewards.mathematics.equality import close, with_complex
from rewards.mathematics.exact import POINTS, exact
from rewards.mathematics.surds import Inexact, Surd, divide
from rewards.mathematics.traversal import names_in
from rewards.mathematics.tree import Apply, Node, Relation, TooLarge, Unreadable


def same_relation(a: Relation, b: Relation) -> bool | None:
    """Whether two equations or inequalities are one, after moving terms and multiplying by a constant."""
    left, right = (_one_sided(Relation(tuple(map(with_complex, side.sides)), side.ops)) for side in (a, b))
    if left is None or right is None or len(left) != len(right):
        return None
    results = []
    for (op, f), (op2, g) in zip(left, right, strict=True):
        if op != op2:
            return False
        results.append(proportional(f, g, positive=op not in ("=", "!=")))
    return None if None in results else all(results)


def _one_sided(relation: Relation) -> list[tuple[str, Node]] | None:
    """Each `l op r` as (op, l - r) with `op` one of = != < <=."""
    found: list[tuple[str, Node]] = []
    if all(op in (">", ">=") for op in relation.ops):
        relation = Relation(relation.sides[::-1], tuple(op.replace(">", "<") for op in reversed(relation.ops)))
    for left, op, right in zip(relation.sides, relation.ops, relation.sides[1:], strict=False):
        if op == "in":
            return None
        if op in (">", ">="):
            found.append((op.replace(">", "<"), Apply("+", (right, Apply("neg", (left,))))))
        else:
            above, over = _without_denominator(left, right) if op == "=" else (left, right)
            over, above = _without_denominator(over, above) if op == "=" else (over, above)
            found.append((op, Apply("+", (above, Apply("neg", (over,))))))
    return found


def _without_denominator(left: Node, right: Node) -> tuple[Node, Node]:
    """`y = 12/x` as `xy = 12`: both sides times a denominator that has a variable."""
    if isinstance(left, Apply) and left.op == "/" and names_in(left.args[1]) - {"pi", "e", "i"}:
        return left.args[0], Apply("*", (right, left.args[1]))
    return left, right


def proportional(f: Node, g: Node, *, positive: bool) -> bool | None:
    """Whether g = c * f for a constant c (positive for inequalities)."""
    try:
        ratios: list[Any] = []
        for point in range(POINTS):
            top, bottom = exact(g, point), exact(f, point)
            if top == 0 or bottom == 0:
                if (top == 0) != (bottom == 0):
                    return False
                continue
            ratios.append(divide(top, bottom))
        if not ratios:
            return None
        if any(ratio != ratios[0] for ratio in ratios):
            return False
        return not positive or (not isinstance(ratios[0], Surd) and ratios[0] > 0)
    except (Inexact, TooLarge):
        pass
    except (ZeroDivisionError, Unreadable):
        return None
    return _proportional_digits(f, g, positive=positive)


def _proportional_digits(f: Node, g: Node, *, positive: bool) -> bool | None:
    context = context_of()
    ratios = []
    for point in range(POINTS):
        try:
            top, bottom = digits(g, point, context), digits(f, point, context)
            if abs(bottom) > 1e-30:
                ratios.append(top / bottom)
        except (ArithmeticError, Unreadable):
            continue
    if len(ratios) < 2:
        return None
    if not all(close(ratio, ratios[0], context) for ratio in ratios) or abs(ratios[0]) < 1e-30:
        return False
    return not positive or bool(context.im(ratios[0]) == 0 and context.re(ratios[0]) > 0)
