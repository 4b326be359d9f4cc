r"""Functions by cases: the same where a fine enough choice of places says so, however their pieces are cut.

The numbers in the conditions of both cut the line. Both functions are compared at each cut, and at three unremarkable
places in each gap, so that `|x|` is `x` from 0 on and `-x` below, and a piece that is open where it should be closed
shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from rewards.mathematics.digits import as_float
from rewards.mathematics.equality import same
from rewards.mathematics.series import holds_series
from rewards.mathematics.traversal import children, variables_in, with_value
from rewards.mathematics.tree import OTHERWISE, Apply, Cases, Items, Name, Node, Num, Relation, Words, all_of

MAX_CUTS = 20
_INSIDE = (Fraction(5, 16), Fraction(4, 7), Fraction(23, 28))
_BEYOND = (Fraction(4, 9), Fraction(11, 6), Fraction(37, 7))
_ORDERS = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0), "=": (0,), "!=": (-1, 1)}


def same_cases(gold: Node, pred: Node) -> bool | None:
    """Whether two functions of one variable are the same, at least one of them by cases; None beyond that."""
    if holds_series(gold) or holds_series(pred):
        return None
    ours, theirs = _in_words(gold), _in_words(pred)
    if ours and theirs:
        same_conditions = ours.keys() == theirs.keys()
        return same_conditions and all_of(same(value, theirs[words]) for words, value in ours.items())
    conditions = [condition for side in (gold, pred) if isinstance(side, Cases) for condition in side.conditions]
    names = set().union(*map(variables_in, conditions))
    cuts = sorted({value for condition in conditions for value in _cuts(condition)}, key=lambda cut: cut[0])
    if len(names) != 1 or not cuts or len(cuts) > MAX_CUTS:
        return None
    (name,) = names
    return all_of(_same_at(gold, pred, name, place) for place in _places(cuts))


def _in_words(node: Node) -> dict[str, Node]:
    """The values of pieces by their conditions where these are words (`n even`); nothing for any other."""
    pieces = zip(node.values, node.conditions, strict=True) if isinstance(node, Cases) else ()
    found = {condition.text.casefold(): value for value, condition in pieces if isinstance(condition, Words)}
    return found if isinstance(node, Cases) and len(found) == len(node.values) else {}


def _same_at(gold: Node, pred: Node, name: str, place: Node) -> bool | None:
    ours, theirs = _piece(gold, name, place), _piece(pred, name, place)
    if ours is None or theirs is None:
        return ours is theirs
    return same(with_value(ours, name, place), with_value(theirs, name, place))


def _piece(node: Node, name: str, place: Node) -> Node | None:
    """What holds at a place; None outside all pieces."""
    if not isinstance(node, Cases):
        return node
    pieces = zip(node.values, node.conditions, strict=True)
    return next((value for value, condition in pieces if _holds(with_value(condition, name, place))), None)


def _holds(condition: Node) -> bool:
    """Whether a condition without variables is true; `otherwise` is, after all others."""
    if isinstance(condition, Items):
        held = [_holds(item) for item in condition.items]
        return any(held) if condition.joined == "or" else all(held)
    if not isinstance(condition, Relation):
        return isinstance(condition, Words) and condition.text == OTHERWISE
    pairs = zip(condition.sides, condition.ops, condition.sides[1:], strict=False)
    return all(_order(left, right) in _ORDERS.get(op, ()) for left, op, right in pairs)


def _order(left: Node, right: Node) -> int:
    if same(left, right):
        return 0
    a, b = as_float(left), as_float(right)
    return 2 if a is None or b is None else -1 if a < b else 1


def _cuts(node: Node) -> Iterator[tuple[float, Node]]:
    """The constants in a condition, with their values."""
    for part in children(node) if isinstance(node, Items | Relation) else ():
        if isinstance(part, Num | Apply | Name) and not variables_in(part):
            value = as_float(part)
            if value is not None:
                yield value, part
        else:
            yield from _cuts(part)


def _places(cuts: list[tuple[float, Node]]) -> Iterator[Node]:
    """Every cut, and places in the gaps between and beyond them."""
    yield from (node for _, node in cuts)
    yield from (Num(floor(cuts[0][0]) - away) for away in _BEYOND)
    yield from (Num(ceil(cuts[-1][0]) + away) for away in _BEYOND)
    for (low, _), (high, _) in pairwise(cuts):
        yield from (Num(Fraction(low) + (Fraction(high) - Fraction(low)) * part) for part in _INSIDE if low < high)
