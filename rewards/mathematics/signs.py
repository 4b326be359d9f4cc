"""Plus-minus as two answers, and a percent, degree or unit sign over a whole value as a quantity."""

from __future__ import annotations

from rewards.mathematics.quantities import unit_of
from rewards.mathematics.traversal import children, rebuild
from rewards.mathematics.tree import Apply, Braces, Bracket, Items, Node, Num, Quantity, Relation, Words


def finished(tree: Node, *, signs: bool) -> Node:
    """Expand plus-minus, and turn a percent or degree sign over a whole value into a quantity."""
    if isinstance(tree, Items):
        parts: list[Node] = []
        for item in tree.items:
            done = finished(item, signs=signs)
            both_signs = isinstance(done, Items) and not isinstance(item, Items)
            parts.extend(done.items if isinstance(done, Items) and both_signs else (done,))
        return Items(tuple(parts), tree.joined)
    if isinstance(tree, Braces):
        inner = finished(Items(tree.items, ","), signs=signs)  # {0, plus-minus 4} has three elements
        assert isinstance(inner, Items)
        return Braces(inner.items)
    if signs and _has_plus_minus(tree):
        return Items((finished(_with_sign(tree, "+"), signs=False), finished(_with_sign(tree, "-"), signs=False)), ",")
    if isinstance(tree, Relation | Bracket):
        return rebuild(tree, tuple(finished(child, signs=signs) for child in children(tree)))
    return _signed_quantity(tree)


def _signed_quantity(tree: Node) -> Node:
    if isinstance(tree, Quantity) and isinstance(tree.value, Apply) and tree.value.op == "percent":
        return Quantity(tree.value.args[0], f"% {tree.unit}")
    if isinstance(tree, Apply):
        if tree.op == "*" and isinstance(tree.args[1], Apply) and tree.args[1].op == "/":
            over = [part.text for part in tree.args[1].args if isinstance(part, Words)]
            unit = "/".join(over) if len(over) == 2 else ""  # 5 \frac{\text{m}}{\text{s}}
            if unit_of(unit) is not None:
                return Quantity(tree.args[0], unit)
        if tree.op == "/" and isinstance(tree.args[1], Words) and unit_of(f"/{tree.args[1].text}") is not None:
            return Quantity(tree.args[0], f"per {tree.args[1].text}")  # $15/hour
        if tree.op in ("percent", "degree"):
            return Quantity(tree.args[0], "%" if tree.op == "percent" else "°")
        if tree.op == "neg":
            inner = _signed_quantity(tree.args[0])
            if isinstance(inner, Quantity):
                return Quantity(Apply("neg", (inner.value,)), inner.unit)
    return tree


def _has_plus_minus(node: Node) -> bool:
    if isinstance(node, Apply) and node.op in ("±", "∓"):
        return True
    return any(_has_plus_minus(child) for child in children(node))


def _with_sign(node: Node, sign: str) -> Node:
    node = rebuild(node, tuple(_with_sign(child, sign) for child in children(node)))
    if isinstance(node, Apply) and node.op in ("±", "∓"):
        left, right = node.args
        if (node.op == "±") == (sign == "-"):
            right = Apply("neg", (right,))
        return right if isinstance(left, Num) and left.value == 0 else Apply("+", (left, right))
    return node
