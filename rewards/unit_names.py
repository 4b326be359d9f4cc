"""Names of units: what each is in SI, after pint's table, without pint's parser.

Where a name has several meanings, all are given: `lb` is a mass or a force, `C` a coulomb or a degree Celsius.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from itertools import product
from typing import Any

from rewards.base import RewardError
from rewards.figures import EXACT

TWO_PI = Decimal("6.283185307179586476925286766559")

Dims = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """value in SI = value * factor + offset.

    dims: exponents of the base dimensions, sorted. rotation: 1 for each `rad`, `degree`, `rev` in it; cycles: for each
    `Hz`: both are dimensionless, but 10 Hz are not 10 rad/s. nouns: words that are no unit ("apples", "molecule").
    symbols: how many units were named, so that "5" and "5 rad" differ.
    """

    factor: Decimal = Decimal(1)
    dims: Dims = ()
    offset: Decimal = Decimal(0)
    rotation: Fraction = Fraction(0)
    cycles: Fraction = Fraction(0)
    nouns: frozenset[str] = frozenset()
    symbols: int = 0

    def power(self, exponent: Fraction) -> Unit:
        """This unit to a power; temperatures become differences."""
        if exponent == 1:
            return self
        factor = EXACT.power(self.factor, EXACT.divide(Decimal(exponent.numerator), Decimal(exponent.denominator)))
        dims = tuple((name, size * exponent) for name, size in self.dims if exponent)
        return replace(
            self,
            factor=factor,
            dims=dims,
            offset=Decimal(0),
            rotation=self.rotation * exponent,
            cycles=self.cycles * exponent,
        )

    def times(self, other: Unit) -> Unit:
        """The product; temperatures become differences."""
        if not self.symbols or not other.symbols:
            return other if not self.symbols else self
        dims = dict(self.dims)
        for name, size in other.dims:
            dims[name] = dims.get(name, Fraction(0)) + size
        return Unit(
            EXACT.multiply(self.factor, other.factor),
            tuple(sorted((name, size) for name, size in dims.items() if size)),
            Decimal(0),
            self.rotation + other.rotation,
            self.cycles + other.cycles,
            self.nouns | other.nouns,
            self.symbols + other.symbols,
        )


PREFERRED = {  # names that pint does not know, or reads otherwise than science does
    "AU": ("astronomical_unit",), "Torr": ("torr",), "rev": ("turn",), "revolution": ("turn",), "cycle": ("turn",),
    "Cal": ("kilocalorie",), "Calorie": ("kilocalorie",), "kph": ("kilometer_per_hour",),
    "kmph": ("kilometer_per_hour",), "kmh": ("kilometer_per_hour",), "mcg": ("microgram",), "Kg": ("kilogram",),
    "KG": ("kilogram",), "Km": ("kilometer",), "KM": ("kilometer",), "Mev": ("megaelectron_volt",), "amp": ("ampere",),
    "mol": ("mole",),
    "C": ("coulomb", "degC"), "F": ("farad", "degF"), "°C": ("degC",), "°F": ("degF",), "°K": ("kelvin",),
    "°R": ("degR",), "°": ("degree",), "deg": ("degree",), "g": ("gram", "standard_gravity"),
    "lb": ("pound", "force_pound"), "lbs": ("pound", "force_pound"), "pound": ("pound", "force_pound"),
    "pounds": ("pound", "force_pound"), "oz": ("ounce", "fluid_ounce"), "ounce": ("ounce", "fluid_ounce"),
    "ounces": ("ounce", "fluid_ounce"), "ton": ("ton", "metric_ton"), "tons": ("ton", "metric_ton"),
    "'": ("foot", "arcminute"), '"': ("inch", "arcsecond"), "A": ("ampere", "angstrom"), "a": ("year",),
    "sec": ("second",), "hr": ("hour",), "yr": ("year",), "min": ("minute",), "msec": ("millisecond",),
    "c": ("speed_of_light",), "celsius": ("degC",), "fahrenheit": ("degF",), "centigrade": ("degC",),
}  # fmt: skip
MONEY = {
    "$": ("USD", 1), "dollar": ("USD", 1), "usd": ("USD", 1), "buck": ("USD", 1), "cent": ("USD", "0.01"),
    "¢": ("USD", "0.01"), "€": ("EUR", 1), "euro": ("EUR", 1), "eur": ("EUR", 1), "£": ("GBP", 1), "gbp": ("GBP", 1),
    "¥": ("JPY/CNY", 1), "yen": ("JPY/CNY", 1), "yuan": ("JPY/CNY", 1), "rupee": ("INR", 1), "₹": ("INR", 1),
}  # fmt: skip
CGS = {"gauss": ("tesla", Decimal("1e-4")), "maxwell": ("weber", Decimal("1e-8"))}
"""Units to which pint gives a dimension of their own, apart from the SI."""
ROTATION = frozenset(("radian", "degree", "turn", "arcminute", "arcsecond", "grade", "revolutions_per_minute"))
CYCLES = frozenset(("hertz",))
COUNTED = frozenset(("molecule", "particle", "count", "atom", "ion"))  # nouns, here


def singular(word: str) -> str:
    """A noun without its plural ending, roughly: both sides of a comparison are treated alike.

    >>> singular("Boxes"), singular("glass"), singular("berries")
    ('box', 'glass', 'berry')
    """
    word = word.lower()
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word.removesuffix("s") if not word.endswith("ss") else word


@lru_cache(maxsize=4_096)
def lookup(name: str) -> tuple[Unit, ...]:
    """Every unit of this name; none for a word that names no unit.

    >>> lookup("kJ")[0].factor
    Decimal('1000.0')
    >>> lookup("Joules") == lookup("joule"), lookup("apples")
    (True, ())
    """
    if len(name) > 32:
        return ()
    if money := MONEY.get(singular(name)):
        return (Unit(Decimal(str(money[1])), ((money[0], Fraction(1)),), symbols=1),)
    if name.lower() in CGS:
        base, factor = CGS[name.lower()]
        return tuple(replace(unit, factor=EXACT.multiply(unit.factor, factor)) for unit in lookup(base))
    for spelling in (name, singular(name) if len(name) > 3 else name, name.lower() if len(name) > 3 else name):
        preferred = PREFERRED.get(spelling)
        if preferred is not None:
            return tuple(unit for full in preferred if (unit := _of_pint(full)) is not None)
        if unit := _of_pint(spelling):
            return (unit,)
    variants = {unit for other in _cases(name) if (unit := _of_pint(other)) is not None}
    if len(variants) == 1:
        return tuple(variants)
    return ()


def _cases(name: str) -> list[str]:
    """kj, KJ, kPA: the same letters in other cases, for short symbols."""
    if not 2 <= len(name) <= 4 or not name.isascii():
        return []
    return ["".join(letters) for letters in product(*((char.lower(), char.upper()) for char in name))]


def _of_pint(name: str) -> Unit | None:
    """The unit pint lists under this very name, with its prefix; no expression is parsed."""
    if not re.fullmatch(r"[A-Za-zμΩÅ_]+", name) or singular(name) in COUNTED:
        return None
    with LOCK:
        registry = _registry()
        candidates = registry.parse_unit_name(name)
        if not candidates:
            return None
        prefix, base, _ = candidates[0]
        quantity = registry.Quantity(1, prefix + base)
        offset = Decimal(0)
        if base in ("degree_Celsius", "degree_Fahrenheit") and not prefix:
            zero, one = (float(registry.Quantity(value, base).to_base_units().magnitude) for value in (0.0, 1.0))
            factor, offset = _ratio(one - zero), _ratio(zero)  # 5/9, 273.15: exact behind their floats
        elif not quantity._is_multiplicative:  # noqa: SLF001  decibel and other logarithms compare as words
            return Unit(nouns=frozenset((base,)), symbols=1)
        else:
            factor = Decimal(repr(float(quantity.to_base_units().magnitude)))
        dims = tuple(
            sorted((dim, Fraction(size).limit_denominator(12)) for dim, size in quantity.dimensionality.items())
        )
    rotation, cycles = Fraction(base in ROTATION), Fraction(base in CYCLES)
    return Unit(factor, dims, offset, rotation, cycles, symbols=1)


def _ratio(value: float) -> Decimal:
    ratio = Fraction(value).limit_denominator(10_000)
    return EXACT.divide(Decimal(ratio.numerator), Decimal(ratio.denominator))


LOCK = threading.RLock()  # pint fills its caches while it answers


@cache
def _registry() -> Any:
    try:
        from pint import UnitRegistry
    except ImportError as error:
        raise RewardError("rewards.units needs pint: pip install pint") from error
    return UnitRegistry(cache_folder=None)
