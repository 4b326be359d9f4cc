"""The OpenAI protocol: a `Request` as the body of a POST, and what comes back as a `Completion`.

Messages go to the chat endpoint; a bare prefix goes to the completions endpoint, whose answers are texts. Reads what
OpenAI, vLLM, SGLang, llama.cpp, OpenRouter and DeepSeek send: thinking in `reasoning_content` or `reasoning`, content
as text, parts or null, usage or none. Everything that is read is hostile until looked at.
"""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from types import NoneType
from typing import Any, Final

import orjson

from curate.engines.base import Completion, Request
from curate.engines.content import content_text

# What servers write for the four reasons of `Completion.finish_reason`.
FINISH: Final = {
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "function_call": "tool_calls",
}
# The server gave up on this one (vLLM and SGLang abort, OpenRouter's upstream fails): no answer.
BROKEN_OFF: Final = frozenset({"abort", "error"})


def _plain(value: object) -> object:
    """Mappings that are no dict, as JSON writes them."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} cannot be sent as JSON")


_encode: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_plain).encode


class Garbage(ValueError):
    """A response that is no completion; the message says what it is instead."""


def body(
    request: Request, model: str, max_tokens_field: str, extra: Mapping[str, Any], *, send_seed: bool = True
) -> bytes:
    """The JSON to send. Settings that are None are left to the server; `extra` has the last word.

    Raises ValueError when the request holds what JSON cannot (NaN, an object of another kind).
    """
    sampling = request.sampling
    is_bare = request.prefix is not None
    fields: dict[str, Any] = {
        "model": model,
        "messages": None if is_bare else request.messages,
        "prompt": request.prefix,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "max_tokens" if is_bare else max_tokens_field: sampling.max_tokens,
        "stop": sampling.stop or None,
        "seed": request.seed if send_seed else None,
        "response_format": request.response_format,
        "tools": request.tools,
    }
    fields = {name: value for name, value in fields.items() if value is not None} | dict(extra)
    try:
        return _encode(fields).encode("ascii")
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def read(request: Request, content: bytes, noted: Mapping[str, Any]) -> Completion:
    """The completion a server sent with status 200. noted: goes into `extra`. Raises Garbage when it is none."""
    answer = _object(content)
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Garbage(_error_text(answer) or "a response without choices")
    choice = choices[0]
    message = _message(choice, is_bare=request.prefix is not None)
    usage = answer.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    completion_tokens = _count(usage.get("completion_tokens"))
    return Completion(
        key=request.key,
        text=content_text(message),
        finish_reason=_finish_reason(choice.get("finish_reason"), completion_tokens, request.sampling.max_tokens),
        reasoning=_reasoning(message),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=completion_tokens,
        max_tokens=request.sampling.max_tokens,
        extra=_extra(answer, message, noted),
    )


def _message(choice: Mapping[str, Any], *, is_bare: bool) -> Mapping[str, Any]:
    """What was said: a chat's message; the text that follows a bare prefix, as one."""
    message, text = choice.get("message"), choice.get("text")
    if is_bare and isinstance(text, str):
        return {"content": text}
    if is_bare or not isinstance(message, dict):
        raise Garbage(f"a choice without a {'text' if is_bare else 'message'}")
    content = message.get("content")
    if not isinstance(content, str | list | NoneType):
        raise Garbage(f"a message whose content is no text but a {type(content).__name__}")
    return message


def error_text(content: bytes) -> str:
    """What an error response says, in its own words: `error.message` of the protocol, or the body as it is."""
    try:
        said = _error_text(_object(content))
    except Garbage:
        said = ""
    return said or content.decode("utf-8", "replace")


def error_code(content: bytes) -> str:
    """`error.code` of an error response, or its `error.type`; "" when it names none."""
    try:
        error = _object(content).get("error")
    except Garbage:
        return ""
    if not isinstance(error, dict):
        return ""
    return next((code for name in ("code", "type") if isinstance(code := error.get(name), str)), "")


def retry_after_s(value: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks for, from seconds or an HTTP date; None when it says nothing readable.

    now: the time, in seconds since 1970. A time that is past is 0.

    >>> retry_after_s("1.5", now=0)
    1.5
    >>> retry_after_s("Thu, 01 Jan 1970 00:01:00 GMT", now=45)
    15.0
    >>> retry_after_s("soon", now=0)
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _object(content: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:  # strict: the standard library takes more, and what it takes is looked at
        answer = _lenient(content)
    if not isinstance(answer, dict):
        raise Garbage(f"a response that is no JSON object but a {type(answer).__name__}")
    return answer


def _lenient(content: bytes) -> Any:
    try:
        answer = json.loads(content.removeprefix(BOM_UTF8).decode())
        json.dumps(answer, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:  # no table and no file could hold it
        raise Garbage("a text that is not valid Unicode (a lone surrogate)") from error
    except (ValueError, RecursionError) as error:
        raise Garbage("a response that is no JSON" if content else "an empty response") from error
    return answer


def _error_text(answer: Mapping[str, Any]) -> str:
    """The message of `{"error": {"message": ...}}`, `{"error": ...}`, `{"message": ...}` or `{"detail": ...}`."""
    for name in ("error", "message", "detail"):
        said = answer.get(name)
        if isinstance(said, dict):
            said = said.get("message", said)
        if said:
            return said if isinstance(said, str) else json.dumps(said)
    return ""


def _finish_reason(value: object, completion_tokens: int, max_tokens: int) -> str:
    if not isinstance(value, str) or not value:
        return "length" if completion_tokens >= max_tokens else "stop"
    reason = value.lower()
    if reason in BROKEN_OFF:
        raise Garbage(f"a completion that was broken off (finish_reason '{reason}')")
    return FINISH.get(reason, reason)


def _reasoning(message: Mapping[str, Any]) -> str | None:
    for name in ("reasoning_content", "reasoning"):
        text = message.get(name)
        if isinstance(text, str) and text:
            return text
    return None


def _extra(answer: Mapping[str, Any], message: Mapping[str, Any], noted: Mapping[str, Any]) -> dict[str, Any]:
    """What else may matter later: who answered, the calls of tools, a refusal."""
    found = dict(noted)
    for source, names in ((answer, ("model", "system_fingerprint")), (message, ("tool_calls", "refusal"))):
        for name in names:
            if value := source.get(name):
                found[name] = value
    return found


def _count(value: object) -> int:
    """A number of tokens, which some proxies write as 7.0; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 31:
        return 0
    return int(value) if value == int(value) else 0
