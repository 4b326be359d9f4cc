r"""The reward for numbers of science: equal to the precision they were given with."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from rewards.base import Score
from rewards.extract import final_answer, strip_thinking
from rewards.figures import MAX_CHARS, NUMBER, Number, agree, number, plain, read_number
from rewards.retractions import denied

CHAIN = re.compile(
    r"=|≈|\\(?:approx|simeq|cong|to|Rightarrow|implies)\b|⇒|→|\b(?:is|equals|are|was|be|gives)\b|:(?=\s)"
)
AGAIN = re.compile(  # an operator or a joining word and then a number; a product with a root, pi or an unknown
    r"\s*(?:[,:;/*^xX±<>–+-]|\b(?:or|and|to|through|versus|vs|either|maybe)\b\.?)*\s*[$€£¥]?\(*[+-]?\.?\d"
    r"|[\s/*(]*(?:\\|π|√|pi\b|sqrt\b)|\s*[+-]\s*[A-Za-z](?![A-Za-z])|[xyzn](?![A-Za-z])"
    r"|_\s*[({]?\s*\d"  # a numeral in another base is another number
)
OR = re.compile(r"\b(?:or|maybe|possibly)\b\D{0,30}\d")
STANDALONE = re.compile(rf"(?<![\w^_.,/])(?<!\d:){NUMBER.pattern}")
FORMULA = re.compile(r"\s*(?:\$\$?|\\\(|\\\[)(?P<formula>[^$]+?)(?:\$\$?|\\\)|\\\])[.\s]*")  # nothing but one formula
BARE = re.compile(r"(?:\\[A-Za-z]+|\\[^A-Za-z]|[^A-Za-z?\n\\]|[A-Za-z](?![A-Za-z]))+")  # or one without dollars
SHORT = 200
TAIL = 4_000  # characters at the end of an unmarked answer in which the last number is looked for


def numeric(
    completion: str,
    answer: str | float,
    tolerance: float | None = None,
    *,
    absolute: float = 0.0,
    min_figures: int = 3,
) -> Score:
    r"""The final number equals the gold, to a relative tolerance or to the gold's significant figures.

    Policy of tolerance: `rewards.figures.agree`. In short: 1.6e-19 takes what rounds to it (1.60e-19, 1.62e-19), a
    correctly rounded answer of at least min_figures figures is right (0.333 for 1/3), an integer gold takes
    no other integer. The graders of SciBench and TheoremQA take 5 % and 4 %: pass tolerance=0.05 for theirs.
    Math-Verify compares six absolute decimals, so that every charge of physics equals every other.

    tolerance: relative, 0.05 is 5 %; a column or an option; 0 wants the very number. absolute: a further difference
    that is always allowed. Percent: 50% is 50 where the gold is a bare 50, and 0.5 where the gold lies in -1 to 1;
    a bare answer may leave the sign % out. A unit after the number is not read: that is `units`. The answer is the last
    box, <answer> or stated answer, else the last number; a chain a = b = 5 must agree in all its numbers, and two
    numbers are none. A constant expression (10\sqrt{93}) has its value. Range: 0 or 1; None when the gold is no number.

    >>> numeric(r"The charge is $1.602 \times 10^{-19}$ C", "1.6e-19").value
    1.0
    >>> numeric("It is 9.1e-31", "1.6e-19").why
    '9.1E-31 is not 1.6E-19'
    """
    gold = number(answer) or expression(str(answer))
    if gold is None:
        return Score(None, f"the gold '{str(answer)[:60]}' is not a number")
    said, problem = said_number(completion)
    if said is None:
        return Score(0.0, problem)
    evidence = {"answer": str(said.value)[:60], "gold": str(gold.value)[:60]}
    for reading in readings(said, gold):
        if agree(reading, gold, tolerance, min_figures) or abs(reading.value - gold.value) <= Decimal(repr(absolute)):
            return Score(1.0, f"{_shown(said)} is {_shown(gold)}", evidence)
    return Score(0.0, f"{_shown(said)} is not {_shown(gold)}", evidence)


def readings(said: Number, gold: Number) -> list[Number]:
    """What an answer may mean beside this gold: the policy of percent.

    >>> [str(reading.value) for reading in readings(number("50%"), number("0.5"))]
    ['50', '0.50']
    """
    if said.percent and not gold.percent and abs(gold.value) <= 1:
        return [said, said.times(Decimal("0.01"))]
    if gold.percent and not said.percent and abs(said.value) <= 1:
        return [said, said.times(Decimal(100))]
    return [said]


def said_number(completion: str) -> tuple[Number | None, str]:
    r"""The number a completion gives as its answer; or None, and why it gives none.

    >>> said_number(r"\boxed{5 or 6}")
    (None, 'several numbers: 5 or 6')
    """
    marked = final_answer(completion)
    if marked is None:
        text = strip_thinking(completion)[-TAIL:]
        whole = FORMULA.fullmatch(text)
        if whole:
            return read_answer(whole["formula"])
        bare = text.strip(" .\n")
        return read_answer(bare) if len(bare) <= SHORT and BARE.fullmatch(bare) else _last_number(text)
    if not marked.text:
        return None, marked.how
    return read_answer(marked.text)


def read_answer(text: str) -> tuple[Number | None, str]:
    """The one number of a stated answer: the value of a chain, else the number it starts with or the only one in it.

    >>> str(read_answer("v = d/t = 10/2 = 5.0 m/s")[0].value)
    '5.0'
    """
    text = text[:MAX_CHARS]
    sides = CHAIN.split(text)
    values = [
        (place, value)
        for place, side in enumerate(sides)
        if (len(sides) == 1 or len(side.strip(" $")) > 1 or side.strip(" $").isdigit())  # the e of e = 0.5 is a name
        and (value := _value(side)) is not None
    ]
    if not values:
        return _only_number(plain(text))
    last, found = values[-1]
    if STANDALONE.search(plain(" ".join(sides[last + 1 :]))):
        return None, f"several numbers: {text[:60]}"
    if any(not (agree(other, found) or agree(found, other)) for _, other in values[:-1]):
        return None, f"the numbers of the chain differ: {text[:60]}"
    return found, ""


def _value(side: str) -> Number | None:
    read = read_number(plain(side))
    if read is not None and not _goes_on(read[1]):
        return read[0]
    return expression(side)


def _only_number(text: str) -> tuple[Number | None, str]:
    found = list(STANDALONE.finditer(text))
    if not found:
        return None, f"no number in the answer: {text[:60]}" if text else "no answer"
    if len(found) > 1:
        return None, f"several numbers: {text[:60]}"
    if "," in found[0].group() and text[: found[0].start()].endswith("("):
        return None, f"a pair, not a number: {text[:60]}"
    read = read_number(text[found[0].start() :])
    return (read[0], "") if read and not _goes_on(read[1]) else (None, f"not a number: {text[:60]}")


def _last_number(text: str) -> tuple[Number | None, str]:
    text = " ".join(plain(line) for line in text.splitlines()[-40:])
    found = list(STANDALONE.finditer(text))
    if not found:
        return None, "no number in the answer"
    read = read_number(text[found[-1].start() :])
    if read is None or AGAIN.match(read[1]):
        return None, f"not a number: {text[found[-1].start() :][:60]}"
    if denied(text[: found[-1].start()], read[1][:30] if read else ""):
        return None, f"no answer, but a number it denies or a label: {text[max(0, found[-1].start() - 40) :][:60]}"
    before = text[found[-2].end() : found[-1].start()] if len(found) > 1 else ""
    if re.fullmatch(r"-|\s*\S{0,12},?\s*\b(?:or|to)\b(?:\s+(?:maybe|perhaps|possibly|even|about))?\s*\S{0,3}", before):
        return None, f"several numbers: {text[found[-2].start() : found[-1].end()][:60]}"
    return read[0], ""


def _goes_on(rest: str) -> bool:
    """Whether what follows a number makes it another value: an operator, or a second number in its place."""
    return bool(AGAIN.match(rest) or OR.search(rest)) or rest.startswith(("^", "*", "!"))


def expression(text: str) -> Number | None:
    r"""The exact value of a constant expression, or None.

    >>> expression(r"10\sqrt{93}").value
    Decimal('96.43650760992955')
    """
    from rewards.mathematics.digits import as_float
    from rewards.mathematics.parser import parse

    try:
        value = as_float(parse(text))
    except (ArithmeticError, ValueError):
        return None
    return None if value is None else Number(Decimal(repr(value)))


def _shown(found: Number) -> str:
    shown = replace(found, percent=False)
    return (
        f"{shown.value.normalize() if abs(shown.value.adjusted()) > 6 else shown.value}{'%' if found.percent else ''}"[
            :40
        ]
    )
