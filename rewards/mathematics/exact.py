"""Tree -> exact number, with every variable at a fixed point.

Two expressions are the same function when they agree at a few fixed, unremarkable points (the test of Schwartz and
Zippel). `pi` and `e` are treated like variables: they are transcendental, so an identity of polynomials in them that
holds at all is an identity of polynomials. Whatever depends on their size or sign (absolute values, roots, rounding)
and every function without exact values is Inexact here, and computed to many digits by `rewards.mathematics.digits`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, gcd, lcm
from typing import Any
from zlib import crc32

from rewards.mathematics.surds import Inexact, Number, Surd, check_size, divide, power, root
from rewards.mathematics.traversal import arguments_of, function_called, names_in, variables_in
from rewards.mathematics.tree import Apply, Name, Node, Num, Series, TooLarge, Unreadable

POINTS = 3
"""Two points with positive variables, one with mixed signs (that tells `x` from `|x|`)."""

_SIZE_MATTERS = frozenset({"pi", "e"})
_MAX_FACTORIAL = 1_000
_SMALL = 1 << 62


def exact(node: Node, point: int) -> Number:
    """The exact value at a point. Raises Inexact, TooLarge, ZeroDivisionError, Unreadable.

    >>> exact(Apply("/", (Num(6), Num(4))), 0)
    Fraction(3, 2)
    """
    if isinstance(node, Num):
        return node.value
    if isinstance(node, Apply):
        return _apply(node, point)
    if isinstance(node, Series):
        raise Inexact("a series")
    if not isinstance(node, Name):
        raise Unreadable(f"{type(node).__name__.lower()} is no number")
    if node.name == "i":
        return Surd({-1: 1})
    if node.name == "infinity":
        raise Unreadable("infinity is no number")
    return value_at(node.name, point)


def _apply(node: Apply, point: int) -> Number:
    op = node.op
    if function := function_called(node):
        value: Number = value_at(function, point)
        for argument in arguments_of(node):
            value = unknown(function, value, exact(argument, point), divide)
        return check_size(value)
    if op in _DEPENDS_ON_SIZE and not _integer_power(node) and names_in(node) & _SIZE_MATTERS:
        raise Inexact("the size of pi or e matters")
    rule = _EXACT.get(op)
    if rule is None:
        rule = _STEPS.get(op)
        if rule is None or variables_in(node):
            raise Inexact(op)  # a variable is a whole number here, which floor(x) and x cannot tell apart
    args = [exact(arg, point) for arg in node.args]
    if op == "^" and not isinstance(node.args[1], Num) and _negative(args[0]) and variables_in(node.args[1]):
        raise Inexact("a sign that depends on a variable")
    value = rule(*args)
    return value if type(value) is int and -_SMALL < value < _SMALL else check_size(value)


@lru_cache(maxsize=4_096)
def value_at(name: str, point: int) -> int:
    """A fixed whole number for a name, the same in every process; the last point has mixed signs."""
    seed = crc32(f"{name}/{point}".encode())
    value = 1_009 + seed % 8_887
    return -value if point == POINTS - 1 and name not in _SIZE_MATTERS and seed & 0x10000 == 0 else value


def unknown(function: str, before: Any, argument: Any, over: Callable[[Any, Any], Any]) -> Any:
    """The value of a function nobody defined: (a*x + b) / (x + c), so that f(a + b) is not f(a) + f(b)."""
    a, b, c = (abs(value_at(f"{function}{part}", 0)) for part in ("(a)", "(b)", "(c)"))
    return over(argument * a + before * b, argument + c)


def _power(base: Number, exponent: Number) -> Number:
    if base == 0 and not isinstance(exponent, Surd) and exponent <= 0:
        raise ZeroDivisionError("0 to a power that is not positive")
    return power(base, exponent)


def _root(number: Number, degree: Number) -> Number:
    if not isinstance(degree, int) or not 1 <= degree <= 64:
        raise Inexact("an unusual root")
    return root(number, degree)


def _whole(number: Number) -> int:
    if isinstance(number, Surd) or number.denominator != 1:
        raise Inexact("not a whole number")
    return int(number)


def _real(number: Number) -> int | Fraction:
    if isinstance(number, Surd):
        raise Inexact("an irrational number")
    return number


def _factorial(number: Number) -> int:
    n = _whole(number)
    if n < 0:
        raise ZeroDivisionError("the factorial of a negative number")
    if n > _MAX_FACTORIAL:
        raise TooLarge("a factorial is too large to compute")
    return factorial(n)


def _binomial(n: Number, k: Number) -> int:
    top, bottom = _whole(n), _whole(k)
    if top < 0 or bottom < 0:
        raise Inexact("a negative binomial")
    if top > _MAX_FACTORIAL and min(bottom, top - bottom) > 100:
        raise TooLarge("a binomial is too large to compute")
    return comb(top, bottom)


def _mod(number: Number, modulus: Number) -> int | Fraction:
    return _real(number) % _real(modulus)


_EXACT: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "call": lambda a, b: a * b,  # `r(r+h)`: the grammar cannot know a function from a product
    "/": divide,
    "neg": lambda a: -a,
    "^": _power,
    "root": _root,
    "percent": lambda a: divide(a, 100),
    "abs": lambda a: abs(_real(a)),
    "!": _factorial,
    "factorial": _factorial,
    "binom": _binomial,
    "max": lambda *args: max(map(_real, args)),
    "min": lambda *args: min(map(_real, args)),
    "gcd": lambda *args: gcd(*map(_whole, args)),
    "lcm": lambda *args: lcm(*map(_whole, args)),
}
_DEPENDS_ON_SIZE = frozenset(
    {"^", "root", "abs", "floor", "ceil", "mod", "max", "min", "!", "factorial", "binom", "gcd", "lcm"}
)


_STEPS: dict[str, Callable[..., Any]] = {
    "floor": lambda a: _real(a).__floor__(),
    "ceil": lambda a: _real(a).__ceil__(),
    "mod": _mod,
}


def _negative(number: Number) -> bool:
    return not isinstance(number, Surd) and number < 0


def _integer_power(node: Apply) -> bool:
    """Whether a power has a whole number written as its exponent, so that the size of its base does not matter."""
    if node.op != "^":
        return False
    exponent = node.args[1]
    if isinstance(exponent, Apply) and exponent.op == "neg":
        exponent = exponent.args[0]
    return isinstance(exponent, Num) and isinstance(exponent.value, int)
