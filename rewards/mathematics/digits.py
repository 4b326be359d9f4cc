"""Tree -> number to many digits, with every variable at a fixed point: for what has no exact value.

Each thread has its own arithmetic, since mpmath's global precision would be shared between threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rewards.mathematics.exact import value_at
from rewards.mathematics.series import holds_series, size_of, whole
from rewards.mathematics.totals import total
from rewards.mathematics.tree import Apply, Bound, Name, Node, Num, Series, TooLarge, Unreadable, names_in

DIGITS = 50
_MAX_TOTALS = 100  # series that are remembered
_MAX_TERM = 60  # nodes of the term of an infinite series
_MAX_EXPONENT = 1e9  # of a number, in bits


def digits(node: Node, point: int, context: Any, log_base: int = 0) -> Any:
    """The value to the context's digits at a point. Raises TooLarge, ZeroDivisionError, Unreadable."""
    if isinstance(node, Num):
        return context.mpf(node.value.numerator) / node.value.denominator
    if isinstance(node, Name):
        return _name(node.name, point, context)
    if isinstance(node, Bound):
        return context.bound[node.index]
    if isinstance(node, Series):
        return _series(node, point, context, log_base)
    if not isinstance(node, Apply):
        raise Unreadable(f"{type(node).__name__.lower()} is no number")
    args = [digits(arg, point, context, log_base) for arg in node.args]
    if node.op == "log" and len(args) == 1 and log_base:
        args.append(context.mpf(log_base))
    rule = _DIGITS.get(node.op)
    if rule is None:
        raise Unreadable(f"'{node.op}' is not computed")
    try:
        value = rule(context, *args)
    except (ValueError, TypeError, OverflowError) as error:
        raise Unreadable(f"'{node.op}' has no value here") from error
    if not context.isfinite(value):
        raise ZeroDivisionError(node.op)
    return value


def _series(node: Series, point: int, context: Any, log_base: int) -> Any:
    """An infinite sum or product, or an integral; computed once, since each part of a list is compared with all."""
    key = (node, point, log_base)
    if key not in context.totals:
        if len(context.totals) >= _MAX_TOTALS:
            context.totals.clear()
        try:
            context.totals[key] = _total(node, point, context, log_base)
        except (Unreadable, ArithmeticError) as error:
            context.totals[key] = error
    value = context.totals[key]
    if isinstance(value, Exception):
        raise value
    return value


def _total(node: Series, point: int, context: Any, log_base: int) -> Any:
    if size_of(node.term) > _MAX_TERM or holds_series(node.term):
        raise Unreadable("a series that is not computed")
    if node.op != "int" and (whole(node.first) is None or "infinity" not in names_in(node.last)):
        raise Unreadable("a series without a length")

    def term(place: Any, places: Any) -> Any:
        places.bound[node.index] = places.mpf(place)
        try:
            return digits(node.term, point, places, log_base)
        finally:
            places.bound.clear()

    ends = [_end(end, point, context, log_base) for end in (node.first, node.last)]
    return total(node.op, term, ends, (context_of(16), context_of(32), context))


def _end(end: Node, point: int, context: Any, log_base: int) -> Any:
    if "infinity" in names_in(end):
        return context.inf if isinstance(end, Name) else -context.inf
    return digits(end, point, context, log_base)


_local = threading.local()


def context_of(places: int = DIGITS) -> Any:
    """This thread's arithmetic with so many digits."""
    contexts: dict[int, Any] = _local.__dict__.setdefault("contexts", {})
    if places not in contexts:
        from mpmath.ctx_mp import MPContext

        contexts[places] = MPContext()
        contexts[places].dps = places
        contexts[places].bound = {}  # what the indices of series stand for
        contexts[places].totals = {}  # what series came to
    return contexts[places]


def as_float(node: Node) -> float | None:
    """The real value of a constant, for ordering, or None when it has none."""
    if isinstance(node, Num):
        try:
            return float(node.value)
        except OverflowError:
            return None
    if names_in(node) - {"pi", "e", "i"}:
        return None
    try:
        value = digits(node, 0, context_of())
    except (ArithmeticError, ValueError):
        return None
    if abs(value.imag) > abs(value.real) * 1e-30 + 1e-40:
        return None
    try:
        return float(value.real)
    except OverflowError:
        return None


def _name(name: str, point: int, context: Any) -> Any:
    if name == "pi":
        return +context.pi
    if name == "e":
        return +context.e
    if name == "i":
        return context.mpc(0, 1)
    if name == "infinity":
        raise Unreadable("infinity is no number")
    value = value_at(name, point)
    return context.mpf(value) / 4_001  # small, so that powers and exponentials stay small


def _power(context: Any, base: Any, exponent: Any) -> Any:
    if base == 0:
        if exponent.real <= 0:
            raise ZeroDivisionError("0 to a power that is not positive")
        return base
    bits = abs(exponent) * (abs(context.log(abs(base), 2)) + 5 * (context.im(base) != 0) + 1)
    if bits > _MAX_EXPONENT:
        if context.bound and context.re(exponent * context.log(abs(base))) < 0:
            return context.mpf(0)  # far out in an integral to infinity
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
            return context.mpf(0)
        raise TooLarge("an exponential is too large to compute")
    return context.exp(number)


def _trigonometric(name: str) -> Callable[..., Any]:
    def rule(context: Any, number: Any) -> Any:
        if abs(number) > 1e30:
            raise TooLarge("an angle is too large to compute")
        return getattr(context, name)(number)

    return rule


def _factorial(context: Any, number: Any) -> Any:
    if abs(number) > 1e6:
        raise TooLarge("a factorial is too large to compute")
    return context.gamma(number + 1)


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


_DIGITS: dict[str, Callable[..., Any]] = {
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
    "exp": _exp,
    "ln": _log,
    "log": _log,
    "log10": lambda c, a: _log(c, a, c.mpf(10)),
}
_DIGITS |= {
    "arccot": lambda c, a: c.atan(1 / a) if a else c.pi / 2,
    "arcsec": lambda c, a: c.acos(_divide(c, 1, a)),
    "arccsc": lambda c, a: c.asin(_divide(c, 1, a)),
}
_DIGITS |= {
    name: _trigonometric(mpmath_name)
    for name, mpmath_name in {
        "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "sinh": "sinh",
        "cosh": "cosh", "tanh": "tanh", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
        "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
    }.items()
}  # fmt: skip
