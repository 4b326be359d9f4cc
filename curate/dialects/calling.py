"""Dialects of tool use that are no plain conversations: calls beside a question, transcripts with calls in them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.words import PROMPT, SYSTEM, TOOLS, checked, filled
from curate.messages import to_messages
from curate.parts import BadTurn, Message
from curate.widen import to_json

_SPEAKER = re.compile(r"(?:^|\n)\s*(USER|ASSISTANT|FUNCTION RESPONSE):[ ]?")
_CALL = re.compile(r"<functioncall>\s*(\{.*\})\s*", re.DOTALL)
_QUOTED = re.compile(r"(\"arguments\":\s*)'(.*)'(\s*\}\s*)$", re.DOTALL)
_ROLES = {"USER": "user", "ASSISTANT": "assistant", "FUNCTION RESPONSE": "tool"}


def _calls(row: Row) -> list[Row]:
    """A question, and the calls that answer it."""
    prompt = filled(row["prompt"], "prompt")
    calls = {"from": "function_call", "value": row["calls"]}
    if not row["calls"] or row["calls"] == "[]":
        raise CannotConvert("no call")
    messages = to_messages([{"role": "user", "content": prompt}, calls], system=row["system"])
    tools = row["tools"]
    return [{"messages": checked(messages), "tools": tools if isinstance(tools, str) else to_json(tools)}]


def _are_calls(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    first = next((row["calls"] for row in rows if row["calls"]), None)
    try:
        to_messages([{"from": "function_call", "value": first}])
    except BadTurn:
        return "its answers are no calls of functions"
    return None


def _transcript(row: Row) -> list[Row]:
    """`USER: ...`, `ASSISTANT: ... <|endoftext|>`, `FUNCTION RESPONSE: ...`, and calls as `<functioncall> {...}`."""
    before, *parts = _SPEAKER.split(filled(row["chat"], "chat"))
    if before.strip() or not parts:
        raise CannotConvert("a transcript that does not begin with USER: or ASSISTANT:")
    said = zip(parts[::2], parts[1::2], strict=True)
    turns = [_turn(_ROLES[speaker], text.replace("<|endoftext|>", "").strip()) for speaker, text in said]
    system = (row["system"] or "").strip().removeprefix("SYSTEM:").strip()
    return [{"messages": checked(to_messages(turns, system=system))}]


def _turn(role: str, text: str) -> Message:
    call = _CALL.search(text) if role == "assistant" else None
    if call is None:
        return {"role": role, "content": text}
    return {"role": role, "content": text[: call.start()].strip(), "tool_calls": [_read(call[1])]}


def _read(text: str) -> Any:
    """A call whose arguments may stand in single quotes, as JSON in JSON."""
    plain = _QUOTED.sub(lambda found: f"{found[1]}{json.dumps(found[2])}{found[3]}", text)
    try:
        return json.loads(plain, strict=False)
    except ValueError as error:
        raise CannotConvert("a call that is not JSON") from error


def _is_transcript(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    texts = [row["chat"] or "" for row in rows]
    marked = sum(bool(_SPEAKER.match(text)) for text in texts)
    return None if texts and marked * 2 > len(texts) else "its texts do not begin with USER: or ASSISTANT:"


DIALECTS = (
    Dialect(
        "calls", "a question, tools, and the calls that answer it (xLAM)",
        {"prompt": PROMPT, "calls": Part(("answers", "answer", "calls", "tool_calls", "function_calls"), "any"),
         "tools": TOOLS},
        _calls, may={"system": SYSTEM}, looks=_are_calls, over=("prompts", "question_answer", "question_text"),
    ),
    Dialect(
        "call_transcript", "transcripts of USER:, ASSISTANT: and FUNCTION RESPONSE: (glaive-function-calling)",
        {"chat": Part(("chat", "conversation", "transcript"))}, _transcript, may={"system": SYSTEM},
        looks=_is_transcript, over=("dialogue",),
    ),
)  # fmt: skip
