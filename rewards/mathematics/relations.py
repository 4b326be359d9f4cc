"""Equations, inequalities and definitions: the same statement, or the same value of what they define."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from rewards.mathematics.definitions import factors, label_of, unpacked, value_of, with_argument_of
from rewards.mathematics.digits import context_of, digits
from rewards.mathematics.equality import close, same, with_complex
from rewards.mathematics.exact import POINTS, exact
from rewards.mathematics.expressions import CONSTANTS_OF_INTEGRATION, with_constants_of
from rewards.mathematics.lists import same_list
from rewards.mathematics.sets import is_set, same_set, same_solution
from rewards.mathematics.surds import Inexact, Surd, divide
from rewards.mathematics.traversal import names_in, variables_in, with_value
from rewards.mathematics.tree import (
    Apply,
    Braces,
    Bracket,
    Builder,
    Cases,
    Equal,
    Items,
    Name,
    Node,
    Num,
    Relation,
    TooLarge,
    Unreadable,
    Words,
)


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


def same_relations(gold: Node, pred: Node, equal: Equal) -> bool | None:
    """Two answers, at least one of them an equation or inequality."""
    if isinstance(gold, Items) or isinstance(pred, Items):
        return same_list(unpacked(gold), unpacked(pred), equal)
    if isinstance(gold, Relation) and isinstance(pred, Relation):
        return _same_equations(gold, pred, equal)
    if is_set(gold) or is_set(pred):
        other = pred if isinstance(gold, Relation) else gold
        if (
            isinstance(other, Bracket | Apply | Builder | Braces | Name)
            and is_set(gold)
            and (is_set(pred) or isinstance(other, Braces))
        ):
            return same_solution(gold, pred)
    left, right = value_of(gold), value_of(pred)
    if isinstance(left, Relation) or isinstance(right, Relation):
        return False
    if left is not gold and _is_class(left) and not _is_class(right):
        return False  # one number is no class of numbers
    return equal(left, right)


def _same_equations(gold: Relation, pred: Relation, equal: Equal) -> bool | None:
    ours = _level(gold)
    theirs = None if ours is None else _level(pred)
    if ours is not None and theirs is not None:
        return proportional(ours, theirs, positive=False)
    pred = with_argument_of(gold, pred)
    for renamed in with_constants_of(gold, pred):
        if isinstance(renamed, Relation) and _same_sides(gold, renamed, equal):
            return True
    return _same_sides(gold, pred, equal)


def _same_sides(gold: Relation, pred: Relation, equal: Equal) -> bool | None:
    if _same_label(label_of(gold.sides[0]), label_of(pred.sides[0])) and not _elsewhere(gold.sides[0], pred.sides[0]):
        left, right = value_of(gold), value_of(pred)
        if _is_class(left) and _is_class(right):
            return equal(left, right)  # 2 mod 5 and 2 mod 4 are 2 as numbers
        if isinstance(left, Cases) or isinstance(right, Cases):
            return equal(left, right)
        if not isinstance(left, Relation) and not isinstance(right, Relation) and equal(left, right):
            return True
    ours, theirs = (_spelled(side.sides[0]) for side in (gold, pred))
    if ours and ours == theirs and gold.ops == pred.ops == ("=",):  # pH, in roman type or not
        return equal(gold.sides[1], pred.sides[1])
    if is_set(gold) and is_set(pred):
        if variables_in(gold) - {"Reals"} != variables_in(pred) - {"Reals"}:
            return False
        verdict = same_set(gold, pred)
        if verdict is not None:
            return verdict
    try:
        verdict = same_relation(gold, pred)
    except Unreadable:
        return False
    return same_solution(gold, pred) if verdict is None and is_set(gold) and is_set(pred) else verdict


def _elsewhere(gold: Node, pred: Node) -> bool:
    """Whether two functions are taken at different places: `f(2)` and `f(5)`."""
    if not (isinstance(gold, Apply) and isinstance(pred, Apply) and gold.op == pred.op == "call"):
        return False
    ours, theirs = gold.args[1], pred.args[1]
    if not isinstance(ours, Num | Name | Apply) or not isinstance(theirs, Num | Name | Apply):
        return False
    try:
        return same(ours, theirs) is False
    except Unreadable:  # sets
        return False


def _level(node: Relation) -> Node | None:
    """The f of `f(x, y) = C`, for which `y^2 = x^2 + C` and `x^2 - y^2 = C` are one family; None for any other."""
    names = variables_in(node)
    constants = names & CONSTANTS_OF_INTEGRATION
    if node.ops != ("=",) or len(constants) != 1 or len(names) < 3:
        return None
    (constant,) = constants
    left = Apply("+", (node.sides[0], Apply("neg", (node.sides[1],))))
    at = [with_value(left, constant, Num(value)) for value in (0, 1, 2)]
    steps = [Apply("+", (after, Apply("neg", (before,)))) for before, after in pairwise(at)]
    additive = same(*steps) and any(same(steps[0], Num(sign)) for sign in (1, -1))
    return at[0] if additive else None


def _spelled(node: Node) -> str:
    """The letters of a label of several letters, written as a word or as a product; "" for any other."""
    letters = node.text if isinstance(node, Words) else "".join(factors(node))
    return letters if len(letters) > 1 and letters.isalpha() else ""


def _is_class(node: Node) -> bool:
    return isinstance(node, Apply) and node.op == "mod"


def _same_label(gold: str | None, pred: str | None) -> bool:
    """Whether two definitions define one thing: words fit anything, and `y` is the `f(x)` of the other."""
    if gold is None or pred is None:
        return False
    if "derivative" in gold + pred:
        return gold == pred or "'" in gold + pred
    base, _, index = gold.partition("_")
    other, _, other_index = pred.partition("_")
    indexed = base == other and bool(index) != bool(other_index)  # E_n, where the other says E
    return gold == pred or not gold or not pred or ("(" in gold) != ("(" in pred) or indexed
