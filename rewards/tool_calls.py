r"""The tool calls in a completion, in the forms that models and servers write them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any

from rewards.base import RewardError
from rewards.documents import fenced_blocks, read_json, read_json_texts
from rewards.extract import strip_thinking
from rewards.tool_markup import bare_named, named_calls

MAX_CALLS = 64
TAG = re.compile(r"<\|?(?:tool_calls?|function_?calls?|TOOLCALL|tool_call_start)\|?>")
CLOSED = re.compile(r"</(?:tool_calls?|function_?calls?|TOOLCALL)>|<\|(?:/tool_calls?|tool_call_end)\|>")
MARKS = ("[TOOL_CALLS]", "<|python_tag|>", "functools[")
END = re.compile(r"\s*(?:<\|?/?\w{1,40}\|>|</s>|<end_of_turn>|<eos>)\Z")
BARE_CALL = re.compile(
    r'[\[{\s]*"(?:name|type|function|arguments|parameters|tool_calls)"[^\0]*"(?:arguments|parameters|args)"'
)
QUOTED_ARGUMENTS = re.compile(
    r"""\A(\s*\{\s*"name"\s*:\s*"[^"]*"\s*,\s*"arguments"\s*:\s*)'(.*)'(\s*\}\s*)\Z""", re.DOTALL
)
PYTHON = re.compile(r"\[?\s*([A-Za-z_][\w.]{0,80})\(.*\)\s*\]?", re.DOTALL)
MAX_PYTHON = 10_000  # characters of calls written as Python

Call = tuple[str, dict[str, Any]]


def said_calls(
    completion: str, messages: Sequence[Mapping[str, Any]] | None = None, names: Collection[str] = ()
) -> list[Call]:
    """The calls of a completion. Raises DocumentError or RewardError for one that cannot be read.

    names: of the tools there are; a list in the form of Python calls is read as calls when its first is among them.

    >>> said_calls('[TOOL_CALLS] [{"name": "f", "arguments": {}}]')
    [('f', {})]
    >>> said_calls("[f(a=1, b='x')]", names=["f"]), said_calls("f(x)")
    ([('f', {'a': 1, 'b': 'x'})], [])
    """
    structured = (messages[-1].get("tool_calls") or messages[-1].get("function_call")) if messages else None
    if structured:
        found = [as_call(one) for one in listed(structured)]
    else:
        found = _written_calls(_without_ends(strip_thinking(completion).strip()), names)
    if len(found) > MAX_CALLS:
        raise RewardError(f"more than {MAX_CALLS} calls")
    return found


def as_call(one: Any) -> Call:
    """One call out of the forms of OpenAI, Hermes, Llama ("parameters") and plain mappings. Raises RewardError.

    >>> as_call({"function": {"name": "f", "arguments": '{"a": 1}'}})
    ('f', {'a': 1})
    """
    inner = one.get("function", one) if isinstance(one, Mapping) else None
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
        raise RewardError(f"no name in {str(one)[:60]}")
    arguments = next((inner[key] for key in ("arguments", "parameters", "args", "input") if key in inner), None)
    if isinstance(arguments, str):
        arguments = read_json(arguments) if arguments.strip() else {}
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, Mapping):
        raise RewardError(f"the arguments of {inner['name'][:40]} are no object")
    return inner["name"], dict(arguments)


def python_calls(text: str) -> list[Call]:
    """Calls as Python writes them, with named literal arguments. Raises ValueError. Runs in a worker.

    >>> python_calls("f(a=1)")
    [('f', {'a': 1})]
    """
    body = ast.parse(text.strip(), mode="eval").body
    calls = body.elts if isinstance(body, (ast.List, ast.Tuple)) else [body]
    if not all(
        isinstance(call, ast.Call) and not call.args and all(word.arg for word in call.keywords) for call in calls
    ):
        raise ValueError("a call takes name=value only")
    return [
        (ast.unparse(call.func), {str(word.arg): ast.literal_eval(word.value) for word in call.keywords})
        for call in calls
        if isinstance(call, ast.Call)
    ]


def _python(text: str) -> list[Call]:
    """`python_calls` in a worker that can be killed: the parser of Python may recurse deeply on hostile code."""
    from rewards.pool import CallFailed, call

    if len(text) > MAX_PYTHON:
        raise RewardError(f"calls of more than {MAX_PYTHON} characters")
    try:
        found: list[Call] = call("rewards.tool_calls:python_calls", (text,))
    except CallFailed as error:
        raise RewardError(f"not calls in Python: {error}") from None
    return found


def _written_calls(text: str, names: Collection[str]) -> list[Call]:
    """The calls a text writes: in tags, behind a mark, by name in the markup, or as a document of nothing else."""
    if (written := _as_python(text)) and (head := PYTHON.fullmatch(written)) and head[1] in names:
        return _python(written)
    before, *pieces = TAG.split(text, maxsplit=MAX_CALLS + 1)
    blocks = [(*CLOSED.split(piece, maxsplit=1), "")[:2] for piece in pieces]
    found = [call for block, _ in blocks for call in _block(block, names)]
    beside = "\n".join([before, *(rest for _, rest in blocks)])
    named = [as_call(one) for one in islice(named_calls(beside, names), MAX_CALLS + 1)]
    if pieces or named:
        return found + named
    for mark in MARKS:
        if mark in text:
            body = text.partition(mark)[2].partition("<|")[0]
            return _block(f"[{body}" if mark.endswith("[") else body, names)
    bare = [text, *(block for language, block in fenced_blocks(text) if language in ("", "json", "tool_call"))]
    pieces = [piece for piece in bare if piece[:1] in ("{", "[") and BARE_CALL.match(piece)]
    return [call for piece in pieces for call in _block(piece, names)]


def _block(text: str, names: Collection[str]) -> list[Call]:
    """The calls of one block that holds nothing else."""
    text = _without_ends(text.strip())
    if text.startswith("["):
        head = PYTHON.fullmatch(text)
        if head and head[1] in names:
            return _python(text)
    if text.startswith(("<function=", "<invoke")):
        return [as_call(one) for one in named_calls(text, names)]
    if one := bare_named(text, names):
        return [as_call(one)]
    quoted = QUOTED_ARGUMENTS.match(text)
    if quoted:  # Glaive: {"name": "f", "arguments": '{"a": 1}'}
        arguments = quoted[2].replace("\\'", "'")
        return [as_call({**read_json(f"{quoted[1]}null{quoted[3]}"), "arguments": arguments})]
    return [
        as_call(one)
        for read in read_json_texts(text)
        for one in listed(read["tool_calls"] if isinstance(read, Mapping) and "tool_calls" in read else read)
    ]


def _without_ends(text: str) -> str:
    """A text without the special tokens that end a turn."""
    for _ in range(4):
        found = END.search(text[-60:])
        if not found:
            break
        text = text[: len(text) - len(found[0])]
    return text.strip()


def _as_python(text: str) -> str:
    """What of a text may be calls in Python: all of it, in brackets (Llama), or its one block of tool code (Gemma)."""
    if text.startswith("["):
        return text
    blocks = fenced_blocks(text) if "```" in text else []
    if len(blocks) != 1:
        return ""
    language, code = blocks[0]
    whole = text.startswith("```") and text.endswith("```") and code.startswith("[")
    return code if language == "tool_code" or whole else ""


def listed(value: Any) -> list[Any]:
    """A list of what is one thing, many, or the JSON text of either.

    >>> listed('{"a": 1}'), listed(None)
    ([{'a': 1}], [])
    """
    if isinstance(value, str):
        value = read_json(value)
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) else [value]
