"""Dialects with a better and a worse answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.instructions import INPUT, INSTRUCTION, with_input
from curate.dialects.words import (
    PROMPT,
    SYSTEM,
    TOOLS,
    TURNS,
    asked,
    checked,
    filled,
)  # fmt: skip
from curate.messages import to_messages
from curate.parts import Message
from curate.text.thinking import split_thinking
from curate.widen import to_json

CHOSEN = Part(("chosen", "chosen_response", "response_j"), "any")
REJECTED = Part(("rejected", "rejected_response", "response_k"), "any")
_SPEAKER = re.compile(r"\n\n(Human|Assistant):[ ]?")
_SFT = (
    "messages",
    "exchanges",
    "alpaca",
    "prompt_completion",
    "prompt_completion_turns",
    "recorded",
    "question_answer",
    "question_text",
    "prompts",
)


def pair(chosen: Any, rejected: Any) -> Row:
    """`chosen` and `rejected`, their thinking apart. Raises CannotConvert when one is empty or both are the same."""
    made: Row = {}
    for name, value in (("chosen", chosen), ("rejected", rejected)):
        thinking, text, _ = split_thinking(filled(value, f"{name} answer"))
        made[name] = filled(text, f"{name} answer")
        if thinking:
            made[f"{name}_thinking"] = thinking
    if made["chosen"].strip() == made["rejected"].strip():
        raise CannotConvert("chosen and rejected are the same")
    return made


def apart(better: list[Message], worse: list[Message]) -> Row:
    """Two conversations that part at their last turn, as what they share and the two answers."""
    shared = 0
    while shared < min(len(better), len(worse)) and better[shared] == worse[shared]:
        shared += 1
    if shared == len(better) == len(worse):
        raise CannotConvert("chosen and rejected are the same")
    rest = (better[shared:], worse[shared:])
    if any(len(turns) != 1 or turns[0]["role"] != "assistant" for turns in rest):
        raise CannotConvert("chosen and rejected part before their last turn")
    (wanted,), (unwanted,) = rest
    made: Row = {"messages": checked(better[:shared])} | pair(wanted["content"], unwanted["content"])
    for name, turn in (("chosen", wanted), ("rejected", unwanted)):
        if "reasoning_content" in turn:
            made[f"{name}_thinking"] = turn["reasoning_content"]
    return made


def from_hh(text: Any) -> list[Message]:
    r"""A transcript of `\n\nHuman: ... \n\nAssistant: ...` turns as messages. Raises CannotConvert when it is none."""
    before, *parts = _SPEAKER.split(filled(text, "transcript"))
    if before.strip() or not parts:
        raise CannotConvert("a transcript that does not begin with Human: or Assistant:")
    roles = ("user" if speaker == "Human" else "assistant" for speaker in parts[::2])
    return [{"role": role, "content": said.strip()} for role, said in zip(roles, parts[1::2], strict=True)]


def _hh(row: Row) -> list[Row]:
    return [apart(from_hh(row["chosen"]), from_hh(row["rejected"]))]


def _implicit(row: Row) -> list[Row]:
    return [apart(to_messages(row["chosen"] or []), to_messages(row["rejected"] or []))]


def _prompted(row: Row) -> list[Row]:
    """A prompt (text or turns), and answers: texts, single turns, or whole conversations that begin with the prompt."""
    better, worse = row["chosen"], row["rejected"]
    prompt, system = row["prompt"], row["system"]
    if _is_conversation(better) and _is_conversation(worse):
        made = apart(to_messages(better, system=system), to_messages(worse, system=system))
    elif prompt is None or isinstance(prompt, str):
        made = asked(filled(prompt, "prompt"), system) | pair(_said(better), _said(worse))
    else:
        context = checked(to_messages(prompt or [], system=system))
        made = {"messages": context} | pair(_said(better), _said(worse))
    if row.get("tools"):
        made["tools"] = row["tools"] if isinstance(row["tools"], str) else to_json(row["tools"])
    return [made]


def _beside(row: Row) -> list[Row]:
    """A conversation whose last answer is the better one, and the worse one beside it."""
    *context, last = checked(to_messages(row["messages"] or [], system=row["system"]))
    if last["role"] != "assistant":
        raise CannotConvert("the conversation does not end with an answer")
    return [{"messages": checked(context)} | pair(_said(last), _said(row["rejected"]))]


def _preferred(row: Row) -> list[Row]:
    asks = row["input"] or {}
    made = {"messages": checked(to_messages(asks.get("messages") or []))} | pair(
        _said(row["chosen"]), _said(row["rejected"])
    )
    return [made | ({"tools": to_json(asks["tools"])} if asks.get("tools") else {})]


def _alpaca_pair(row: Row) -> list[Row]:
    prompt = with_input(filled(row["instruction"], "instruction"), row["input"])
    return [asked(prompt, row["system"]) | pair(_said(row["chosen"]), _said(row["rejected"]))]


def _is_conversation(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1


def _said(value: Any) -> Any:
    """The text of an answer: text itself, one turn, or a list of one turn; its thinking in tags."""
    turns = [value] if isinstance(value, Mapping) else value
    if not isinstance(turns, list):
        return value
    messages = to_messages(turns)
    if len(messages) != 1:
        raise CannotConvert("an answer is more than one turn")
    reasoning = messages[0].get("reasoning_content")
    content = messages[0]["content"]
    return f"<think>{reasoning}</think>{content}" if reasoning else content


def _is_hh(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    texts = [str(row["chosen"]) for row in rows]
    marked = sum(bool(_SPEAKER.match(text if text.startswith("\n") else "\n\n" + text)) for text in texts)
    return None if texts and marked * 2 > len(texts) else "its texts do not begin with Human: or Assistant:"


_PAIR = {"chosen": CHOSEN, "rejected": REJECTED}

DIALECTS = (
    Dialect(
        "alpaca_pair", "instruction, input, chosen, rejected",
        {"instruction": INSTRUCTION, **_PAIR}, _alpaca_pair, may={"input": INPUT, "system": SYSTEM}, over=_SFT,
    ),
    Dialect(
        "conversation_pair", "a conversation that waits for an answer, and two answers (LLaMA-Factory)",
        {"prompt": TURNS, **_PAIR}, _prompted, may={"system": SYSTEM, "tools": TOOLS}, over=_SFT,
    ),
    Dialect(
        "prompt_pair", "a prompt with chosen and rejected: texts, turns or conversations (UltraFeedback binarised)",
        {"prompt": Part((*PROMPT.names, "input"), "any"), **_PAIR}, _prompted, may={"system": SYSTEM, "tools": TOOLS},
        over=(*_SFT, "conversation_pair"),
    ),
    Dialect(
        "preferred_output", "an input of messages, the preferred and the other output (OpenAI's preference tuning)",
        {"input": Part(("input",), "object"), "chosen": Part(("preferred_output",), "turns"),
         "rejected": Part(("non_preferred_output",), "turns")},
        _preferred,
    ),
    Dialect(
        "rejected_beside", "a conversation that ends with the better answer, and a worse one beside it (ms-swift)",
        {"messages": TURNS, "rejected": Part(("rejected_response", "rejected"))}, _beside, may={"system": SYSTEM},
        without=("chosen", "chosen_response"), over=_SFT,
    ),
    Dialect(
        "hh", "two transcripts of Human: and Assistant: that part at the last turn (HH-RLHF)",
        {"chosen": Part(("chosen",)), "rejected": Part(("rejected",))}, _hh, looks=_is_hh,
    ),
    Dialect(
        "conversations_apart", "two conversations that part at the last turn",
        {"chosen": Part(("chosen",), "turns"), "rejected": Part(("rejected",), "turns")}, _implicit, over=_SFT,
    ),
)  # fmt: skip
