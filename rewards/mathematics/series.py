r"""Sums, products, integrals and limits: term by term, or by digits that more digits confirm.

>>> from rewards.mathematics.tree import Name
>>> series("+", "k", Num(1), Num(3), Name("k")).op, series("+", "k", Num(1), Name("n"), Name("k")).last.name
('+', 'n')
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from rewards.mathematics.exact import exact
from rewards.mathematics.traversal import children, names_in, rebuild, variables_in, with_value
from rewards.mathematics.tree import Apply, Bound, Node, Num, Series, Unreadable

MAX_TERMS = 200
MAX_NODES = 20_000  # of all terms together


def series(op: str, index: str, first: Node, last: Node, term: Node) -> Node:
    """The sum or product, its index replaced by a bound one. Raises Unreadable where there are too many terms."""
    number = _deepest(term) + 1
    return unrolled(Series(op, number, first, last, with_value(term, index, Bound(number))))


def unrolled(node: Node) -> Node:
    """The same tree with every series between whole numbers written out. Raises Unreadable for too many terms."""
    if not isinstance(node, Series) or node.op in ("int", "lim"):
        return rebuild(node, tuple(map(unrolled, children(node)))) if holds_series(node) else node
    first, last = whole(node.first), whole(node.last)
    if first is None or last is None:
        return node
    count = last - first + 1
    if count > MAX_TERMS or count * size_of(node.term) > MAX_NODES:
        raise Unreadable(f"{count} terms in a series, more than {MAX_TERMS} or too large")
    terms = [unrolled(with_index(node.term, node.index, Num(value))) for value in range(first, last + 1)]
    return _joined(node.op, terms) if terms else Num(int(node.op == "*"))


def holds_series(node: Node) -> bool:
    """Whether there is a series in a tree that has not been written out."""
    return isinstance(node, Series) or any(holds_series(child) for child in children(node))


def count_series(node: Node) -> int:
    """How many series there are in a tree."""
    return isinstance(node, Series) + sum(map(count_series, children(node)))


def with_index(node: Node, index: int, value: Node) -> Node:
    """A term with its bound index replaced."""
    if isinstance(node, Bound):
        return value if node.index == index else node
    return rebuild(node, tuple(with_index(child, index, value) for child in children(node)))


def limits_in(node: Node) -> set[str]:
    """The names on which the limits of all series in a tree depend."""
    counts = isinstance(node, Series) and node.op not in ("int", "lim")
    own = variables_in(node.first) | variables_in(node.last) if counts and isinstance(node, Series) else set()
    return own.union(*(limits_in(child) for child in children(node)))


def whole(limit: Node) -> int | None:
    """The whole number that a limit is: `10`, `10^6`, `5 - 1`."""
    if isinstance(limit, Num):
        return limit.value if isinstance(limit.value, int) else None
    if names_in(limit):
        return None
    try:
        value = exact(limit, 0)
    except ArithmeticError as error:
        raise Unreadable(f"a limit that is not computed: {error}") from error
    return int(value) if isinstance(value, int | Fraction) and value.denominator == 1 else None


def _deepest(node: Node) -> int:
    """The highest bound index in a tree, so that an outer one gets its own."""
    own = node.index if isinstance(node, Series | Bound) else 0
    return max([own, *map(_deepest, children(node))])


def size_of(node: Node) -> int:
    """How many nodes a tree has."""
    return 1 + sum(map(size_of, children(node)))


def _joined(op: str, terms: list[Node]) -> Node:
    """The terms under one operation, halved so that the tree stays shallow."""
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return Apply(op, (_joined(op, terms[:middle]), _joined(op, terms[middle:])))


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
