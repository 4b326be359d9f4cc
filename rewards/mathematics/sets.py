"""Whether two descriptions are the same set of real numbers: intervals, finite sets, inequalities, and their algebra.

The end points of both sets cut the line into points and gaps. Two sets are the same exactly when they hold the same of
these, so no normal form is needed: `[0,2] minus {1}` and `[0,1) union (1,2]` agree on seven places.
"""

from __future__ import annotations

from math import ceil, floor

from rewards.mathematics.digits import as_float
from rewards.mathematics.equality import same
from rewards.mathematics.traversal import children, names_in, variables_in
from rewards.mathematics.tree import SETS, Apply, Braces, Bracket, Builder, Items, Name, Node, Num, Relation

MAX_ENDS, _MAX_NAMES = 60, 8
_NOT_REAL = SETS - {"Reals"}


class NotASet(ValueError):
    """The tree describes no set of real numbers that can be cut at constants."""


def is_set(node: Node) -> bool:
    """Whether a tree reads as a set of numbers: union, interval, inequality, builder, the reals."""
    if isinstance(node, Apply):
        return node.op in ("union", "intersection", "minus")
    if isinstance(node, Bracket):
        return len(node.items) == 2 and node.left != "<"
    if isinstance(node, Relation):
        return len(variables_in(node) - {"Reals"}) == 1 and node.ops[0] in ("<", ">", "<=", ">=", "!=", "in")
    if isinstance(node, Items):
        sets = [is_set(item) for item in node.items]
        return any(sets) and all(one or _is_point(item) for one, item in zip(sets, node.items, strict=True))
    if isinstance(node, Builder):
        return not _is_discrete(node)
    return isinstance(node, Name) and node.name == "Reals"


def _is_point(node: Node) -> bool:
    """`x = 5` beside inequalities."""
    return isinstance(node, Relation) and node.ops == ("=",) and isinstance(node.sides[0], Name)


def _is_discrete(node: Builder) -> bool:
    """Whether the elements are whole numbers or the like, and no reals."""
    parts = [node.element, *(node.condition.items if isinstance(node.condition, Items) else (node.condition,))]
    return any(
        isinstance(part, Relation) and part.ops[-1] == "in" and names_in(part.sides[-1]) & _NOT_REAL for part in parts
    )


def listed(node: Builder) -> Braces | None:
    """The elements of `{x in Z : -2 <= x < 2}`, or None where they are not few whole numbers between two bounds."""
    element, bounds = node.element, solved(node.condition)
    if not (_is_discrete(node) and isinstance(element, Relation) and isinstance(bounds, Relation)):
        return None
    name, kind = element.sides[0], element.sides[-1]
    whole = isinstance(kind, Name) and kind.name == "Integers" and len(bounds.sides) == 3
    if not (
        whole and isinstance(name, Name) and isinstance(bounds.sides[1], Name) and bounds.sides[1].name == name.name
    ):
        return None
    low, high = as_float(bounds.sides[0]), as_float(bounds.sides[2])
    if low is None or high is None or not 0 <= high - low <= MAX_ENDS:
        return None
    inside = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b}
    if any(op not in inside for op in bounds.ops):
        return None
    values = range(floor(low), ceil(high) + 1)
    return Braces(tuple(Num(n) for n in values if inside[bounds.ops[0]](low, n) and inside[bounds.ops[1]](n, high)))


def solved(node: Node) -> Node:
    """`|x - 2| < 3` as `-1 < x < 5`; any other node as it is."""
    if not (isinstance(node, Relation) and len(node.sides) == 2 and node.ops[0] in ("<", "<=", ">", ">=")):
        return node
    inside, bound = node.sides
    if not (isinstance(inside, Apply) and inside.op == "abs" and not variables_in(bound)):
        return node
    middle: Node = Num(0)
    name: Node = inside.args[0]
    if isinstance(name, Apply) and name.op == "+" and isinstance(name.args[0], Name) and not variables_in(name.args[1]):
        middle = Apply("neg", (name.args[1],))
        name = name.args[0]
    if not isinstance(name, Name):
        return node
    low, high = Apply("+", (middle, Apply("neg", (bound,)))), Apply("+", (middle, bound))
    if node.ops[0] in ("<", "<="):
        return Relation((low, name, high), (node.ops[0], node.ops[0]))
    less = node.ops[0].replace(">", "<")
    return Items((Relation((name, low), (less,)), Relation((name, high), node.ops)), "or")


def same_set(a: Node, b: Node) -> bool | None:
    """Whether two sets hold the same numbers; None when one cannot be cut at constants.

    >>> same_set(Name("Reals"), Bracket("(", (Num(0), Name("infinity")), ")"))
    False
    """
    if _sets_in(a) and _sets_in(b):
        names = sorted(_sets_in(a) | _sets_in(b))
        places = range(1 << len(names)) if len(names) <= _MAX_NAMES else ()
        return all(_within(a, place, names) == _within(b, place, names) for place in places) if places else None
    try:
        ends = _sorted_ends(a, b)
        return all(_holds(a, place, ends) == _holds(b, place, ends) for place in range(2 * len(ends) + 1))
    except NotASet:
        return None


def _sets_in(node: Node) -> frozenset[str]:
    """The sets that `(A ∪ B) ∩ C` is made of; none where anything else is in it."""
    if isinstance(node, Name):
        return frozenset() if node.name in SETS else frozenset({node.name})
    if not (isinstance(node, Apply) and node.op in ("union", "intersection", "minus")):
        return frozenset()
    first, second = (_sets_in(arg) for arg in node.args)
    return first | second if first and second else frozenset()


def _within(node: Node, place: int, names: list[str]) -> bool:
    """Whether what is in the sets whose bits are set in `place`, and in no other, is in this one."""
    if isinstance(node, Name):
        return node.name in names and bool(place >> names.index(node.name) & 1)
    first, second = (_within(arg, place, names) for arg in children(node))
    assert isinstance(node, Apply)
    return {"union": first or second, "intersection": first and second, "minus": first and not second}[node.op]


def same_solution(gold: Node, pred: Node) -> bool | None:
    """Whether two sets are the same; `x^2 > 4` only says the problem again where the gold has its end points."""
    verdict = same_set(gold, pred)
    return False if verdict is None and _is_solved(gold) and not _is_solved(pred) else verdict


def _is_solved(node: Node) -> bool:
    """Whether a set is given by its end points."""
    try:
        _holds(node, 0, _sorted_ends(node))
    except NotASet:
        return False
    return True


def _sorted_ends(*sets: Node) -> list[Node]:
    found: list[tuple[float, Node]] = []
    for node in [end for one in sets for end in _ends(one)]:
        value = as_float(node)
        if value is None:
            raise NotASet
        if not any(abs(value - other) <= 1e-9 * max(1, abs(value)) and same(node, known) for other, known in found):
            found.append((value, node))
        if len(found) > MAX_ENDS:
            raise NotASet
    return [node for _, node in sorted(found, key=lambda pair: pair[0])]


def _ends(node: Node) -> list[Node]:
    """The finite constants that bound a set."""
    if isinstance(node, Braces):
        return list(node.items)
    if isinstance(node, Bracket):
        return [item for item in node.items if "infinity" not in names_in(item)]
    if isinstance(node, Relation):
        return _ends_of_relation(node)
    if isinstance(node, Builder):
        return _ends(node.condition)
    if isinstance(node, Apply) and node.op in ("union", "intersection", "minus"):
        return [*_ends(node.args[0]), *_ends(node.args[1])]
    if isinstance(node, Items):
        return [end for item in node.items for end in _ends(item)]
    if isinstance(node, Name) and node.name == "Reals":
        return []
    raise NotASet


def _ends_of_relation(node: Relation) -> list[Node]:
    ends: list[Node] = []
    for side in node.sides:
        if isinstance(side, Bracket | Braces) or is_set(side):
            ends += _ends(side)
        elif not variables_in(side) and "infinity" not in names_in(side):
            ends.append(side)
    return ends


def _holds(node: Node, place: int, ends: list[Node]) -> bool:
    """Whether the set holds a place: 0, 2, 4 ... are the gaps, 1, 3, 5 ... the end points."""
    if isinstance(node, Name) and node.name == "Reals":
        return True
    if isinstance(node, Braces):
        return any(_place(item, ends) == place for item in node.items)
    if isinstance(node, Bracket):
        low, high = _place(node.items[0], ends), _place(node.items[1], ends)
        return low < place < high or (place == low and node.left == "[") or (place == high and node.right == "]")
    if isinstance(node, Builder):
        return _holds(node.condition, place, ends)
    if isinstance(node, Relation):
        return all(
            _satisfies(left, op, right, place, ends)
            for left, op, right in zip(node.sides, node.ops, node.sides[1:], strict=False)
        )
    if isinstance(node, Items):
        held = [_holds(item, place, ends) for item in node.items]
        together = node.joined == "and" or any(isinstance(i, Relation) and "!=" in i.ops for i in node.items)
        together = together or (node.joined == "," and _meet(node, ends))
        return all(held) if together else any(held)
    if isinstance(node, Apply) and node.op in ("union", "intersection", "minus"):
        first, second = (_holds(arg, place, ends) for arg in node.args)
        return {"union": first or second, "intersection": first and second, "minus": first and not second}[node.op]
    raise NotASet


def _meet(node: Items, ends: list[Node]) -> bool:
    """Whether inequalities side by side have numbers in common: `x > 1, x < 3` says both, `x < 1, x > 3` either."""
    if not all(isinstance(item, Relation) and "in" not in item.ops for item in node.items):
        return False
    return any(all(_holds(item, place, ends) for item in node.items) for place in range(2 * len(ends) + 1))


def _satisfies(left: Node, op: str, right: Node, place: int, ends: list[Node]) -> bool:
    if op == "in":
        return _holds(right, place, ends)
    if not isinstance(left, Name) or left.name == "infinity":
        left, right, op = right, left, {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(op, op)
    if not isinstance(left, Name) or variables_in(right):
        raise NotASet
    bound = _place(right, ends)
    return {
        "<": place < bound,
        ">": place > bound,
        "<=": place <= bound,
        ">=": place >= bound,
        "=": place == bound,
        "!=": place != bound,
    }[op]


def _place(node: Node, ends: list[Node]) -> int:
    if "infinity" in names_in(node):
        if isinstance(node, Name):
            return 2 * len(ends) + 1
        if isinstance(node, Apply) and node.op == "neg":
            return -1
        raise NotASet
    for index, end in enumerate(ends):
        if node is end or same(node, end):
            return 2 * index + 1
    raise NotASet
