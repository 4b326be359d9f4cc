"""What an infinite sum or product, an integral or a limit comes to: by digits that more digits confirm."""

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


def limit(term: Callable[[Any, Any], Any], place: Any, side: int, context: Any) -> Any:
    """The limit of term(place, context) at a place, from above (1), below (-1) or both sides (0).

    The term is computed so near the place that 30 digits are those of the limit, twice, and at 600 digits, of which the
    differences of near numbers may cost most. Raises Unreadable where the values do not agree.
    """
    far = context.isinf(place)
    found: list[Any] = []
    for way in (1,) if far else (side,) if side else (1, -1):
        for steps in (100, 120):
            near = context.sign(place) * context.mpf(10) ** steps if far else place + way * context.mpf(10) ** -steps
            try:
                found.append(term(near, context))
            except (ArithmeticError, ValueError, TypeError) as error:
                raise Unreadable("a limit that is not computed") from error
    if not all(found):
        raise Unreadable("a limit whose digits are all lost")  # sin(x^1000) - x^1000 near 0
    if any(abs(value - found[0]) > 1e-40 * max(1, abs(found[0])) for value in found):
        raise Unreadable("a limit that does not settle")
    return found[-1] if abs(found[-1]) > 1e-50 else context.mpf(0)


def _fades(distance: Callable[[int], Any]) -> bool:
    """Whether terms get small, so that there is something to extrapolate: -1 + 1 - 1 ... is no number."""
    early, late = abs(distance(100)), abs(distance(10_000))
    return bool(late <= early / 2 and late <= 0.1)
