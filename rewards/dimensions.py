"""Unit expressions: "kJ mol^(-1)", "miles per hour", "ft-lb" -> a factor to SI and a dimension.

The grammar is our own: names, products, `/`, powers, brackets. Each NAME is looked up in pint's table of units; no text
ever reaches pint's parser, which evaluates arithmetic. Limits: MAX_TOKENS tokens, MAX_DEPTH brackets, powers to
MAX_POWER.

Where writing is ambiguous, all readings are given: `J/mol K` is J/(mol K) or (J/mol) K, `lb` a mass or a force, `C`
a coulomb or a degree Celsius.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from itertools import product

from rewards.unit_names import TWO_PI, Unit, lookup, singular

__all__ = ["TWO_PI", "Unit", "lookup", "read_unit"]

MAX_TOKENS, MAX_DEPTH, MAX_POWER, MAX_READINGS = 32, 4, 12, 16
SYMBOLS = frozenset("m s g kg N J K mol Pa W V A C T Hz cm mm km h kJ nm L dm kPa eV F lb ft".split())  # noqa: SIM905
PROSE = {  # words after which no unit stands, most of them units or prefixes of units themselves
    "a", "an", "the", "in", "at", "to", "as", "is", "us", "are", "of", "on", "or", "and", "for", "from", "by", "with",
    "when", "if", "was", "per", "it", "so", "be", "we", "he", "i", "hand", "point",
}  # fmt: skip
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
