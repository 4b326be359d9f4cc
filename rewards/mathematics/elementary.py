"""Elementary functions to many digits, in an arithmetic of mpmath; a root is real where there is a real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rewards.mathematics.tree import TooLarge, Unreadable

_FADED = "1e-1000000"  # what is far out on the way to infinity, and not 0
_MAX_EXPONENT = 1e9  # of a number, in bits


def _power(context: Any, base: Any, exponent: Any) -> Any:
    if base == 0:
        if exponent.real <= 0:
            raise ZeroDivisionError("0 to a power that is not positive")
        return base
    bits = abs(exponent) * (abs(context.log(abs(base), 2)) + 5 * (context.im(base) != 0) + (not context.bound))
    if bits > _MAX_EXPONENT:
        if context.bound and context.re(exponent * context.log(abs(base))) < 0:
            return context.mpf(_FADED)
        raise TooLarge("a power is too large to compute")
    if context.im(base) == 0 and context.re(base) < 0 and context.im(exponent) == 0:
        odd = _odd_denominator(context.re(exponent))
        if odd is not None:
            magnitude = context.power(-context.re(base), exponent)
            return -magnitude if odd % 2 else magnitude
    return context.power(base, exponent)


def _odd_denominator(exponent: Any) -> int | None:
    """The numerator of an exponent such as 1/3 whose denominator is odd, or None."""
    for denominator in (1, 3, 5, 7, 9):
        numerator = exponent * denominator
        if abs(numerator - round(numerator)) < 1e-40:
            return int(numerator + (0.5 if numerator > 0 else -0.5))
    return None


def _root(context: Any, number: Any, degree: Any) -> Any:
    return _power(context, number, 1 / degree) if number != 0 else number


def _exp(context: Any, number: Any) -> Any:
    if abs(number) > _MAX_EXPONENT:
        if context.bound and context.re(number) < 0:
            return context.mpf(_FADED)
        raise TooLarge("an exponential is too large to compute")
    return context.exp(number)


def _trigonometric(name: str) -> Callable[..., Any]:
    def rule(context: Any, number: Any) -> Any:
        if abs(number) > 1e30 and not name.startswith("a"):
            raise TooLarge("an angle is too large to compute")
        return getattr(context, name)(number)

    return rule


def _factorial(context: Any, number: Any) -> Any:
    if abs(number) > 1e6:
        raise TooLarge("a factorial is too large to compute")
    return context.gamma(number + 1)


def _zeta(context: Any, number: Any) -> Any:
    if abs(number) > 1e3:
        raise TooLarge("a zeta function too far out to compute")
    return context.zeta(number)


def _binomial(context: Any, n: Any, k: Any) -> Any:
    if max(abs(n), abs(k)) > 1e6:
        raise TooLarge("a binomial is too large to compute")
    return context.binomial(n, k)


def _log(context: Any, number: Any, base: Any = None) -> Any:
    if number == 0:
        raise ZeroDivisionError("the logarithm of 0")
    return context.log(number) if base is None else context.log(number) / context.log(base)


def _round(name: str) -> Callable[..., Any]:
    def rule(context: Any, number: Any) -> Any:
        if context.im(number) != 0:
            raise Unreadable("rounding a complex number")
        nearest = context.nint(number)
        if abs(number - nearest) < 1e-35:
            return nearest
        return getattr(context, name)(number)

    return rule


def _real_digits(context: Any, number: Any) -> Any:
    if context.im(number) != 0:
        raise Unreadable("ordering complex numbers")
    return context.re(number)


def _divide(_: Any, a: Any, b: Any) -> Any:
    if b == 0:
        raise ZeroDivisionError("division by 0")
    return a / b


RULES: dict[str, Callable[..., Any]] = {
    "+": lambda _, a, b: a + b,
    "*": lambda _, a, b: a * b,
    "call": lambda _, a, b: a * b,
    "/": _divide,
    "neg": lambda _, a: -a,
    "^": _power,
    "root": _root,
    "percent": lambda _, a: a / 100,
    "degree": lambda c, a: a * c.pi / 180,
    "abs": lambda _, a: abs(a),
    "floor": _round("floor"),
    "ceil": _round("ceil"),
    "!": _factorial,
    "factorial": _factorial,
    "binom": _binomial,
    "overline": lambda c, a: c.conj(a),
    "max": lambda c, *args: max(_real_digits(c, a) for a in args),
    "min": lambda c, *args: min(_real_digits(c, a) for a in args),
    "gamma": lambda c, a: _factorial(c, a - 1),
    "zeta": _zeta,
    "exp": _exp,
    "ln": _log,
    "log": _log,
    "log10": lambda c, a: _log(c, a, c.mpf(10)),
}
RULES |= {
    "arccot": lambda c, a: c.atan(1 / a) if a else c.pi / 2,
    "arcsec": lambda c, a: c.acos(_divide(c, 1, a)),
    "arccsc": lambda c, a: c.asin(_divide(c, 1, a)),
}
RULES |= {
    name: _trigonometric(mpmath_name)
    for name, mpmath_name in {
        "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "sinh": "sinh",
        "cosh": "cosh", "tanh": "tanh", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
        "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    }.items()
}  # fmt: skip
