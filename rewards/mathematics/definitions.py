"""Definitions: `x = 5`, `f(x) = 2x`, `AB = 3` are their right sides where the other answer is no relation."""

from __future__ import annotations

from rewards.mathematics.equality import same
from rewards.mathematics.traversal import children, names_in, renamed_in, variables_in
from rewards.mathematics.tree import FUNCTION_NAMES, Apply, Bracket, Items, Name, Node, Num, Relation, Series, Words

_ASKED_FUNCTIONS = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})


def value_of(node: Node) -> Node:
    """The right side of a definition (`x = 5`, `f(x) = 2x`, `x = y = 5`); any other relation stays itself."""
    if not isinstance(node, Relation) or any(op not in ("=", "in") for op in node.ops):
        return node
    *labels, value = node.sides
    if "=" in node.ops and not variables_in(node):
        if isinstance(labels[0], Words | Series):
            return value
        computed = not isinstance(labels[0], Num) and all(same(label, value) for label in labels)
        return value if computed else node  # `3^2 + 4^2 = 25` is 25; `0 = 0` is no answer
    label = label_of(labels[0])
    if label is None:
        return value if _asked_for(labels[0]) and len(labels) == 1 and not variables_in(value) else node
    return node if label in variables_in(value) else value


def label_of(node: Node) -> str | None:
    """What a definition defines: `x`, the f of `f(x)`, `AB`, an area in words; None for any other expression."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Words | Series):
        return ""
    if isinstance(node, Bracket) and all(isinstance(item, Name) for item in node.items):
        return ",".join(item.name for item in node.items if isinstance(item, Name))
    if isinstance(node, Apply):
        if node.op == "call" and isinstance(node.args[0], Name):
            argument = node.args[1]
            if isinstance(argument, Name):
                return f"{node.args[0].name}({argument.name})"
            simple = isinstance(argument, Num | Bracket) or node.args[0].name in FUNCTION_NAMES or is_union(argument)
            return node.args[0].name.partition("∘")[0] if simple else None
        inverse = node.args[0]
        if node.op in ("*", "call") and isinstance(inverse, Apply) and inverse.op == "^" and _is_inverse(inverse):
            return f"{label_of(inverse.args[0])}^-1({label_of(node.args[1])})"
        if node.op in ("abs", "overline", "degree", "det"):
            return label_of(node.args[0])
        names = factors(node)
        if len(names) > 1 and all(name.isupper() for name in names):
            return "".join(names)  # a segment, an angle
        if node.op == "/" and all((factors(arg) or "x")[0] == "d" for arg in node.args):
            return "derivative " + "/".join("".join(factors(arg)) for arg in node.args)
    return None


def _is_inverse(power: Apply) -> bool:
    """`f^{-1}`."""
    base, exponent = power.args
    minus_one = (isinstance(exponent, Num) and exponent.value == -1) or (
        isinstance(exponent, Apply) and exponent.op == "neg" and same(exponent, Num(-1)) is True
    )
    return isinstance(base, Name) and base.name in FUNCTION_NAMES and minus_one


def is_union(node: Node) -> bool:
    """Whether a node is made of sets: the `A ∪ B` of `n(A ∪ B) = 15`."""
    return isinstance(node, Apply) and node.op in ("union", "intersection", "minus")


def unpacked(node: Node) -> Node:
    """`(a, b) = (3, -2)` as `a = 3, b = -2`; any other node as it is."""
    if not (isinstance(node, Relation) and node.ops == ("=",) and all(isinstance(s, Bracket) for s in node.sides)):
        return node
    names, values = (children(side) for side in node.sides)
    if len(names) != len(values) or not all(isinstance(name, Name) for name in names):
        return node
    return Items(tuple(Relation(pair, ("=",)) for pair in zip(names, values, strict=True)), ",")


def with_argument_of(gold: Relation, pred: Relation) -> Relation:
    """`f(t) = t^2` as `f(x) = x^2`: the name of an argument says nothing."""
    ours, theirs = gold.sides[0], pred.sides[0]
    if isinstance(ours, Apply) and isinstance(theirs, Apply) and ours.op == theirs.op == "call":
        old, new = theirs.args[1], ours.args[1]
        if isinstance(old, Name) and isinstance(new, Name) and new.name not in names_in(pred):
            renamed = renamed_in(pred, old.name, new.name)
            assert isinstance(renamed, Relation)
            return renamed
    return pred


def _asked_for(node: Node) -> bool:
    """Whether the left side is a quantity a question asks for (`a + b`, `mn`, `x/y`), not an unsolved equation."""
    if isinstance(node, Apply) and node.op == "+":
        left, right = node.args
        right = right.args[0] if isinstance(right, Apply) and right.op == "neg" else right
        return isinstance(right, Name) and (isinstance(left, Name) or _asked_for(left))
    if isinstance(node, Apply) and node.op == "/":
        return all(isinstance(part, Name) for part in node.args)
    return len(factors(node)) > 1 or (
        isinstance(node, Apply) and node.op in _ASKED_FUNCTIONS and isinstance(node.args[0], Name)
    )


def factors(node: Node) -> list[str]:
    """The names of a product of names, or nothing."""
    if isinstance(node, Name):
        return [node.name]
    if isinstance(node, Apply) and node.op == "*":
        left, right = factors(node.args[0]), factors(node.args[1])
        return left + right if left and right else []
    return []
