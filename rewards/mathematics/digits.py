"""Tree -> number to many digits, with every variable at a fixed point: for what has no exact value.

Each thread has its own arithmetic, since mpmath's global precision would be shared between threads.
"""

from __future__ import annotations

import threading
from operator import truediv
from typing import Any

from rewards.mathematics.elementary import RULES
from rewards.mathematics.exact import unknown, value_at
from rewards.mathematics.series import holds_series, limit, size_of, total, whole
from rewards.mathematics.traversal import arguments_of, function_called, names_in
from rewards.mathematics.tree import Apply, Bound, Name, Node, Num, Series, Unreadable

DIGITS = 50
_MAX_TOTALS = 100  # series that are remembered
_NEAR = 600  # digits where a limit is computed near its place
_MAX_TERM = 60  # nodes of the term of an infinite series


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
    if function := function_called(node):
        value = context.mpf(value_at(function, 0))
        for argument in arguments_of(node):
            value = unknown(function, value, digits(argument, point, context, log_base), truediv)
        return value
    args = [digits(arg, point, context, log_base) for arg in node.args]
    if node.op == "log" and len(args) == 1 and log_base:
        args.append(context.mpf(log_base))
    rule = RULES.get(node.op)
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
    if node.op not in ("int", "lim") and (whole(node.first) is None or "infinity" not in names_in(node.last)):
        raise Unreadable("a series without a length")

    def term(place: Any, places: Any) -> Any:
        places.bound[node.index] = places.mpf(place)
        try:
            return digits(node.term, point, places, log_base)
        finally:
            places.bound.clear()

    if node.op == "lim":
        near = context_of(_NEAR)
        return limit(term, _end(node.first, point, near, log_base), int(digits(node.last, point, near)), near)
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
