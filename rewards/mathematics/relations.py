"""Equations, inequalities and definitions: the same statement, or the same value of what they define."""

from __future__ import annotations

from rewards.mathematics.definitions import label_of, unpacked, value_of, with_argument_of
from rewards.mathematics.expressions import with_constants_of
from rewards.mathematics.lists import same_list
from rewards.mathematics.sets import is_set, same_set, same_solution
from rewards.mathematics.statements import same_relation
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
    Relation,
    Unreadable,
    variables_in,
)


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
    return equal(left, right)


def _same_equations(gold: Relation, pred: Relation, equal: Equal) -> bool | None:
    pred = with_argument_of(gold, pred)
    for renamed in with_constants_of(gold, pred):
        if isinstance(renamed, Relation) and _same_sides(gold, renamed, equal):
            return True
    return _same_sides(gold, pred, equal)


def _same_sides(gold: Relation, pred: Relation, equal: Equal) -> bool | None:
    if _same_label(label_of(gold.sides[0]), label_of(pred.sides[0])):
        left, right = value_of(gold), value_of(pred)
        if _is_class(left) and _is_class(right):
            return equal(left, right)  # 2 mod 5 and 2 mod 4 are 2 as numbers
        if isinstance(left, Cases) or isinstance(right, Cases):
            return equal(left, right)
        if not isinstance(left, Relation) and not isinstance(right, Relation) and equal(left, right):
            return True
    if is_set(gold) and is_set(pred):
        if variables_in(gold) - {"Reals"} != variables_in(pred) - {"Reals"}:
            return False
        verdict = same_set(gold, pred)
        if verdict is not None:
            return verdict
    try:
        return same_relation(gold, pred)
    except Unreadable:
        return False


def _is_class(node: Node) -> bool:
    return isinstance(node, Apply) and node.op == "mod"


def _same_label(gold: str | None, pred: str | None) -> bool:
    """Whether two definitions define one thing: words fit anything, and `y` is the `f(x)` of the other."""
    if gold is None or pred is None:
        return False
    if "derivative" in (gold, pred):
        return gold == pred or "'" in gold + pred
    return gold == pred or not gold or not pred or ("(" in gold) != ("(" in pred)
