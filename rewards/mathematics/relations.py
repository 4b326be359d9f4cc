"""Equations, inequalities and definitions: the same statement, or the same value of what they define."""

from __future__ import annotations

from itertools import pairwise

from rewards.mathematics.definitions import factors, label_of, unpacked, value_of, with_argument_of
from rewards.mathematics.equality import same
from rewards.mathematics.expressions import CONSTANTS_OF_INTEGRATION, with_constants_of
from rewards.mathematics.lists import same_list
from rewards.mathematics.sets import is_set, same_set, same_solution
from rewards.mathematics.statements import proportional, same_relation
from rewards.mathematics.traversal import variables_in, with_value
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
    Unreadable,
    Words,
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
