from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rewards

ADD = {
    "name": "add",
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "default": 0}},
        "required": ["a"],
    },
}
ONE = {"name": "add", "arguments": {"a": 1}}


def hermes(*calls: Any) -> str:
    return "I will call.\n" + "\n".join(f"<tool_call>\n{json.dumps(call)}\n</tool_call>" for call in calls)


FORMS = {
    "hermes": hermes(ONE),
    "glaive": """<functioncall> {"name": "add", "arguments": '{"a": 1}'} <|endoftext|>""",
    "mistral": '[TOOL_CALLS] [{"name": "add", "arguments": {"a": 1}}]',
    "llama": '<|python_tag|>{"name": "add", "parameters": {"a": 1}}<|eom_id|>',
    "bare": '{"name": "add", "arguments": {"a": 1}}',
    "fenced": 'Calling:\n```json\n{"name": "add", "arguments": {"a": 1}}\n```',
    "thought": "<think>Should I?</think>" + hermes(ONE),
    "llama 3.1": '<function=add>{"a": 1}</function>',
    "pythonic": "[add(a=1)]",
    "gemma": "```tool_code\nadd(a=1)\n```",
    "llama, two calls": '{"name": "add", "parameters": {"a": 1}}; {"name": "add", "parameters": {"a": 1, "b": 2}}',
    "pythonic in a fence": "```python\n[add(a=1)]\n```",
    "lfm": "<|tool_call_start|>[add(a=1)]<|tool_call_end|>Adding.",
    "mistral, name first": '[TOOL_CALLS]add[ARGS]{"a": 1}</s>',
    "mistral with an id": '[TOOL_CALLS]add[CALL_ID]VvvODy9mT[ARGS]{"a": 1}',
    "qwen coder": "<tool_call>\n<function=add>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call><|im_end|>",
    "glm": "<tool_call>add\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>",
    "invoked": '<minimax:tool_call>\n<invoke name="add">\n<parameter name="a">1</parameter>\n</invoke>\n',
    "deepseek": '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>add\n```json\n{"a": 1}\n```'
    "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "deepseek 3.1": '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>add<｜tool▁sep｜>{"a": 1}<｜tool▁call▁end｜>',
    "kimi": '<|tool_call_begin|>functions.add:0<|tool_call_argument_begin|>{"a": 1}<|tool_call_end|>',
    "harmony": '<|channel|>commentary to=functions.add <|constrain|>json<|message|>{"a": 1}<|call|>',
    "phi": 'functools[{"name": "add", "arguments": {"a": 1}}]',
    "granite": '<|tool_call|>[{"name": "add", "arguments": {"a": 1}}]',
    "nemotron": '<TOOLCALL>[{"name": "add", "arguments": {"a": 1}}]</TOOLCALL>',
    "llama 4": "<|python_start|>[add(a=1)]<|python_end|><|eot|>",
    "olmo, two calls": "<function_calls>add(a=1)\nadd(a=1, b=2)</function_calls>",
    "gemma, printed": "```tool_code\nprint(add(a=1))\n```",
    "functiongemma": "<start_function_call>call:add{a:1}<end_function_call>",
    "deepseek 3.2": '<｜DSML｜function_calls>\n<｜DSML｜invoke name="add">\n<｜DSML｜parameter name="a">1'
    "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
    "harmony, the name first": "<|start|>assistant to=functions.add<|channel|>commentary <|constrain|>json<|message|>"
    '{"a": 1}<|call|>',
    "command r": 'Action: ```json\n[{"tool_name": "add", "parameters": {"a": 1}}]\n```',
    "command a": '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "add", "parameters": {"a": 1}}]<|END_ACTION|>',
    "react": 'Thought: add them.\nAction: add\nAction Input: {"a": 1}',
    "qwen 2": '✿FUNCTION✿: add\n✿ARGS✿: {"a": 1}\n✿RESULT✿',
    "smolagents": 'Action:\n{"name": "add", "arguments": {"a": 1}}',
    "minicpm": "<|tool_call_start|>\n```python\nadd(a=1)\n```\n<|tool_call_end|>",
    "anthropic's block as text": '[{"type": "tool_use", "id": "1", "name": "add", "input": {"a": 1}}]',
    "internlm": '<|action_start|><|plugin|>\n{"name": "add", "parameters": {"a": 1}}<|action_end|>',
    "hunyuan": '<tool_calls>\n<tool_call>add\n```json\n{"a": 1}\n```\n</tool_call>\n</tool_calls>',
    "apertus": '<|tools_prefix|>[{"add": {"a": 1}}]<|tools_suffix|>',
    "xlam": '{"thought": "", "tool_calls": [{"name": "add", "arguments": {"a": 1}}]}',
    "a tag of its own": '<longcat_tool_call>{"name": "add", "arguments": {"a": 1}}</longcat_tool_call>',
    "openai's message as text": '{"tool_calls": [{"function": {"name": "add", "arguments": "{\\"a\\": 1}"}}]}',
}


@pytest.mark.parametrize("form", FORMS)
def test_calls_are_read_in_every_public_form(form: str) -> None:
    wanted = [ONE, {"name": "add", "arguments": {"a": 1, "b": 2}}] if "two" in form else [ONE]
    assert rewards.tool_call.score(FORMS[form], tools=[ADD], answer=wanted).value == 1
    assert rewards.tool_call.score(FORMS[form], tools=[ADD], answer=FORMS[form]).value == 1
    assert rewards.tool_call.score(FORMS[form], tools=[ADD], answer=[*wanted, ONE]).value == 0
    assert rewards.tool_call.score(FORMS[form], tools=[ADD], answer=[]).value == 0


def test_an_argument_without_quotes_is_what_the_schema_wants() -> None:
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"s": {"type": "string"}, "n": {}}}}
    written = "<tool_call>\n<function=f>\n<parameter=s>\n12\n</parameter>\n<parameter=n>\n12\n</parameter>\n</function>"
    assert (
        rewards.tool_call.score(written, tools=[tool], answer=[{"name": "f", "arguments": {"s": "12", "n": 12}}]).value
        == 1
    )
    for wrong in ({"s": 12, "n": 12}, {"s": "12", "n": "12"}):
        assert rewards.tool_call.score(written, tools=[tool], answer=[{"name": "f", "arguments": wrong}]).value == 0
    twice = written.replace("<parameter=n>", "<parameter=s>")
    assert rewards.tool_call.score(twice, tools=[tool]).value == 0


def test_texts_are_texts_where_the_form_says_so() -> None:
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"s": {}, "on": {"type": "boolean"}}}}
    wanted = [{"name": "f", "arguments": {"s": "12, b: {3}", "on": True}}]
    for written in (
        "<start_function_call>call:f{s:<escape>12, b: {3}<escape>,on:true}<end_function_call>",
        "[f(s='12, b: {3}', on=true)]",
        '<invoke name="f"><parameter name="s">12, b: {3}</parameter><parameter name="on">true</parameter>',
    ):
        assert rewards.tool_call.score(written, tools=[tool], answer=wanted).value == 1, written
        assert rewards.tool_call.score(written.replace("3", "4"), tools=[tool], answer=wanted).value == 0
    number = '<invoke name="f"><parameter name="s" string="true">12</parameter></invoke>'
    for value, right in (("12", 1), (12, 0)):
        answer = [{"name": "f", "arguments": {"s": value}}]
        assert rewards.tool_call.score(number, tools=[tool], answer=answer).value == right


def test_a_default_of_null_is_one_where_null_is_a_value() -> None:
    made = hermes({"name": "f", "arguments": {"n": None}})
    for kind, value in ((["integer", "null"], 1.0), ("integer", 0.0)):
        tool = {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": kind, "default": None}}}}
        assert rewards.tool_call.score(made, tools=[tool], answer=[{"name": "f", "arguments": {}}]).value == value


def test_no_call_hides_behind_one_in_another_form() -> None:
    for other in ("deepseek", "kimi", "harmony", "glm", "mistral, name first", "llama 3.1", "mistral", "react"):
        assert rewards.tool_call.score(hermes(ONE) + FORMS[other], tools=[ADD], answer=[ONE]).value == 0


def test_structured_calls_of_a_message_are_read() -> None:
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}],
    }
    assert rewards.tool_call.score([message], tools=[ADD], answer=[ONE]).value == 1
    assert rewards.tool_call.score([message], tools=[ADD], answer=[{"name": "add", "arguments": {"a": 2}}]).value == 0


@pytest.mark.parametrize(
    "tools",
    [
        [ADD],
        json.dumps([ADD]),
        [{"type": "function", "function": ADD}],
        {"add": ADD["parameters"]},
        ADD,
        [
            {
                "name": "add",
                "parameters": {"type": "dict", "properties": {"a": {"type": "int"}, "b": {"type": "int, optional"}}},
            }
        ],
        [{"name": "add", "parameters": {"a": {"type": "int", "description": "x"}, "b": {"type": "int"}}}],
    ],
)
def test_tools_come_in_many_forms(tools: Any) -> None:
    assert rewards.tool_call.score(hermes(ONE), tools=tools).value == 1
    assert rewards.tool_call.score(hermes({"name": "add", "arguments": {"a": "x"}}), tools=tools).value == 0
    assert rewards.tool_call.score(hermes({"name": "sub", "arguments": {"a": 1}}), tools=tools).value == 0


@pytest.mark.parametrize(
    "made",
    [
        hermes({"name": "add", "arguments": {"a": True}}),
        hermes({"name": "add", "arguments": {"a": 1, "c": 1}}),
        hermes({"name": "add", "arguments": {}}),
        hermes({"name": "add", "arguments": [1]}),
        hermes({"name": "Add", "arguments": {"a": 1}}),
        hermes({"arguments": {"a": 1}}),
        hermes(ONE, ONE),
        hermes(ONE) + "<tool_call>{oops}</tool_call>",
        "<tool_call></tool_call>",
        "add(a=1)",
        "",
        "<think>" + hermes(ONE) + "</think>done",
        hermes(*[ONE] * 100),
        "<tool_call>" * 50_000,
        "<tool_call>add" + "<arg_key>a</arg_key><arg_value>" * 20_000,
        "<function=add>" + "<parameter=a>" * 40_000,
        '{"name": "add", "arguments": {"a": 1}} or {"name": "add", "arguments": {"a": 2}}',
    ],
)
def test_calls_that_do_not_fit_or_are_not_the_wanted_ones_earn_nothing(made: str) -> None:
    assert rewards.tool_call.score(made, tools=[ADD], answer=[ONE]).value == 0


def test_order_does_not_matter_but_number_and_values_do() -> None:
    two = {"name": "add", "arguments": {"a": 2}}
    score = rewards.get("tool_call", tools=[ADD], answer=[ONE, two]).score
    assert score(hermes(two, ONE)).value == 1
    assert score(hermes(ONE)).value == 0
    assert score(hermes(ONE, two, two)).value == 0
    assert score(hermes({"name": "add", "arguments": {"a": 1.0, "b": 0}}, two)).value == 1  # by value, default said


def test_no_call_is_right_only_where_none_is_wanted() -> None:
    assert rewards.tool_call.score("It is 3.", tools=[ADD], answer=[]).value == 1
    assert rewards.tool_call.score(hermes(ONE), tools=[ADD], answer=[]).value == 0
    assert rewards.tool_call.score("It is 3.", tools=[ADD]).value == 0


def test_tools_and_answers_that_cannot_be_read_give_no_verdict() -> None:
    for tools, answer in (("{", [ONE]), ([{"x": 1}], [ONE]), ([ADD], [{"name": "mul", "arguments": {}}]), ([ADD], "{")):
        assert rewards.tool_call.score(hermes(ONE), tools=tools, answer=answer).value is None


def test_real_conversations_agree_with_themselves(
    shared_data: Path, read_rows: Callable[[Path], Iterator[dict[str, Any]]]
) -> None:
    for row in list(read_rows(shared_data / "sft_llamafactory" / "glaive_toolcall_300.jsonl.gz"))[::3]:
        for turn in row["conversations"]:
            if turn["from"] == "function_call":
                wanted = json.loads(turn["value"])
                assert rewards.tool_call.score(hermes(wanted), tools=row["tools"], answer=turn["value"]).value == 1
                wanted["arguments"]["surplus"] = 1
                assert rewards.tool_call.score(hermes(wanted), tools=row["tools"], answer=turn["value"]).value == 0
            elif turn["from"] == "gpt":
                assert rewards.tool_call.score(turn["value"], tools=row["tools"], answer=[]).value == 1


@pytest.mark.parametrize(
    "text", ["[add(a=2)]", "[add(1)]", "[add(a=b)]", "[add(a=1), add(a=1)]", "[add(a=1), sub(a=1)]", "[add(" * 99]
)
def test_what_python_would_call_otherwise_is_not_the_wanted_call(text: str) -> None:
    assert rewards.tool_call.score(text, tools=[ADD], answer=[ONE]).value == 0


def test_a_text_that_looks_like_a_call_of_no_tool_calls_nothing() -> None:
    assert rewards.tool_call.score("[f(x)]", tools=[ADD], answer=[]).value == 1
    assert rewards.tool_call.score("[add(a=1)]", tools=[ADD], answer=[]).value == 0
