r"""Tool calls whose name stands in the markup, outside of the arguments, as several families of models write them.

    <function=f>{"a": 1}</function>                            Llama 3.1; Qwen3-Coder with <parameter=a>1</parameter>
    <invoke name="f"><parameter name="a">1</parameter></invoke>     MiniMax, DeepSeek V3.2
    f <arg_key>a</arg_key><arg_value>1</arg_value>             GLM 4.5, inside of its tag
    [TOOL_CALLS]f[ARGS]{"a": 1}                                Mistral since Small 3.1
    <｜tool▁call▁begin｜>function<｜tool▁sep｜>f ```json {"a": 1} ```     DeepSeek V3 and R1; V3.1 without the fence
    <|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a": 1}     Kimi K2
    <|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": 1}     gpt-oss, or to=... first
    Action: f / Action Input: {"a": 1}        on two lines: ReAct, and Qwen 2 with its own marks
    <start_function_call>call:f{a:<escape>x<escape>}<end_function_call>     FunctionGemma

An argument that is written without quotes is a text where the tool's schema wants one, else the JSON that it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rewards.documents import DocumentError, read_json

_NAME = r"([\w.-]{1,80})"
_HARMONY = r"\s{0,3}(?:<\|channel\|>\w{1,20})?[^<]{0,40}(?:<\|constrain\|>\w{1,20}\s?)?"
_STEP = r"(?=\n(?:Observation|Thought|Action|✿RESULT✿|✿FUNCTION✿|✿RETURN✿):?|\Z)"
NAMED = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        rf"<function={_NAME}>(.*?)(?:</function>|\Z)",
        rf'<invoke name="{_NAME}">(.*?)(?:</invoke>|\Z)',
        rf"\[TOOL_CALLS\]\s*{_NAME}(?:\[CALL_ID\]\w{{1,40}})?\s*(?:\[ARGS\])?\s*(\{{.*?)(?=\[TOOL_CALLS\]|\Z)",
        rf"<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>)?{_NAME}(?:<｜tool▁sep｜>)?(.*?)(?:<｜tool▁call▁end｜>|\Z)",
        rf"<\|tool_call_begin\|>\s*{_NAME}(?::\d+)?\s*<\|tool_call_argument_begin\|>(.*?)(?:<\|tool_call_end\|>|\Z)",
        rf"(?:commentary|assistant|analysis) to={_NAME}{_HARMONY}<\|message\|>(.*?)(?:<\|call\|>|\Z)",
        rf"(?<![^\n])(?:Action|✿FUNCTION✿): ?{_NAME} ?\n(?:Action Input|✿ARGS✿): ?(\{{.*?){_STEP}",
        rf"<start_function_call>call:{_NAME}(\{{.*?)(?:<end_function_call>|\Z)",
    )
)
_BARE_NAME = re.compile(rf"\s*{_NAME}\s*((?:<arg_key>|```|\{{).*)?\Z", re.DOTALL)
_BARE_KEY = re.compile(r"([{,]\s{0,9})([A-Za-z_]\w{0,80}):")
_PARAMETER = re.compile(
    r'\s*<parameter(?:=| name=)"?([\w.-]{1,80})"?([^>]{0,80})>(.*?)</parameter>'
    r"|\s*<arg_key>\s*([^<]{1,80}?)\s*</arg_key>\s*<arg_value>(.*?)</arg_value>",
    re.DOTALL,
)


def named_calls(text: str, names: Any = ()) -> Iterator[dict[str, Any]]:
    r"""The calls of a text, as {"name", "arguments"}. Raises DocumentError for arguments that cannot be read.

    names: of the tools; a mapping of them holds their schemas.

    >>> list(named_calls('<function=f>{"a": 1}</function>'))
    [{'name': 'f', 'arguments': {'a': 1}}]
    >>> list(named_calls("<function=f><parameter=a>\n1\n</parameter></function>", {"f": {}}))
    [{'name': 'f', 'arguments': {'a': 1}}]
    """
    if not any(mark in text for mark in ("<", "[TOOL_CALLS]", "Action Input:", "✿ARGS✿")):
        return
    for pattern in NAMED:
        for found in pattern.finditer(text):
            gemma = found[0].startswith("<start_function_call>")
            yield _named(found[1], _quoted(found[2]) if gemma else found[2], names)


def bare_named(text: str, names: Any = ()) -> dict[str, Any] | None:
    """The call of a block that is a name and, in GLM's form, its arguments; None for any other block.

    >>> bare_named("f <arg_key>a</arg_key> <arg_value>x</arg_value>")
    {'name': 'f', 'arguments': {'a': 'x'}}
    """
    found = _BARE_NAME.match(text)
    return _named(found[1], found[2] or "", names) if found and (found[2] or found[1] in names) else None


def _named(name: str, body: str, names: Any) -> dict[str, Any]:
    name = name if name in names else name.removeprefix("functions.")
    body = re.sub(r"\A```(?:json)?|```\Z", "", body.strip()).strip()
    if body[:1] in ("", "{"):
        return {"name": name, "arguments": read_json(body) if body else {}}
    schema = names.get(name, {}) if isinstance(names, Mapping) else {}
    declared = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    arguments: dict[str, Any] = {}
    while body:
        found = _PARAMETER.match(body)
        if not found or (key := found[1] or found[4]) in arguments:
            raise DocumentError(f"the arguments of {name[:40]} cannot be read")
        value = (found[3] if found[1] else found[5]).removeprefix("\n").removesuffix("\n")
        is_text = 'string="true"' in (found[2] or "")  # DeepSeek V3.2
        arguments[key] = value if is_text else _typed(value, declared.get(key))
        body = body[found.end() :].lstrip()
    return {"name": name, "arguments": arguments}


def _quoted(body: str) -> str:
    """FunctionGemma's arguments as JSON: texts stand between <escape> marks, and names have no quotes."""
    parts = body.split("<escape>")
    texts = [json.dumps(part) for part in parts[1::2]] + [""]
    return "".join(_BARE_KEY.sub(r'\1"\2":', part) + text for part, text in zip(parts[::2], texts, strict=False))


def _typed(value: str, schema: Any) -> Any:
    kinds = schema.get("type", ()) if isinstance(schema, Mapping) else ()
    if "string" in ([kinds] if isinstance(kinds, str) else kinds):
        return value
    try:
        return read_json(value)
    except DocumentError:
        return {"True": True, "False": False, "None": None}.get(value.strip(), value)  # Qwen3-Coder's template
