"""Walking through trees: their parts, the names in them, and the same tree with other parts."""

from __future__ import annotations

from rewards.mathematics.tree import (
    CONSTANTS,
    FUNCTION_NAMES,
    GREEK_FUNCTIONS,
    Apply,
    Bound,
    Braces,
    Bracket,
    Builder,
    Cases,
    Items,
    Matrix,
    Name,
    Node,
    Num,
    Quantity,
    Ratio,
    Relation,
    Series,
    Words,
)


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node."""
    if isinstance(node, Apply):
        return node.args
    if isinstance(node, Bracket | Braces | Items | Ratio):
        return node.items
    if isinstance(node, Relation):
        return node.sides
    if isinstance(node, Matrix):
        return tuple(cell for row in node.rows for cell in row)
    if isinstance(node, Quantity):
        return (node.value,)
    if isinstance(node, Builder):
        return (node.element, node.condition)
    if isinstance(node, Series):
        return (node.first, node.last, node.term)
    if isinstance(node, Cases):
        return (*node.values, *node.conditions)
    return ()


def has_words(node: Node) -> bool:
    """Whether there are words anywhere in a tree."""
    return isinstance(node, Words) or any(map(has_words, children(node)))


def names_in(node: Node) -> set[str]:
    """The names of all variables and constants in a tree."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Apply):
            waiting.extend(node.args)
        elif isinstance(node, Name):
            found.add(node.name)
        elif not isinstance(node, Num):
            waiting.extend(children(node))
    return found


def variables_in(node: Node) -> set[str]:
    """The names of the variables in a tree.

    >>> variables_in(Apply("+", (Name("x"), Name("pi"))))
    {'x'}
    """
    return names_in(node) - CONSTANTS


def rebuild(node: Node, parts: tuple[Node, ...]) -> Node:
    """The same node with other children."""
    if isinstance(node, Apply):
        return Apply(node.op, parts)
    if isinstance(node, Bracket):
        return Bracket(node.left, parts, node.right)
    if isinstance(node, Braces):
        return Braces(parts)
    if isinstance(node, Items):
        return Items(parts, node.joined)
    if isinstance(node, Ratio):
        return Ratio(parts)
    if isinstance(node, Relation):
        return Relation(parts, node.ops)
    if isinstance(node, Quantity):
        return Quantity(parts[0], node.unit)
    if isinstance(node, Builder):
        return Builder(parts[0], parts[1])
    if isinstance(node, Cases):
        return Cases(parts[: len(parts) // 2], parts[len(parts) // 2 :])
    if isinstance(node, Series):
        return Series(node.op, node.index, *parts)
    if isinstance(node, Matrix):
        width = len(node.rows[0])
        return Matrix(tuple(parts[i : i + width] for i in range(0, len(parts), width)))
    return node


def with_value(node: Node, name: str, value: Node) -> Node:
    """The same tree with a name replaced."""
    if isinstance(node, Name):
        return value if node.name == name else node
    return rebuild(node, tuple(with_value(child, name, value) for child in children(node)))


def renamed_in(node: Node, old: str, new: str) -> Node:
    """The same tree with one variable renamed."""
    return with_value(node, old, Name(new))


def is_function(name: str, *, sure: bool = False) -> bool:
    """Whether a name before a bracket is a function's. sure: whatever the bracket holds; `g(a + b)` may be a product.

    >>> is_function("f'", sure=True), is_function("g"), is_function("g", sure=True), is_function("x")
    (True, True, False, False)
    """
    base = name.partition("_")[0].rstrip("'")
    if base == "f" or "∘" in base:
        return True
    return not sure and (base in FUNCTION_NAMES or base in GREEK_FUNCTIONS)


def function_called(node: Apply) -> str:
    """The function in `f(x)`, or "" where a name before a bracket is rather a factor: `r(r + h)`, `g(a + b)`."""
    if node.op != "call" or not isinstance(node.args[0], Name):
        return ""
    name, argument = node.args[0].name, node.args[1]
    lone = isinstance(argument, Name | Num | Bound) or (isinstance(argument, Apply) and function_called(argument) != "")
    return name if is_function(name, sure=not lone) else ""


def arguments_of(call: Apply) -> tuple[Node, ...]:
    """What a function is applied to: x and y in `f(x, y)`."""
    argument = call.args[1]
    return argument.items if isinstance(argument, Bracket) else (argument,)
