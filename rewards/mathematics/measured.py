"""Texts that are numbers with units, where the grammar sees products: `5 m`, `1 hour 30 minutes`."""

from __future__ import annotations

import re

from rewards.mathematics.numerals import number
from rewards.mathematics.parser import parse
from rewards.mathematics.quantities import unit_of
from rewards.mathematics.tree import Apply, Node, Num, Quantity, Unreadable
from rewards.mathematics.wording import unmarked

_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-z]+)(?:[\s,]|\\[,; ]|and\b)*")
_SYMBOL = r"\{\s*((?:[A-Za-z]{1,4}(?:\^\{?\d\}?)?[ ]?){1,3})\s*\}"
_UNIT_FRACTION = re.compile(rf"\s*\\[dtc]?frac\s*{_SYMBOL}\s*{_SYMBOL}\s*\Z")
_MAX_QUANTITY = 120
_QUANTITY = re.compile(
    r"([-+]?\d[\d,.\s]*(?:[eE][-+]?\d+|/\s*\d+|(?:\\times|\\cdot|[*x×])\s*10\s*\^\s*\{?-?\d+\}?)?)"
    r"(?:\s|\\[ ,;:!])*([A-Za-zµμΩ°%].*)",
    re.DOTALL,
)


def as_quantity(text: str) -> Quantity | None:
    """The reading of `5 m` as five metres, where the grammar sees a product.

    >>> as_quantity("36 km/h").unit
    'km/h'
    """
    if len(text) > _MAX_QUANTITY:
        return None
    text = text.replace("\\mu ", "μ")
    match = _QUANTITY.fullmatch(_UNIT_FRACTION.sub(r" \1/\2", text) if "frac" in text else text)
    if match is None or unit_of(unmarked(match.group(2))) is None:
        return None
    try:
        return Quantity(parse(match.group(1)), unmarked(match.group(2)))
    except Unreadable:
        return None


def mixed_units(text: str) -> Quantity | None:
    """`1 hour 30 minutes` or `5 ft, 3 in` as one quantity, or None when the parts are no parts of one another."""
    if len(text) > _MAX_QUANTITY:
        return None
    bare = unmarked(text)
    parts = _PART.findall(bare)
    if len(parts) < 2 or _PART.sub("", bare).strip():
        return None
    units = [unit_of(unit) for _, unit in parts]
    total: Node = Num(0)
    for (written, _), unit, larger in zip(parts, units, [None, *units], strict=False):
        if unit is None or units[0] is None or not unit.dims or unit.dims != units[0].dims or unit.offset:
            return None
        value = number(written)
        if larger is not None and value.value * unit.scale >= larger.scale:
            return None
        total = Apply("+", (total, Apply("*", (value, Num(unit.scale / units[0].scale)))))
    return Quantity(total, parts[0][1])
