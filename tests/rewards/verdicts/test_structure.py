"""The form of an answer: JSON, JSON by a schema, XML, regular expressions, tool calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

DEEP = "[" * 200 + "]" * 200

JSON = [
    (1, '{"a": [1, 2, {"b": null}]}'),
    (1, "[]"),
    (1, '"text"'),
    (1, "-0.5e3"),
    (1, '```json\n{"a": 1}\n```'),
    (1, 'Here:\n```\n{"a": 1}\n```\nDone.'),
    (1, '<think>{"a": </think>{"a": 1}'),
    (1, '{"ü": "\\u00fc"}'),
    (1, ' \n{"a":\t1}\n '),
    (0, ""),
    (0, "{'a': 1}"),
    (0, '{"a": 1,}'),
    (0, '{"a": 1} {"b": 2}'),
    (0, '{"a": 1, "a": 1}'),
    (0, '{"a": NaN}'),
    (0, '{"a": 01}'),
    (0, '{"a": .5}'),
    (0, '{"a": 1} // comment'),
    (0, "{a: 1}"),
    (0, '{"a": True}'),
    (0, '{"a": "line\nbreak"}'),
    (0, '```json\n{"a": 1}\n```\n```json\n{"a": 2}\n```'),
    (0, 'The JSON is {"a": 1}'),
    (0, DEEP),
    (0, '{"a": 1'),
    (0, '<think>{"a": 1}</think>'),
    (0, '{"a": 1e999}'),
]

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
        "born": {"type": "string", "format": "date"},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}

SCHEMA = [
    (1, '{"name": "Ada", "age": 36}', PERSON),
    (1, '{"age": 0, "name": "x", "tags": ["b", "a"]}', json.dumps(PERSON)),
    (1, '{"name": "Ada", "age": 36.0}', PERSON),
    (1, '{"name": "Ada", "age": 36, "born": "1815-12-10"}', PERSON),
    (1, '```json\n{"name": "Ada", "age": 36}\n```', PERSON),
    (1, "[1, 2]", {"type": "array", "minItems": 2}),
    (1, "null", {"type": ["null", "string"]}),
    (1, "anything" and '{"x": 1}', {}),
    (0, '{"name": "Ada"}', PERSON),
    (0, '{"name": "Ada", "age": "36"}', PERSON),
    (0, '{"name": "Ada", "age": -1}', PERSON),
    (0, '{"name": "", "age": 3}', PERSON),
    (0, '{"name": "Ada", "age": 36, "x": 1}', PERSON),
    (0, '{"name": "Ada", "age": 36, "tags": ["a", "a"]}', PERSON),
    (0, '{"name": "Ada", "age": 36, "tags": ["c"]}', PERSON),
    (0, '{"name": "Ada", "age": true}', PERSON),
    (0, '{"name": "Ada", "age": 36, "born": "yesterday"}', PERSON),
    (0, '[{"name": "Ada", "age": 36}]', PERSON),
    (0, json.dumps(PERSON), PERSON),
    (0, "{}", PERSON),
    (0, "", PERSON),
    (None, "{}", {"type": "nothing"}),
    (None, "{}", {"$ref": "https://example.org/schema.json"}),
    (None, "{}", "not json"),
]

XML = [
    (1, "<plan>think</plan><answer>7</answer>", ["plan", "answer"]),
    (1, "<think>x</think><answer>7</answer>", ["answer"]),
    (1, "<root><a x='1'/>text</root>", ...),
    (1, "```xml\n<a><b>1</b></a>\n```", ...),
    (1, "<answer>1 &lt; 2 &amp; 3</answer>", ["answer"]),
    (1, "<answer><![CDATA[a < b]]></answer>", ["answer"]),
    (0, "<answer>1 < 2</answer>", ["answer"]),
    (0, "<answer>7</answer><plan>x</plan>", ["plan", "answer"]),
    (0, "<answer>7</answer>", ["plan", "answer"]),
    (0, "<plan></plan><answer>7</answer>", ["plan", "answer"]),
    (0, "<plan>a</plan><answer>7</answer><answer>7</answer>", ["plan", "answer"]),
    (0, "<plan>a</plan> and <answer>7</answer>", ["plan", "answer"]),
    (0, "<a><b></a></b>", ...),
    (0, "<a>", ...),
    (0, "text", ...),
    (0, "", ["answer"]),
    (0, "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", ...),
    (0, "<a/><b/>", ...),
    (0, "<a x='1' x='2'/>", ...),
]

REGEX = [
    (1, "Call 555-0199 now", r"\d{3}-\d{4}"),
    (1, "abc", r"^a.c$"),
    (1, "line one\nline two", r"two$"),
    (0, "Call 5550199", r"\d{3}-\d{4}"),
    (0, "", r"\d"),
    (0, "<think>42</think>none", r"\d"),
    (0, "ABC", r"abc"),
    (None, "x", r"("),
    (None, "a" * 40 + "!", r"^(a+)+$"),
]

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "default": 1},
                "unit": {"enum": ["C", "F"]},
            },
            "required": ["city"],
        },
    },
}
SEND = {
    "type": "function",
    "function": {
        "name": "send_mail",
        "parameters": {
            "type": "object",
            "properties": {"to": {"type": "array", "items": {"type": "string"}}, "text": {"type": "string"}},
            "required": ["to", "text"],
        },
    },
}
TOOLS = [WEATHER, SEND]


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def hermes(*calls: Any) -> str:
    return "\n".join(f"<tool_call>\n{json.dumps(one)}\n</tool_call>" for one in calls)


ROME = call("get_weather", city="Rome")
MAIL = call("send_mail", to=["a@b.c"], text="hi")

CALLS = [
    (1, hermes(ROME), TOOLS, [ROME]),
    (1, "I will look it up.\n" + hermes(ROME), TOOLS, [ROME]),
    (1, hermes(call("get_weather", city="Rome", days=1)), TOOLS, [ROME]),
    (1, hermes(MAIL, ROME), TOOLS, [ROME, MAIL]),
    (1, json.dumps(ROME), TOOLS, [ROME]),
    (1, f"```json\n{json.dumps(ROME)}\n```", TOOLS, [ROME]),
    (1, json.dumps({"name": "get_weather", "parameters": {"city": "Rome"}}), TOOLS, [ROME]),
    (1, f"[TOOL_CALLS] [{json.dumps(ROME)}]", TOOLS, [ROME]),
    (1, "<think>Use send_mail? No.</think>" + hermes(ROME), TOOLS, [ROME]),
    (1, "No tool is needed: hello!", TOOLS, []),
    (1, hermes(call("get_weather", city="Rome", unit="F")), TOOLS, [call("get_weather", unit="F", city="Rome")]),
    (1, hermes(ROME), TOOLS, ...),
    (1, hermes(call("get_weather", city="Rome", days=2.0)), TOOLS, [call("get_weather", city="Rome", days=2)]),
    (0, hermes(call("get_weather", city="Paris")), TOOLS, [ROME]),
    (0, hermes(call("get_weather", city="rome")), TOOLS, [ROME]),
    (0, hermes(call("get_weather", city="Rome", days=2)), TOOLS, [ROME]),
    (0, hermes(call("getWeather", city="Rome")), TOOLS, [ROME]),
    (0, hermes(call("get_weather")), TOOLS, [ROME]),
    (0, hermes(call("get_weather", city="Rome", days="1")), TOOLS, [ROME]),
    (0, hermes(call("get_weather", city="Rome", country="IT")), TOOLS, [ROME]),
    (0, hermes(call("get_weather", city="Rome", unit="K")), TOOLS, ...),
    (0, hermes(ROME, ROME), TOOLS, [ROME]),
    (0, hermes(ROME), TOOLS, [ROME, MAIL]),
    (0, hermes(ROME, MAIL), TOOLS, [ROME]),
    (0, hermes(ROME), TOOLS, []),
    (0, "get_weather(city='Rome')", TOOLS, [ROME]),
    (0, "I would call get_weather for Rome.", TOOLS, [ROME]),
    (0, "", TOOLS, [ROME]),
    (0, "<tool_call>{bad json}</tool_call>", TOOLS, [ROME]),
    (0, hermes(ROME) + "<tool_call>{bad}</tool_call>", TOOLS, [ROME]),
    (0, "<think>" + hermes(ROME) + "</think>", TOOLS, [ROME]),
    (0, hermes(ROME), [SEND], [MAIL]),
    (None, hermes(ROME), [SEND], [ROME]),
    (0, hermes(call("send_mail", to="a@b.c", text="hi")), TOOLS, ...),
    (0, "nothing to do", TOOLS, ...),
    (None, hermes(ROME), "no tools", [ROME]),
    (None, hermes(ROME), TOOLS, "get the weather"),
]

SEARCH_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "search",
            "parameters": {
                "type": "object",
                "properties": {
                    "query": {"type": "string"},
                    "limit": {"type": "integer", "default": 10},
                    "filters": {"type": "object", "properties": {"year": {"type": "integer"}}},
                },
                "required": ["query"],
            },
        },
    },
    {"type": "function", "function": {"name": "stop", "parameters": {"type": "object", "properties": {}}}},
]
CATS = {"name": "search", "arguments": {"query": "cats"}}

CALLS_TOO = [
    (1, hermes(CATS), SEARCH_TOOLS, [CATS]),
    (1, hermes({"name": "search", "arguments": {"query": "cats", "limit": 10}}), SEARCH_TOOLS, [CATS]),
    (1, hermes({"name": "stop", "arguments": {}}), SEARCH_TOOLS, [{"name": "stop", "arguments": {}}]),
    (
        1,
        hermes({"name": "search", "arguments": {"query": "cats", "filters": {"year": 2020}}}),
        SEARCH_TOOLS,
        [{"name": "search", "arguments": {"filters": {"year": 2020}, "query": "cats"}}],
    ),
    (1, '<tool_call>{"name": "search", "arguments": "{\\"query\\": \\"cats\\"}"}</tool_call>', SEARCH_TOOLS, [CATS]),
    (1, '```json\n[{"name": "search", "arguments": {"query": "cats"}}]\n```', SEARCH_TOOLS, [CATS]),
    (0, hermes({"name": "search", "arguments": {"query": "dogs"}}), SEARCH_TOOLS, [CATS]),
    (0, hermes({"name": "search", "arguments": {"query": "cats", "limit": 5}}), SEARCH_TOOLS, [CATS]),
    (0, hermes({"name": "search", "arguments": {"query": ["cats"]}}), SEARCH_TOOLS, [CATS]),
    (0, hermes({"name": "search", "arguments": {"q": "cats"}}), SEARCH_TOOLS, [CATS]),
    (0, hermes({"name": "Search", "arguments": {"query": "cats"}}), SEARCH_TOOLS, [CATS]),
    (0, hermes(CATS, {"name": "stop", "arguments": {}}), SEARCH_TOOLS, [CATS]),
    (0, hermes({"name": "search", "arguments": {"query": "cats", "filters": {"year": "2020"}}}), SEARCH_TOOLS, ...),
    (0, hermes({"name": "search", "arguments": None}), SEARCH_TOOLS, [CATS]),
    (0, hermes({"name": "search"}), SEARCH_TOOLS, [CATS]),
    (0, hermes({"arguments": {"query": "cats"}}), SEARCH_TOOLS, [CATS]),
    (0, hermes("search"), SEARCH_TOOLS, [CATS]),
    (0, "<tool_call></tool_call>", SEARCH_TOOLS, [CATS]),
    (0, "search(query='cats')", SEARCH_TOOLS, [CATS]),
    (0, '{"name": "search", "arguments": {"query": "cats"}', SEARCH_TOOLS, [CATS]),
    (0, "I found cats.", SEARCH_TOOLS, [CATS]),
    (0, hermes(CATS), SEARCH_TOOLS, []),
    (0, hermes({"name": "stop", "arguments": {"now": True}}), SEARCH_TOOLS, ...),
    (0, hermes(CATS) + hermes(CATS), SEARCH_TOOLS, [CATS]),
    (0, hermes({"name": "search", "arguments": {"query": "cats", "query ": "x"}}), SEARCH_TOOLS, [CATS]),
    (
        0,
        '<tool_call>{"name": "search", "arguments": {"query": "dogs", "query": "cats"}}</tool_call>',
        SEARCH_TOOLS,
        [CATS],
    ),
]

JSON_TOO = [
    (1, "true"),
    (1, '{"a":{"b":[{}]}}'),
    (1, "Result:\n```json\n[1]\n```"),
    (0, "True"),
    (0, "undefined"),
    (0, "{'a': \"b\"}"),
    (0, '{"a": 0x10}'),
    (0, '{"a": +1}'),
    (0, '{"a" 1}'),
    (0, "[1 2]"),
    (0, '{"a":1}}'),
    (0, "\u201c{}\u201d"),
    (0, '{"a": "\\x"}'),
    (0, '{"a": Infinity}'),
    (0, "[1,2,]"),
    (0, "```json\n```"),
]

XML_TOO = [
    (1, "<reasoning>x</reasoning>\n<answer>y</answer>", ["reasoning", "answer"]),
    (0, "<reasoning>x</reasoning><answer>y</answer>z", ["reasoning", "answer"]),
    (0, "<answer><answer>y</answer></answer>x", ["answer"]),
    (0, "<Answer>y</Answer>", ["answer"]),
    (0, "<answer>y</answer ><reasoning/>", ["answer", "reasoning"]),
    (0, "<answer>&undefined;</answer>", ["answer"]),
]

REGEX_TOO = [
    (1, "id=42;", r"id=\d+"),
    (0, "id=;", r"id=\d+"),
    (None, "x", r"*a"),
    (1, "Überraschung", r"^\w+$"),
    (0, "<think>id=42</think>", r"id=\d+"),
]

SCHEMA_TOO = [
    (1, '{"a":[1,2]}', {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}),
    (0, '{"a":[1,"2"]}', {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}),
    (0, "5", {"type": "string"}),
    (1, "5.0", {"type": "integer"}),
    (0, '"2024-13-01"', {"type": "string", "format": "date"}),
    (1, '"a@b.co"', {"type": "string", "format": "email"}),
    (0, '"ab"', {"type": "string", "pattern": "^a$"}),
    (0, "{}", {"type": "object", "minProperties": 1}),
    (1, '{"x":1}', {"oneOf": [{"required": ["x"]}, {"required": ["y"]}]}),
    (0, '{"x":1,"y":2}', {"oneOf": [{"required": ["x"]}, {"required": ["y"]}]}),
    (None, "{}", {"type": 12}),
]


JSON_MARKS = [
    (1, '\ufeff{"a": 1}'),
    (1, '~~~json\n{"a": 1}\n~~~'),
    (1, 'It is:\n~~~\n{"a": "```"}\n~~~\n'),
    (0, '~~~json\n{"a": 1}\n~~~\n~~~json\n{"a": 1}\n~~~'),
    (0, '{"a": 1}; {"a": 1}'),
]

WHEN: dict[str, Any] = {"properties": {"at": {"format": "date-time"}, "on": {"format": "time"}, "u": {"format": "uri"}}}
FORMATS = [
    (1, '{"at": "2024-02-29T23:59:60Z", "on": "08:00:00.5+02:00", "u": "mailto:a@example.org"}', WHEN),
    (1, '{"at": "2024-02-29t10:00:00z", "u": "https://example.org/%20?q=1#top"}', WHEN),
    (1, '{"at": 5}', WHEN),
    (0, '{"at": "2023-02-29T10:00:00Z"}', WHEN),
    (0, '{"at": "2024-02-29"}', WHEN),
    (0, '{"at": "2024-02-29T10:00:00"}', WHEN),
    (0, '{"at": "2024-02-29T24:00:00Z"}', WHEN),
    (0, '{"on": "8:00"}', WHEN),
    (0, '{"u": "example.org"}', WHEN),
    (0, '{"u": "https://example.org/a b"}', WHEN),
]


def test_json(agree: Callable[..., None]) -> None:
    agree("json", [], JSON + JSON_TOO + JSON_MARKS)


def test_json_by_a_schema(agree: Callable[..., None]) -> None:
    agree("json_schema", ["schema"], SCHEMA + SCHEMA_TOO + FORMATS)


def test_xml(agree: Callable[..., None]) -> None:
    agree("xml", ["tags"], XML + XML_TOO)


def test_regular_expressions(agree: Callable[..., None]) -> None:
    agree("regex", ["pattern"], REGEX + REGEX_TOO)


def test_tool_calls(agree: Callable[..., None]) -> None:
    agree("tool_call", ["tools", "answer"], CALLS + CALLS_TOO)
