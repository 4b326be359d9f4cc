"""What an infinite sum or product, or an integral, comes to: by extrapolation, where more digits say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rewards.mathematics.tree import Unreadable

_METHODS = {"+": "nsum", "*": "nprod", "int": "quad"}


def total(op: str, term: Callable[[Any, Any], Any], ends: Sequence[Any], contexts: Sequence[Any]) -> Any:
    """The sum, product or integral of term(place, context) between two ends.

    contexts: arithmetics of growing precision; each must confirm the one before. Raises Unreadable where they do not.
    """
    if op != "int" and not _fades(lambda k: term(ends[0] + k, contexts[0]) - (op == "*")):
        raise Unreadable("a series whose terms do not fade")
    found: list[Any] = []
    for context in contexts:
        options = {} if op == "int" else {"method": "r+s", "maxterms": 4 * context.dps}
        try:
            value = getattr(context, _METHODS[op])(lambda place, context=context: term(place, context), ends, **options)
        except (ArithmeticError, ValueError, TypeError, RuntimeError) as error:
            raise Unreadable("a series that has no value") from error
        if found and abs(value - found[-1]) > 10.0 ** (-10 * len(found)) * abs(value):
            raise Unreadable("a series that does not settle")
        found.append(value)
    return found[-1]


def _fades(distance: Callable[[int], Any]) -> bool:
    """Whether terms get small, so that there is something to extrapolate: -1 + 1 - 1 ... is no number."""
    early, late = abs(distance(100)), abs(distance(10_000))
    return bool(late <= early / 2 and late <= 0.1)
