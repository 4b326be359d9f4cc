"""Dialects of conversations: messages, ShareGPT, alternating texts, exchanges, transcripts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.words import ANSWER, CHATS, FINISH, SYSTEM, TOOLS, TURNS, answered, checked, gold
from curate.messages import to_messages
from curate.parts import Message
from curate.widen import to_json

HELPERS = (
    "assistant", "ai", "bot", "agent", "doctor", "physician", "clinician", "nurse", "therapist", "counselor", "tutor",
    "teacher", "expert", "support", "representative", "gpt", "chatgpt", "model",
)  # fmt: skip
ASKING = ("human", "user", "input", "prompt", "question", "instruction", "query", "q")
ANSWERING = ("assistant", "gpt", "bot", "output", "response", "answer", "completion", "ai", "a")
"""Fields of an exchange, by either side."""
_LINE = re.compile(r"^\s*[\"']?([A-Za-z][\w .'-]{0,30}?)\s*:\s*(.*)$")


def _conversation(row: Row) -> list[Row]:
    system = row["system"] or _told(row["instruction"])
    made = thought_apart(checked(to_messages(row["messages"] or [], system=system)), row["finish_reason"])
    if row["tools"]:
        made["tools"] = row["tools"] if isinstance(row["tools"], str) else to_json(row["tools"])
    return [made | gold(row["answer"])]


def _told(instruction: Any) -> str | None:
    """The system's turn that stands apart from the others, as one of them (Gemini)."""
    told = to_messages([{**instruction, "role": "system"}]) if instruction else []
    return told[0]["content"] if told else None


def thought_apart(messages: list[Message], finish_reason: Any = None) -> Row:
    """A conversation; one whose last answer carries thinking ends before it, beside `completion` and `thinking`."""
    last = messages[-1]
    if last["role"] != "assistant" or "reasoning_content" not in last or "tool_calls" in last:
        return {"messages": messages}
    return {"messages": messages[:-1]} | answered(last["content"], last.get("reasoning_content"), finish_reason)


def _alternating(row: Row) -> list[Row]:
    turns = [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(row["texts"] or [])]
    return [{"messages": checked(to_messages(turns, system=row["system"]))}]


def _exchanges(row: Row) -> list[Row]:
    turns: list[Message] = []
    for one in row["exchanges"] or []:
        asks, answers = _sides(one or {})
        if asks is None or answers is None:
            raise CannotConvert("an exchange without a question and an answer")
        turns += [{"role": "user", "content": one[asks]}, {"role": "assistant", "content": one[answers]}]
    if turns and not turns[-1]["content"]:
        turns.pop()  # the last question waits for its answer
    return [{"messages": checked(to_messages(turns, system=row["system"]))}]


def _sides(exchange: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The fields of an exchange that hold what was asked and what was answered."""
    named = {name.lower(): name for name in exchange}
    asks = next((named[name] for name in ASKING if name in named), None)
    return asks, next((named[name] for name in ANSWERING if name in named), None)


def _is_exchanges(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    first: Row = next((one for row in rows for one in row["exchanges"] or [] if one), {})
    return None if all(_sides(first)) else "its objects do not hold a question and an answer"


def _dialogue(row: Row) -> list[Row]:
    return [{"messages": checked(from_transcript(row["dialogue"] or ""))}]


def from_transcript(text: str) -> list[Message]:
    r"""`Doctor: ...` lines as messages: who helps is the assistant, everyone else the user.

    Neighbouring lines of one side are one turn. A speaker is named in the text when its side has several. A line
    without a speaker goes on with the turn before it. Raises CannotConvert when only one side speaks.

    >>> from_transcript("Doctor: Well?\nPatient: Fine.")
    [{'role': 'assistant', 'content': 'Well?'}, {'role': 'user', 'content': 'Fine.'}]
    """
    lines: list[tuple[str, str]] = []
    for line in text.splitlines():
        match = _LINE.match(line) if len(line) < 100_000 else None
        if match:
            lines.append((match[1].strip(), match[2].strip()))
        elif line.strip() and lines:
            speaker, said = lines[-1]
            lines[-1] = (speaker, f"{said}\n{line.strip()}")
    sides = {speaker: _side(speaker) for speaker, _ in lines}
    if len(sides) == 2 and len(set(sides.values())) == 1:  # Alice and Bob, or two doctors: who begins, asks
        sides = dict(zip(sides, ("user", "assistant"), strict=True))
    several = {side for side in sides.values() if list(sides.values()).count(side) > 1}
    turns: list[Message] = []
    for speaker, said in lines:
        side = sides[speaker]
        content = f"{speaker}: {said}" if side in several else said
        if turns and turns[-1]["role"] == side:
            turns[-1]["content"] += f"\n{content}"
        else:
            turns.append({"role": side, "content": content})
    if len({turn["role"] for turn in turns}) < 2:
        raise CannotConvert("a dialogue in which only one side speaks")
    return turns


def _side(speaker: str) -> str:
    words = re.split(r"[^a-z]+", speaker.lower())
    return "assistant" if any(word and get_close_matches(word, HELPERS, n=1, cutoff=0.8) for word in words) else "user"


def _is_transcript(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    lines = [line for row in rows for line in (row["dialogue"] or "")[:2_000].splitlines() if line.strip()]
    named = sum(bool(_LINE.match(line)) for line in lines)
    return None if lines and named * 2 > len(lines) else "its lines do not begin with speakers"


_BESIDE = {
    "system": SYSTEM,
    "instruction": Part(("systeminstruction", "system_instruction"), "object"),
    "tools": TOOLS,
    "answer": ANSWER,
    "finish_reason": FINISH,
}

DIALECTS = (
    Dialect(
        "messages", "turns with role and content, or from and value (ShareGPT, OpenThoughts); tools, thinking",
        {"messages": TURNS}, _conversation, may=_BESIDE,
    ),
    Dialect(
        "exchanges", "a list of exchanges, each a question and its answer: input, output; human, assistant (Capybara)",
        {"exchanges": Part((*TURNS.names, "data"), "objects")}, _exchanges, may={"system": SYSTEM}, looks=_is_exchanges,
    ),
    Dialect(
        "alternating", "a list of texts, of the user and the assistant in turn (UltraChat, LIMA)",
        {"texts": Part((*CHATS, "data", "dialogue", "turns"), "texts")}, _alternating, may={"system": SYSTEM},
    ),
    Dialect(
        "dialogue", "a transcript whose lines begin with their speaker (MTS-Dialog)",
        {"dialogue": Part(("dialogue", "dialog", "transcript", "conversation"))}, _dialogue, looks=_is_transcript,
    ),
)  # fmt: skip
