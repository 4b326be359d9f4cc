"""In how many ways: `C_n^k`, `P(8, 5)`, `{}_nC_2`."""

from __future__ import annotations

import re

from rewards.mathematics.tree import Apply, Bracket, Name, Node, Num

_UPPER = re.compile(r"[nm](?:[+-]\d{1,3})?")


def chosen(letter: str, upper: Node, lower: Node) -> Node:
    """How many ways: `C` without, `P` or `A` with regard to order."""
    if letter == "C":
        return Apply("binom", (upper, lower))
    rest = Apply("+", (upper, Apply("neg", (lower,))))
    return Apply("/", (Apply("!", (upper,)), Apply("!", (rest,))))


def combinations(base: Node, lower: Node) -> Node | None:
    """`C_n^k`, `C(n, k)` and `A_n^k` as the numbers they count, or None for any other power or call."""
    if not isinstance(base, Name):
        return None
    letter, _, below = base.name.partition("_")
    if isinstance(lower, Bracket) and base.name in ("C", "P") and (lower.left, lower.right) == ("(", ")"):
        return chosen(base.name, *lower.items) if _count(base.name, lower.items) else None
    if letter not in ("C", "A") or not isinstance(lower, Num | Name):
        return None
    if below.isdigit() and isinstance(lower, Num) and isinstance(lower.value, int) and lower.value <= int(below) > 2:
        upper: Node = Num(int(below))
    elif _UPPER.fullmatch(below):  # n, n-1, m+2
        upper = Name(below[0]) if len(below) == 1 else Apply("+", (Name(below[0]), Num(int(below[1:]))))
    else:
        return None
    return chosen(letter, upper, lower)


def _count(letter: str, items: tuple[Node, ...]) -> bool:
    """Whether `C(n, k)` or `P(8, 5)` counts ways; `P(3, -2)` and `P(2, 3)` are points."""
    sizes = [item.value for item in items if isinstance(item, Num)]
    return len(items) == 2 and ((letter == "C" and len(sizes) < 2) or (len(sizes) == 2 and sizes[0] >= sizes[1] >= 0))
