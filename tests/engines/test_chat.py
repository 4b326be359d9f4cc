"""What servers send is read as it is meant, and nothing they send can do more than be refused."""

from __future__ import annotations

import json
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.engines import chat
from curate.engines.base import Completion, Request, Sampling

REQUEST = Request("k", "r", ({"role": "user", "content": "1+1?"},), Sampling(max_tokens=50), seed=7)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["choices", "message", "content", "usage", "error", "finish_reason"]), inner)
    ),
    max_leaves=12,
)


def read(message: Any, finish_reason: Any = "stop", **more: Any) -> Completion:
    answer = {"choices": [{"message": message, "finish_reason": finish_reason}]} | more
    return chat.read(REQUEST, json.dumps(answer).encode(), {})


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": "2"}, "2", None),
        ({"content": "2", "reasoning_content": "one more"}, "2", "one more"),
        ({"content": "2", "reasoning": "one more", "reasoning_content": None}, "2", "one more"),
        ({"content": None, "reasoning": "cut off while thinking"}, "", "cut off while thinking"),
        ({"content": None, "tool_calls": [{"id": "1"}]}, "", None),
        ({"content": [{"type": "text", "text": "2"}]}, "2", None),
        ({}, "", None),
    ],
)
def test_the_dialects_of_servers_are_read(message: dict[str, Any], text: str, reasoning: str | None) -> None:
    found = read(message)
    assert (found.text, found.reasoning) == (text, reasoning)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("stop", "stop"),
        ("STOP", "stop"),
        ("end_turn", "stop"),
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("content_filter", "content_filter"),
        ("recitation", "recitation"),
        (None, "stop"),
    ],
)
def test_the_finish_reason_is_told_in_one_language(said: str | None, meant: str) -> None:
    assert read({"content": "2"}, said).finish_reason == meant


def test_a_missing_finish_reason_is_told_by_the_tokens() -> None:
    assert read({"content": "2"}, None, usage={"completion_tokens": 50}).finish_reason == "length"
    assert read({"content": "2"}, None, usage={"completion_tokens": 49}).finish_reason == "stop"


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_a_completion_that_was_broken_off_is_no_answer(reason: str) -> None:
    with pytest.raises(chat.Garbage, match="broken off"):
        read({"content": "half an ans"}, reason)


@pytest.mark.parametrize("content", [{"a": 1}, 7, True])
def test_a_content_that_is_no_text_is_no_empty_answer(content: object) -> None:
    with pytest.raises(chat.Garbage, match="content is no text but a"):
        read({"content": content})


@pytest.mark.parametrize("count", [None, -1, "7", 7.5, 2**70, True, [], float("nan")])
def test_absurd_token_counts_are_none(count: object) -> None:
    found = read({"content": "2"}, usage={"prompt_tokens": count, "completion_tokens": count})
    assert (found.prompt_tokens, found.completion_tokens) == (0, 0)


def test_a_whole_number_of_tokens_counts_however_it_is_written() -> None:
    found = read({"content": "2"}, usage={"prompt_tokens": 7.0, "completion_tokens": 49})
    assert (found.prompt_tokens, found.completion_tokens) == (7, 49)


def test_calls_of_tools_and_refusals_are_kept() -> None:
    found = read({"content": None, "tool_calls": [{"id": "1"}], "refusal": "no"}, model="m")
    assert found.extra == {"tool_calls": [{"id": "1"}], "refusal": "no", "model": "m"}


@pytest.mark.parametrize(
    "answer",
    [
        {"message": {"content": "2"}, "finish_reason": "\ud800"},
        {"message": {"content": "2", "tool_calls": [{"function": {"name": "\udfff"}}]}},
        {"message": {"content": "2", "refusal": "\ud800"}},
        {"message": {"content": "2", "reasoning": "\ud800"}},
        {"message": {"content": [{"type": "text", "text": "\ud800"}]}},
    ],
)
def test_what_no_table_can_hold_is_no_answer_wherever_it_stands(answer: dict[str, Any]) -> None:
    with pytest.raises(chat.Garbage, match="not valid Unicode"):
        chat.read(REQUEST, json.dumps({"choices": [answer]}).encode(), {})
    with pytest.raises(chat.Garbage, match="not valid Unicode"):
        read({"content": "2"}, model="\ud800")


@given(answer=JSON)
def test_any_json_is_an_answer_or_garbage(answer: object) -> None:
    for content in (
        json.dumps(answer),
        json.dumps({"choices": [answer]}),
        json.dumps({"choices": [{"message": answer}]}),
    ):
        with suppress(chat.Garbage):
            found = chat.read(REQUEST, content.encode(), {})
            assert isinstance(found.text, str)
            found.text.encode()
        assert isinstance(chat.error_text(content.encode()), str)
        assert isinstance(chat.error_code(content.encode()), str)


@given(content=st.binary())
def test_any_bytes_are_garbage(content: bytes) -> None:
    with pytest.raises(chat.Garbage):
        chat.read(REQUEST, content, {})
    chat.error_text(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"error": {"message": "too long", "type": "x"}}, "too long"),
        ({"error": "too long"}, "too long"),
        ({"message": "too long", "object": "error"}, "too long"),
        ({"detail": [{"msg": "too long"}]}, '[{"msg": "too long"}]'),
    ],
)
def test_the_words_of_an_error_are_found(content: object, said: str) -> None:
    assert chat.error_text(json.dumps(content).encode()) == said


def test_what_is_not_set_is_not_sent_and_extra_has_the_last_word() -> None:
    sent = json.loads(
        chat.body(REQUEST, "m", "max_completion_tokens", {"temperature": 0.5, "top_a": 1}, send_seed=False)
    )
    assert sent == {
        "model": "m",
        "messages": [{"role": "user", "content": "1+1?"}],
        "max_completion_tokens": 50,
        "temperature": 0.5,
        "top_a": 1,
    }


def test_all_that_is_set_is_sent() -> None:
    sampling = Sampling(temperature=0.7, top_p=0.9, top_k=20, min_p=0.1, max_tokens=9, stop=("\n",))
    messages = (MappingProxyType({"role": "user", "content": "half \ud83d"}),)
    request = Request("k", "r", messages, sampling, seed=7, response_format={"type": "json_object"}, tools=({"a": 1},))
    sent = json.loads(chat.body(request, "m", "max_tokens", {}))
    assert sent == {
        "model": "m",
        "messages": [{"role": "user", "content": "half \ud83d"}],
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 20,
        "min_p": 0.1,
        "max_tokens": 9,
        "stop": ["\n"],
        "seed": 7,
        "response_format": {"type": "json_object"},
        "tools": [{"a": 1}],
    }


@given(
    value=st.text() | st.floats().map(str) | st.sampled_from(["-1", "1e999", "nan", "Thu, 01 Jan 9999 00:00:00 GMT"])
)
def test_any_retry_after_is_a_time_or_nothing(value: str) -> None:
    seconds = chat.retry_after_s(value, now=0)
    assert seconds is None or 0 <= seconds < float("inf")
