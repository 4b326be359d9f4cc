"""Conversations: the turns of every dialect as one form of message, and what is wrong with a conversation.

A message has `role` (system, user, assistant, tool) and `content` (text), and where they are there: `reasoning_content`
(the thinking of that turn), `tool_calls` (`[{"type": "function", "id"?, "function": {"name", "arguments"}}]`, arguments
as JSON text, the form of the OpenAI wire), `tool_call_id` and `name`. Absent fields are absent, never null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from curate.parts import BadTurn, Message, calls, read_parts, without_nulls
from curate.text.thinking import split_thinking

ROLES = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user", "patient": "user", "customer": "user", "client": "user",
    "assistant": "assistant", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant", "model": "assistant",
    "ai": "assistant", "doctor": "assistant", "agent": "assistant", "chatbot": "assistant",
    "gpt4": "assistant", "gpt-4": "assistant", "claude": "assistant", "bing": "assistant", "bard": "assistant",
    "gemini": "assistant",
    "tool": "tool", "observation": "tool", "function": "tool", "function_response": "tool", "tool_response": "tool",
    "ipython": "tool",
    "function_call_output": "tool",
    "function_call": "call", "tool_call": "call", "tool_calls": "call",
}  # fmt: skip

FIELDS = {
    "role": ("role", "from", "sender", "speaker"),
    "content": ("content", "value", "text", "parts"),
    "reasoning": ("reasoning_content", "reasoning", "thinking"),
}
_CALL_FIELDS = ("tool_calls", "function_call")
_WRAPPED = ("data", "kwargs")
KNOWN_FIELDS = {name for names in FIELDS.values() for name in names} | {
    *_CALL_FIELDS, *_WRAPPED, "tool_call_id", "call_id", "name", "type", "lc", "id", "additional_kwargs",
}  # fmt: skip


def is_turn(value: Any) -> bool:
    """Whether a value is an object that says who speaks and what.

    >>> is_turn({"from": "gpt", "value": "2"}), is_turn({"question": "1+1?"})
    (True, False)
    """
    if not isinstance(value, Mapping):
        return False
    langchain = {"type", "data"} <= {*value} or {"lc", "kwargs"} <= {*value}
    named = langchain or {"type", "additional_kwargs"} <= {*value} or any(name in value for name in FIELDS["role"])
    return named and (langchain or any(name in value for name in FIELDS["content"]))


def role_of(turn: Mapping[str, Any]) -> str | None:
    """Who speaks in a turn: `system user assistant tool`, `call` for a turn that is a call; None when it is unknown."""
    return ROLES.get(_speaker(_flat(turn)))


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
        for message in _messages(turn):
            last = messages[-1] if messages else None
            if last and last["role"] == "assistant" == message["role"] and _is_call_alone(message):
                last["tool_calls"] = last.get("tool_calls", []) + message["tool_calls"]
            elif message["role"] != "system" or message["content"].strip():
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
    return [without_nulls(message) for message in messages]


def _messages(turn: Mapping[str, Any]) -> list[Message]:
    """What a turn says: one message, and before it one for each tool that answers in it."""
    turn = _flat(turn)
    role, content = ROLES.get(_speaker(turn)), _first(turn, "content")
    if role is None:
        raise BadTurn(f"unknown role '{_speaker(turn)[:40]}'")
    if role == "call":
        return [{"role": "assistant", "content": "", "tool_calls": calls(turn if content is None else content)}]
    parts = read_parts(turn.get("output") if role == "tool" and content is None else content)
    text, reasoning = parts.text, "\n".join(parts.thoughts) or _first(turn, "reasoning")
    if role == "assistant" and reasoning is None:
        reasoning, text, _ = split_thinking(text)
    message: Message = {"role": role, "content": text}
    if reasoning is not None and str(reasoning).strip():
        message["reasoning_content"] = str(reasoning)
    called = next((turn[name] for name in _CALL_FIELDS if turn.get(name)), None)
    if parts.calls or called:
        message["tool_calls"] = parts.calls or calls(called)
    message |= {field: turn[field] for field in ("tool_call_id", "name") if turn.get(field)}
    if role == "tool" and turn.get("call_id"):
        message["tool_call_id"] = turn["call_id"]
    return [*parts.results, message] if text.strip() or not parts.results else parts.results


def _flat(turn: Mapping[str, Any]) -> Mapping[str, Any]:
    """A turn with its fields on top: LangChain writes `{"type", "data"}`, or a class with its arguments."""
    if _first(turn, "role") is not None or not {*_WRAPPED, "additional_kwargs"} & {*turn}:
        return turn
    inner = next((turn[name] for name in _WRAPPED if isinstance(turn.get(name), Mapping)), None)
    name = turn["id"][-1] if isinstance(turn.get("id"), list) and turn["id"] else turn.get("type")
    flat = without_nulls(inner or turn)
    more = flat.get("additional_kwargs") if isinstance(flat.get("additional_kwargs"), Mapping) else {}
    role = _first(flat, "role") or str(name).removesuffix("Chunk").removesuffix("Message")
    return {**more, **{key: value for key, value in flat.items() if value != []}, "role": role}


def _speaker(turn: Mapping[str, Any]) -> str:
    """The word for who speaks; an item of OpenAI's Responses that is no message has its type alone."""
    return str(_first(turn, "role") or turn.get("type")).strip().lower()


def _is_call_alone(message: Message) -> bool:
    return "tool_calls" in message and not message["content"]


def _first(turn: Mapping[str, Any], field: str) -> Any:
    return next((turn[name] for name in FIELDS[field] if turn.get(name) is not None), None)
