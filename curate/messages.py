"""Conversations: the turns of every dialect as one form of message, and what is wrong with a conversation.

A message has `role` (system, user, assistant, tool) and `content` (text), and where they are there: `reasoning_content`
(the thinking of that turn), `tool_calls` (`[{"type": "function", "id"?, "function": {"name", "arguments"}}]`, arguments
as JSON text, the form of the OpenAI wire), `tool_call_id` and `name`. Absent fields are absent, never null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from curate.text.thinking import split_thinking

Message = dict[str, Any]

ROLES = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user", "patient": "user",
    "assistant": "assistant", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant", "model": "assistant",
    "ai": "assistant", "doctor": "assistant",
    "tool": "tool", "observation": "tool", "function": "tool", "function_response": "tool", "tool_response": "tool",
    "ipython": "tool",
    "function_call": "call", "tool_call": "call", "tool_calls": "call",
}  # fmt: skip

FIELDS = {
    "role": ("role", "from", "sender", "speaker"),
    "content": ("content", "value", "text", "parts"),
    "reasoning": ("reasoning_content", "reasoning", "thinking"),
}
KNOWN_FIELDS = {name for names in FIELDS.values() for name in names} | {"tool_calls", "tool_call_id", "name"}


_TEXTS = ("text", "input_text", "output_text")
_THOUGHTS = ("reasoning", "thinking")
_CALLS = ("tool_call", "tool_calls", "function_call")
_MEDIA = ("image", "image_url", "input_image", "audio", "input_audio", "video", "video_url", "file", "input_file")
_PARTS = (*_TEXTS, *_THOUGHTS, *_CALLS, *_MEDIA)


def is_turn(value: Any) -> bool:
    """Whether a value is an object that says who speaks and what.

    >>> is_turn({"from": "gpt", "value": "2"}), is_turn({"question": "1+1?"})
    (True, False)
    """
    return isinstance(value, Mapping) and all(any(name in value for name in FIELDS[of]) for of in ("role", "content"))


class BadTurn(ValueError):
    """A turn that is no message; the text says why, without its place: reasons are counted."""


def to_messages(turns: Iterable[Mapping[str, Any]], system: str | None = None) -> list[Message]:
    """Turns of any dialect as messages.

    Thinking (tags, a part, or a field of its own) goes to `reasoning_content`; an empty system turn goes; calls join
    the assistant's turn before them. system: a first turn, unless there is one already. Raises BadTurn.

    >>> to_messages([{"from": "human", "value": "1+1?"}, {"from": "gpt", "value": "<think>easy</think>2"}])[1]
    {'role': 'assistant', 'content': '2', 'reasoning_content': 'easy'}
    """
    messages: list[Message] = []
    if not isinstance(turns, Iterable):
        raise BadTurn("a conversation that is no list of turns")
    for turn in turns:
        if not isinstance(turn, Mapping):
            raise BadTurn("a turn that is no object")
        message = _message(turn)
        if message["role"] == "system" and not message["content"].strip():
            continue
        last = messages[-1] if messages else None
        if (
            last
            and last["role"] == "assistant" == message["role"]
            and "tool_calls" in message
            and not message["content"]
        ):
            last["tool_calls"] = last.get("tool_calls", []) + message["tool_calls"]
            continue
        messages.append(message)
    if system and system.strip() and not (messages and messages[0]["role"] == "system"):
        messages.insert(0, {"role": "system", "content": system})
    return messages


def problem(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """Why a conversation cannot be trained on or answered, or None when it can.

    Two turns of one speaker in a row, an empty turn, or no turn of the user or assistant at all. A conversation may
    begin with the assistant, may end with the user (it waits for an answer), or in the middle of thinking (it was cut).
    """
    before = None
    speakers = ("user", "assistant")
    for place, message in enumerate(messages, 1):
        role = message["role"]
        if role == before and role in speakers:
            return f"two turns of the {role} in a row"
        cut = place == len(messages) and message.get("reasoning_content")
        said = (message.get("content") or "").strip() or message.get("tool_calls") or cut
        if role in speakers and not said:
            return f"a turn of the {role} is empty"
        before = role
    if not any(message["role"] in speakers for message in messages):
        return "a conversation without turns"
    return None


def plain(messages: Iterable[Mapping[str, Any]]) -> list[Message]:
    """Messages as a chat template wants them: without the nulls that a table puts in absent fields."""
    return [{key: _plain(value) for key, value in message.items() if value is not None} for message in messages]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _message(turn: Mapping[str, Any]) -> Message:
    role = _role(_first(turn, "role"))
    content = _first(turn, "content")
    if role == "call":
        return {"role": "assistant", "content": "", "tool_calls": _calls(content)}
    text, reasoning, calls = _parts(content)
    reasoning = reasoning or _first(turn, "reasoning")
    if role == "assistant" and reasoning is None:
        reasoning, text, _ = split_thinking(text)
    message: Message = {"role": role, "content": text}
    if reasoning is not None and str(reasoning).strip():
        message["reasoning_content"] = str(reasoning)
    if calls or turn.get("tool_calls"):
        message["tool_calls"] = calls or _calls(turn["tool_calls"])
    message |= {field: turn[field] for field in ("tool_call_id", "name") if turn.get(field)}
    return message


def _first(turn: Mapping[str, Any], field: str) -> Any:
    return next((turn[name] for name in FIELDS[field] if turn.get(name) is not None), None)


def _role(name: Any) -> str:
    role = ROLES.get(str(name).strip().lower())
    if role is None:
        raise BadTurn(f"unknown role '{str(name)[:40]}'")
    return role


def _parts(content: Any) -> tuple[str, str | None, list[Message]]:
    """The text, the thinking and the calls of a content that may be a list of parts."""
    if isinstance(content, str):
        content = _parts_in(content)
    if content is None or isinstance(content, str):
        return content or "", None, []
    texts, thoughts, calls = [], [], []
    for part in content if isinstance(content, list) else [content]:
        kind = _kind(part)
        value = (
            next((part[key] for key in ("text", "value", "content", kind) if part.get(key)), "")
            if isinstance(part, Mapping)
            else part
        )
        if kind in _TEXTS:
            texts.append(str(value))
        elif kind in _THOUGHTS:
            thoughts.append(str(value))
        elif kind in _CALLS:
            calls += _calls(value)
        else:
            raise BadTurn(f"a part of type '{str(kind)[:40]}' is not text")
    return "\n".join(texts), "\n".join(thoughts) or None, calls


def _kind(part: Any) -> Any:
    """Of what type a part is: the type it names, or its one field (Gemini: `{"text": ...}`, `{"inlineData": ...}`)."""
    if not isinstance(part, Mapping):
        return "text"
    return (
        part["type"] if part.get("type") else next((name for name, value in part.items() if value is not None), "text")
    )


def _parts_in(content: str) -> Any:
    """The parts that a text holds as JSON, as it does in a column that mixes both; the text itself when it is one."""
    if not content.startswith('[{"type"'):
        return content
    try:
        parts = json.loads(content)
    except (ValueError, RecursionError):
        return content
    return parts if all(isinstance(part, dict) and part.get("type") in _PARTS for part in parts) else content


def _calls(value: Any) -> list[Message]:
    """Tool calls, from JSON or from what it stands for: one call or a list of them."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise BadTurn("a tool call is not JSON") from error
    return [_call(one) for one in (value if isinstance(value, list) else [value])]


def _call(value: Any) -> Message:
    function = value.get("function") or value if isinstance(value, Mapping) else {}
    name = function.get("name") if isinstance(function, Mapping) else None
    if not name:
        raise BadTurn("a tool call names no function")
    arguments = function.get("arguments", function.get("parameters"))
    text = arguments if isinstance(arguments, str) else json.dumps(_plain(arguments or {}), ensure_ascii=False)
    call: Message = {"type": "function", "function": {"name": str(name), "arguments": text}}
    return call | ({"id": value["id"]} if value.get("id") else {})
