"""Whether two trees are the same answer, kind by kind: lists, points, sets, equations, quantities, expressions.

The gold comes first. All rules are symmetric but two: a decimal gold that is evidently rounded accepts an exact
prediction that rounds to it (`rounds_to`), and a bare gold below 1 is a share, so that 0.5% is not 0.5.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from rewards.mathematics.definitions import label_of, unpacked, value_of, with_argument_of
from rewards.mathematics.equality import same, same_relation
from rewards.mathematics.exact import exact
from rewards.mathematics.expressions import equal_expression, with_constants_of
from rewards.mathematics.matrices import as_vector, folded, holds_matrix
from rewards.mathematics.quantities import Unit, are_opposites, unit_of
from rewards.mathematics.sets import is_set, listed, same_set, solved
from rewards.mathematics.tree import (
    Apply,
    Braces,
    Bracket,
    Builder,
    Items,
    Matrix,
    Name,
    Node,
    Num,
    Quantity,
    Ratio,
    Relation,
    TooLarge,
    Unreadable,
    Words,
    children,
    names_in,
    variables_in,
)

MAX_ITEMS = 60
_EXPRESSIONS = (Num, Name, Apply)
_BOUNDS = frozenset({"<", ">", "<=", ">="})
_ORDERED = ("xyz", "abcd", "pqrs", "uvw", "mn")
_VECTORS = (Bracket, Matrix)


def equal(gold: Node, pred: Node) -> bool | None:
    """Whether two trees are the same answer; None when that cannot be decided."""
    gold, pred = _as_vector(gold, pred), _as_vector(pred, gold)
    if isinstance(gold, Builder) or isinstance(pred, Builder):
        gold, pred = (listed(side) or side if isinstance(side, Builder) else side for side in (gold, pred))
    if isinstance(gold, Relation) and not isinstance(pred, Num | Name):
        gold = gold if pred is gold or "abs" in _operations(pred) else solved(gold)
    try:
        return _equal_kinds(gold, pred)
    except Unreadable:
        if not (holds_matrix(gold) or holds_matrix(pred)):
            raise
        return _equal_matrix(gold, pred)  # two expressions of matrices


def _equal_kinds(gold: Node, pred: Node) -> bool | None:
    if isinstance(gold, _EXPRESSIONS) and isinstance(pred, _EXPRESSIONS) and not (is_set(gold) or is_set(pred)):
        return equal_expression(gold, pred)
    if isinstance(gold, Quantity) or isinstance(pred, Quantity):
        return _equal_quantity(gold, pred)
    if isinstance(gold, Relation) or isinstance(pred, Relation):
        return _equal_relation(gold, pred)
    if isinstance(gold, Items | Braces) or isinstance(pred, Items | Braces):
        return _equal_list(gold, pred)
    if isinstance(gold, Matrix) or isinstance(pred, Matrix):
        return _equal_matrix(gold, pred)
    if isinstance(gold, Bracket) and isinstance(pred, Bracket):
        return _equal_bracket(gold, pred)
    if isinstance(gold, Builder) and isinstance(pred, Builder) and isinstance(gold.element, Bracket):
        return equal(gold.element, pred.element) and equal(gold.condition, pred.condition)
    if is_set(gold) or is_set(pred):
        return same_set(gold, pred) if is_set(gold) and is_set(pred) else _named_set(gold, pred)
    if isinstance(gold, Bracket) or isinstance(pred, Bracket):
        return False
    if isinstance(gold, Ratio) or isinstance(pred, Ratio):
        return _equal_ratio(gold, pred)
    if isinstance(gold, Words) or isinstance(pred, Words):
        return isinstance(gold, Words) and isinstance(pred, Words) and gold.text.casefold() == pred.text.casefold()
    return equal_expression(gold, pred)


# lists


def _equal_list(gold: Node, pred: Node) -> bool | None:
    for one, other in ((gold, pred), (pred, gold)):
        if _are_bounds(one) and is_set(other):
            return same_set(gold, pred)  # `x > 1 and x < 3` for (1, 3)
        if isinstance(one, Items) and isinstance(other, Bracket | Matrix):
            return _list_as_point(one, other, swapped=one is pred)
    if is_set(gold) and is_set(pred):
        if {getattr(side, "joined", "") for side in (gold, pred)} == {"and", "or"}:
            return same_set(gold, pred)
        points = _same_parts(_parts(gold), _parts(pred))  # `(1,2), (3,4)` are points before they are intervals
        return points if _are_points(gold) and _are_points(pred) else points or same_set(gold, pred)
    if (is_set(gold) and isinstance(pred, Braces)) or (is_set(pred) and isinstance(gold, Braces)):
        listed = gold if isinstance(gold, Braces) else pred
        if not any(isinstance(item, Bracket) for item in children(listed)):  # {(0,1), (1,0)} holds points
            return same_set(gold, pred)
    gold, pred = _as_listed(gold, pred), _as_listed(pred, gold)
    left, right = _parts(gold), _parts(pred)
    if isinstance(gold, Braces) or isinstance(pred, Braces):
        left, right = _distinct(left), _distinct(right)
    return _same_parts(left, right)


def _operations(node: Node) -> set[str]:
    """The operations at the top of a node's parts."""
    return {part.op for part in children(node) if isinstance(part, Apply)}


def _are_bounds(node: Node) -> bool:
    return isinstance(node, Items) and all(
        (isinstance(item, Relation) and item.ops[0] in _BOUNDS) or _are_bounds(item) for item in node.items
    )


def _as_listed(node: Node, other: Node) -> Node:
    """`[2, 3, 5]` as a set beside a set: three numbers in square brackets are a list as programs print it."""
    listed = isinstance(node, Bracket) and isinstance(other, Braces) and (node.left, node.right) == ("[", "]")
    return Braces(children(node)) if listed and len(children(node)) > 2 else node


def _are_points(node: Node) -> bool:
    return isinstance(node, Items) and all(
        isinstance(item, Bracket) and (item.left, item.right) == ("(", ")") and not _unbounded(item)
        for item in node.items
    )


def _unbounded(node: Node) -> bool:
    return "infinity" in names_in(node)


def _parts(node: Node) -> list[Node]:
    """The answers in a list or set; labels such as `x =` fall away where the rest has none."""
    items = list(node.items) if isinstance(node, Items | Braces) else [node]
    items = [item for item in items if not _says_whole(item)] or items
    if len(items) > MAX_ITEMS:
        raise TooLarge(f"more than {MAX_ITEMS} answers")
    flat: list[Node] = []
    for item in items:
        value = value_of(item) if isinstance(item, Relation) else item
        if isinstance(value, Items | Braces) and isinstance(item, Relation):
            flat.extend(value.items)
        else:
            flat.append(item)
    return flat


def _says_whole(node: Node) -> bool:
    """`k in Z` beside an answer says what k is, and is no answer."""
    if not (isinstance(node, Relation) and node.ops == ("in",)):
        return False
    left, right = node.sides
    return isinstance(left, Name) and left.name in "kmn" and isinstance(right, Name) and right.name == "Integers"


def _distinct(items: list[Node]) -> list[Node]:
    found: list[Node] = []
    for item in items:
        if not any(equal(item, known) for known in found):
            found.append(item)
    return found


def _same_parts(gold: list[Node], pred: list[Node]) -> bool | None:
    """Whether two lists pair off, in any order."""
    if len(gold) != len(pred):
        return False
    labelled = sum(isinstance(item, Relation) for item in gold), sum(isinstance(item, Relation) for item in pred)
    if (labelled[0] == 0) != (labelled[1] == 0):
        if _several_labels(gold) or _several_labels(pred):  # a = 1, b = 2: the order is the meaning
            return _all(equal(value_of(a), value_of(b)) for a, b in zip(gold, pred, strict=True))
        gold, pred = [value_of(item) for item in gold], [value_of(item) for item in pred]
    elif labelled[0] == 1 or labelled[1] == 1:  # `x = 1, 2`
        gold, pred = [value_of(item) for item in gold], [value_of(item) for item in pred]
    left = list(pred)
    undecided = False
    for item in gold:
        for index, other in enumerate(left):
            verdict = equal(item, other)
            if verdict:
                del left[index]
                break
            undecided = undecided or verdict is None
        else:
            return None if undecided else False
    return True


def _several_labels(items: list[Node]) -> bool:
    labels = {item.sides[0].name for item in items if isinstance(item, Relation) and isinstance(item.sides[0], Name)}
    return len(labels) > 1


def _list_as_point(items: Items, point: Bracket | Matrix, *, swapped: bool) -> bool | None:
    """`x = 1, y = 2` or a bare `1, 2` for the point (1, 2)."""
    parts = list(items.items)
    if isinstance(point, Bracket) and (point.left, point.right) == ("[", "]"):  # a list as programs print it
        return _same_parts(list(point.items), parts) if swapped else _same_parts(parts, list(point.items))
    if all(isinstance(part, Relation) and isinstance(part.sides[0], Name) for part in parts):
        names = [part.sides[0].name for part in parts if isinstance(part, Relation) and isinstance(part.sides[0], Name)]
        if any(set(names) <= set(letters) for letters in _ORDERED):  # else in the order they were written
            parts = [part for _, part in sorted(zip(names, parts, strict=True), key=lambda pair: pair[0])]
        parts = [value_of(part) for part in parts]
    elif any(isinstance(part, Bracket) for part in parts):
        return False
    if isinstance(point, Bracket) and "[" in (point.left, point.right):
        return False
    others = list(_entries(point) or ())
    pairs = zip(others, parts, strict=False) if swapped else zip(parts, others, strict=False)
    return len(others) == len(parts) and _all(equal(a, b) for a, b in pairs)


# points, intervals, matrices, ratios


def _equal_bracket(gold: Bracket, pred: Bracket) -> bool | None:
    if len(gold.items) != len(pred.items):
        return False
    if len(gold.items) == 2:
        ends = [("(" if side in "]<" else "[" if side == "[" else side) for side in (gold.left, pred.left)]
        closes = [(")" if side in "[>" else side) for side in (gold.right, pred.right)]
        if ends[0] != ends[1] or closes[0] != closes[1]:
            return False
    return _all(equal(a, b) for a, b in zip(gold.items, pred.items, strict=True))


def _equal_matrix(gold: Node, pred: Node) -> bool | None:
    gold, pred = _as_matrix(folded(gold)), _as_matrix(folded(pred))
    if isinstance(gold, Matrix) and isinstance(pred, Matrix):
        if len(gold.rows) != len(pred.rows) or len(gold.rows[0]) != len(pred.rows[0]):
            return False
        pairs = [pair for rows in zip(gold.rows, pred.rows, strict=True) for pair in zip(*rows, strict=True)]
        return _all(equal(a, b) for a, b in pairs)
    left, right = _entries(gold), _entries(pred)
    if left is None or right is None or len(left) != len(right):
        return False
    return _all(equal(a, b) for a, b in zip(left, right, strict=True))


def _as_matrix(node: Node) -> Node:
    """`[[1, 2], [3, 4]]` is a matrix written as programs write it."""
    if isinstance(node, Bracket) and all(isinstance(item, Bracket) for item in node.items):
        rows = [item.items for item in node.items if isinstance(item, Bracket)]
        if len({len(row) for row in rows}) == 1:
            return Matrix(tuple(rows))
    return node


def _as_vector(node: Node, other: Node) -> Node:
    """`2i - 5j + k` as a vector, beside a vector."""
    if not (isinstance(other, _VECTORS) and isinstance(node, _EXPRESSIONS)):
        return node
    entries = _entries(other)
    if entries is None or (isinstance(other, Bracket) and "[" in (other.left, other.right)):
        return node
    return as_vector(node, len(entries)) or node


def _entries(node: Node) -> tuple[Node, ...] | None:
    """The coordinates of a point, or of a matrix with one row or column."""
    if isinstance(node, Bracket):
        return node.items
    if isinstance(node, Matrix):
        if len(node.rows) == 1:
            return node.rows[0]
        if len(node.rows[0]) == 1:
            return tuple(row[0] for row in node.rows)
    if isinstance(node, Apply) and node.op == "binom":  # a column of two, as some data sets write it
        return node.args
    return None


def _equal_ratio(gold: Node, pred: Node) -> bool | None:
    left = gold.items if isinstance(gold, Ratio) else None
    right = pred.items if isinstance(pred, Ratio) else None
    if left is not None and right is not None:
        if len(left) != len(right):
            return False
        if _is_clock(left) or any(isinstance(term, Num) and term.value == 0 for term in (*left, *right)):
            return _all(same(a, b) for a, b in zip(left, right, strict=True))
        return _all(same(_product(left[0], b), _product(a, right[0])) for a, b in zip(left, right, strict=True))
    terms = left if left is not None else right
    other = pred if left is not None else gold
    if terms is None or len(terms) != 2:
        return False
    return same(Apply("/", (terms[0], terms[1])), other)


def _is_clock(terms: tuple[Node, ...]) -> bool:
    """Whether `2:30` is a time of day rather than a ratio, which would have been written 1:15."""
    hours, minutes = (term.value if isinstance(term, Num) else 0 for term in (terms[0], terms[-1]))
    if len(terms) != 2 or not (isinstance(hours, int) and isinstance(minutes, int)):
        return False
    return 1 <= hours <= 24 and 10 <= minutes < 60 and gcd(hours, minutes) > 1


def _product(a: Node, b: Node) -> Node:
    return Apply("*", (a, b))


# equations and definitions


def _equal_relation(gold: Node, pred: Node) -> bool | None:
    if isinstance(gold, Items) or isinstance(pred, Items):
        return _equal_list(unpacked(gold), unpacked(pred))
    if isinstance(gold, Relation) and isinstance(pred, Relation):
        return _equal_relations(gold, pred)
    if is_set(gold) or is_set(pred):
        other = pred if isinstance(gold, Relation) else gold
        if (
            isinstance(other, Bracket | Apply | Builder | Braces | Name)
            and is_set(gold)
            and (is_set(pred) or isinstance(other, Braces))
        ):
            return same_set(gold, pred)
    left, right = value_of(gold), value_of(pred)
    if isinstance(left, Relation) or isinstance(right, Relation):
        return False
    return equal(left, right)


def _equal_relations(gold: Relation, pred: Relation) -> bool | None:
    pred = with_argument_of(gold, pred)
    for renamed in with_constants_of(gold, pred):
        if isinstance(renamed, Relation) and _same_relations(gold, renamed):
            return True
    return _same_relations(gold, pred)


def _same_relations(gold: Relation, pred: Relation) -> bool | None:
    if _same_label(label_of(gold.sides[0]), label_of(pred.sides[0])):
        left, right = value_of(gold), value_of(pred)
        if _is_class(left) and _is_class(right):
            return equal(left, right)  # 2 mod 5 and 2 mod 4 are 2 as numbers
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
    return gold == pred or not gold or not pred or ("(" in gold) != ("(" in pred)


# quantities


def _equal_quantity(gold: Node, pred: Node) -> bool | None:
    if isinstance(gold, Relation) or isinstance(pred, Relation):
        left_value, right_value = value_of(gold), value_of(pred)
        if left_value is gold and right_value is pred:
            return False
        return equal(left_value, right_value)
    if isinstance(gold, Items | Braces) or isinstance(pred, Items | Braces):
        return _equal_list(gold, pred)
    if isinstance(gold, Quantity) and isinstance(pred, Quantity) and are_opposites(gold.unit, pred.unit):
        return False
    left, left_unit = _split(gold)
    right, right_unit = _split(pred)
    for side, other_unit in ((gold, right_unit), (pred, left_unit)):
        if other_unit == unit_of("°") and isinstance(side, Quantity) and unit_of(side.unit) == unit_of("rad"):
            return same(_in_radians(gold), _in_radians(pred))
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
    if verdict is not False or unit is None:
        return verdict
    quantity, bare = (left, right) if left_unit else (right, left)
    return _other_spelling(quantity, unit, bare)


def _split(node: Node) -> tuple[Node, Unit | None]:
    if isinstance(node, Quantity):
        unit = unit_of(node.unit)
        return node.value, None if unit == unit_of("rad") else unit
    return node, None


def _in_radians(node: Node) -> Node:
    value, unit = _split(node)
    return Apply("degree", (value,)) if unit == unit_of("°") else value


def _other_spelling(quantity: Node, unit: Unit, bare: Node) -> bool | None:
    """Percent as a fraction of at most 1, degrees as radians written with pi."""
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


# expressions


def _named_set(gold: Node, pred: Node) -> bool | None:
    return isinstance(gold, Name) and isinstance(pred, Name) and gold.name == pred.name


def _all(verdicts) -> bool | None:  # type: ignore[no-untyped-def]
    """False if any is False, else None if any is None."""
    undecided = False
    for verdict in verdicts:
        if verdict is False:
            return False
        undecided = undecided or verdict is None
    return None if undecided else True
