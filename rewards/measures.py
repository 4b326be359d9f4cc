r"""The reward for quantities of science: a number with its unit, in whatever unit of the same dimension."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from rewards.base import Score
from rewards.dimensions import TWO_PI, Unit, read_unit
from rewards.extract import boxes, final_answer, strip_thinking
from rewards.figures import MAX_CHARS, Number, agree, plain, read_number
from rewards.numerics import AGAIN, CHAIN, STANDALONE, TAIL, expression, readings
from rewards.retractions import denied

OTHER_WORDS = re.compile(r"\s*(?:\bor\b|,|;|\()\s*")
UNIT_MACRO = re.compile(r"\\(?:text|mathrm|mbox|rm|operatorname)\b|\\[, ]|~")
RANGE = re.compile(r"-|,?\s*(?:\bor\b|\bto\b)(?:\s+(?:maybe|perhaps|possibly|even|about))?")
AFTER_BOX = 80  # characters after a box in which its unit may stand
Missing = Literal["wrong", "allowed"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit; without one, `unit.symbols` is 0."""

    number: Number
    unit: Unit
    text: str = ""


def units(
    completion: str,
    answer: str | float,
    tolerance: float | None = None,
    unit: str | None = None,
    *,
    missing: Missing = "wrong",
    min_figures: int = 3,
) -> Score:
    r"""The final quantity equals the gold in number and unit, after conversion.

    No peer has one: Math-Verify and the graders of verl, OpenRLHF and SciBench strip units, so that 10 cm is 10 m and
    25 °C is 25 K. Names of units and their sizes are pint's (1,000 units with prefixes and plurals); the grammar is
    `rewards.dimensions`, and no text is evaluated.

    The answer is converted to the gold's unit (temperatures with their offset) and compared there as `numeric` does:
    tolerance, column or option, is relative; by default the figures written decide. unit: the gold's unit where it is
    a column of its own (SciBench); it may hold a power of ten. Alternatives of one answer ("36 km/h = 10 m/s", "10 m/s
    or 36 km/h", "1 h 30 min") must agree.

    A missing unit is wrong where the gold has one: "10" for 10 cm leaves the reader to guess, and paying for it
    teaches to leave units out; the evidence says so (`missing_unit`), and missing="allowed" pays for the bare number
    in the gold's unit. What is customarily left out may be missing: %, °, money, and the noun of what is counted. A
    gold without unit takes its number in any unit. Hz and rad/s differ by 2 pi. Range: 0 or 1; None when the gold
    cannot be read.

    >>> units(r"\boxed{36 \text{ km/h}}", r"10\,\mathrm{m/s}").value
    1.0
    >>> units("It is 25 K.", "25 °C").why
    '25 K is -248.15 in the unit of 25 °C'
    >>> units("It is 5 m.", "5 m^2").why
    '5 m has another dimension than 5 m^2'
    """
    golds = read_gold(answer, unit)
    if not golds:
        return Score(None, f"the gold '{answer} {unit or ''}'".rstrip(" '") + "' is not one quantity")
    said, problem = said_quantities(completion)
    if not said:
        return Score(0.0, problem, {"gold": golds[0].text})
    evidence: dict[str, object] = {"answer": said[-1][0].text, "gold": golds[0].text}
    right, why = max(
        (same(one, gold, tolerance, missing, min_figures) for one in said[-1] for gold in golds),
        key=lambda verdict: verdict[0],
    )
    if right and not _all_same(said):
        right, why = False, "the alternatives of the answer differ: " + " / ".join(one[0].text for one in said)
    if not right and not any(one.unit.symbols for one in said[-1]) and golds[0].unit.symbols:
        evidence["missing_unit"] = True
    return Score(float(right), why, evidence)


def same(
    said: Quantity, gold: Quantity, tolerance: float | None, missing: Missing, min_figures: int = 3
) -> tuple[bool, str]:
    """Whether two quantities are one, and why; the result is in the gold's unit."""
    if not gold.unit.symbols or not said.unit.symbols:
        if gold.unit.symbols and missing == "wrong" and not _may_be_missing(gold):
            return False, f"the unit is missing: {said.text} for {gold.text}"
        right = any(agree(one, gold.number, tolerance, min_figures) for one in readings(said.number, gold.number))
        return right, f"{said.text} is {'' if right else 'not '}{gold.text}"
    nouns = said.unit.nouns, gold.unit.nouns
    if said.unit.dims != gold.unit.dims or (all(nouns) and not nouns[0] & nouns[1]):
        return False, f"{said.text} has another dimension than {gold.text}"
    converted = convert(said, gold.unit)
    right = any(agree(one, gold.number, tolerance, min_figures) for one in readings(converted, gold.number))
    shown = f"{converted.value:.6g}" if not right else ""
    return right, f"{said.text} is {gold.text}" if right else f"{said.text} is {shown} in the unit of {gold.text}"


def convert(said: Quantity, unit: Unit) -> Number:
    """The number of `said` in another unit of the same dimension.

    >>> from rewards.dimensions import lookup
    >>> str(convert(Quantity(read_number("77")[0], lookup("°F")[0]), lookup("°C")[0]).value.normalize())
    '25'
    """
    factor = said.unit.factor / unit.factor
    if said.unit.cycles and unit.rotation and not said.unit.rotation:
        factor *= TWO_PI ** int(said.unit.cycles)
    elif said.unit.rotation and unit.cycles and not unit.rotation:
        factor /= TWO_PI ** int(unit.cycles)
    offset = (said.unit.offset - unit.offset) / unit.factor
    if factor == 1 and not offset:
        return said.number
    converted = said.number.times(factor, offset)
    value = converted.value.quantize(Decimal(1)) if abs(converted.value) < 10**15 else converted.value
    whole = abs(converted.value - value) <= abs(value) * Decimal("1e-12")
    return converted if whole else replace(converted, kind="decimal")


def read_gold(answer: str | float, unit: str | None = None) -> list[Quantity]:
    r"""Every reading of a gold; none when it is not one quantity.

    >>> [(str(q.number.value), dict(q.unit.dims)) for q in read_gold("4.97", r"$10^{-19} \mathrm{~C}$")][0]
    ('4.97E-19', {'[current]': Fraction(1, 1), '[time]': Fraction(1, 1)})
    """
    text = plain(str(answer))
    if unit and unit.strip():
        scale = read_number(plain(unit))
        text = f"{text}*{plain(unit)}" if scale is not None and scale[0].figures == 1 else f"{text} {plain(unit)}"
    found, rest = read_quantity(text.strip(" .,;*"))
    if not found or (AGAIN.match(rest) and not found[0].unit.symbols):
        return formula(f"{answer} \\text{{{unit}}}" if unit else str(answer))
    return [] if re.search(r"\d", rest) else found


def formula(text: str) -> list[Quantity]:
    r"""A constant expression and its unit, which LaTeX sets apart by a macro.

    >>> float(formula(r"10\sqrt{2}\text{ m}")[0].number.value)
    14.142135623730951
    """
    unit = UNIT_MACRO.search(text)
    value = expression(text[: unit.start()] if unit else text)
    if value is None:
        return []
    options = read_unit(plain(text[unit.start() :]))[0] if unit else [Unit()]
    return [Quantity(value, option, plain(text)[:60]) for option in options]


def read_quantity(text: str) -> tuple[list[Quantity], str]:
    """Every reading of the quantity a plain text starts with, and the rest; "1 h 30 min" is one quantity.

    >>> found, rest = read_quantity("1 h 30 min later")
    >>> float(found[0].number.value), rest
    (1.5, 'later')
    """
    read = read_number(text)
    if read is None:
        return [], text
    number, rest = read
    options, after = read_unit(rest)
    money = re.match(r"[+-]?\s*([$€£¥])", text)
    if money and not options[0].symbols:
        options = read_unit(money[1])[0]
    shown = text[: len(text) - len(after)].strip()[:60]
    found = [Quantity(number, option, shown) for option in options]
    while (more := re.match(r"\s*(?:,|and\b)?\s*(?=\d)", after)) and found[0].unit.symbols == 1:
        next_number = read_number(after[more.end() :])
        if next_number is None:
            break
        smaller, beyond = read_unit(next_number[1])
        part = Quantity(next_number[0], smaller[0])
        whole = found[0]
        if not part.unit.symbols or part.unit.dims != whole.unit.dims or part.unit.factor >= whole.unit.factor:
            break
        if whole.unit.nouns or part.unit.nouns or whole.number.kind != "integer":
            break
        share = convert(part, whole.unit)
        after = beyond
        shown = text[: len(text) - len(after)].strip()[:60]
        found = [Quantity(Number(whole.number.value + share.value, share.half, 6, "decimal"), whole.unit, shown)]
    return found, after


def said_quantities(completion: str) -> tuple[list[list[Quantity]], str]:
    """The quantities a completion gives as its answer, each with its readings; more than one for a chain."""
    marked = final_answer(completion)
    if marked is None:
        return _last_quantity(strip_thinking(completion)[-TAIL:])
    if not marked.text:
        return [], marked.how
    said, problem = _stated(marked.text)
    if marked.how == "boxed" and len(said) == 1 and not said[0][0].unit.symbols:
        return _unit_after_box(completion, said)
    return said, problem


def _stated(text: str) -> tuple[list[list[Quantity]], str]:
    said: list[list[Quantity]] = []
    for side in CHAIN.split(text[:MAX_CHARS]):
        rest = plain(side)
        while rest:
            found, rest = read_quantity(rest)
            if not found or (AGAIN.match(rest) and not OTHER_WORDS.match(rest)):
                found = formula(side) if len(side.strip(" $")) > 1 else []
                said.extend([found] if found else [])
                break
            said.append(found)
            other = OTHER_WORDS.match(rest)
            rest = rest[other.end() :] if other else ""
    if said:
        return said, ""
    text = plain(text)
    numbers = list(STANDALONE.finditer(text))
    found = read_quantity(text[numbers[0].start() :])[0] if len(numbers) == 1 else []
    return ([found], "") if found else ([], f"not one quantity: {text[:60]}" if text else "no answer")


def _last_quantity(text: str) -> tuple[list[list[Quantity]], str]:
    """The last quantity of a text that marks none, unless it ends a range, alternatives or a chain that disagrees."""
    text = " ".join(plain(line) for line in text.splitlines()[-40:])
    numbers = list(STANDALONE.finditer(text))
    if not numbers:
        return [], "no number in the answer"
    for place in numbers[-2:]:  # the last two may be one quantity: 1 h 30 min
        found, rest = read_quantity(text[place.start() :])
        if not found or STANDALONE.search(rest):
            continue
        if denied(text[: place.start()], rest):
            return [], f"no answer, but a quantity it denies or a label: {text[max(0, place.start() - 40) :][:60]}"
        earlier = [number for number in numbers if number.start() < place.start()][-1:]
        before, gap = read_quantity(text[earlier[0].start() : place.start()]) if earlier else ([], "")
        if before and (RANGE.fullmatch(gap) or (gap == "=" and before[0].unit.dims and not _all_same([before, found]))):
            return [], f"several quantities: {text[earlier[0].start() :][:60]}"
        return [found], ""
    return [], f"not one quantity: {text[numbers[-1].start() :][:60]}"


def _unit_after_box(completion: str, said: list[list[Quantity]]) -> tuple[list[list[Quantity]], str]:
    text = strip_thinking(completion)
    end = boxes(text)[-1][1]
    following = re.split(r"\n|(?<=[^\d])\.(?=\s|$)|=|\\simeq|\\approx", text[end : end + AFTER_BOX])[0]
    following = plain(re.sub(r"\A[\s$}]*(?:\\\)|\\\])?", "", following))
    if not read_unit(following)[0][0].symbols and not following.startswith("*"):
        return said, ""
    found, _ = read_quantity(f"{plain(boxes(text)[-1][2])} {following}")
    if not found or (found[0].unit.nouns and not found[0].unit.dims and not following.startswith("*")):
        return said, ""  # a word of the sentence, not what is counted
    return [found], ""


def _all_same(said: list[list[Quantity]]) -> bool:
    """Whether the sides of a chain agree; a side without a unit has only its number to agree in."""

    def agrees(one: Quantity, other: Quantity) -> bool:
        return any(same(*pair, None, "allowed", min_figures=2)[0] for pair in ((one, other), (other, one)))

    return all(any(agrees(one, other) for one in side for other in said[-1]) for side in said[:-1])


def _may_be_missing(gold: Quantity) -> bool:
    """Units that are customarily left out: the noun of what is counted, degrees, radians, percent, money."""
    unit = gold.unit
    if not unit.dims:
        return True
    return len(unit.dims) == 1 and not unit.dims[0][0].startswith("[")
