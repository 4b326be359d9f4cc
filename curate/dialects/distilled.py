r"""Dialects of reasoning data whose columns carry names of their own: the model that thought, or what was done to it.

Their golds are worked solutions; the answer is what stands in the last \boxed{} of one, or a short one itself.
"""

from __future__ import annotations

from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.instructions import LONG, each
from curate.dialects.problems import last_boxed
from curate.dialects.words import ANSWER, PROMPT, SOLUTION, SYSTEM, answered, asked, checked, filled, gold
from curate.messages import to_messages


def _worked(solution: object) -> Row:
    """The `answer` that can be compared, where there is one, and the `solution` that works it out."""
    text = solution.strip() if isinstance(solution, str) else ""
    short = len(text) <= LONG and "\n" not in text
    answer = last_boxed(text)
    return gold(answer or (text if short else None), None if short and not answer else text)


def _openthoughts(row: Row) -> list[Row]:
    said = answered(row["completion"], row["thinking"])
    return [asked(filled(row["prompt"], "prompt"), row["system"]) | said | _worked(row["solution"])]


def _reannotated(row: Row) -> list[Row]:
    return [asked(filled(row["prompt"], "prompt")) | answered(row["completion"]) | _worked(row["solution"])]


def _reannotated_turns(row: Row) -> list[Row]:
    turns = checked(to_messages(row["messages"] or []))
    *before, last = turns
    if last["role"] != "assistant":
        raise CannotConvert("the conversation does not end with an answer")
    said = answered(last["content"], last.get("reasoning_content"))
    return [{"messages": before} | said | _worked(row["solution"])]


def _traces(row: Row) -> list[Row | CannotConvert]:
    """One row for each sampled trace: whether it was found right, and why it ended, stand in lists beside them."""
    side = asked(filled(row["prompt"], "prompt")) | gold(row["answer"], row["solution"])
    side |= {"verifier": "math"} if "answer" in side else {}
    traces = row["traces"] or []
    told = {name: _one_each(row[name], len(traces)) for name in ("correct", "finish_reasons")}

    def made(place: int) -> Row:
        finish, right = told["finish_reasons"][place], told["correct"][place]
        said = side | answered(traces[place], None, finish, empty=True)
        return said | ({} if right is None else {"is_correct": right})

    return each(range(len(traces)), made)


def _one_each(values: object, count: int) -> list[Any]:
    """A list of one value for each trace; of nulls where the data has none, or another number of them."""
    return values if isinstance(values, list) and len(values) == count else [None] * count


def _matched(row: Row) -> list[Row]:
    made = {"prompt": filled(row["prompt"], "prompt")} | _worked(filled(row["solution"], "solution"))
    return [made | ({"verifier": "math"} if {"answer", "solution"} <= made.keys() else {})]


def _revised(row: Row) -> list[Row]:
    prompt = filled(row["prompt"], "prompt")
    chosen, rejected = filled(row["chosen"], "revision"), filled(row["rejected"], "first answer")
    if chosen.strip() == rejected.strip():
        raise CannotConvert("the revision is the first answer")
    return [{"prompt": prompt, "chosen": chosen, "rejected": rejected}]


DIALECTS = (
    Dialect(
        "openthoughts", "a problem with R1's reasoning and solution (OpenThoughts-114k, metadata)",
        {"prompt": PROMPT, "thinking": Part(("deepseek_reasoning",)), "completion": Part(("deepseek_solution",))},
        _openthoughts, may={"solution": Part(("ground_truth_solution",)), "system": SYSTEM},
        over=("prompts", "math"),
    ),
    Dialect(
        "r1_distill", "a problem, its solution, and R1's annotated answer (R1-Distill-SFT v0)",
        {"prompt": PROMPT, "completion": Part(("reannotated_assistant_content",))},
        _reannotated, may={"solution": SOLUTION}, over=("prompts", "math"),
    ),
    Dialect(
        "r1_distill_turns", "a problem, its solution, and R1's annotated conversation (R1-Distill-SFT v1)",
        {"prompt": PROMPT, "messages": Part(("reannotated_messages",), "turns")},
        _reannotated_turns, may={"solution": SOLUTION}, over=("prompts", "math"),
    ),
    Dialect(
        "traces", "a problem, its answer, and several sampled traces: a row for each (OpenR1-Math, NuminaMath)",
        {"prompt": PROMPT, "answer": ANSWER, "traces": Part(("generations", "samples", "responses"), "texts")},
        _traces,
        may={
            "solution": SOLUTION, "correct": Part(("correctness_math_verify",), "any"),
            "finish_reasons": Part(("finish_reasons",), "texts"), "messages": Part(("messages",), "turns"),
        },
        over=("samples", "math", "gsm8k", "question_answer", "question_text", "messages"),
    ),
    Dialect(
        "matched_solution", "a problem with the solution found for it in a book (SCP-116K)",
        {"prompt": PROMPT, "solution": Part(("matched_solution",))}, _matched, over=("prompts",),
    ),
    Dialect(
        "revised", "a prompt, a first answer and its revision by a constitution: the revision is chosen (CAI)",
        {"prompt": Part(("init_prompt",)), "rejected": Part(("init_response",)),
         "chosen": Part(("revision_response",))},
        _revised, without=("chosen", "rejected", "messages"),
    ),
)  # fmt: skip
