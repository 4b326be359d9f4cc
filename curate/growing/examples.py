"""Examples of a task as models write them, and the rules of Self-Instruct for what an example must be."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_FIELD: Final = re.compile(
    r"""[ ]{0,8}(?:[-*>][ ]+|\#{1,6}[ ]*|\d{1,3}[.)][ ]+)? (?:\*\*|__)?
    (?:(?P<head>example|instance)[ ]?\#?\d{0,3} | (?P<input>input) | (?P<output>(?:class[ ])?label|output|answer))
    (?:[ ]?\#?\d{1,3})? (?:\*\*|__)? [ ]? (?P<colon>:?) (?:\*\*|__)? [ ]* (?P<rest>.*)""",
    re.VERBOSE | re.IGNORECASE,
)
_FENCE: Final = re.compile(r"[ ]{0,16}(`{3,}|~{3,})")
_NONE: Final = frozenset({"", "none", "n/a", "na", "null", "no input", "noinput", "not needed", "-", "..."})


class Example(NamedTuple):
    """An input of a task, "" where it needs none, and its output; None where the answer has no such part."""

    input: str | None
    output: str | None


def read_examples(text: str, *, output_first: bool = False) -> list[Example]:
    r"""The examples in an answer, each as far as it is there; none when it has no `Input:` and no `Output:`.

    Field names may be bold, in a heading or a list, with a number; `Label:` is an output. Further lines, and all of a
    fenced block, belong to the field they stand in. Without an input there is none. output_first: an example begins
    with its output, and inputs that follow without one of their own share it.

    >>> read_examples("Example 1\nInput: 2 + 2\nOutput: 4\n\n**Example 2**\n**Input:** none\n**Output:**\na\nb")
    [Example(input='2 + 2', output='4'), Example(input='', output='a\nb')]
    >>> read_examples("Label: good\nInput: I like it.\nInput: Great!", output_first=True)
    [Example(input='I like it.', output='good'), Example(input='Great!', output='good')]
    """
    first, second = ("output", "input") if output_first else ("input", "output")
    found: list[dict[str, str]] = []
    for name, said in _fields(text):
        if name == first or not found or second in found[-1]:
            shared = {first: found[-1][first]} if output_first and found and name == second else {}
            found.append(shared)
        found[-1][name] = said
    missing = None if output_first else ""
    return [Example(_said(one.get("input", missing)), one.get("output")) for one in found]


def broken(example: Example, earlier: list[Example]) -> str | None:
    """Why an example is none; None when it stands. earlier: those of its task before it, kept or not.

    The paper's rules: no output, one that repeats the input, and an input that was there before.

    >>> broken(Example("Good.", "Good."), [])
    'the output is the input'
    """
    if example.input is None or not example.output:
        return f"no {'input' if example.input is None else 'output'} in the example"
    if example.input == example.output:
        return "the output is the input"
    same = [one.output for one in earlier if one.input == example.input]
    if same:
        return "the same input as before" + (", with another output" if example.output not in same else "")
    return None


def is_closed(answer: str) -> bool | None:
    """Whether a model said that a task has a fixed set of outputs; None when it said neither yes nor no.

    >>> is_closed("Yes."), is_closed("**No**, it is open."), is_closed("Well")
    (True, False, None)
    """
    words = re.findall(r"[a-z]+", answer.lower())
    return {"yes": True, "no": False}.get(words[0]) if words else None


def _fields(text: str) -> list[tuple[str, str]]:
    """The fields of an answer in their order, each with its text."""
    fields: list[tuple[str, list[str]]] = []
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        field = None if fence or mark else _FIELD.fullmatch(line)
        if field and field["head"] and not field["rest"].strip():
            fields.append(("", []))  # a heading: what stands under it belongs to no field before it
        elif field and not field["head"] and field["colon"]:
            fields.append(("input" if field["input"] else "output", [field["rest"]]))
        elif fields:
            fields[-1][1].append(line)
    return [(name, "\n".join(lines).strip()) for name, lines in fields if name]


def _said(text: str | None) -> str | None:
    bare = "" if text is None else text.strip("<>()[]\"'. ").lower()
    return "" if text is not None and bare in _NONE else text
