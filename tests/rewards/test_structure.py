from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewards
from rewards.documents import DocumentError, fenced_blocks, read_json, read_xml

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON_VALUES)
def test_every_json_value_is_read_back(value: Any) -> None:
    assert read_json(json.dumps(value)) == value
    assert rewards.json.score(f"```json\n{json.dumps(value)}\n```").value == 1


@settings(deadline=None)
@given(st.text(max_size=60))
def test_what_is_read_is_json_for_the_standard_library_too(text: str) -> None:
    try:
        value = read_json(text)
    except DocumentError:
        return
    assert json.loads(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": 1, "a": 1}',
        "NaN",
        "[Infinity]",
        "1e999",
        "9" * 500,
        "[" * 70 + "]" * 70,
        'Sure: {"a": 1}',
        '{"a": 1} {"b": 2}',
        "```json\n1\n```\n```json\n2\n```",
        "<think>{}</think>",
        "<think>{}",
    ],
)
def test_json_rejects(text: str) -> None:
    assert rewards.json.score(text).value == 0


def test_brackets_inside_strings_are_no_nesting() -> None:
    assert rewards.json.score(json.dumps("[" * 500 + '\\"{')).value == 1


def test_a_fence_left_open_still_holds_its_block() -> None:
    assert fenced_blocks("a\n```json\n{}\n") == [("json", "{}")]
    assert fenced_blocks("inline ```code``` only") == []


SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 0}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["n"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("document", "right"),
    [
        ({"n": 1}, 1),
        ({"n": 1, "tags": ["a"]}, 1),
        ({}, 0),
        ({"n": -1}, 0),
        ({"n": "1"}, 0),
        ({"n": True}, 0),
        ({"n": 1, "x": 0}, 0),
        ({"n": 1, "tags": [1]}, 0),
        ([], 0),
    ],
)
def test_a_document_fits_its_schema_or_not(document: Any, right: int) -> None:
    assert rewards.json_schema.score(json.dumps(document), schema=SCHEMA).value == right
    assert rewards.json_schema.score(json.dumps(document), schema=json.dumps(SCHEMA)).value == right


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "file:///etc/hostname"},
        {"$ref": "#/$defs/missing"},
        {"type": "nope"},
        "{",
    ],
    ids=str,
)
def test_a_schema_that_cannot_be_used_is_no_verdict_and_never_fetched(schema: Any) -> None:
    score = rewards.json_schema.score("{}", schema=schema)
    assert score.value is None
    assert score.why


def test_a_catastrophic_pattern_costs_one_deadline_and_no_verdict() -> None:
    hostile = "a" * 40 + "!"
    started = time.perf_counter()
    assert rewards.regex.score(hostile, pattern="(a+)+$").value is None
    assert rewards.json_schema.score(json.dumps(hostile), schema={"pattern": "^(a+)+$"}).value is None
    assert time.perf_counter() - started < 60  # the patterns would take days
    assert rewards.regex.score("aaa", pattern="^a+$").value == 1  # the workers live on


@pytest.mark.parametrize(
    ("text", "options", "right"),
    [
        ("Call 555-1234", {"pattern": r"\d{3}-\d{4}"}, 1),
        ("<think>555-1234</think>no", {"pattern": r"\d{3}-\d{4}"}, 0),
        ("<think>555-1234</think>no", {"pattern": r"\d{3}-\d{4}", "whole": True}, 1),
        ("ABC", {"pattern": "abc"}, 0),
        ("ABC", {"pattern": "abc", "flags": "i"}, 1),
        ("abcd", {"pattern": "abc", "where": "full"}, 0),
        ("", {"pattern": "a"}, 0),
        ("x", {"pattern": "("}, None),
    ],
)
def test_regex(text: str, options: dict[str, Any], right: int | None) -> None:
    assert rewards.get("regex", **options).score(text).value == right


BOMB = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
) + "]><b>&j;</b>"  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        '<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
        "<a>&x;</a>",
        "<a>" * 100 + "</a>" * 100,
        "<a><b></a></b>",
        "<a/><b/>",
        "text",
        "",
        "<a",
        "<a b='1' b='2'/>",
        "</document><a/><document>",
        "<a>\x00</a>",
        "<a>\ud800</a>",
        "hello <a/>",
    ],
)
def test_xml_rejects(text: str) -> None:
    assert rewards.xml.score(text).value == 0


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_xml_reader(text: str) -> None:
    for document in (text, f"<a>{text}</a>", f"<{text}/>"):
        try:
            read_xml(document)
        except DocumentError:
            continue


def test_xml_tags_must_stand_once_in_order_and_hold_something() -> None:
    tags = ["plan", "answer"]
    assert rewards.xml.score("<plan>a</plan>\n<answer><b>7</b></answer>", tags=tags).value == 1
    for stuffed in (
        "<answer>7</answer><plan>a</plan>",
        "<plan>a</plan><plan>a</plan><answer>7</answer>",
        "<plan/><answer>7</answer>",
        "<plan><answer>7</answer></plan>",
        "<plan>a</plan><answer>7",
    ):
        assert rewards.xml.score(stuffed, tags=tags).value == 0, stuffed


@pytest.mark.parametrize(
    "hostile",
    [
        '"\\' * 200_000,
        "[" * 400_000,
        '{"a":' * 100_000,
        "```json\n" * 50_000,
        "<a>" * 200_000,
        "&" * 300_000,
        "9" * 500_000,
    ],
)
def test_hostile_documents_are_refused_in_bounded_time(hostile: str) -> None:
    started = time.process_time()
    for reward in (rewards.json, rewards.xml, rewards.get("json_schema", schema={})):
        assert reward.score(hostile).value == 0
    assert time.process_time() - started < 4
