"""Dialects with one question and one answer: Alpaca and its kin, prompt and completion, recorded samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.words import (
    CHATS,
    COMPLETION,
    FINISH,
    GOLD,
    OUTPUTS,
    PROMPT,
    SAMPLE,
    SOLUTION,
    SYSTEM,
    THINKING,
    TURNS,
    answered,
    asked,
    checked,
    filled,
    gold,
    text_of,
)  # fmt: skip
from curate.messages import role_of, to_messages

INSTRUCTION = Part(("instruction",))
INPUT = Part(("input", "context"))
HISTORY = Part(("history",), "pairs")
NO_INPUT = {"", "<noinput>", "noinput"}  # what self-instruct and its heirs write for none
LONG = 120


def with_input(instruction: str, extra: Any) -> str:
    """An instruction and what it is about, as one prompt."""
    text = extra if isinstance(extra, str) else ""
    return instruction if text.strip().lower() in NO_INPUT else f"{instruction}\n\n{text}"


def _alpaca(row: Row) -> list[Row]:
    prompt = with_input(filled(row["instruction"], "instruction"), row["input"])
    side = asked(prompt, row["system"], row["history"])
    return [side | answered(row["completion"], row["thinking"], row["finish_reason"])]


def _self_instruct(row: Row) -> list[Row | CannotConvert]:
    instruction = filled(row["instruction"], "instruction")
    if not row["instances"]:
        raise CannotConvert("a task without instances")
    return each(
        row["instances"], lambda one: asked(with_input(instruction, one.get("input"))) | answered(one.get("output"))
    )


def _recorded(row: Row) -> list[Row]:
    """A prompt (text, or turns) with what a model made of it."""
    if isinstance(row["prompt"], str):
        side = asked(filled(row["prompt"], "prompt"), row.get("system"), row.get("history"))
    else:
        side = {"messages": checked(to_messages(row["prompt"] or [], system=row.get("system")))}
    completion = row["completion"]
    if isinstance(completion, list):
        turns = checked(to_messages(completion))
        if len(turns) != 1 or turns[0]["role"] != "assistant":
            raise CannotConvert("the completion is more than one turn of the assistant")
        completion = turns[0]["content"]
        row = row | {"thinking": row.get("thinking") or turns[0].get("reasoning_content")}
    return [
        side | answered(completion, row.get("thinking"), row["finish_reason"]) | gold(row["answer"], row["solution"])
    ]


def _awaiting(row: Row) -> list[Row]:
    messages = checked(to_messages(row["messages"] or [], system=row["system"]))
    if messages[-1]["role"] == "assistant":
        raise CannotConvert("the messages hold an answer already")
    said = answered(row["completion"], row["thinking"], row["finish_reason"])
    return [{"messages": messages} | said | gold(row.get("answer"), row.get("solution"))]


def each(values: Sequence[Any], make: Callable[[Any], Row]) -> list[Row | CannotConvert]:
    """One sample of each value; where that cannot be, the reason in its place."""
    made: list[Row | CannotConvert] = []
    for value in values:
        try:
            made.append(CannotConvert("nothing in it") if value is None else make(value))
        except CannotConvert as bad:
            made.append(bad)
    return made


def _many(row: Row) -> list[Row | CannotConvert]:
    prompt = filled(row["prompt"], "prompt")
    return each(row["samples"] or [], lambda one: asked(prompt) | answered(one, empty=True))


def _prompts(row: Row) -> list[Row]:
    return [{"prompt": filled(row["prompt"], "prompt")}]


def _instructions(row: Row) -> list[Row]:
    return [asked(with_input(filled(row["instruction"], "instruction"), row["input"]), row["system"])]


def _waits(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    """Conversations that hold their answers do not wait for the one beside them (Magpie has both)."""
    last = [row["messages"][-1] or {} for row in rows if row["messages"]]
    answers = sum(role_of(turn) == "assistant" for turn in last)
    return "its conversations hold an answer already" if answers * 2 > len(last) else None


def _question_text(row: Row) -> list[Row]:
    return [{"prompt": filled(row["prompt"], "prompt")} | answered(row["answer"])]


def _graded(row: Row) -> list[Row]:
    prompt = filled(row["prompt"], "prompt")
    return [
        {"prompt": prompt} | answered(row["completion"], None, row["finish_reason"], empty=True) | gold(row["answer"])
    ]


def prose(columns: Mapping[str, str], rows: Sequence[Row]) -> bool:
    """Whether answers are texts to learn from rather than golds to compare with; a column named `prompt` settles it.

    Golds are short: more than half of prose is longer than 120 characters.
    """
    if columns.get("prompt") == "prompt":
        return False
    texts = [text for row in rows if (text := text_of(row["answer"]))]
    return sum(len(text) > LONG for text in texts) * 2 > len(texts)


def _is_prose(columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    if any("####" in (text_of(row["answer"]) or "") for row in rows):
        return "the answers end in ####"
    return None if "model" in columns or prose(columns, rows) else "the answers are short: golds, not texts"


def _is_written(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    texts = [row["completion"] or "" for row in rows]
    if any("\\boxed" in text for text in texts):
        return r"its solutions hold a \boxed{}"
    long = sum(len(text) > LONG or "\n" in text.strip() for text in texts)
    return None if long * 2 > len(texts) else "its solutions are short: golds, not texts"


_ANSWERS = (
    *OUTPUTS, *GOLD, *SOLUTION.names, *THINKING.names, *CHATS, "chosen", "rejected", "instances", "choices",
    "options",
)  # fmt: skip

DIALECTS = (
    Dialect(
        "self_instruct", "one instruction, several instances of input and output (Self-Instruct's seed tasks)",
        {"instruction": INSTRUCTION, "instances": Part(("instances",), "objects")}, _self_instruct,
    ),
    Dialect(
        "alpaca", "instruction, input, output (Alpaca, Dolly, GPTeacher, Synthia)",
        {"instruction": INSTRUCTION, "completion": Part((*OUTPUTS, "answer"), rivals=OUTPUTS)}, _alpaca,
        may={
            "input": INPUT, "system": SYSTEM, "history": HISTORY, "thinking": THINKING,
            "finish_reason": FINISH,
        },
    ),
    Dialect(
        "awaiting", "messages that wait for an answer, and the answer beside them",
        {"messages": TURNS, "completion": COMPLETION}, _awaiting, may={**SAMPLE, "system": SYSTEM}, over=("messages",),
        looks=_waits,
    ),
    Dialect(
        "dolphin", "messages that wait for an answer, the reasoning and the answer beside them (Dolphin-R1)",
        {"messages": TURNS, "thinking": THINKING, "completion": Part(("answer",))}, _awaiting,
        may={"system": SYSTEM, "finish_reason": FINISH},
    ),
    Dialect(
        "graded", "recorded responses with a verdict or the name of their model; often with the gold answer",
        {"prompt": PROMPT, "completion": Part((*OUTPUTS, "solution", "full_model_response"), rivals=OUTPUTS),
         "verdict": Part(("is_correct", "is_solved", "passed", "model", "pred", "prediction"), "any")},
        _graded, may={"answer": Part((*GOLD, "correct"), "any"), "finish_reason": FINISH},
        over=("math", "gsm8k", "question_answer", "question_text", "model_answer", "prompt_completion"),
        witness=("verdict",),
    ),
    Dialect(
        "recorded", "a prompt with the thinking and the answer of a model, apart",
        {"prompt": PROMPT, "thinking": THINKING,
         "completion": Part((*OUTPUTS, "content", "answer_text", "answer"), rivals=OUTPUTS)},
        _recorded, may={**SAMPLE, "system": SYSTEM}, over=("graded", "prompt_completion"),
    ),
    Dialect(
        "prompt_completion", "prompt and completion under any of their names",
        {"prompt": PROMPT, "completion": COMPLETION}, _recorded, may={**SAMPLE, "system": SYSTEM, "history": HISTORY},
    ),
    Dialect(
        "prompt_completion_turns", "prompt and completion as messages (the conversational form of TRL)",
        {"prompt": Part(("prompt", "input"), "turns"), "completion": Part(("completion", "output"), "turns")},
        _recorded, may=SAMPLE, over=("kto_messages", "messages"),
    ),
    Dialect(
        "samples", "a prompt with a list of sampled completions",
        {"prompt": PROMPT, "samples": Part(("samples", "completions", "responses", "generations", "outputs"), "texts")},
        _many,
    ),
    Dialect(
        "model_answer", "a question with the answer of a named model (Vicuna)",
        {"prompt": PROMPT, "answer": Part(("answer",)), "model": Part(("model", "model_id", "model_name"))},
        _question_text, looks=_is_prose, witness=("model",),
    ),
    Dialect(
        "question_text", "a question with a written answer, long enough to learn from",
        {"prompt": PROMPT, "answer": Part(("answer", "final_answer"))},
        _question_text, looks=_is_prose,
    ),
    Dialect(
        "solved", "a problem with a written solution, and no answer to compare with (Magicoder)",
        {"prompt": PROMPT, "completion": Part(("solution",))}, _recorded,
        may={**SAMPLE, "system": SYSTEM}, looks=_is_written, without=(*GOLD, *OUTPUTS),
    ),
    Dialect(
        "input_output", "what goes in and what comes out, with no instruction (FLAN, OpenCodeReasoning, CAMEL)",
        {"prompt": Part(("input", "inputs", "message_1", "user", "human")),
         "completion": Part(("output", "outputs", "target", "targets", "message_2", "assistant", "bot", "gpt"))},
        _recorded, may={**SAMPLE, "system": SYSTEM}, without=("instruction", *PROMPT.names),
    ),
    Dialect(
        "instructions", "instructions and what they are about, without answers",
        {"instruction": INSTRUCTION, "input": INPUT}, _instructions, may={"system": SYSTEM}, over=("prompts",),
        without=_ANSWERS,
    ),
    Dialect(
        "prompts", "prompts alone", {"prompt": Part((*PROMPT.names, "instruction"))}, _prompts, without=_ANSWERS,
    ),
)  # fmt: skip
