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
_TAGS = (  # how the calls of a text open and close
    (r"<\|?(?!start_|end_)(?:[\w-]{1,20}[:_])?(?:tool_calls?|function_?calls?|TOOLCALL)\|?>",
     r"</(?:[\w-]{1,20}[:_])?(?:tool_calls?|function_?calls?|TOOLCALL)>|<\|/tool_calls?\|>"),
    (r"<\|tool_call_start\|>", r"<\|tool_call_end\|>"),  # LFM
    (r"<\|START_ACTION\|>", r"<\|END_ACTION\|>"),  # Command A
    (r"<\|action_start\|>\s*<\|plugin\|>", r"<\|action_end\|>"),  # InternLM
    (r"<\|tools_prefix\|>", r"<\|tools_suffix\|>"),  # Apertus
    (r"<\|python_start\|>", r"<\|python_end\|>"),  # Llama 4
)  # fmt: skip
TAG, CLOSED = (re.compile("|".join(parts)) for parts in zip(*_TAGS, strict=True))
ACTION = re.compile(r"^Action:\s{0,9}(?=```|[\[{])", re.MULTILINE)  # Command R, smolagents
MARKS = ("[TOOL_CALLS]", "<|python_tag|>", "functools[")
END = re.compile(r"\s*(?:<\|?/?\w{1,40}\|>|</s>|<end_of_turn>|<eos>)\Z")
BARE_CALL = re.compile(
    r'[\[{\s]*"(?:name|type|function|arguments|parameters|tool_calls|tool_name|tool_call_id|thought)"'
    r'[^\0]*"(?:arguments|parameters|args|input)"'
)
QUOTED_ARGUMENTS = re.compile(
    r"""\A(\s*\{\s*"name"\s*:\s*"[^"]*"\s*,\s*"arguments"\s*:\s*)'(.*)'(\s*\}\s*)\Z""", re.DOTALL
)
PYTHON = re.compile(r"\[?\s*(?:print\()?([A-Za-z_][\w.]{0,80})\(.*\)\s*\]?", re.DOTALL)
FENCE = re.compile(r"\A```\w{0,20}\n|\n?```\Z")
MAX_PYTHON = 10_000  # characters of calls written as Python
JSON_WORDS = {"true": True, "false": False, "null": None}

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
    name = inner.get("name", inner.get("tool_name")) if isinstance(inner, Mapping) else None
    if not isinstance(inner, Mapping) or not isinstance(name, str):
        raise RewardError(f"no name in {str(one)[:60]}")
    arguments = next((inner[key] for key in ("arguments", "parameters", "args", "input") if key in inner), None)
    if isinstance(arguments, str):
        arguments = read_json(arguments) if arguments.strip() else {}
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, Mapping):
        raise RewardError(f"the arguments of {name[:40]} are no object")
    return name, dict(arguments)


def python_calls(text: str) -> list[Call]:
    """Calls as Python writes them, with named literal arguments; a line may print one. Raises ValueError. In a worker.

    >>> python_calls("f(a=1)"), python_calls("print(f(a=true))")
    ([('f', {'a': 1})], [('f', {'a': True})])
    """
    calls: list[ast.expr] = []
    for line in ast.parse(text.strip()).body:
        one = line.value if isinstance(line, ast.Expr) else None
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "print" and len(one.args) == 1:
            one = one.args[0]
        calls += one.elts if isinstance(one, (ast.List, ast.Tuple)) else [one or ast.Constant(None)]
    if not all(
        isinstance(call, ast.Call) and not call.args and all(word.arg for word in call.keywords) for call in calls
    ):
        raise ValueError("a call takes name=value only")
    return [
        (ast.unparse(call.func), {str(word.arg): _value(word.value) for word in call.keywords})
        for call in calls
        if isinstance(call, ast.Call)
    ]


class _JsonWords(ast.NodeTransformer):
    """Some models write JSON's true, false and null in Python."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(JSON_WORDS[node.id]) if node.id in JSON_WORDS else node


def _value(node: ast.expr) -> Any:
    return ast.literal_eval(_JsonWords().visit(node))


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
    before, *pieces = TAG.split(text.replace("｜DSML｜", ""), maxsplit=MAX_CALLS + 1)
    pieces = [piece for piece in pieces[:-1] if piece.strip()] + pieces[-1:]  # a tag may open within a tag
    blocks = [[*CLOSED.split(piece, maxsplit=1), ""] for piece in pieces]
    found = [call for block, *_ in blocks for call in _block(block, names)]
    beside = "\n".join([before, *(rest for _, rest, *_ in blocks)])
    named = [as_call(one) for one in islice(named_calls(beside, names), MAX_CALLS + 1)]
    mark = next((mark for mark in MARKS if mark in beside), "")
    if mark and not named:
        body = beside.partition(mark)[2].partition("<|")[0]
        return found + _block(f"[{body}" if mark.endswith("[") else body, names)
    if pieces or named:
        return found + named
    text = ACTION.sub("", text)
    fenced = fenced_blocks(text)
    bare = [text, *(block for language, block in fenced if language in ("", "json", "tool_call"))]
    pieces = [piece for piece in bare if piece[:1] in ("{", "[") and BARE_CALL.match(piece)]
    return [call for piece in pieces for call in _block(piece, names)]


def _block(text: str, names: Collection[str]) -> list[Call]:
    """The calls of one block that holds nothing else."""
    text = FENCE.sub("", _without_ends(text.strip()))
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
        as_call(_named_by_key(one, names))
        for read in read_json_texts(text)
        for one in listed(read["tool_calls"] if isinstance(read, Mapping) and "tool_calls" in read else read)
    ]


def _named_by_key(one: Any, names: Collection[str]) -> Any:
    """Apertus: {"f": {"a": 1}}."""
    if isinstance(one, Mapping) and len(one) == 1:
        ((name, arguments),) = one.items()
        if name in names and isinstance(arguments, Mapping):
            return {"name": name, "arguments": arguments}
    return one


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
