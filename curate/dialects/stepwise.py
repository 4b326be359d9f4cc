"""Answers step by step, each step with a verdict (process supervision): the answer whole, its steps beside it.

`label` is true where every step is right, so that the rows serve KTO as they are; `steps` and `step_labels` stay for
those who train on steps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.words import ANSWER, OUTPUTS, PROMPT, filled, gold

_MARK = "ки"
"""What stands behind each step in Math-Shepherd: a token that the model reads the verdict at."""
_FIRST = re.compile(r"\bStep 1:")


def _whole(prompt: Any, steps: Sequence[str], labels: Sequence[bool]) -> Row:
    if not steps or len(steps) != len(labels):
        raise CannotConvert("not as many verdicts as steps" if steps else "no steps")
    completion = filled("\n".join(steps), "completion")
    made = {"prompt": filled(prompt, "prompt"), "completion": completion, "label": all(labels)}
    return made | {"steps": list(steps), "step_labels": list(labels)}


def _stepwise(row: Row) -> list[Row]:
    labels = row["labels"] if isinstance(row["labels"], list) else []
    if any(label not in (0, 1) for label in labels) or None in (row["steps"] or []):
        raise CannotConvert("a step is missing, or its verdict is neither true nor false")
    return [_whole(row["prompt"], row["steps"] or [], list(map(bool, labels))) | gold(row["answer"])]


def _are_verdicts(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    given = [row["labels"] for row in rows if row["labels"] is not None]
    fit = given and all(isinstance(labels, list) for labels in given)
    even = fit and sum(len(row["labels"] or []) == len(row["steps"] or []) for row in rows) * 2 > len(rows)
    return None if even else "its labels are not one for each step"


def _marked(row: Row) -> list[Row]:
    """A text in which each step ends in a mark, and the same text with `+` or `-` in the place of each."""
    pieces = filled(row["text"], "text").split(_MARK)
    verdicts, at = [], 0
    for piece in pieces[:-1]:
        at += len(piece) + 1
        verdicts.append((row["label"] or "")[at - 1 : at])
    if not set(verdicts) <= {"+", "-"}:
        raise CannotConvert("a step without its + or -")
    begin = _FIRST.search(pieces[0])
    if begin is None:
        raise CannotConvert("no 'Step 1:' that ends the problem")
    steps = [pieces[0][begin.start() :], *pieces[1:-1]]
    labels = [verdict == "+" for verdict in verdicts]
    return [_whole(pieces[0][: begin.start()].strip(), [step.strip() for step in steps], labels)]


def _has_marks(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    marked = sum(_MARK in (row["text"] or "") for row in rows)
    return None if marked * 2 > len(rows) else f"its texts hold no '{_MARK}'"


def _prm800k(row: Row) -> list[Row]:
    """The path through the steps that the labeler took, and whether it came to the right answer."""
    question, label = row["question"] or {}, row["label"] or {}
    if label.get("finish_reason") not in ("solution", "found_error"):
        raise CannotConvert(f"the labeler ended without a verdict: {str(label.get('finish_reason'))[:40]}")
    texts, labels = [], []
    for step in _objects(label.get("steps")):
        chosen, options = step.get("chosen_completion"), _objects(step.get("completions"))
        taken = step.get("human_completion") if chosen is None else None
        taken = taken or next(iter(options[chosen if isinstance(chosen, int) else 0 :]), None) or {}
        if not isinstance(taken, Mapping):
            raise CannotConvert("a step that is no object")
        texts.append(str(taken.get("text") or ""))
        labels.append(taken.get("rating") != -1)
    made = _whole(question.get("problem"), texts, labels) | {"label": label["finish_reason"] == "solution"}
    return [made | gold(question.get("ground_truth_answer"), question.get("ground_truth_solution"))]


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _is_prm800k(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    known = rows and "problem" in (rows[0]["question"] or {}) and "steps" in (rows[0]["label"] or {})
    return None if known else "its objects have no problem and no steps"


DIALECTS = (
    Dialect(
        "stepwise", "a prompt, the steps of an answer, a verdict on each (TRL's stepwise supervision)",
        {"prompt": PROMPT, "steps": Part(("completions", "steps"), "texts"),
         "labels": Part(("labels", "step_labels", "ratings"), "any")},
        _stepwise, may={"answer": ANSWER}, looks=_are_verdicts, over=("samples", "prompts", "question_answer"),
        without=OUTPUTS,
    ),
    Dialect(
        "marked_steps", "a problem and its steps in one text, each marked, and the marks' verdicts (Math-Shepherd)",
        {"text": Part(("input",)), "label": Part(("label",))}, _marked, looks=_has_marks,
    ),
    Dialect(
        "prm800k", "a problem and the steps that a person labelled (PRM800K)",
        {"question": Part(("question",), "object"), "label": Part(("label",), "object")}, _prm800k, looks=_is_prm800k,
    ),
)  # fmt: skip
