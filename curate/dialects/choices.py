"""Dialects of multiple choice: a question with its options becomes lettered options and a letter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.words import QUESTION, SOLUTION, VERIFIER, filled, text_of

LETTERS = "ABCDEFGHIJ"
CHOICE_ANSWER = Part(("answer", "correct", "answerkey", "answer_key", "answer_idx", "label", "gold", "target"), "any")
_WRONG = ("wrong_1", "wrong_2", "wrong_3")


def _choice(row: Row) -> list[Row]:
    question = filled(row["prompt"], "question")
    options, labels = _options(row["choices"])
    letter = _letter(row["answer"], options, labels)
    lettered = "\n".join(f"{LETTERS[i]}. {option}" for i, option in enumerate(options))
    made = {"prompt": f"{question}\n\n{lettered}", "answer": letter, "verifier": row["verifier"] or "choice"}
    solution = row["solution"]
    return [made | ({"solution": solution} if isinstance(solution, str) and solution.strip() else {})]


def _choice_columns(row: Row) -> list[Row]:
    options = [row[letter] for letter in LETTERS if row.get(letter) is not None]
    return _choice({**row, "choices": options, "solution": None})


def _distractors(row: Row) -> list[Row]:
    """The options in alphabetical order: in the data the right one always stands first."""
    options = sorted({text_of(row[name]) or "" for name in ("correct", *_WRONG)})
    if len(options) != 1 + len(_WRONG):
        raise CannotConvert("two options are the same")
    return _choice({**row, "choices": options, "answer": text_of(row["correct"])})


def _options(value: Any) -> tuple[list[str], list[str]]:
    """The texts of the options, and the labels they carry in the data."""
    labels: list[str] = []
    if isinstance(value, Mapping) and isinstance(value.get("text"), list):  # ARC: {"text": [...], "label": [...]}
        given, value = value.get("label"), value["text"]
        labels = [str(label) for label in given] if isinstance(given, list) else []
    elif isinstance(value, Mapping):  # MedQA: {"A": ..., "B": ...}
        labels = [key for key, option in value.items() if option is not None]
        value = [value[key] for key in labels]
    options = [text_of(option) or "" for option in value or []]
    if not 2 <= len(options) <= len(LETTERS) or not all(options):
        raise CannotConvert(f"a choice needs 2 to {len(LETTERS)} options, none of them empty")
    bare = [_label_off(option, LETTERS[i]) for i, option in enumerate(options)]
    return [one for one in bare if one] if all(bare) else options, labels


def _label_off(option: str, letter: str) -> str | None:
    """An option without its own `A)`, `(A)`, `A.` or `A:`; None when it has none."""
    match = re.match(rf"\(?{letter}[).:]\s*(?=\S)", option)
    return option[match.end() :] if match else None


def _letter(answer: Any, options: Sequence[str], labels: Sequence[str]) -> str:
    """The letter of the right option: given as a number from 0, or as text: a label, a letter, the option, a number."""
    if isinstance(answer, int) and not labels and 0 <= answer < len(options):
        return LETTERS[answer]
    text = text_of(answer) or ""
    for known in (labels, list(LETTERS[: len(options)]), options):
        if text in known:
            return LETTERS[list(known).index(text)]
    bare = text.strip("()[]. ").upper()
    if bare in set(LETTERS[: len(options)]):
        return bare
    if text.isascii() and text.isdigit() and int(text[:4]) < len(options):
        return LETTERS[int(text)]
    raise CannotConvert("the answer is none of the options")


DIALECTS = (
    Dialect(
        "choice", "a question with its options and the right one; becomes lettered options and a letter",
        {"prompt": QUESTION, "choices": Part(("choices", "options"), "choices"), "answer": CHOICE_ANSWER},
        _choice, may={"solution": SOLUTION, "verifier": VERIFIER},
        over=("question_answer", "question_text", "math", "gsm8k", "alpaca"),
    ),
    Dialect(
        "choice_columns", "a question with its options in columns A, B, C, D (MMLU)",
        {"prompt": QUESTION, **{letter: Part((letter,), "gold") for letter in "ABCD"}, "answer": CHOICE_ANSWER},
        _choice_columns,
        may={**{letter: Part((letter,), "gold") for letter in "EF"}, "verifier": VERIFIER}, over=("question_text",),
    ),
    Dialect(
        "distractors", "a question, its right answer and three wrong ones, each in a column (GPQA)",
        {"prompt": QUESTION, "correct": Part(("correct answer", "correct_answer"), "gold"),
         **{f"wrong_{n}": Part((f"incorrect answer {n}", f"incorrect_answer_{n}"), "gold") for n in (1, 2, 3)}},
        _distractors, may={"solution": SOLUTION, "verifier": VERIFIER}, over=("math", "question_answer"),
    ),
)  # fmt: skip
