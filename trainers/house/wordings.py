"""The kinds of `curate.sources.procedural` in several wordings each: read, solved, and said in another way.

A form is one shape of a problem: its wordings, all with the same slots, and a function from the slots to its answer and
level. What no form reads, or what has no answer, is not well-formed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from random import Random
from typing import Final, NamedTuple

from curate.sources.problems import arithmetic, countdown, equations, ratios, remainders, sequences, units
from curate.sources.problems.ordering import PLACES
from curate.sources.problems.percent import THINGS
from curate.sources.problems.problem import show

Solved = tuple[str, int]
"""The answer as text, and the level from 1."""


class Reading(NamedTuple):
    """A problem that was understood: which form it has, its slots, its answer, its level."""

    form: str
    slots: dict[str, str]
    answer: str
    level: int


def _equation(slots: dict[str, str]) -> Solved | None:
    sides = slots["equation"].split(" = ")
    if len(sides) != 2:
        return None
    left, right = (_linear(side) for side in sides)
    if left is None or right is None:
        return None
    (a, b), (c, d) = left, right
    if a == c or (d - b) % (a - c):
        return None
    return str((d - b) // (a - c)), 3 if a and c else 2 if abs(a) != 1 and b else 1


def _linear(side: str) -> tuple[int, int] | None:
    """Coefficient and constant of `3x - 4`."""
    if not re.fullmatch(r"-?\d*x?(?: [+-] \d*x?)*", side) or not side:
        return None
    a = b = 0
    for sign, digits, x in re.findall(r"(?:^|([+-]) )(-?\d*)(x?)", side):
        if not digits and not x:
            return None
        value = int(digits) if digits not in ("", "-") else int(digits + "1")
        value = -value if sign == "-" else value
        a, b = (a + value, b) if x else (a, b + value)
    return a, b


def _countdown(slots: dict[str, str]) -> Solved | None:
    numbers = _whole(slots["numbers"])
    if not 3 <= len(numbers) <= 4 or not _makes(tuple(map(Fraction, numbers)), Fraction(int(slots["target"]))):
        return None
    return slots["target"], len(numbers) - 2


@cache
def _makes(numbers: tuple[Fraction, ...], target: Fraction) -> bool:
    """Whether the numbers, each once, with + - * / make the target."""
    if len(numbers) == 1:
        return numbers[0] == target
    for i, a in enumerate(numbers):
        for j, b in enumerate(numbers):
            if i == j:
                continue
            rest = tuple(n for k, n in enumerate(numbers) if k not in (i, j))
            values = {a - b} | ({a + b, a * b} if i < j else set()) | ({a / b} if b else set())
            if any(_makes((*rest, value), target) for value in values):
                return True
    return False


def _fraction(slots: dict[str, str]) -> Solved | None:
    a, b, sign, c, d = re.fullmatch(r"(\d+)/(\d+) ([-+*]) (\d+)/(\d+)", slots["task"]).groups()  # type: ignore[union-attr]
    if int(b) == 0 or int(d) == 0:
        return None
    first, second = Fraction(int(a), int(b)), Fraction(int(c), int(d))
    value = first * second if sign == "*" else first + second if sign == "+" else first - second
    return (str(value), 2 if sign == "*" else 1 if b == d else 3) if value > 0 else None


def _ordering(slots: dict[str, str]) -> Solved | None:
    shown = slots["numbers"].split(", ")
    values = [Fraction(number) for number in shown]
    if slots["place"] not in PLACES or len(set(values)) != len(values) or len(values) != 5:
        return None
    level = 3 if "." in slots["numbers"] else 2 if "-" in slots["numbers"] else 1
    return show(sorted(values)[PLACES.index(slots["place"])]), level


def _part(slots: dict[str, str]) -> Solved | None:
    return _integer(Fraction(int(slots["p"]) * int(slots["n"]), 100), slots, 1)


def _risen(slots: dict[str, str]) -> Solved | None:
    return _integer(Fraction((100 + int(slots["p"])) * int(slots["n"]), 100), slots, 2)


def _cut(slots: dict[str, str]) -> Solved | None:
    return _integer(Fraction((100 - int(slots["p"])) * int(slots["n"]), 100), slots, 2)


def _before_rise(slots: dict[str, str]) -> Solved | None:
    return _integer(Fraction(int(slots["n"]) * 100, 100 + int(slots["p"])), slots, 3)


def _before_cut(slots: dict[str, str]) -> Solved | None:
    left = 100 - int(slots["p"])
    return _integer(Fraction(int(slots["n"]) * 100, left), slots, 3) if left > 0 else None


def _integer(value: Fraction, slots: dict[str, str], level: int) -> Solved | None:
    """A positive whole value of a percentage below 100."""
    return (str(value), level) if value.denominator == 1 and value > 0 and 0 < int(slots["p"]) < 100 else None


def _remainder(slots: dict[str, str]) -> Solved | None:
    n, d = int(slots["n"]), int(slots["d"])
    return (str(n % d), 3 if d > 10 else 2 if n >= 100 else 1) if 1 < d < n else None


def _sequence(slots: dict[str, str]) -> Solved | None:
    terms = _whole(slots["numbers"])
    if len(terms) < 4 or len(set(terms)) == 1:
        return None
    gaps = [b - a for a, b in pairwise(terms)]
    if len(set(gaps)) == 1:
        return str(terms[-1] + gaps[0]), 1
    if all(a and b * terms[0] == a * terms[1] for a, b in pairwise(terms)) and terms[1] % terms[0] == 0:
        return str(terms[-1] * terms[1] // terms[0]), 2
    if len(gaps) >= 4 and all(a == b for a, b in zip(gaps, gaps[2:], strict=False)):
        return str(terms[-1] + gaps[-2]), 2
    growth = {b - a for a, b in pairwise(gaps)}
    return (str(terms[-1] + gaps[-1] + growth.pop()), 3) if len(growth) == 1 else None


UNITS: Final = {(large, small): factor for large, small, factor in (*units.DECIMAL, *units.MIXED)}


def _unit(slots: dict[str, str]) -> Solved | None:
    large, small, amount = slots["u"], slots["v"], Fraction(slots["x"])
    level = 3 if "." in slots["x"] else 1
    if factor := UNITS.get((large, small)):
        return show(amount * factor), level
    if factor := UNITS.get((small, large)):
        return show(amount / factor), 3
    return None


def _mixed(slots: dict[str, str]) -> Solved | None:
    factor = UNITS.get((slots["u"], slots["v"]))
    if not factor or int(slots["r"]) >= factor:
        return None
    return str(int(slots["n"]) * factor + int(slots["r"])), 2


def _bill(slots: dict[str, str]) -> Solved | None:
    """One price a good, and each good bought once."""
    prices = dict(re.findall(r"[Aa] (\w+) costs (\d+) dollars", slots["goods"]))
    bought = {things.removesuffix("s"): int(count) for count, things in re.findall(r"(\d+) (\w+)", slots["list"])}
    if prices.keys() != bought.keys() or len(prices) < 2:
        return None
    total = sum(int(prices[thing]) * count for thing, count in bought.items())
    left = int(slots["note"]) - total if slots.get("note") else total
    return (str(left), len(prices) - 1 + bool(slots.get("note"))) if left >= 0 else None


def _rate(slots: dict[str, str]) -> Solved | None:
    made = int(slots["n"]) * int(slots["m"]) * int(slots.get("d") or 1)
    good = made - int(slots["bad"]) + int(slots.get("more") or 0)
    return (str(good), 1 + bool(slots.get("d")) + bool(slots.get("more"))) if made >= int(slots["bad"]) else None


def _share(slots: dict[str, str]) -> Solved | None:
    total = int(slots["n"]) + int(slots["m"]) - int(slots.get("gone") or 0)
    if total <= 0 or total % int(slots["k"]):
        return None
    share = total // int(slots["k"]) * int(slots.get("price") or 1)
    return str(share), 1 + bool(slots.get("gone")) + bool(slots.get("price"))


class Form(NamedTuple):
    """wordings: with slots. solve: from the slots to answer and level, None when there is none."""

    wordings: tuple[str, ...]
    solve: Callable[[dict[str, str]], Solved | None]


_BILL: Final = "{goods}. {who} buys {list}."
_SHARE: Final = "{who} has {n} {t} and {other} has {m}."
_AMONG: Final = "They share them among {k} friends."
_SOLD: Final = "Each sells a share at {price} dollars a piece. How many dollars does each get?"
_RATE: Final = "{maker} {n} {t} an hour and works {m} hours a day."

FORMS: Final[dict[str, Form]] = {
    "equations": Form(
        (
            *equations.FRAMES,
            "What is x when {equation}?",
            "For which x is {equation}?",
            "Determine x: {equation}",
            "Which number x makes {equation} true?",
        ),
        _equation,
    ),
    "countdown": Form(
        (
            *countdown.FRAMES,
            "Build {target} out of {numbers}, using + - * / and every number once.",
            "Can you reach {target} with {numbers}? Every number is used once, with + - * /.",
        ),
        _countdown,
    ),
    "fractions": Form(
        (
            *ratios.FRAMES,
            "Simplify {task}.",
            "Calculate {task} as a fraction.",
            "Give {task} in its simplest form.",
        ),
        _fraction,
    ),
    "ordering": Form(
        (
            "Which is the {place} of {numbers}?",
            "Find the {place}: {numbers}.",
            "Among {numbers}, name the {place}.",
            "Look at {numbers}. Which one is the {place}?",
            "Sort {numbers} and tell the {place}.",
        ),
        _ordering,
    ),
    "percentages": Form(
        (
            "What is {p}% of {n}?",
            "Find {p}% of {n}.",
            "How much is {p}% of {n}?",
            "{n} people vote and {p}% say yes. How many say yes?",
            "A school has {n} pupils and {p}% of them walk. How many walk?",
            "In a wood of {n} trees {p}% are oaks. How many oaks are there?",
        ),
        _part,
    ),
    "rises": Form(
        (
            "A {thing} costs {n} dollars. The price goes up by {p}%. What is it now?",
            "The price of a {thing} is {n} dollars and rises by {p}%. What is the new price?",
            "Add {p}% to the {n} dollars that a {thing} costs. What do you get?",
        ),
        _risen,
    ),
    "discounts": Form(
        (
            "A {thing} costs {n} dollars. The price is cut by {p}%. What is it now?",
            "A {thing} for {n} dollars gets {p}% cheaper. What does one pay?",
            "With a discount of {p}%, what is the price of a {thing} that was {n} dollars?",
        ),
        _cut,
    ),
    "old prices after a rise": Form(
        (
            "The price of a {thing} went up by {p}%. It is now {n} dollars. What was it before?",
            "After a rise of {p}% a {thing} costs {n} dollars. What did it cost before?",
        ),
        _before_rise,
    ),
    "old prices after a discount": Form(
        (
            "The price of a {thing} was cut by {p}%. It is now {n} dollars. What was it before?",
            "A {thing} is sold for {n} dollars, which is {p}% off. Find the old price.",
        ),
        _before_cut,
    ),
    "remainders": Form(
        (
            *(frame.format(number="{n}", divisor="{d}") for frame in remainders.FRAMES),
            "Divide {n} by {d}. What is left over?",
            "{n} children form teams of {d}. How many children have no team?",
            "A rope of {n} cm is cut into pieces of {d} cm. How long is the rest?",
        ),
        _remainder,
    ),
    "sequences": Form(
        (
            *(frame.format(shown="{numbers}") for frame in sequences.FRAMES),
            "Continue the list: {numbers}, ...",
            "Which number follows {numbers}?",
            "A row begins with {numbers}. What is its next term?",
        ),
        _sequence,
    ),
    "units": Form(
        (
            "How many {v} are {x} {u}?",
            "Convert {x} {u} to {v}.",
            "Express {x} {u} in {v}.",
            "What are {x} {u}, measured in {v}?",
        ),
        _unit,
    ),
    "mixed units": Form(
        (
            "How many {v} are {n} {u} and {r} {v}?",
            "Convert {n} {u} and {r} {v} to {v}.",
            "Turn {n} {u} and {r} {v} into {v}.",
            "Something measures {n} {u} and {r} {v}. Say it in {v} alone.",
        ),
        _mixed,
    ),
    "bills": Form(
        (f"{_BILL} How many dollars is that?", f"{_BILL} What is the bill?"),
        _bill,
    ),
    "change": Form(
        (f"{_BILL} How many dollars are left from {{note}}?", f"{_BILL} What change comes back from {{note}} dollars?"),
        _bill,
    ),
    "rates": Form((f"{_RATE} {{bad}} are bad. How many are good after one day?",), _rate),
    "days": Form((f"{_RATE} After {{d}} days {{bad}} are bad. How many are good?",), _rate),
    "stocks": Form(
        (f"{_RATE} After {{d}} days {{bad}} are bad and {{more}} come from before. How many are good?",), _rate
    ),
    "sharing": Form((f"{_SHARE} {_AMONG} How many {{t}} does each get?",), _share),
    "losses": Form((f"{_SHARE} They lose {{gone}}. {_AMONG} How many {{t}} does each get?",), _share),
    "sales": Form((f"{_SHARE} They lose {{gone}}. {_AMONG} {_SOLD}",), _share),
}

_PERSON: Final = "[A-Z][a-z]+"
_NUMBERS: Final = r"-?\d+(?:\.\d+)?(?:, -?\d+(?:\.\d+)?)+"
_GOOD: Final = r"[Aa] \w+ costs \d+ dollars"
SLOTS: Final = {
    "equation": r"[0-9x+= -]+",
    "numbers": _NUMBERS,
    "target": r"\d+",
    "task": r"\d+/\d+ [-+*] \d+/\d+",
    "place": r"[a-z ]+",
    "thing": "|".join(THINGS),
    "t": "[a-z]+",
    "u": "[a-z]+",
    "v": "[a-z]+",
    "x": r"\d+(?:\.\d+)?",
    "who": _PERSON,
    "other": _PERSON,
    "maker": "|".join(maker for maker, _ in arithmetic.MAKERS),
    "goods": rf"{_GOOD}(?:, {_GOOD})* and {_GOOD}",
    "list": r"\d+ \w+(?:, \d+ \w+)* and \d+ \w+",
}


@cache
def _pattern(wording: str) -> re.Pattern[str]:
    """A wording as a pattern of the whole text."""
    pattern, seen = "", set[str]()
    for place, part in enumerate(re.split(r"\{(\w+)\}", wording)):
        if place % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P={part})" if part in seen else rf"(?P<{part}>{SLOTS.get(part, r'[0-9]{1,5}')})"
            seen.add(part)
    return re.compile(pattern)


def read(text: str) -> Reading | None:
    """The problem as a form with slots, or None.

    >>> read("Find 30% of 250.").answer
    '75'
    """
    for name, form in FORMS.items():
        for wording in form.wordings:
            if found := _pattern(wording).fullmatch(text):
                slots = found.groupdict()
                solved = form.solve(slots)
                return solved and Reading(name, slots, *solved)
    return None


def say(rng: Random, reading: Reading) -> str:
    """The problem in one of its form's wordings.

    >>> say(Random(0), read("Find 30% of 250.")) in [w.format(p=30, n=250) for w in FORMS["percentages"].wordings]
    True
    """
    return rng.choice(FORMS[reading.form].wordings).format(**reading.slots)


def _whole(shown: str) -> list[int]:
    """The numbers of a list when all are whole."""
    return [] if "." in shown else [int(number) for number in shown.split(", ")]
