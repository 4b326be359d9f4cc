"""A request to a model and what came back, each an object: batch files of providers, LangSmith's runs and examples.

The request is a conversation (OpenAI, Anthropic, Gemini, LangChain) or one text; the response is whatever the provider
wraps a message in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.instructions import INSTRUCTION
from curate.dialects.words import CHATS, GOLD, OUTPUTS, PROMPT, answered, asked, checked, gold
from curate.messages import is_turn, to_messages
from curate.parts import Message
from curate.widen import to_json

_TURNS = (*CHATS, "contents", "input")
_TEXTS = (*PROMPT.names, *INSTRUCTION.names, "input", "text")
_SYSTEM = ("system", "systemInstruction", "system_instruction", "instructions")
_WRAPS = ("body", "choices", "candidates", "generations", "message", "messages", "output", "content")
"""Fields that lead to the answer, from the outside in; of a list the first, of turns the last."""
_ANSWERS = (*OUTPUTS, "text", "content", "outputText")


def _logged(row: Row) -> list[Row]:
    made = _asked(row["request"])
    told = row["response"] if isinstance(row["response"], Mapping) else {}
    if any(told.get(name) is not None for name in GOLD):
        return [made | gold(next(told[name] for name in GOLD if told.get(name) is not None))]
    turn, finish = _answer(told)
    if turn is None:
        return [made]
    if "tool_calls" in turn:
        before = made.pop("messages", None) or [{"role": "user", "content": made.pop("prompt")}]
        return [made | {"messages": checked([*before, turn])}]
    cut = {"max_tokens": "length", "end_turn": "stop"}.get(str(finish).lower(), finish and str(finish).lower())
    return [made | answered(turn["content"], turn.get("reasoning_content"), cut)]


def _asked(request: Any) -> Row:
    """What was asked: the conversation of a request, or its one text. Raises CannotConvert."""
    request = request if isinstance(request, Mapping) else {}
    system = next((_text(request[name]) for name in _SYSTEM if request.get(name)), None)
    turns = next((request[name] for name in _TURNS if isinstance(request.get(name), list)), None)
    if turns is not None:
        nested = turns[0] if len(turns) == 1 and isinstance(turns[0], list) else turns
        made: Row = {"messages": checked(to_messages(nested, system=system))}
    else:
        texts = [request[name] for name in _TEXTS if isinstance(request.get(name), str) and request[name].strip()]
        if len(texts) != 1:
            raise CannotConvert("a request with neither messages nor one text")
        made = asked(texts[0], system)
    return made | ({"tools": to_json(request["tools"])} if request.get("tools") else {})


def _text(value: Any) -> str:
    """A system message that is text, a list of parts, or an object that holds them."""
    turn = {"parts": value, **value} if isinstance(value, Mapping) else {"content": value}
    told = to_messages([{**turn, "role": "system"}])
    return told[0]["content"] if told else ""


def _answer(response: Mapping[str, Any]) -> tuple[Message | None, Any]:
    """The message that a response holds, and why it ended; None when there is none."""
    here: Any = response
    finish = None
    for _ in range(8):  # wraps in wraps, bounded
        if isinstance(here, list):
            here = (here[-1] if is_turn(here[-1]) else here[0]) if here else None
            continue
        if not isinstance(here, Mapping):
            break
        finish = next((here[n] for n in ("finish_reason", "finishReason", "stop_reason") if here.get(n)), finish)
        if is_turn(here):
            break
        inner = next((here[name] for name in _WRAPS if isinstance(here.get(name), Mapping | list)), None)
        if inner is None:
            here = next((here[name] for name in _ANSWERS if isinstance(here.get(name), str)), None)
            break
        here = inner
    if isinstance(here, str) and here.strip():
        return to_messages([{"role": "assistant", "content": here}])[0], finish
    return (to_messages([here])[-1], finish) if isinstance(here, Mapping) and is_turn(here) else (None, finish)


def _is_logged(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    known = {*_TURNS, *_TEXTS}
    held = any(known & {name for name, value in (row["request"] or {}).items() if value is not None} for row in rows)
    return None if held else "its requests hold no messages and no text"


DIALECTS = (
    Dialect(
        "logged", "a request to a model, and its response, as objects (batch files, LangSmith)",
        {"request": Part(("request", "body", "params", "inputs", "input"), "object")}, _logged,
        may={"response": Part(("response", "outputs", "output"), "object")}, looks=_is_logged,
    ),
)  # fmt: skip
