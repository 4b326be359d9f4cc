"""What a turn is made of: text, thinking, calls of tools and what the tools answered, in the forms of every provider.

A content is a text, or a list of parts. A part names its type (OpenAI, Anthropic, Mistral, LangChain) or has one field
of that name (Gemini: `{"text": ...}`, `{"functionCall": ...}`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]

_TEXTS = ("text", "input_text", "output_text")
_THOUGHTS = ("reasoning", "thinking", "thought")
_CALLS = ("tool_call", "tool_calls", "function_call", "tool_use", "functionCall")
_RESULTS = ("tool_result", "function_response", "functionResponse")
_MEDIA = (
    "image", "image_url", "input_image", "audio", "input_audio", "video", "video_url", "file", "input_file", "document",
    "inlineData", "fileData",
)  # fmt: skip
_KINDS = (*_THOUGHTS, *_TEXTS, *_CALLS, *_RESULTS, *_MEDIA)


class BadTurn(ValueError):
    """A turn that is no message; the text says why, without its place: reasons are counted."""


@dataclass
class Parts:
    """What a content holds. results: what tools answered, each a message of its own."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: list[Message] = field(default_factory=list)
    results: list[Message] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of its text."""
        return "\n".join(self.texts)


def read_parts(content: Any) -> Parts:
    """The parts of a content. Raises BadTurn for a part that is no text: a picture, a sound."""
    if isinstance(content, str):
        content = _parts_in(content)
    if isinstance(content, str):
        return Parts([content])
    parts = Parts()
    for part in content if isinstance(content, list) else [content]:
        if part is not None:
            _sort(part, parts)
    return parts


def _sort(part: Any, into: Parts) -> None:
    """Put a part where it belongs."""
    kind = _kind(part)
    if kind in _TEXTS:
        into.texts.append(_text(part, kind))
    elif kind in _THOUGHTS:
        into.thoughts.append(_text(part, kind))
    elif kind in _CALLS:
        into.calls += calls(part if kind == "tool_use" else _value(part, kind))
    elif kind in _RESULTS:
        into.results.append(_result(part, kind))
    else:
        raise BadTurn(f"a part of type '{str(kind)[:40]}' is not text")


def _kind(part: Any) -> Any:
    """Of what type a part is: the type it names, or the field that it has."""
    if not isinstance(part, Mapping):
        return "text"
    if part.get("type"):
        return part["type"]
    filled = [name for name, value in part.items() if value not in (None, False)]
    return next((name for name in _KINDS if name in filled), filled[0] if filled else "text")


def _value(part: Any, kind: str) -> Any:
    if not isinstance(part, Mapping):
        return part
    return next((part[key] for key in (kind, "text", "value", "content") if part.get(key) not in (None, "", True)), "")


def _text(part: Any, kind: str) -> str:
    """The text of a part; its value may be a list of parts again (Mistral's thinking, Anthropic's results)."""
    value = _value(part, kind)
    return value if isinstance(value, str) else read_parts(value).text if isinstance(value, list) else str(value)


def _result(part: Mapping[str, Any], kind: str) -> Message:
    """What a tool answered, as a message of the tool."""
    given = _value(part, kind)
    inner = given if isinstance(given, Mapping) else {}
    said = inner.get("response", given)
    text = (
        read_parts(said).text if isinstance(said, str | list) else json.dumps(without_nulls(said), ensure_ascii=False)
    )
    message: Message = {"role": "tool", "content": text}
    about = {"tool_call_id": part.get("tool_use_id") or inner.get("id"), "name": part.get("name") or inner.get("name")}
    return message | {name: value for name, value in about.items() if value}


def _parts_in(content: str) -> Any:
    """The parts that a text holds as JSON, as it does in a column that mixes both; the text itself when it is one."""
    if not content.startswith('[{"'):
        return content
    try:
        parts = json.loads(content)
    except (ValueError, RecursionError):
        return content
    known = all(isinstance(part, dict) and part.get("type") in _KINDS for part in parts)
    return parts if known else content


def calls(value: Any) -> list[Message]:
    """Tool calls, from JSON or from what it stands for: one call or a list of them. Raises BadTurn."""
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
    given = (function.get(field) for field in ("arguments", "parameters", "args", "input"))
    arguments: Any = next((one for one in given if one is not None), {})
    text = arguments if isinstance(arguments, str) else json.dumps(without_nulls(arguments), ensure_ascii=False)
    call: Message = {"type": "function", "function": {"name": str(name), "arguments": text}}
    known = value.get("call_id") or value.get("id")
    return call | ({"id": known} if known else {})


def without_nulls(value: Any) -> Any:
    """A value without the nulls that a table puts in absent fields."""
    if isinstance(value, Mapping):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value
