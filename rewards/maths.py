r"""The reward `math`: is the final answer of a completion the gold answer?

Two tiers. Our own (`rewards.mathematics`) reads LaTeX and plain text with a grammar that evaluates nothing, compares
exactly, and decides nearly everything in microseconds, limits in milliseconds, sums, products and integrals in a
fraction of a second. What it meets but does not cover (integrals without bounds, what does not settle) goes to
math-verify in a worker that is killed at a deadline. What neither decides is None, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import isfinite
from typing import Any

from rewards import extract, pool
from rewards.base import Score
from rewards.mathematics.answers import read
from rewards.mathematics.compare import compare
from rewards.mathematics.dates import time_said
from rewards.mathematics.plain import Verdict
from rewards.mathematics.tree import Braces, Items, Num, Quantity, Words

Gold = str | float | list[str]

_SYMBOLIC = "rewards.mathematics.symbolic:verify_symbolically"
_TOWER = re.compile(  # powers, factorials and limits that sympy would not compute before its deadline
    r"\^\s*\{?\s*[-+(]*\s*\d{4,}|\^\s*\{?\s*\d+\s*(?:\^|!)|\d{4,}\s*[)}]*\s*!|[)}!]\s*!|\\binom\s*\{\s*\d{5,}"
    r"|\\prod(?![A-Za-z])[^\\]{0,20}\^\s*\{?\s*\\infty"
)
_GOLD_LINE = re.compile(r"^\s*(?:A|Answer|Final answer)\s*:\s*(.+?)\s*\Z", re.MULTILINE | re.IGNORECASE)


def math(
    completion: str,
    answer: Gold,
    *,
    style: extract.Style = "auto",
    tolerance: float | None = None,
    timeout_s: float = 3.0,
    symbolic: bool = True,
) -> Score:
    r"""1 when the final answer of a completion is the gold answer, else 0.

    Source: own grammar and comparison, made against the reported failures of Math-Verify, of Hendrycks' MATH grader and
    of verl's. Differs from Math-Verify: exact instead of 6 decimals, one final answer instead of all boxes, units kept,
    no signals, the same verdict from every thread and process.

    answer: the gold as LaTeX, plain text or a number; a whole solution ending in `#### 5`, `A: 5` or `\boxed{5}` will
    do; a list holds alternatives. style: where the final answer stands: "auto" (see `rewards.extract`), "boxed",
    "answer_tag", "gsm8k" (`####`, "A:", else the last number) or "last_number". tolerance: largest relative difference
    accepted; None compares exactly. timeout_s: for the symbolic tier. symbolic: False leaves that tier out.

    Rules worth knowing. A decimal is no root and no fraction, but a gold that is evidently rounded (0.3333, 3.1416)
    accepts the exact value. A unit that only one side wrote is dropped; two units are converted. 50% is 50, and 0.5,
    but 50 is not 0.5, and a gold of 0.5 is not 0.5%. A gold in a base (1011_2) accepts its bare digits. `x = 5` is 5.
    A list has no order, a point has. `(1,2)` is a point and an open interval.

    None when the gold cannot be read or neither tier can decide in time. Range: 0 or 1.

    >>> math("... so it is \\boxed{\\frac{1}{2}}", "0.5").value
    1.0
    >>> math("It is 12 or 13.", "13").why
    'no final answer found'
    """
    golds = _golds(answer, style)
    if not golds:
        return Score(None, f"the gold {str(answer)[:80]!r} is empty or no answer")
    best: Score | None = None
    for gold in golds:
        score = _judge(completion, gold, style, tolerance)
        if score.value is None and symbolic and score.evidence.get("rule") == "undecided":
            score = score if _beyond_sympy(score) else _symbolic(score, _ask(score, timeout_s))
        if score.value == 1.0:
            return score
        best = score if best is None or score.value is None else best
    assert best is not None
    return best


def math_batch(
    completions: Sequence[str],
    answer: Sequence[Gold],
    *,
    style: extract.Style = "auto",
    tolerance: float | None = None,
    timeout_s: float = 3.0,
    symbolic: bool = True,
) -> list[Score]:
    """`math` for many completions; what needs the symbolic tier is spread over all workers.

    >>> [score.value for score in math_batch(["#### 5", "#### 6"], ["5", "5"])]
    [1.0, 0.0]
    """
    scores: list[Score] = []
    waiting: list[int] = []
    for completion, gold in zip(completions, answer, strict=True):
        if isinstance(gold, list):
            scores.append(
                math(completion, gold, style=style, tolerance=tolerance, timeout_s=timeout_s, symbolic=symbolic)
            )
            continue
        golds = _golds(gold, style)
        if not golds:
            scores.append(Score(None, f"the gold {str(gold)[:80]!r} is empty or no answer"))
            continue
        score = _judge(completion, golds[0], style, tolerance)
        if score.value is None and symbolic and score.evidence.get("rule") == "undecided" and not _beyond_sympy(score):
            waiting.append(len(scores))
        scores.append(score)
    if waiting:
        calls = [(scores[row].evidence["gold"], scores[row].evidence["answer"]) for row in waiting]
        for row, result in zip(waiting, pool.call_many(_SYMBOLIC, calls, timeout_s), strict=True):
            scores[row] = _symbolic(scores[row], result)
    return scores


def _golds(answer: Gold, style: extract.Style) -> tuple[str, ...]:
    if isinstance(answer, list):
        return tuple(gold for item in answer if item is not None for gold in _golds(item, style))
    if isinstance(answer, float) and (not isfinite(answer)):
        return ()
    gold = _gold(answer if isinstance(answer, str) else _plain(answer), style)
    return (gold,) if gold else ()


def _plain(number: Any) -> str:
    """A gold that came as a number: 27.0 is 27."""
    if isinstance(number, float) and number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return str(number)


@lru_cache(maxsize=65_536)
def _gold(answer: str, style: extract.Style) -> str:
    """The gold answer out of what the column holds: the answer itself, or a solution that ends in it."""
    if "####" in answer:
        return answer.rpartition("####")[2].strip()
    if "boxed{" in answer or "fbox{" in answer or "framebox{" in answer:
        return extract.last_boxed(answer) or answer.strip()
    if "\n" in answer or style == "gsm8k":
        line = _GOLD_LINE.search(answer.rstrip().rpartition("\n")[2])
        if line:
            return line.group(1)
    return answer.strip()


def _judge(completion: str, gold: str, style: extract.Style, tolerance: float | None) -> Score:
    """The verdict of the own tier; value None with a `rule` when the symbolic tier may know more."""
    found = extract.final_answer(completion, style)
    if found is None and style in ("auto", "gsm8k"):
        found = _last_resort(completion, gold, style)
    if found is None or not found.text:
        why = found.how if found is not None else "no final answer found"
        return Score(0.0, why, {"gold": gold, "found": why})
    verdict = compare(gold, found.text, tolerance)
    if verdict.equal is False and found.how == "marker" and found.text.endswith("!"):
        verdict = compare(gold, found.text.rstrip("!"), tolerance)  # "The answer is 28!" may be no factorial
    if verdict.equal is False and len(found.boxes) > 1:
        verdict = _all_boxes(gold, found, verdict, tolerance)
    value = None if verdict.equal is None else float(verdict.equal)
    return Score(value, verdict.why, {"gold": gold, "answer": found.text, "found": found.how, "rule": verdict.rule})


def _last_resort(completion: str, gold: str, style: extract.Style) -> extract.Found | None:
    if style == "gsm8k":
        return extract.last_number(extract.strip_thinking(completion))
    if time := time_said(gold, extract.strip_thinking(completion).strip().rpartition("\n")[2]):
        return extract.Found(time, "time of day")
    answer = read(gold)
    number = isinstance(answer.tree, Num) or (isinstance(answer.tree, Quantity) and isinstance(answer.tree.value, Num))
    number = number or extract.is_number(gold)  # fractions too
    words = isinstance(answer.tree, Words) or answer.words == "none"
    return extract.last_resort(completion, letter=bool(answer.letters), number=number, words=words)


def _all_boxes(gold: str, found: extract.Found, verdict: Verdict, tolerance: float | None) -> Verdict:
    """A gold of several parts, each in its own box: all of them must be there, and no others."""
    tree = read(gold).tree
    if not isinstance(tree, Items | Braces) or len(tree.items) != len(found.boxes):
        return verdict
    together = compare(gold, ", ".join(found.boxes), tolerance)
    return together if together.equal else verdict


def _beyond_sympy(score: Score) -> bool:
    """Whether the answer, and not the gold, holds a tower that would only cost the symbolic tier its deadline."""
    return _TOWER.search(score.evidence["answer"]) is not None and _TOWER.search(score.evidence["gold"]) is None


def _ask(score: Score, timeout_s: float) -> Any:
    return pool.call_many(_SYMBOLIC, [(score.evidence["gold"], score.evidence["answer"])], timeout_s)[0]


def _symbolic(score: Score, result: Any) -> Score:
    """The score after the symbolic tier: its verdict, or None with both reasons."""
    evidence = dict(score.evidence)
    if isinstance(result, pool.CallFailed):
        evidence["symbolic"] = str(result)
        return Score(None, f"{score.why}; math-verify: {result}", evidence)
    if result is None:
        return Score(None, f"{score.why}; math-verify cannot read the gold either", evidence)
    evidence["rule"] = "math-verify"
    return Score(float(result), f"math-verify: {'equal' if result else 'not equal'} ({score.why})", evidence)
