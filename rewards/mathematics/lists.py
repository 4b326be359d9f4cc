"""Several answers side by side: in any order, unless their labels or a point give them one."""

from __future__ import annotations

from rewards.mathematics.definitions import value_of
from rewards.mathematics.points import entries_of
from rewards.mathematics.quantities import unit_of
from rewards.mathematics.sets import is_set, same_solution
from rewards.mathematics.traversal import children, names_in, renamed_in, variables_in
from rewards.mathematics.tree import (
    SETS,
    Apply,
    Braces,
    Bracket,
    Builder,
    Equal,
    Items,
    Matrix,
    Name,
    Node,
    Num,
    Quantity,
    Relation,
    TooLarge,
    Words,
    all_of,
)

MAX_ITEMS = 60
_BOUNDS = frozenset({"<", ">", "<=", ">="})
_ROOTS = frozenset({"x", "z", "r", "t", "lambda"})
_ORDERED = ("xyz", "abcd", "pqrs", "uvw", "mn")


def same_list(gold: Node, pred: Node, equal: Equal) -> bool | None:
    """Two answers, at least one of them several; a point or a set may stand for the list of its parts."""
    for one, other in ((gold, pred), (pred, gold)):
        if _are_bounds(one) and is_set(other):
            return same_solution(gold, pred)  # `x > 1 and x < 3` for (1, 3)
        if isinstance(one, Items) and isinstance(other, Bracket | Matrix):
            return _list_as_point(one, other, equal, swapped=one is pred)
    if is_set(gold) and is_set(pred):
        if {getattr(side, "joined", "") for side in (gold, pred)} == {"and", "or"}:
            return same_solution(gold, pred)
        points = _same_parts(_parts(gold), _parts(pred), equal)  # `(1,2), (3,4)` are points before they are intervals
        return points if _are_points(gold) and _are_points(pred) else points or same_solution(gold, pred)
    if (is_set(gold) and isinstance(pred, Braces)) or (is_set(pred) and isinstance(gold, Braces)):
        listed = gold if isinstance(gold, Braces) else pred
        if not any(isinstance(item, Bracket) for item in children(listed)):  # {(0,1), (1,0)} holds points
            verdict = same_solution(gold, pred)
            return False if verdict is None and isinstance(pred, Bracket) else verdict  # (b, a) is no set of two
    gold, pred = _as_listed(gold, pred), _as_listed(pred, gold)
    left, right = _parts(gold), _parts(pred)
    if isinstance(gold, Braces) or isinstance(pred, Braces):
        left, right = _distinct(left, equal), _distinct(right, equal)
    return _same_parts(left, right, equal)


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
    for declared in filter(_says_whole, items):  # 2n, n in Z
        items = [renamed_in(item, _membership(declared)[0], "k") if item is not declared else item for item in items]
    items = [item for item in items if not _says_whole(item) and not _restricts(item, items[0])] or items
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


def family(node: Node) -> Node:
    r"""`\{k \pi/2 : k \in \mathbb{Z}\}` as `k \pi/2`; any other node as it is."""
    if not isinstance(node, Builder):
        return node
    conditions = node.condition.items if isinstance(node.condition, Items) else (node.condition,)
    others = [condition for condition in conditions if not _says_whole(condition)]
    if len(others) == len(conditions):
        return node
    if not others and not isinstance(node.element, Relation):
        return renamed_in(node.element, _membership(conditions[0])[0], "k")
    only = others[0] if len(others) == 1 else None  # {x : x = k pi, k in Z}
    named = isinstance(only, Relation) and only.ops == ("=",) and isinstance(node.element, Name)
    return only.sides[1] if named and isinstance(only, Relation) else node


def _says_whole(node: Node) -> bool:
    """`k in Z` beside an answer says what k is, and is no answer."""
    name, kind = _membership(node)
    return name in ("k", "m", "n") and kind == "Integers"


def _restricts(node: Node, answer: Node) -> bool:
    """`x != 0` beside `x/(x + 1)` says where it holds."""
    about = variables_in(node)
    if _counts(node) and about <= variables_in(value_of(answer)):
        return True  # n = 2^k, k >= 0
    restricts = isinstance(node, Relation) and (len(node.ops) > 1 or node.ops[0] in ("!=", "<", ">", "<=", ">="))
    return restricts and isinstance(answer, Apply) and len(about) == 1 and about <= variables_in(answer)


def _counts(node: Node) -> bool:
    """`k >= 0` or `n > 0`: what counts begins at the start."""
    if not (isinstance(node, Relation) and node.ops in ((">=",), (">",))):
        return False
    name, bound = node.sides
    return isinstance(name, Name) and name.name in ("k", "m", "n") and isinstance(bound, Num) and bound.value in (0, 1)


def _membership(node: Node) -> tuple[str, str]:
    """The name and the set of `c in R`; nothing for any other node."""
    if isinstance(node, Relation) and node.ops == ("in",):
        left, right = node.sides
        if isinstance(left, Name) and isinstance(right, Name) and right.name in SETS:
            return left.name, right.name
    return "", ""


def beside_parameter(gold: Items, pred: Node) -> tuple[Node, Node]:
    r"""`t(1, 2), t \in \mathbb{R}` as `t(1, 2)`; a prediction may call the parameter something else."""
    if len(gold.items) != 2:
        return gold, pred
    answer, declared = gold.items
    name, kind = _membership(declared)
    if kind != "Reals" or name not in variables_in(answer) or isinstance(answer, Name) or is_set(answer):
        return gold, pred
    if isinstance(pred, Items) and len(pred.items) == 2 and _membership(pred.items[1])[1] == "Reals":
        pred = pred.items[0]
    others = variables_in(pred) - variables_in(answer)
    if len(others) == 1 and variables_in(answer) - variables_in(pred) == {name}:
        pred = renamed_in(pred, others.pop(), name)
    return answer, pred


def _distinct(items: list[Node], equal: Equal) -> list[Node]:
    found: list[Node] = []
    for item in items:
        if not any(equal(item, known) for known in found):
            found.append(item)
    return found


def _same_parts(gold: list[Node], pred: list[Node], equal: Equal) -> bool | None:
    """Whether two lists pair off, in any order."""
    if len(gold) != len(pred):
        return False
    labelled = sum(isinstance(item, Relation) for item in gold), sum(isinstance(item, Relation) for item in pred)
    if (labelled[0] == 0) != (labelled[1] == 0):
        if _several_labels(gold) or _several_labels(pred):  # a = 1, b = 2: the order is the meaning
            return all_of(equal(value_of(a), value_of(b)) for a, b in zip(gold, pred, strict=True))
        gold, pred = [value_of(item) for item in gold], [value_of(item) for item in pred]
    elif labelled[0] == 1 or labelled[1] == 1:  # `x = 1, 2`
        gold, pred = [value_of(item) for item in gold], [value_of(item) for item in pred]
    for names in (_nouns, _labels):
        ours, theirs = names(gold), names(pred)
        if ours and ours.keys() == theirs.keys():  # 3 red and 4 blue; mean = 5, median = 4
            return all_of(equal(item, theirs[name]) for name, item in ours.items())
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


def _nouns(items: list[Node]) -> dict[str, Node]:
    """The parts of a list by the nouns behind them; nothing where they have none or the same."""
    found: dict[str, Node] = {
        item.unit.casefold(): item for item in items if isinstance(item, Quantity) and unit_of(item.unit) is None
    }
    return found if len(found) == len(items) > 1 else {}


def _labels(items: list[Node]) -> dict[str, Node]:
    """The parts of a list by the words before their `=`; nothing where they have none or the same."""
    found: dict[str, Node] = {}
    for item in items:
        label = item.sides[0] if isinstance(item, Relation) and item.ops == ("=",) else None
        if isinstance(label, Words):
            found[label.text.casefold().strip()] = value_of(item)
    return found if len(found) == len(items) > 1 else {}


def _several_labels(items: list[Node]) -> bool:
    labels = {item.sides[0].name for item in items if isinstance(item, Relation) and isinstance(item.sides[0], Name)}
    roots = {label.partition("_")[0] for label in labels}  # x_1 and x_2 may be called the other way round
    return (len(labels) > 1 and not (len(roots) == 1 and roots <= _ROOTS)) or bool(_labels(items))


def _list_as_point(items: Items, point: Bracket | Matrix, equal: Equal, *, swapped: bool) -> bool | None:
    """`x = 1, y = 2` or a bare `1, 2` for the point (1, 2)."""
    parts = list(items.items)
    printed = isinstance(point, Bracket) and (point.left, point.right) == ("[", "]")
    if printed and not (items.joined == "or" and len(children(point)) == 2):  # a list as programs print it
        others = list(children(point))
        return _same_parts(others, parts, equal) if swapped else _same_parts(parts, others, equal)
    if all(isinstance(part, Relation) and isinstance(part.sides[0], Name) for part in parts):
        names = [part.sides[0].name for part in parts if isinstance(part, Relation) and isinstance(part.sides[0], Name)]
        if len(set(names)) == 1 < len(names):
            return False  # two values of x are no point
        if any(set(names) <= set(letters) for letters in _ORDERED):  # else in the order they were written
            parts = [part for _, part in sorted(zip(names, parts, strict=True), key=lambda pair: pair[0])]
        parts = [value_of(part) for part in parts]
    elif any(isinstance(part, Bracket) for part in parts):
        return False
    if isinstance(point, Bracket) and {"[", "]"} & {point.left, point.right}:
        return False
    others = list(entries_of(point) or ())
    pairs = zip(others, parts, strict=False) if swapped else zip(parts, others, strict=False)
    return len(others) == len(parts) and all_of(equal(a, b) for a, b in pairs)
