"""Whether two expressions are the same function."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rewards.mathematics.digits import context_of, digits
from rewards.mathematics.exact import POINTS, exact
from rewards.mathematics.series import holds_series, limits_in, unrolled
from rewards.mathematics.surds import Inexact, Number, Surd
from rewards.mathematics.traversal import children, names_in, variables_in, with_value
from rewards.mathematics.tree import CONSTANTS, Apply, Name, Node, Num, Series, TooLarge, Unreadable

_WHOLE = frozenset("nkmj")
_COMPLEX = frozenset("zw")
_PERIODIC = frozenset({"^", "sin", "cos", "tan"})
_STEPS = frozenset({"floor", "ceil", "mod"})
_LENGTHS = range(3, 11)


def same(a: Node, b: Node) -> bool | None:
    """Whether two expressions are equal wherever both are real; None when that cannot be decided.

    >>> same(Num(1), Num(2))
    False
    """
    if isinstance(a, Num) and isinstance(b, Num):
        return a.value == b.value
    if _infinite(a) or _infinite(b):
        grows = any(isinstance(side, Series) and side.op == "lim" for side in (a, b))
        return None if grows else _infinite(a) == _infinite(b)
    names = names_in(a) | names_in(b)
    if "i" in names and names & _COMPLEX:
        a, b = with_complex(a), with_complex(b)
    points = POINTS if names - {"i"} else 1
    try:
        return _same_exactly(a, b, points)
    except (Inexact, TooLarge):
        pass
    if holds_series(a) or holds_series(b):
        return _same_series(a, b)
    if _has_steps(a) or _has_steps(b):
        return _same_at_places(a, b, sorted(names - CONSTANTS))
    verdict = _same_digits(a, b, points)
    if not verdict and names & _WHOLE and (_periodic(a) or _periodic(b)):
        return _same_at_places(a, b, sorted(names & _WHOLE))
    return verdict


def same_up_to_constant(a: Node, b: Node) -> bool | None:
    """Whether a - b does not depend on the variables: two antiderivatives of one function."""
    difference = Apply("+", (a, Apply("neg", (b,))))
    try:
        context = context_of()
        values = [digits(difference, point, context) for point in range(POINTS)]
    except (ArithmeticError, Unreadable):
        return None
    # across a sign change ln(x) and ln|x| differ by a multiple of i*pi, which is a constant on each side
    return all(close(value.real, values[0].real, context, absolute=True) for value in values[: POINTS - 1])


def with_complex(node: Node) -> Node:
    """`|z - 2i|` with a `z` that has an imaginary part, which tells it from `|z + 2i|`."""
    if not isinstance(node, Apply):
        return node
    if node.op == "abs" and "i" in (names := names_in(node)):
        for name in names & _COMPLEX:
            imaginary = Apply("*", (Name("i"), Name(f"{name} imaginary")))
            node = Apply("abs", (with_value(node.args[0], name, Apply("+", (Name(name), imaginary))),))
        return node
    return Apply(node.op, tuple(map(with_complex, node.args)))


def _has_steps(node: Node) -> bool:
    """Whether an expression rounds something that depends on a variable."""
    if not isinstance(node, Apply):
        return False
    return (node.op in _STEPS and bool(variables_in(node))) or any(_has_steps(arg) for arg in node.args)


def _periodic(node: Node) -> bool:
    """Whether an expression may depend on a whole number's remainder: (-1)^n, cos(n pi)."""
    if not isinstance(node, Apply):
        return False
    return (node.op in _PERIODIC and bool(names_in(node) & _WHOLE)) or any(_periodic(arg) for arg in node.args)


def _same_at_places(a: Node, b: Node, names: list[str]) -> bool | None:
    """Whether two expressions agree for twelve values of variables; those that count things (`n`, `k`) stay whole."""
    for place in range(24, 36):
        left, right = a, b
        for index, name in enumerate(names):
            value = place * (index + 1) + index + (0 if name in _WHOLE else Fraction(1, 3))
            left, right = (with_value(side, name, Num(value)) for side in (left, right))
        verdict = same(left, right)
        if not verdict:
            return verdict
    return True


def _same_series(a: Node, b: Node) -> bool | None:
    """Whether two expressions agree while the limits of their series count up."""
    names, agreed = sorted(limits_in(a) | limits_in(b)), 0
    if not names:
        return _same_digits(a, b, POINTS if variables_in(a) | variables_in(b) else 1)
    for place in _LENGTHS:
        left, right = a, b
        for index, name in enumerate(names):
            left, right = (with_value(side, name, Num(place + 2 * index)) for side in (left, right))
        try:
            left, right = unrolled(left), unrolled(right)
        except Unreadable:
            break  # too many terms
        verdict = same(left, right)
        if not verdict:
            return verdict
        agreed += 1
    return True if agreed > 4 else None


def _infinite(node: Node) -> int:
    if isinstance(node, Name):
        return int(node.name == "infinity")
    if isinstance(node, Apply) and node.op == "neg":
        return -_infinite(node.args[0])
    return 0


def _same_exactly(a: Node, b: Node, points: int) -> bool | None:
    seen = False
    for point in range(points):
        left, right = _exact_or_none(a, point), _exact_or_none(b, point)
        if left is None and right is None:
            continue
        if point == POINTS - 1 and seen and (_complex(left) or _complex(right)):
            continue  # outside the domain of real numbers; the positive points have decided
        if left is None or right is None or left != right:
            return False
        seen = True
    return True if seen else None


def _exact_or_none(node: Node, point: int) -> Number | None:
    try:
        return exact(node, point)
    except ZeroDivisionError:
        return None


def _complex(number: Number | None) -> bool:
    return isinstance(number, Surd) and any(root < 0 for root in number.terms)


def _same_digits(a: Node, b: Node, points: int) -> bool | None:
    verdict = _same_with_log(a, b, points, 0)
    if verdict is False and (_uses_plain_log(a) or _uses_plain_log(b)):
        verdict = _same_with_log(a, b, points, 10)  # `log` is natural or decimal; either will do
    return verdict


def _same_with_log(a: Node, b: Node, points: int, log_base: int) -> bool | None:
    seen = False
    for point in range(points):
        verdict = _same_at(a, b, point, log_base, last=point == POINTS - 1 and seen)
        if verdict is False:
            return False
        seen = seen or verdict is True
    return True if seen else None


def _same_at(a: Node, b: Node, point: int, log_base: int, *, last: bool) -> bool | None:
    context = context_of()
    try:
        left, right = digits(a, point, context, log_base), digits(b, point, context, log_base)
    except TooLarge:
        raise
    except (ArithmeticError, Unreadable):
        return None
    if last and (context.im(left) != 0 or context.im(right) != 0):
        return None
    if max(abs(left), abs(right)) > 1e-25 and abs(left - right) > 1e-30 * max(abs(left), abs(right)):
        return False
    if max(abs(left), abs(right)) > 1e-25:
        return True
    left, right = (_unless_noise(node, point, log_base) for node in (a, b))
    return bool(abs(left - right) <= 1e-30 * max(abs(left), abs(right)))


def _unless_noise(node: Node, point: int, log_base: int) -> Any:
    """A tiny value, or 0 where it is what rounding left of 0: noise changes with the number of digits kept."""
    value, finer = (digits(node, point, context_of(places), log_base) for places in (200, 300))
    return finer if abs(value - finer) <= 1e-30 * abs(finer) else 0


def close(a: Any, b: Any, context: Any, *, absolute: bool = False) -> bool:
    """Whether two numbers agree to 30 digits."""
    scale = max(abs(a), abs(b), 1) if absolute else max(abs(a), abs(b))
    return bool(abs(a - b) <= context.mpf("1e-30") * scale)


def _uses_plain_log(node: Node) -> bool:
    if isinstance(node, Apply) and node.op == "log" and len(node.args) == 1:
        return True
    return any(_uses_plain_log(child) for child in children(node))
