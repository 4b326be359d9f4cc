"""Unit expressions: "kJ mol^(-1)", "miles per hour", "ft-lb" -> a factor to SI and a dimension.

The grammar is our own: names, products, `/`, powers, brackets. Each NAME is looked up in pint's table of units; no text
ever reaches pint's parser, which evaluates arithmetic. Limits: MAX_TOKENS tokens, MAX_DEPTH brackets, powers to
MAX_POWER.

Where writing is ambiguous, all readings are given: `J/mol K` is J/(mol K) or (J/mol) K, `lb` a mass or a force, `C`
a coulomb or a degree Celsius.
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

MAX_TOKENS, MAX_DEPTH, MAX_POWER, MAX_READINGS = 32, 4, 12, 16
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
SYMBOLS = frozenset("m s g kg N J K mol Pa W V A C T Hz cm mm km h kJ nm L dm kPa eV F lb ft".split())  # noqa: SIM905
PROSE = {  # words after which no unit stands, most of them units or prefixes of units themselves
    "a", "an", "the", "in", "at", "to", "as", "is", "us", "are", "of", "on", "or", "and", "for", "from", "by", "with",
    "when", "if", "was", "per", "it", "so", "be", "we", "he", "i", "hand", "point",
}  # fmt: skip
COUNTED = frozenset(("molecule", "particle", "count", "atom", "ion"))  # nouns, here
POWER_WORDS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "squared": 2, "cubed": 3}

TOKEN = re.compile(
    r"\s*(?:(?P<name>°\s?[CFKR](?![A-Za-z])|μ\s+[A-Za-zΩ]+|[A-Za-zμΩÅ]+|[°$€£¥₹¢'\"])"
    r"|\^\s*(?P<power>[+-]?\d{1,2}|\(\s*[+-]?\s?\d{1,2}(?:/\d{1,2}|\.\d{1,2})?\s*\))"
    r"|(?P<digits>(?<=[A-Za-zμΩÅ])[+-]?\d(?![\d.,]))"
    r"|(?P<op>[*/()]|(?<=[A-Za-z])[.-](?=[A-Za-z])))"
)


def read_unit(text: str) -> tuple[list[Unit], str]:
    """Every reading of the unit a plain text (`rewards.figures.plain`) starts with, and the rest of the text.

    No unit gives one empty `Unit`.

    >>> units, rest = read_unit("km/h downhill")
    >>> round(units[0].factor, 4), dict(units[0].dims) == {"[length]": 1, "[time]": -1}, rest
    (Decimal('0.2778'), True, 'downhill')
    >>> read_unit("apples")[0][0].nouns
    frozenset({'apple'})
    """
    units, rest = _read_unit(text)
    return list(units), rest


@lru_cache(maxsize=2_048)
def _read_unit(text: str) -> tuple[tuple[Unit, ...], str]:
    text = re.sub(r"\A1\s*(?=/)", "", text)  # 1/s
    tokens, ends = _tokens(text)
    best: tuple[list[Unit], int] = ([Unit()], 0)
    for greedy in (True, False):  # whether a slash takes all that follows into the denominator
        parser = _Parser(tokens, greedy)
        units = parser.product(0)
        if parser.place > best[1]:
            best = (units, parser.place)
        elif parser.place == best[1]:
            best[0].extend(unit for unit in units if unit not in best[0])
    units, place = best
    return tuple(units[:MAX_READINGS]), text[ends[place - 1] if place else 0 :].strip()


def _tokens(text: str) -> tuple[list[tuple[str, str]], list[int]]:
    """(kind, value) of each token, and where each ends."""
    tokens: list[tuple[str, str]] = []
    ends: list[int] = []
    position = 0
    while len(tokens) < MAX_TOKENS and (match := TOKEN.match(text, position)):
        kind = match.lastgroup or ""
        value = re.sub(r"[\s()]", "", match[kind]) if kind != "op" else match[kind]
        if kind == "op" and value in ".-":
            value = "*"
        if kind == "name" and value == "per":
            kind, value = "op", "/"
        position = match.end()
        split = _written_together(value) if kind == "name" else ()
        if split:
            tokens.extend((("name", split[0]), ("op", "*")))
            ends.extend((position, position))
            value = split[1]
        tokens.append(("power", value) if kind == "digits" else (kind, value))
        ends.append(position)
    return tokens, ends


def _written_together(name: str) -> tuple[str, ...]:
    """JK, Jmol, Nm: two symbols without a space; an exponent belongs to the second."""
    if len(name) > 6 or (lookup(name) and name != "Nm"):
        return ()
    cuts = ((name[:cut], name[cut:]) for cut in range(1, len(name)))
    return next((cut for cut in cuts if cut[0] in SYMBOLS and cut[1] in SYMBOLS), ())


class _Parser:
    """Recursive descent over the tokens; `place` is how far the text is a unit."""

    def __init__(self, tokens: list[tuple[str, str]], greedy: bool) -> None:
        self.tokens = tokens
        self.greedy = greedy
        self.place = 0

    def kind(self, ahead: int = 0) -> tuple[str, str]:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else ("end", "")

    def product(self, depth: int) -> list[Unit]:
        """Factors up to the end, a closing bracket, or the first word that is none."""
        total = [Unit()]
        below = False
        while True:
            start = self.place
            kind, value = self.kind()
            operator = kind == "op" and value in ("*", "/")
            if operator:
                self.place += 1
                below = value == "/" or (below and self.greedy)
            elif not self.greedy:
                below = False
            factors = self.factor(depth, operator, first=not total[0].symbols)
            if factors is None:
                self.place = start
                return total
            sign = Fraction(-1 if below else 1)
            total = [left.times(right.power(sign)) for left, right in product(total, factors)][:MAX_READINGS]

    def factor(self, depth: int, operator: bool, first: bool) -> list[Unit] | None:
        kind, value = self.kind()
        if kind == "op" and value == "(" and depth < MAX_DEPTH:
            return self.bracket(depth)
        if kind != "name":
            return None
        power = Fraction(1)
        if value.lower() in ("square", "sq", "cubic", "cu") and self.kind(1)[0] == "name":
            power = Fraction(POWER_WORDS[value.lower()])
            self.place += 1
        units = self.name(operator, first)
        if units is None:
            return None
        return [unit.power(power * self.exponent()) for unit in units]

    def bracket(self, depth: int) -> list[Unit] | None:
        self.place += 1
        inner = self.product(depth + 1)
        if self.kind() != ("op", ")") or not inner[0].symbols:
            return None
        self.place += 1
        power = self.exponent()
        return [unit.power(power) for unit in inner]

    def exponent(self) -> Fraction:
        kind, value = self.kind()
        if kind == "name" and value.lower() in ("squared", "cubed"):
            self.place += 1
            return Fraction(POWER_WORDS[value.lower()])
        if kind != "power":
            return Fraction(1)
        self.place += 1
        try:
            power = Fraction(value)
        except ZeroDivisionError:
            return Fraction(1)
        return max(min(power, Fraction(MAX_POWER)), Fraction(-MAX_POWER))

    def name(self, operator: bool, first: bool) -> list[Unit] | None:
        """The units of one name, or of two words that name one unit; an unknown word is what is counted."""
        _, value = self.kind()
        following, after = self.kind(1)
        last = first and following == "end" and value in ("in", "us")  # "5 in": the only prose that is a unit by itself
        if value.lower() in PROSE and not operator and following != "power" and not last:
            return None
        if following == "op" and after == "*" and self.kind(2)[0] == "name":  # light-year, but N*m
            joined = lookup(f"{value}_{self.kind(2)[1]}") if len(value) > 2 else ()
            if joined:
                self.place += 3
                return list(joined)
        if following == "name":
            joined = lookup(f"{value}_{after}") if len(value) > 2 else lookup(value + after) if after == "Hg" else ()
            if joined:
                self.place += 2
                return list(joined)
        if value.lower() in ("deg", "degree", "degrees", "°") and after.lower() in TEMPERATURES:
            self.place += 2
            return list(lookup("°" + after[0].upper()))
        known = lookup(value)
        if known:
            self.place += 1
            return list(known)
        if not (operator or first) or value.lower() in PROSE:
            return None
        self.place += 1
        return [Unit(nouns=self.noun_phrase(value), symbols=1)]

    def noun_phrase(self, word: str) -> frozenset[str]:
        words = [word]
        while self.kind()[0] == "name" and self.kind()[1].isalpha() and not lookup(self.kind()[1]):
            if self.kind()[1].lower() in PROSE:
                break
            words.append(self.kind()[1])
            self.place += 1
        return frozenset(singular(word) for word in words)


TEMPERATURES = ("c", "celsius", "centigrade", "f", "fahrenheit", "k", "kelvin")


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
