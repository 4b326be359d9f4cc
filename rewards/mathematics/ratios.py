"""`1:2:3`, and times of day written like ratios."""

from __future__ import annotations

from math import gcd

from rewards.mathematics.equality import same
from rewards.mathematics.tree import Apply, Node, Num, Ratio, all_of


def same_ratio(gold: Node, pred: Node) -> bool | None:
    """Two ratios up to a common factor, or a ratio of two terms and its quotient."""
    left = gold.items if isinstance(gold, Ratio) else None
    right = pred.items if isinstance(pred, Ratio) else None
    if left is not None and right is not None:
        if len(left) != len(right):
            return False
        if _is_clock(left) or any(isinstance(term, Num) and term.value == 0 for term in (*left, *right)):
            return all_of(same(a, b) for a, b in zip(left, right, strict=True))
        return all_of(same(_product(left[0], b), _product(a, right[0])) for a, b in zip(left, right, strict=True))
    terms = left if left is not None else right
    other = pred if left is not None else gold
    if terms is None or len(terms) != 2:
        return False
    return same(Apply("/", (terms[0], terms[1])), other)


def _is_clock(terms: tuple[Node, ...]) -> bool:
    """Whether `2:30` is a time of day rather than a ratio, which would have been written 1:15."""
    hours, minutes = (term.value if isinstance(term, Num) else 0 for term in (terms[0], terms[-1]))
    if len(terms) != 2 or not (isinstance(hours, int) and isinstance(minutes, int)):
        return False
    return 1 <= hours <= 24 and 10 <= minutes < 60 and gcd(hours, minutes) > 1


def _product(a: Node, b: Node) -> Node:
    return Apply("*", (a, b))
