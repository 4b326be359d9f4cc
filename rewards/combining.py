"""How the scores of parts become the scores of a composed reward (`rewards.composing`).

Every function takes the parts, a way to ask them, the declared range, and its settings. A score that needs an undecided
part is undecided too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor
from typing import Any

from rewards.base import Reward, Score

Ask = Callable[..., list[Score]]
"""`ask(part)` scores all rows by a part, `ask(part, wanted)` only the rows where `wanted` is true."""


def _evidence(parts: Sequence[Reward], scores: Sequence[Score]) -> dict[str, Any]:
    """What each part said. An error of a part is an error of the whole: trainers count them."""
    evidence: dict[str, Any] = {
        "parts": {
            part.name: {"value": score.value, "why": score.why, "evidence": dict(score.evidence)}
            for part, score in zip(parts, scores, strict=True)
        }
    }
    errors = [score.evidence["error"] for score in scores if score.value is None and "error" in score.evidence]
    return evidence | ({"error": errors[0]} if errors else {})


def _combined(
    parts: Sequence[Reward], scores: Sequence[Score], value: Callable[[list[float]], float], span: tuple[float, float]
) -> Score:
    """The score of a row all parts of which were asked."""
    why = "; ".join(
        f"{part.name} {'undecided' if score.value is None else format(score.value, 'g')}: {score.why}"
        for part, score in zip(parts, scores, strict=True)
    )
    values = [score.value for score in scores if score.value is not None]
    if len(values) < len(scores):
        return Score(None, why, _evidence(parts, scores))
    # a sum may miss the end of its range by the last bit
    return Score(min(max(value(values), span[0]), span[1]), why, _evidence(parts, scores))


def score_weighted(
    parts: Sequence[Reward], ask: Ask, span: tuple[float, float], *, weights: Sequence[float]
) -> list[Score]:
    """The scores of `weighted`."""

    def total(values: list[float]) -> float:
        return sum(weight * value for weight, value in zip(weights, values, strict=True))

    return [_combined(parts, row, total, span) for row in zip(*map(ask, parts), strict=True)]


def score_gate(
    parts: Sequence[Reward], ask: Ask, span: tuple[float, float], *, weight: float, least: float
) -> list[Score]:
    """The scores of `gate`."""
    firsts = ask(parts[0])
    holds = [score.value is not None and score.value >= least for score in firsts]

    def opened(values: list[float]) -> float:
        return values[0] + weight * values[1]

    scores = []
    for first, second, hold in zip(firsts, ask(parts[1], holds), holds, strict=True):
        if hold:
            scores.append(_combined(parts, [first, second], opened, span))
        else:
            scores.append(_combined(parts[:1], [first], lambda _: span[0], span))
    return scores


def score_cap(parts: Sequence[Reward], ask: Ask, span: tuple[float, float]) -> list[Score]:
    """The scores of `cap`: `_combined` keeps every value inside the range."""
    return [_combined(parts, [score], lambda values: values[0], span) for score in ask(parts[0])]


def score_lexicographic(parts: Sequence[Reward], ask: Ask, span: tuple[float, float], *, steps: int) -> list[Score]:
    """The scores of `lexicographic`: a number to the base `steps + 1`, one digit a reward, over its largest."""
    base = steps + 1
    largest = float(base ** len(parts) - 1)

    def number(values: list[float]) -> float:
        digits = [
            steps * (value - part.range[0]) / (part.range[1] - part.range[0])
            for part, value in zip(parts, values, strict=True)
        ]
        whole = 0.0
        for digit in digits[:-1]:
            whole = whole * base + floor(digit + 1e-9)  # 0.3 / 0.1 must count as three steps
        return (whole * base + digits[-1]) / largest

    return [_combined(parts, row, number, span) for row in zip(*map(ask, parts), strict=True)]


def score_cascade(parts: Sequence[Reward], ask: Ask, span: tuple[float, float]) -> list[Score]:  # noqa: ARG001
    """The scores of `cascade`."""
    asked: list[list[Score]] = []  # per row, what each part said so far
    for number, part in enumerate(parts):
        wanted = [row[-1].value is None for row in asked] if number else None
        for index, score in enumerate(ask(part, wanted)):
            if number == 0:
                asked.append([score])
            elif wanted and wanted[index]:
                asked[index].append(score)
    return [_last(parts, row) for row in asked]


def _last(parts: Sequence[Reward], row: Sequence[Score]) -> Score:
    told = parts[: len(row)]
    if row[-1].value is None:
        why = "; ".join(f"{part.name}: {score.why}" for part, score in zip(told, row, strict=True))
        return Score(None, why, _evidence(told, row))
    decided = told[-1].name
    evidence = {name: value for name, value in _evidence(told, row).items() if name != "error"}
    return Score(row[-1].value, f"{decided}: {row[-1].why}", {**evidence, "decided": decided})
