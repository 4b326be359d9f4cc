"""A number with what stands behind it: a unit of measure, percent, degree, or any noun.

A small exact table for what mathematical answers carry (length, area, time, mass, money, temperature, SI). The reward
`units` is the one for science: it knows every unit, tolerances and significant figures.

Rules, in this order: a unit that only one side wrote is dropped; nouns that are no unit ("apples") are dropped; two
known units must measure the same thing and are converted exactly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache


def word_set(words: str) -> frozenset[str]:
    """The words of a text, for tables that are read by people."""
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class Unit:
    """value_in_base = value * scale + offset; dims: exponents of the base quantities, sorted, without zeros."""

    scale: Fraction
    dims: tuple[tuple[str, int], ...]
    offset: Fraction = Fraction(0)


def _unit(scale: str | int | Fraction, **dims: int) -> Unit:
    return Unit(Fraction(scale), tuple(sorted(dims.items())))


_SI: dict[str, Unit] = {
    "m": _unit(1, L=1), "g": _unit("0.001", M=1), "s": _unit(1, T=1), "A": _unit(1, I=1), "K": _unit(1, H=1),
    "mol": _unit(1, N=1), "Hz": _unit(1, T=-1), "N": _unit(1, M=1, L=1, T=-2), "J": _unit(1, M=1, L=2, T=-2),
    "W": _unit(1, M=1, L=2, T=-3), "Pa": _unit(1, M=1, L=-1, T=-2), "C": _unit(1, I=1, T=1),
    "V": _unit(1, M=1, L=2, T=-3, I=-1), "F": _unit(1, M=-1, L=-2, T=4, I=2), "T": _unit(1, M=1, T=-2, I=-1),
    "L": _unit("0.001", L=3), "l": _unit("0.001", L=3), "eV": _unit("1.602176634e-19", M=1, L=2, T=-2),
    "Wb": _unit(1, M=1, L=2, T=-2, I=-1), "H": _unit(1, M=1, L=2, T=-2, I=-2),
    "ohm": _unit(1, M=1, L=2, T=-3, I=-2), "Ω": _unit(1, M=1, L=2, T=-3, I=-2), "cal": _unit("4.184", M=1, L=2, T=-2),
    "Wh": _unit(3600, M=1, L=2, T=-2), "S": _unit(1, M=-1, L=-2, T=3, I=2),
    "M": _unit(1000, N=1, L=-3), "Bq": _unit(1, T=-1), "Gy": _unit(1, L=2, T=-2),
}  # fmt: skip
_PREFIXES = {
    "p": "1e-12", "n": "1e-9", "µ": "1e-6", "μ": "1e-6", "u": "1e-6", "m": "1e-3", "c": "1e-2", "d": "1e-1",
    "h": "1e2", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12",
}  # fmt: skip
_LONG_PREFIXES = {
    "pico": "1e-12", "nano": "1e-9", "micro": "1e-6", "milli": "1e-3", "centi": "1e-2", "deci": "1e-1",
    "kilo": "1e3", "mega": "1e6", "giga": "1e9",
}  # fmt: skip
_WORDS: dict[str, Unit] = {
    "meter": _SI["m"], "metre": _SI["m"], "gram": _SI["g"], "second": _SI["s"], "sec": _SI["s"], "ampere": _SI["A"],
    "amp": _SI["A"], "kelvin": _SI["K"], "mole": _SI["mol"], "hertz": _SI["Hz"], "newton": _SI["N"],
    "joule": _SI["J"], "watt": _SI["W"], "pascal": _SI["Pa"], "coulomb": _SI["C"], "volt": _SI["V"],
    "farad": _SI["F"], "tesla": _SI["T"], "liter": _SI["L"], "litre": _SI["L"], "calorie": _SI["cal"],
    "minute": _unit(60, T=1), "min": _unit(60, T=1), "hour": _unit(3600, T=1), "hr": _unit(3600, T=1),
    "h": _unit(3600, T=1), "day": _unit(86400, T=1), "week": _unit(604800, T=1), "month": _unit(1, month=1),
    "year": _unit(12, month=1), "yr": _unit(12, month=1), "decade": _unit(120, month=1),
    "inch": _unit("0.0254", L=1), "in": _unit("0.0254", L=1), "inche": _unit("0.0254", L=1), "ft": _unit("0.3048", L=1),
    "foot": _unit("0.3048", L=1), "feet": _unit("0.3048", L=1), "yard": _unit("0.9144", L=1),
    "yd": _unit("0.9144", L=1), "mile": _unit("1609.344", L=1), "mi": _unit("1609.344", L=1),
    "mph": _unit("0.44704", L=1, T=-1), "kph": _unit(Fraction(1000, 3600), L=1, T=-1),
    "acre": _unit("4046.8564224", L=2), "hectare": _unit(10000, L=2),
    "lb": _unit("0.45359237", M=1), "pound": _unit("0.45359237", M=1), "ounce": _unit("0.028349523125", M=1),
    "oz": _unit("0.028349523125", M=1), "ton": _unit(1000, M=1), "tonne": _unit(1000, M=1),
    "gallon": _unit("0.003785411784", L=3), "quart": _unit("0.000946352946", L=3), "cc": _unit("1e-6", L=3),
    "dollar": _unit(1, money=1), "cent": _unit("0.01", money=1), "buck": _unit(1, money=1),
    "dozen": _unit(12), "pair": _unit(2), "couple": _unit(2),
    "pint": _unit("0.000473176473", L=3), "gal": _unit("0.003785411784", L=3),
    "knot": _unit(Fraction(1852, 3600), L=1, T=-1),
    "bpm": _unit(Fraction(1, 60), T=-1), "rpm": _unit(Fraction(1, 60), T=-1),
    "wpm": _unit(Fraction(1, 60), T=-1),
    "mpg": _unit(Fraction("1609.344") / Fraction("0.003785411784"), L=-2),
    "psi": _unit("6894.757293168", M=1, L=-1, T=-2), "torr": _unit(Fraction(101325, 760), M=1, L=-1, T=-2),
    "btu": _unit("1055.05585262", M=1, L=2, T=-2), "hp": _unit("745.69987158227022", M=1, L=2, T=-3),
    "radian": _unit(1), "rad": _unit(1),
    "byte": _unit(8, bit=1), "bit": _unit(1, bit=1),
    "atm": _unit(101325, M=1, L=-1, T=-2), "bar": _unit(100000, M=1, L=-1, T=-2),
}  # fmt: skip
_WHOLE: dict[str, Unit] = {
    "¢": _unit("0.01", money=1), "%": _unit("0.01"), "percent": _unit("0.01"), "per cent": _unit("0.01"),
    "°": _unit(1, angle=1), "degree": _unit(1, angle=1), "degrees": _unit(1, angle=1), "deg": _unit(1, angle=1),
    "°c": Unit(Fraction(1), (("H", 1),), Fraction("273.15")),
    "celsius": Unit(Fraction(1), (("H", 1),), Fraction("273.15")),
    "degrees celsius": Unit(Fraction(1), (("H", 1),), Fraction("273.15")),
    "°f": Unit(Fraction(5, 9), (("H", 1),), Fraction("273.15") - Fraction(160, 9)),
    "fahrenheit": Unit(Fraction(5, 9), (("H", 1),), Fraction("273.15") - Fraction(160, 9)),
    "degrees fahrenheit": Unit(Fraction(5, 9), (("H", 1),), Fraction("273.15") - Fraction(160, 9)),
}  # fmt: skip
MAGNITUDES = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip

_POWER_WORDS = {"square": 2, "squared": 2, "sq": 2, "cubic": 3, "cubed": 3, "cu": 3}
_DEGREES = {"°C": _SI["K"], "°K": _SI["K"], "°F": _unit(Fraction(5, 9), H=1)}  # in J/(g °C): steps of a temperature
_PIECE = re.compile(
    r"\s*(?:(?P<name>°[CFK]|[A-Za-zµμΩ°]+?(?=°[CFK])|[A-Za-zµμΩ°]+)"
    r"|(?P<power>\^\s*\{?\s*[-+]?\s*\d+\s*\}?|[²³]|(?<=[A-Za-z])-?\d)"
    r"|(?P<op>[*/·)])|(?P<bad>\S))"
)
_COUNTED = re.compile(r"(?:pairs?|dozens?|couples?) (?:of )?[a-z]+\b", re.IGNORECASE)  # a dozen eggs
_TAIL = re.compile(
    r"(?<=[a-z]) (?:(?:old|long|tall|wide|deep|high|thick|away|apart|ago|later|earlier|each|total|"
    r"east|west|north|south|up|down|left|right|forwards?|backwards?|faster|slower|more|less)|of .{1,30})\Z"
)
_SPACE = re.compile(r"\\[,;:! ]|~")
_DEGREE = re.compile(r"\^?\s*\{?\s*\\(?:degree|circ)\s*\}?\s*")
_TIMES = re.compile(r"\\(?:cdot|times)(?![A-Za-z])")


def is_unit(name: str) -> bool:
    """Whether a run of two or more letters names a unit in plain text.

    >>> is_unit("km"), is_unit("feet"), is_unit("xy")
    (True, True, False)
    """
    return _simple(name) is not None


@cache
def unit_of(text: str) -> Unit | None:
    r"""The unit a piece of text names, or None when it names none ("apples", "ways").

    >>> unit_of("km/h").scale
    Fraction(5, 18)
    >>> unit_of("square meters") == unit_of("m^2")
    True
    """
    if "\\" in text or "~" in text:
        text = _SPACE.sub(" ", _TIMES.sub("*", _DEGREE.sub("°", text)))
    text = text.strip().rstrip(".").strip()
    text = "%" if text.startswith("%") else _TAIL.sub("", text)
    whole = _WHOLE.get(text.lower().replace(" ", "") if "°" in text else text.lower())
    if whole is None and _COUNTED.match(text):
        return _simple(text.split()[0])
    found = whole if whole is not None else _compound(text)
    if found is None and " per " in text:  # beats per minute
        return _compound(text[text.index(" per ") :])
    return found


def _simple(name: str) -> Unit | None:
    if name in _SI:
        return _SI[name]
    for candidate in (name, name.lower(), name.lower().removesuffix("s")):
        if candidate in _WORDS:
            return _WORDS[candidate]
    if len(name) > 1 and name[0] in _PREFIXES and name[1:] in _SI:
        base = _SI[name[1:]]
        return Unit(base.scale * Fraction(_PREFIXES[name[0]]), base.dims)
    lower = name.lower()
    for prefix, factor in _LONG_PREFIXES.items():
        if lower.startswith(prefix):
            base_word = _WORDS.get(lower.removeprefix(prefix).removesuffix("s"))
            return None if base_word is None else Unit(base_word.scale * Fraction(factor), base_word.dims)
    return None


def _compound(text: str) -> Unit | None:
    """`kg*m^2/s^2`, `miles per hour`, `square feet`; at most 40 characters."""
    if not text or len(text) > 40:
        return None
    scale, dims = Fraction(1), dict[str, int]()
    sign, next_power, last, named = 1, 1, None, False
    for match in _PIECE.finditer(text.replace("(", " ")):
        name, power, op = match.group("name", "power", "op")
        if match.group("bad"):
            return None
        if op in ("/", ")") or name == "per":  # J/(mol K)
            sign, last = 1 if op == ")" else -1, None
        elif power is not None:
            if last is None:
                return None
            exponent = {"²": 2, "³": 3}.get(power) or int(re.sub(r"[\^{}\s]", "", power))
            scale, dims = _times(scale, dims, last, sign * (exponent - 1))
            last = None
        elif name in _POWER_WORDS:
            if name in ("squared", "cubed") and last is not None:
                scale, dims = _times(scale, dims, last, sign * (_POWER_WORDS[name] - 1))
            else:
                next_power = _POWER_WORDS[name]
        elif name is not None:
            unit = _DEGREES.get(name) or _simple(name)
            if unit is None:
                return None
            scale, dims = _times(scale, dims, unit, sign * next_power)
            last, next_power, named = unit, 1, True
    if not named:
        return None  # "squared" alone
    return Unit(scale, tuple(sorted((dim, power) for dim, power in dims.items() if power)))


def _times(scale: Fraction, dims: dict[str, int], unit: Unit, power: int) -> tuple[Fraction, dict[str, int]]:
    if abs(power) > 9:
        power = 9 if power > 0 else -9
    dims = dict(dims)
    for dim, exponent in unit.dims:
        dims[dim] = dims.get(dim, 0) + exponent * power
    return scale * unit.scale**power, dims
