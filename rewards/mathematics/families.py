r"""Numbers at equal steps: `6k + 1`, `1 mod 6`, `pi/4 + k pi` with k in Z, and lists of such.

Two descriptions are one set when they leave the same remainders by a common step: `2k - 1` are the odd numbers as
`2k + 1` are, and `k pi/2` is `k pi` together with `pi/2 + k pi`. One side at least must say that its parameter runs
through all whole numbers (`k in Z`, a residue class, a `k` beside pi); a formula in `n` alone is a sequence.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Any

from rewards.mathematics.definitions import value_of
from rewards.mathematics.digits import context_of, digits
from rewards.mathematics.traversal import names_in, variables_in, with_value
from rewards.mathematics.tree import Apply, Braces, Builder, Items, Name, Node, Num, Relation, Unreadable

_PARAMETERS = frozenset("kmnltN")
_MAX_PARTS = 12
_MAX_REMAINDERS = 40  # of one progression by the common step
_CLOSE = 1e-30

Progression = tuple[Any, Any]
"""The start and the step, as numbers of many digits."""


def same_family(gold: Node, pred: Node) -> bool:
    """Whether both are numbers at equal steps, and the same ones."""
    ours, theirs = _read(gold), _read(pred)
    if not (ours and theirs and (ours[1] or theirs[1])):
        return False
    progressions = ours[0] + theirs[0]
    unit = progressions[0][1]
    ratios = [_rational(step / unit) for _, step in progressions]
    if any(ratio is None for ratio in ratios):
        return False
    period = lcm(*(ratio.numerator for ratio in ratios if ratio)) * unit  # a multiple of every step
    if any(period / step > _MAX_REMAINDERS for _, step in progressions):
        return False
    found = [list(_remainders(side, period)) for side in (ours[0], theirs[0])]
    return _within(found[0], found[1], period) and _within(found[1], found[0], period)


def _read(node: Node) -> tuple[list[Progression], bool] | None:
    """The progressions a tree describes, and whether it says that it means all of each; None for anything else."""
    parts, said = _parts(node)
    found: list[Progression] = []
    for part in parts:
        progression = _progression(part)
        if progression is None or len(found) == _MAX_PARTS:
            return None
        found.append(progression)
        angle = "pi" in names_in(part) and abs(progression[0]) > _CLOSE  # 4 pi k may be a formula in k
        said = said or _is_class(part) or (angle and variables_in(part) == {"k"})
    return (found, said) if found else None


def _parts(node: Node) -> tuple[list[Node], bool]:
    """The formulas in an answer without `k in Z`, and whether that was there."""
    if isinstance(node, Builder):
        parts, said = _parts(node.condition)
        return (parts or [node.element], said) if said and not isinstance(node.element, Relation) else ([node], False)
    items = node.items if isinstance(node, Items | Braces) else (node,)
    rest = [item for item in items if not _says_whole(item)]
    flat: list[Node] = []
    for item in rest:
        value = value_of(item)
        flat += value.items if isinstance(value, Items | Braces) else (value,)
    last = flat[-1] if flat else None
    if isinstance(last, Apply) and _is_class(last):  # 1, 5 mod 6
        flat = [Apply("mod", (part, last.args[1])) if isinstance(part, Num) else part for part in flat]
    return flat, len(rest) < len(items)


def _says_whole(node: Node) -> bool:
    """`k in Z`."""
    kind = node.sides[-1] if isinstance(node, Relation) and node.ops == ("in",) else None
    return isinstance(kind, Name) and kind.name == "Integers"


def _is_class(node: Node) -> bool:
    return isinstance(node, Apply) and node.op == "mod"


def _progression(node: Node) -> Progression | None:
    if not isinstance(node, Apply):
        return None
    context = context_of()
    try:
        if _is_class(node):
            start, step = (digits(arg, 0, context) for arg in node.args)
        else:
            (name,) = variables_in(node)
            if name not in _PARAMETERS:
                return None
            start, after, third = (digits(with_value(node, name, Num(place)), 0, context) for place in (0, 1, 2))
            step = after - start
            if abs(third - after - step) > _CLOSE * abs(step):
                return None
    except (ValueError, ArithmeticError, Unreadable):
        return None
    real = context.im(start) == 0 and context.im(step) == 0
    return (start, abs(step)) if real and abs(step) > _CLOSE else None


def _remainders(side: list[Progression], period: Any) -> Iterator[Any]:
    for start, step in side:
        yield from (start + place * step for place in range(round(period / step)))


def _within(some: list[Any], others: list[Any], period: Any) -> bool:
    """Whether each number is, but for whole periods, one of the others."""
    turns = [[(one - other) / period for other in others] for one in some]
    return all(any(abs(turn - round(turn)) < _CLOSE for turn in row) for row in turns)


def _rational(number: Any) -> Fraction | None:
    """The fraction of small numbers that a number is."""
    found = Fraction(str(number)).limit_denominator(1_000)
    return found if found and abs(number * found.denominator - found.numerator) < _CLOSE else None
