"""Numbers with a unit, a percent or a degree sign: converted, and the policy of what may be left out."""

from __future__ import annotations

from fractions import Fraction

from rewards.mathematics.definitions import value_of
from rewards.mathematics.equality import same
from rewards.mathematics.exact import exact
from rewards.mathematics.lists import same_list
from rewards.mathematics.quantities import Unit, unit_of
from rewards.mathematics.remarks import are_opposites
from rewards.mathematics.traversal import names_in
from rewards.mathematics.tree import Apply, Braces, Equal, Items, Node, Num, Quantity, Relation, Unreadable


def same_quantity(gold: Node, pred: Node, equal: Equal) -> bool | None:
    """Two answers, at least one of them with a unit."""
    if isinstance(gold, Relation) or isinstance(pred, Relation):
        left_value, right_value = value_of(gold), value_of(pred)
        if left_value is gold and right_value is pred:
            return False
        return equal(left_value, right_value)
    if isinstance(gold, Items | Braces) or isinstance(pred, Items | Braces):
        return same_list(gold, pred, equal)
    if isinstance(gold, Quantity) and isinstance(pred, Quantity) and are_opposites(gold.unit, pred.unit):
        return False
    return _same_measured(gold, pred, equal)


def _same_measured(gold: Node, pred: Node, equal: Equal) -> bool | None:
    left, left_unit = _split(gold)
    right, right_unit = _split(pred)
    for side, other_unit in ((gold, right_unit), (pred, left_unit)):
        if other_unit == unit_of("°") and _is_rad(side):
            return same(_in_radians(gold), _in_radians(pred))
        if other_unit is not None and other_unit.dims and _is_rad(side):
            return False  # 20 rad are not 20 rad/s
    if left_unit is not None and right_unit is not None:
        if left_unit.dims != right_unit.dims:
            return False
        if (left_unit.scale, left_unit.offset) == (right_unit.scale, right_unit.offset):
            return equal(left, right)
        return same(_in_base(left, left_unit), _in_base(right, right_unit))
    unit = left_unit or right_unit
    if right_unit is not None and right_unit == unit_of("%") and left_unit is None and _is_share(left):
        return _other_spelling(right, right_unit, left)  # a share such as 0.05 is 5%, and not 0.05%
    verdict = equal(left, right)
    counted = _counts(unit) and isinstance(gold, Quantity) and isinstance(pred, Quantity)
    if unit is None or (verdict is not False and not counted):  # eight pairs of people are not eight people
        return verdict
    quantity, bare = (left, right) if left_unit else (right, left)
    return _other_spelling(quantity, unit, bare)


def _counts(unit: Unit | None) -> bool:
    """Whether a unit is a dozen, a pair."""
    return unit is not None and not unit.dims and unit.scale > 1


def _split(node: Node) -> tuple[Node, Unit | None]:
    if isinstance(node, Quantity):
        unit = unit_of(node.unit)
        return node.value, None if unit == unit_of("rad") else unit
    return node, None


def _is_rad(node: Node) -> bool:
    return isinstance(node, Quantity) and unit_of(node.unit) == unit_of("rad")


def _in_radians(node: Node) -> Node:
    value, unit = _split(node)
    return Apply("degree", (value,)) if unit == unit_of("°") else value


def _other_spelling(quantity: Node, unit: Unit, bare: Node) -> bool | None:
    """Percent as a share of at most 1, degrees as radians with pi, dozens as what they count."""
    if _counts(unit):
        return same(Apply("*", (quantity, Num(unit.scale))), bare)
    if unit == unit_of("%"):
        scaled = Apply("/", (quantity, Num(100)))
        try:
            value = exact(scaled, 0)
        except (ArithmeticError, Unreadable):
            return False
        return isinstance(value, int | Fraction) and abs(Fraction(value)) <= 1 and same(scaled, bare)
    if unit == unit_of("°") and ("pi" in names_in(bare) or _is_angle(bare)):
        return same(Apply("degree", (quantity,)), bare)
    return False


def _is_share(node: Node) -> bool:
    try:
        value = exact(node, 0) if not names_in(node) else 0
    except (ArithmeticError, Unreadable):
        return False
    return isinstance(value, int | Fraction) and 0 < abs(Fraction(value)) < 1


def _is_angle(node: Node) -> bool:
    return isinstance(node, Apply) and node.op in ("arcsin", "arccos", "arctan")


def _in_base(value: Node, unit: Unit) -> Node:
    scaled = Apply("*", (value, Num(unit.scale)))
    return Apply("+", (scaled, Num(unit.offset))) if unit.offset else scaled
