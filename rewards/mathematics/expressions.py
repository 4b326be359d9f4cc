"""Whether two expressions are the same answer, beyond plain equality: antiderivatives, classes, rounded golds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations

from rewards.mathematics.digits import context_of, digits
from rewards.mathematics.equality import same, same_up_to_constant
from rewards.mathematics.exact import exact
from rewards.mathematics.surds import Inexact
from rewards.mathematics.traversal import names_in, renamed_in, variables_in
from rewards.mathematics.tree import SETS, Apply, Name, Node, Num, Relation, Unreadable

_LETTERS = frozenset("ABDab")  # other names of constants of integration
_WHOLE = frozenset("kmn")
CONSTANTS_OF_INTEGRATION = frozenset({"C", "K", "C_0", "C_1", "C_2", "C_3", "c_1", "c_2", "c_3"})
_SMALL = frozenset("ck")  # constants too, and quantities as often: `mx + c`, `kQ/r`
_CAPITALS = frozenset("ABD")
_POOLS = (
    (CONSTANTS_OF_INTEGRATION, CONSTANTS_OF_INTEGRATION | _SMALL | _LETTERS),
    (frozenset("c"), frozenset("C")),
    (_CAPITALS, CONSTANTS_OF_INTEGRATION),
    (_WHOLE, _WHOLE),
)
_OF_FUNCTIONS = (CONSTANTS_OF_INTEGRATION | _SMALL, CONSTANTS_OF_INTEGRATION | _SMALL | _LETTERS)  # f(x) = cx
_RENAMED = frozenset().union(_SMALL, *(pool for pool, _ in _POOLS))


def equal_expression(gold: Node, pred: Node) -> bool | None:
    """Two expressions: equal, or antiderivatives with a constant, or an exact value of a rounded gold."""
    if isinstance(gold, Num) and isinstance(pred, Num):
        return gold.value == pred.value or rounds_to(gold, pred)
    modulus = _equal_modulus(gold, pred)
    if modulus is not None:
        return modulus
    if (isinstance(gold, Name) and gold.name in SETS) or (isinstance(pred, Name) and pred.name in SETS):
        return isinstance(gold, Name) and isinstance(pred, Name) and gold.name == pred.name
    ours = _without_constant(gold)
    theirs = _without_constant(pred) if ours is not None else None
    if ours is not None and theirs is not None:
        small = ours[1] in _SMALL and ours[1].upper() != theirs[1].upper()  # mx + c is no mx + k
        return same(gold, pred) if small else same_up_to_constant(ours[0], theirs[0])
    verdict = same(gold, pred)
    if verdict is False and not isinstance(gold, Num):
        return any(same(gold, renamed) for renamed in with_constants_of(gold, pred))
    if verdict is False and isinstance(gold, Num) and rounds_to(gold, pred):
        return True
    return verdict


def with_constants_of(gold: Node, pred: Node) -> Iterator[Node]:
    """The prediction with its free constants named as in the gold, in every order: `Ke^{2x}` is `Ce^{2x}`.

    Free are constants of integration beside a variable, and the whole number of a periodic solution (`k pi`).
    """
    ours = variables_in(gold)
    if ours.isdisjoint(_RENAMED):
        return
    theirs = variables_in(pred)
    defines = isinstance(gold, Relation) and isinstance(gold.sides[0], Apply) and gold.sides[0].op == "call"
    for pool, other in (_OF_FUNCTIONS, *_POOLS) if defines else _POOLS:
        wanted, found = sorted(ours & pool), sorted((theirs - ours) & other | theirs & pool)
        same_rest = bool(wanted) and len(wanted) == len(found) <= 3 and ours - set(wanted) == theirs - set(found)
        beside = bool(ours - set(wanted)) and not any(name[0].isupper() for name in ours - set(wanted))  # C V is no C x
        if pool is _WHOLE:  # 6k + 1 is 6n + 1, but a^n is no a^m
            beside = "pi" in names_in(gold) or (wanted == ["k"] and not beside)
        if same_rest and beside:
            for order in permutations(wanted):
                yield _renamed(pred, dict(zip(found, order, strict=True)))
            return


def _renamed(node: Node, names: dict[str, str]) -> Node:
    for old in names:
        node = renamed_in(node, old, f"{old} before")
    for old, new in names.items():
        node = renamed_in(node, f"{old} before", new)
    return node


def rounds_to(gold: Num, pred: Node) -> bool:
    """Whether a decimal gold is this value, rounded.

    A gold counts as rounded when it is written with a decimal point and at least 4 significant digits, and the
    prediction is exact: a fraction, a root, a multiple of pi. 0.3333 accepts 1/3 and 3.1416 accepts pi, but neither
    accepts another decimal; 0.5 accepts nothing but 0.5, and 3.14 is not pi.

    >>> rounds_to(Num(Fraction("0.3333"), 4), Num(Fraction(1, 3)))
    True
    >>> rounds_to(Num(Fraction("3.14"), 2), Name("pi"))
    False
    """
    if gold.places < 1 or abs(Fraction(gold.value)) < Fraction(1000, 10**gold.places) or variables_in(pred):
        return False
    if isinstance(pred, Num) and (pred.places >= 0 or pred.value.denominator == 1):
        return False
    try:
        value = exact(pred, 0) if not names_in(pred) else None
    except (Inexact, ArithmeticError, Unreadable):
        value = None
    half = Fraction(1, 2 * 10**gold.places)
    if isinstance(value, int | Fraction):
        return abs(Fraction(value) - gold.value) <= half
    try:
        context = context_of()
        many = digits(pred, 0, context)
        return bool(context.im(many) == 0 and abs(many - digits(gold, 0, context)) <= digits(Num(half), 0, context))
    except (ArithmeticError, Unreadable):
        return False


def within(gold: Node, pred: Node, tolerance: float) -> bool:
    """Whether two constants differ by at most `tolerance` times the gold."""
    if variables_in(gold) or variables_in(pred):
        return False
    try:
        context = context_of()
        a, b = digits(gold, 0, context), digits(pred, 0, context)
        return bool(abs(a - b) <= tolerance * abs(a))
    except (ArithmeticError, Unreadable):
        return False


def _equal_modulus(gold: Node, pred: Node) -> bool | None:
    """`3 mod 5` and `8 mod 5` are one class; None when these are no classes of one modulus."""
    if not (isinstance(gold, Apply) and isinstance(pred, Apply) and gold.op == pred.op == "mod"):
        return None
    return same(gold.args[1], pred.args[1]) and same(gold, pred)


def _without_constant(node: Node) -> tuple[Node, str] | None:
    """The antiderivative without its `+ C`, and the name of that; None when it has none."""
    if not (isinstance(node, Apply) and node.op == "+"):
        return None
    left, right = node.args
    for constant, rest in ((right, left), (left, right)):
        if isinstance(constant, Name) and constant.name in CONSTANTS_OF_INTEGRATION | _SMALL:
            free = variables_in(rest)
            if free and constant.name not in free:
                return rest, constant.name
    inner = _without_constant(left)
    return None if inner is None else (Apply("+", (inner[0], right)), inner[1])
