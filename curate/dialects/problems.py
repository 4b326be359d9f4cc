r"""Dialects with an answer that can be checked: GSM8K, MATH, plain questions, countdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.instructions import prose
from curate.dialects.opened import opened
from curate.dialects.words import (
    ANSWER,
    GOLD,
    PROMPT,
    QUESTION,
    SOLUTION,
    TURNS,
    VERIFIER,
    checked,
    filled,
    gold,
    text_of,
)  # fmt: skip
from curate.messages import to_messages

COUNTDOWN = "Use the numbers {numbers}, each exactly once, with + - * / to make {target}."

_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_BOXED_BARE = re.compile(r"\\boxed\s+([^\s$\\{}]{1,40})")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def last_boxed(text: str) -> str | None:
    r"""What stands in the last `\boxed{...}` of a solution, braces balanced; None when there is none. Linear time.

    >>> last_boxed(r"so $\boxed{1}$, no: $\boxed{\frac{1}{2}}$")
    '\\frac{1}{2}'
    """
    found = None
    end = 0
    for match in _BOXED.finditer(text):
        if match.start() < end:
            continue  # a box in a box: the outer one is the answer
        depth = 1
        for brace in _BRACE.finditer(text, match.end()):
            depth += {"{": 1, "}": -1}.get(brace.group(), 0)
            if depth == 0:
                found, end = text[match.end() : brace.start()].strip(), brace.end()
                break
        else:
            break  # never closed, nor is any that follows
    if found is None and (bare := _BOXED_BARE.findall(text)):
        return str(bare[-1])
    return found or None


def _gsm8k(row: Row) -> list[Row]:
    if "####" not in (text_of(row["answer"]) or ""):
        raise CannotConvert("no #### before the final answer")
    made = gold(row["answer"], row["solution"])
    if "answer" not in made:
        raise CannotConvert("no answer after ####")
    return [{"prompt": filled(row["prompt"], "prompt"), **made, "verifier": row["verifier"] or "math"}]


def _math(row: Row) -> list[Row]:
    prompt = filled(row["prompt"], "prompt")
    answer = text_of(row["answer"]) or last_boxed(row["solution"] or "")
    if answer is None:
        raise CannotConvert(r"no answer: neither given nor in a \boxed{} of the solution")
    return [{"prompt": prompt, **gold(answer, row["solution"]), "verifier": row["verifier"] or "math"}]


def _question(row: Row) -> list[Row]:
    body = row.get("body")
    prompt = filled(row["prompt"], "prompt")
    answer = text_of(row["answer"])
    if answer is None:
        raise CannotConvert("the answer is empty")
    made = {
        "prompt": _before(row.get("passage"), "\n\n") + _before(body, " ") + prompt,
        "answer": answer,
    }
    return [made | ({"verifier": row["verifier"]} if row["verifier"] else {})]


def _before(text: Any, gap: str) -> str:
    return f"{text.rstrip()}{gap}" if isinstance(text, str) and text.strip() else ""


def _extractive(row: Row) -> list[Row]:
    """A question on a passage, and the spans of it that answer; the first is the answer."""
    spans = (row["spans"] or {}).get("text")
    if not isinstance(spans, list) or not spans:
        raise CannotConvert("no answer")
    return _question({**row, "answer": spans[0]})


def _has_spans(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    known = any("text" in (row["spans"] or {}) for row in rows)
    return None if known else "its answers hold no text"


def _judged(row: Row) -> list[Row]:
    """A prompt beside what a reward function is told: the truth is text, or what a puzzle is made of."""
    made: Row = {"messages": checked(to_messages(row["messages"] or []))}
    truth = row["reward_model"].get("ground_truth") if isinstance(row["reward_model"], Mapping) else None
    if isinstance(truth, Mapping):
        return [made | {name: value for name, value in truth.items() if value is not None and name not in made}]
    if (answer := text_of(_alone(truth))) is None:
        raise CannotConvert("the ground truth is empty")
    return [made | {"answer": answer}]


def _alone(truth: Any) -> Any:
    """The one element of a list written as JSON (Skywork-OR1); anything else as it is, tests too."""
    value = opened(truth, "texts") if isinstance(truth, str) else truth
    one = value[0] if isinstance(value, list) and len(value) == 1 else truth
    return truth if isinstance(one, list | Mapping) else one


def _is_judged(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    known = any("ground_truth" in (row["reward_model"] or {}) for row in rows)
    return None if known else "its reward_model has no ground_truth"


def _countdown(row: Row) -> list[Row]:
    numbers, target = row["numbers"], row["target"]
    if not numbers or None in numbers or target is None:
        raise CannotConvert("no numbers, or one of them is missing" if target is not None else "no target")
    prompt = COUNTDOWN.format(numbers=", ".join(map(str, numbers)), target=target)
    return [{"prompt": prompt, "numbers": numbers, "target": target, "verifier": "countdown"}]


def _has_marks(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    marked = any("####" in (text_of(row["answer"]) or "") for row in rows)
    return None if marked else "no answer holds ####"


def _is_gold(columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    if _has_marks(columns, rows) is None:
        return "the answers hold ####"
    named = columns["answer"].lower() not in ("answer", "final_answer")
    return None if named or not prose(columns, rows) else "the answers are long: texts, not golds"


def _is_boxed(columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    if "answer" in columns or any(last_boxed(row["solution"] or "") for row in rows):
        return None
    return r"no solution holds a \boxed{} and there is no answer column"


DIALECTS = (
    Dialect(
        "extractive", "a question on a passage, and the spans of it that answer (SQuAD)",
        {"prompt": QUESTION, "passage": Part(("context", "passage")), "spans": Part(("answers",), "object")},
        _extractive, may={"verifier": VERIFIER}, looks=_has_spans, over=("prompts",),
    ),
    Dialect(
        "gsm8k", "a question and a worked answer that ends in #### and the result",
        {"prompt": PROMPT, "answer": ANSWER}, _gsm8k, may={"solution": Part(("solution",)), "verifier": VERIFIER},
        looks=_has_marks,
    ),
    Dialect(
        "math", r"a problem with a solution; the answer in a column, or in a \boxed{} of the solution",
        {"prompt": PROMPT, "solution": SOLUTION},
        _math, may={"answer": Part((*GOLD, "correct"), "any"), "verifier": VERIFIER}, looks=_is_boxed,
    ),
    Dialect(
        "question_answer", "a question and its short answer",
        {"prompt": PROMPT, "answer": ANSWER}, _question,
        may={"body": Part(("body",)), "passage": Part(("context", "passage")), "verifier": VERIFIER},
        looks=_is_gold,
    ),
    Dialect(
        "judged", "a prompt of turns with the truth for a reward function (verl: DAPO, Skywork-OR1, Eurus)",
        {"messages": TURNS, "reward_model": Part(("reward_model",), "object")}, _judged, looks=_is_judged,
        over=("messages",),
    ),
    Dialect(
        "countdown", "numbers and the target to make of them (TinyZero's Countdown-Tasks); becomes a prompt",
        {"numbers": Part(("nums", "numbers"), "numbers"), "target": Part(("target",), "number")}, _countdown,
        without=(*PROMPT.names, "messages", "completion"),
    ),
)  # fmt: skip
