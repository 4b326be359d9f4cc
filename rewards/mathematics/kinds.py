"""Whether two trees are the same answer, kind by kind: lists, points, sets, equations, quantities, expressions.

The gold comes first. All rules are symmetric but two: a decimal gold that is evidently rounded accepts an exact
prediction that rounds to it (`rounds_to`), and a bare gold below 1 is a share, so that 0.5% is not 0.5.
"""

from __future__ import annotations

from rewards.mathematics.amounts import same_quantity
from rewards.mathematics.cases import same_cases
from rewards.mathematics.expressions import equal_expression
from rewards.mathematics.lists import beside_parameter, family, same_list
from rewards.mathematics.matrices import holds_matrix, is_matrix
from rewards.mathematics.points import beside_vector, same_bracket, same_matrix, same_ratio
from rewards.mathematics.relations import same_relations
from rewards.mathematics.sets import is_set, listed, same_solution, solved
from rewards.mathematics.traversal import children
from rewards.mathematics.tree import (
    Apply,
    Braces,
    Bracket,
    Builder,
    Cases,
    Items,
    Name,
    Node,
    Num,
    Quantity,
    Ratio,
    Relation,
    Unreadable,
    Words,
)

_EXPRESSIONS = (Num, Name, Apply)


def equal(gold: Node, pred: Node) -> bool | None:
    """Whether two trees are the same answer; None when that cannot be decided."""
    if isinstance(gold, Num) and isinstance(pred, Num):
        return equal_expression(gold, pred)
    if isinstance(gold, Items):
        gold, pred = beside_parameter(gold, pred)
    gold, pred = beside_vector(gold, pred), beside_vector(pred, gold)
    if isinstance(gold, Builder) or isinstance(pred, Builder):
        gold, pred = (family(listed(side) or side) if isinstance(side, Builder) else side for side in (gold, pred))
    if isinstance(gold, Relation) and not isinstance(pred, Num | Name):
        gold = gold if pred is gold or "abs" in _operations(pred) else solved(gold)
    try:
        return _equal_kinds(gold, pred)
    except Unreadable:
        if not (holds_matrix(gold) or holds_matrix(pred)):
            raise
        return same_matrix(gold, pred, equal)  # two expressions of matrices


def _equal_kinds(gold: Node, pred: Node) -> bool | None:
    if isinstance(gold, _EXPRESSIONS) and isinstance(pred, _EXPRESSIONS) and not (is_set(gold) or is_set(pred)):
        return equal_expression(gold, pred)
    if isinstance(gold, Quantity) or isinstance(pred, Quantity):
        return same_quantity(gold, pred, equal)
    if isinstance(gold, Relation) or isinstance(pred, Relation):
        return same_relations(gold, pred, equal)
    if isinstance(gold, Items | Braces) or isinstance(pred, Items | Braces):
        return same_list(gold, pred, equal)
    if is_matrix(gold) or is_matrix(pred):
        return same_matrix(gold, pred, equal)
    if isinstance(gold, Bracket) and isinstance(pred, Bracket):
        return same_bracket(gold, pred, equal)
    if isinstance(gold, Cases) or isinstance(pred, Cases):
        return same_cases(gold, pred)
    if isinstance(gold, Ratio) or isinstance(pred, Ratio):
        return same_ratio(gold, pred)
    return _equal_sets(gold, pred)


def _equal_sets(gold: Node, pred: Node) -> bool | None:
    """Sets, and what is nothing but words."""
    if isinstance(gold, Builder) and isinstance(pred, Builder) and isinstance(gold.element, Bracket):
        return equal(gold.element, pred.element) and equal(gold.condition, pred.condition)
    if is_set(gold) or is_set(pred):
        return same_solution(gold, pred) if is_set(gold) and is_set(pred) else _named_set(gold, pred)
    if isinstance(gold, Bracket) or isinstance(pred, Bracket):
        return False
    if isinstance(gold, Words) or isinstance(pred, Words):
        return isinstance(gold, Words) and isinstance(pred, Words) and gold.text.casefold() == pred.text.casefold()
    return equal_expression(gold, pred)


def _operations(node: Node) -> set[str]:
    """The operations at the top of a node's parts."""
    return {part.op for part in children(node) if isinstance(part, Apply)}


def _named_set(gold: Node, pred: Node) -> bool | None:
    return isinstance(gold, Name) and isinstance(pred, Name) and gold.name == pred.name
