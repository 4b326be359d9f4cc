r"""The reward for tool calls: the named tools exist, the arguments fit, and they are the calls that were wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.base import RewardError, Score
from rewards.documents import DocumentError, read_json
from rewards.tool_calls import Call, as_call, listed, said_calls


def tool_call(
    completion: str,
    tools: str | Sequence[Any] | Mapping[str, Any],
    answer: Any = None,
    messages: Sequence[Mapping[str, Any]] | None = None,
) -> Score:
    r"""Every call names a given tool with arguments that fit its schema; with `answer`, they are the wanted calls.

    Calls are read from the last message's `tool_calls` (OpenAI), else from the text after the thinking: `<tool_call>`
    blocks (Hermes, Qwen, GLM), `<functioncall>` (Glaive, whose arguments may be a quoted string), `[TOOL_CALLS]`
    (Mistral), `<|python_tag|>` and `[name(key=1)]` (Llama), `tool_code` blocks (Gemma), other tags of this kind
    (Phi, Granite, Nemotron, Jamba, LFM, Command A, InternLM, Hunyuan, OLMo, Apertus), markup that holds the name
    (`rewards.tool_markup`: Llama, Qwen3-Coder, DeepSeek, Kimi, gpt-oss, FunctionGemma, ReAct), fenced JSON blocks, or
    a text that is nothing but JSON. A block that does not parse makes the answer wrong.

    tools: OpenAI's list ({"type": "function", "function": {...}}), the bare functions, a mapping name -> parameters, or
    the JSON text of one; types named as in Python (dict, str, "int, optional") are understood. Arguments that the
    tool does not declare are wrong unless its schema allows additional ones. answer: the wanted calls, in the same
    forms; their order does not matter, how often each is made does; numbers compare by value, an argument left out
    equals its declared default. The wanted calls are right even where their data set breaks its own schema. `[]` wants
    no call. Without an answer at least one call must be made. Range: 0 or 1; None when tools or answer cannot be read.

    >>> tools = [{"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}]
    >>> call = '<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>'
    >>> tool_call(call, tools, [{"name": "add", "arguments": {"a": 1}}]).value
    1.0
    >>> tool_call(call, tools, [{"name": "add", "arguments": {"a": 2}}]).why
    'not the wanted calls: add({"a": 1}) for add({"a": 2})'
    """
    try:
        known = read_tools(tools)
        wanted = None if answer is None else _wanted(answer, known)
    except (DocumentError, RewardError) as error:
        return Score(None, f"tools or answer cannot be read: {error}")
    unknown = [name for name, _ in wanted or () if name not in known]
    if unknown:
        return Score(None, f"the wanted call {unknown[0]!r} is none of the tools")
    try:
        made = said_calls(completion, messages, known)
    except (DocumentError, RewardError) as error:
        return Score(0.0, f"a call cannot be read: {error}"[:200])
    evidence = {"calls": [_shown(call) for call in made[:8]]}
    if not made or wanted == []:
        right = wanted == [] and not made
        return Score(
            float(right), "no call" if not made else f"a call where none is wanted: {_shown(made[0])}", evidence
        )
    if wanted is not None and _multiset(made, known) == _multiset(wanted, known):
        return Score(1.0, f"the wanted calls: {len(made)}", evidence)
    problem = _misfit(made, known)
    if problem is not None:
        return Score(problem[0], problem[1], evidence)
    if wanted is None:
        return Score(1.0, f"valid calls: {len(made)}", evidence)
    shown = "; ".join(_shown(call) for call in made), "; ".join(_shown(call) for call in wanted)
    return Score(0.0, f"not the wanted calls: {shown[0][:120]} for {shown[1][:120]}", evidence)


def _wanted(answer: Any, known: Mapping[str, Mapping[str, Any]]) -> list[Call]:
    """The wanted calls: data, its JSON text, or a text in one of the forms that completions have."""
    if isinstance(answer, str) and (made := said_calls(answer, names=known)):
        return made
    return [as_call(one) for one in listed(answer)]


def read_tools(tools: Any) -> dict[str, dict[str, Any]]:
    """Tools by name, each with the schema of its arguments. Raises RewardError.

    >>> read_tools('[{"type": "function", "function": {"name": "f", "parameters": null}}]')
    {'f': {'type': 'object', 'properties': {}}}
    """
    from rewards.schemas import plain_schema

    if isinstance(tools, str):
        tools = read_json(tools)
    if isinstance(tools, Mapping) and "name" not in tools and "function" not in tools:
        tools = [{"name": name, "parameters": parameters} for name, parameters in tools.items()]
    known: dict[str, dict[str, Any]] = {}
    for tool in listed(tools):
        inner = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
            raise RewardError(f"a tool without a name: {str(tool)[:60]}")
        schema = inner.get("parameters") or inner.get("input_schema") or inner.get("arguments") or {}
        if (
            isinstance(schema, Mapping)
            and schema
            and not {"type", "properties", "$ref", "anyOf", "allOf"} & set(schema)
        ):
            schema = {"type": "object", "properties": schema}  # xLAM: the properties themselves
        plain = plain_schema(schema)
        plain.setdefault("type", "object")
        plain.setdefault("properties", {})
        if isinstance(inner.get("required"), list):  # some lists put it beside the parameters
            plain.setdefault("required", inner["required"])
        known[inner["name"]] = plain
    return known


def canonical(call: Call, known: Mapping[str, Mapping[str, Any]]) -> str:
    """One spelling of a call: defaults filled in, numbers by value.

    >>> canonical(("f", {"b": 2.0}), {"f": {"properties": {"a": {"default": 1}, "b": {}}}})
    'f {"a": 1, "b": 2}'
    """
    name, arguments = call
    defaults = {
        key: schema["default"]
        for key, schema in known.get(name, {}).get("properties", {}).items()
        if isinstance(schema, Mapping) and "default" in schema and (schema["default"] is not None or _nullable(schema))
    }
    return f"{name} {json.dumps(_by_value({**defaults, **arguments}), sort_keys=True)}"


def _nullable(schema: Mapping[str, Any]) -> bool:
    """Whether null is a value of it; else a default of null is only the empty cell of a table."""
    kinds = schema.get("type", ())
    return "null" in ([kinds] if isinstance(kinds, str) else kinds or ())


def _multiset(calls: Sequence[Call], known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return sorted(canonical(call, known) for call in calls)


def _misfit(made: Sequence[Call], known: Mapping[str, Mapping[str, Any]]) -> tuple[float | None, str] | None:
    """The value and reason when a call does not fit its tool, None when all do."""
    from rewards.pool import CallFailed
    from rewards.schemas import validate

    for name, arguments in made:
        if name not in known:
            return 0.0, f"there is no tool {name[:60]!r}"
        schema = known[name]
        open_ended = schema.get("additionalProperties") or "patternProperties" in schema or "$ref" in schema
        extra = set(arguments) - set(schema["properties"])
        if extra and not open_ended:
            return 0.0, f"{name} has no argument {min(extra)[:60]!r}"
    try:
        found = validate([(dict(known[name]), arguments) for name, arguments in made], formats=False)
    except CallFailed as error:
        return None, f"not validated: {error}"[:300]
    for (name, _), wrong in zip(made, found, strict=True):
        if wrong:
            return 0.0, f"{name}: {wrong[0]}"
    return None


def _by_value(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _by_value(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_by_value(part) for part in value]
    return value.strip() if isinstance(value, str) else value


def _shown(call: Call) -> str:
    return f"{call[0][:60]}({json.dumps(call[1], ensure_ascii=False)[:200]})"
