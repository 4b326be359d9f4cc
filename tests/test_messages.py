"""The turns of every provider come out as one form of message, and what is no text is said to be none."""

from __future__ import annotations

from typing import Any

import pytest

from curate.messages import BadTurn, is_turn, role_of, to_messages

ASK, SAY = {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}
CALL = {"type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}, "id": "c"}
BARE = {name: value for name, value in CALL.items() if name != "id"}
TOLD = {"role": "tool", "content": "2", "tool_call_id": "c"}
LC = {"lc": 1, "type": "constructor"}

FORMS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "anthropic": (
        [ASK, {"role": "assistant", "content": [{"type": "text", "text": "Wait."},
                                                {"type": "tool_use", "id": "c", "name": "add", "input": {"a": 1}}]},
         {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "2"},
                                      {"type": "text", "text": "So?"}]}, SAY],
        [ASK, {"role": "assistant", "content": "Wait.", "tool_calls": [CALL]}, TOLD,
         {"role": "user", "content": "So?"}, SAY],
    ),
    "gemini": (
        [{"role": "user", "parts": [{"text": "1+1?", "functionCall": None}]},
         {"role": "model", "parts": [{"text": "hm", "thought": True},
                                     {"thoughtSignature": "x", "functionCall": {"name": "add", "args": {"a": 1}}}]},
         {"role": "user", "parts": [{"functionResponse": {"name": "add", "response": {"sum": 2}}}]},
         {"role": "model", "parts": [{"text": "2", "thought": False}]}],
        [ASK, {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [BARE]},
         {"role": "tool", "content": '{"sum": 2}', "name": "add"}, SAY],
    ),
    "mistral": (
        [{"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                                           {"type": "text", "text": "2"}]}],
        [{**SAY, "reasoning_content": "hm"}],
    ),
    "openai, items of a response": (
        [{"type": "message", **ASK}, {"type": "function_call", "call_id": "c", "name": "add", "arguments": '{"a": 1}'},
         {"type": "function_call_output", "call_id": "c", "output": "2"}, {"type": "message", **SAY}],
        [ASK, {"role": "assistant", "content": "", "tool_calls": [CALL]}, TOLD, SAY],
    ),
    "openai, before tools": (
        [{"role": "assistant", "content": None, "function_call": {"name": "add", "arguments": '{"a": 1}'}}],
        [{"role": "assistant", "content": "", "tool_calls": [BARE]}],
    ),
    "langchain": (
        [{"type": "human", "data": {"content": "1+1?", "type": "human", "additional_kwargs": {}}},
         {"type": "ai", "content": "", "additional_kwargs": {}, "tool_calls": [
             {"name": "add", "args": {"a": 1}, "id": "c", "type": "tool_call"}]},
         {"type": "tool", "content": "2", "tool_call_id": "c", "additional_kwargs": {}},
         {**LC, "id": ["langchain", "schema", "messages", "AIMessageChunk"], "kwargs": {"content": "2"}}],
        [ASK, {"role": "assistant", "content": "", "tool_calls": [CALL]}, TOLD, SAY],
    ),
    "names of models": (
        [{"from": "Human", "value": "1+1?"}, {"from": "GPT4", "value": "2"}, {"from": "customer", "value": "1+1?"},
         {"from": "bing", "value": "2"}],
        [ASK, SAY, ASK, SAY],
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_turns_of_every_provider_are_read(form: str) -> None:
    turns, messages = FORMS[form]
    assert to_messages(turns) == messages
    assert to_messages([{**turn, "spare": None} for turn in turns]) == messages  # as a table gives them back


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "image_url", "image_url": {"url": "x"}}, "image_url"),
        ({"inlineData": {"data": "x"}}, "inlineData"),
        ({"type": "document", "source": {}}, "document"),
        ({"executableCode": {"code": "1"}}, "executableCode"),
    ],
)
def test_a_part_that_is_no_text_is_named(part: dict[str, Any], kind: str) -> None:
    with pytest.raises(BadTurn, match=f"a part of type '{kind}' is not text"):
        to_messages([{"role": "user", "content": [part]}])


def test_a_field_called_data_is_no_wrap_where_the_turn_says_who_speaks() -> None:
    assert to_messages([{**ASK, "data": {"content": "other", "type": "ai"}}]) == [ASK]


def test_what_looks_like_a_part_is_no_turn() -> None:
    assert not is_turn({"type": "text", "text": "1+1?"})
    assert role_of({"type": "text", "text": "1+1?"}) is None
