r"""Rewards for the form of an answer: a regular expression, JSON, JSON by a schema, XML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from rewards.base import RewardError, Score
from rewards.documents import DocumentError, document_text, read_json, read_xml
from rewards.extract import strip_thinking

REGEX_TIMEOUT_S = 1.0
FLAGS = {"i": 2, "m": 8, "s": 16, "x": 64}  # as the constants of re


def regex(
    completion: str, pattern: str, *, where: Literal["search", "full"] = "search", flags: str = "", whole: bool = False
) -> Score:
    r"""The answer matches a regular expression of Python's `re`.

    The pattern runs in a worker process that is killed after one second: `re` holds the interpreter's lock, so that a
    catastrophic pattern would freeze a thread and everything beside it. A timeout is None, for it says nothing about
    the answer. (The `regex` package has a timeout of its own, at the price of another dialect.)

    where: `search` anywhere, or `full` for all of the answer. flags: letters of `imsx`. whole: the thinking belongs to
    the text that is searched. Range: 0 or 1; None for a pattern that does not compile.

    >>> regex("<think>no</think>Call 555-1234", r"\b\d{3}-\d{4}\b").value
    1.0
    >>> regex("<think>555-1234</think>no", r"\b\d{3}-\d{4}\b").value
    0.0
    """
    from rewards.pool import CallFailed, TimedOut, call

    if unknown := set(flags) - set(FLAGS):
        raise RewardError(f"unknown regex flags '{''.join(sorted(unknown))}' (known: {''.join(FLAGS)})")
    text = completion if whole else strip_thinking(completion).strip()
    try:
        found = call("rewards.structure:match", (pattern, text, where, flags), timeout_s=REGEX_TIMEOUT_S)
    except TimedOut:
        return Score(None, f"the pattern took longer than {REGEX_TIMEOUT_S:g} s", {"error": "TimedOut"})
    except CallFailed as error:
        return Score(None, f"the pattern cannot be used: {error}")
    if found is None:
        return Score(0.0, f"no match of {pattern[:60]}")
    return Score(1.0, f"matches {pattern[:60]}", {"match": found})


def match(pattern: str, text: str, where: str, flags: str) -> str | None:
    """What a pattern matches, at most 200 characters of it, or None. Runs in a worker."""
    import re
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a pattern of the data may use what a later Python deprecates
        compiled = re.compile(pattern, sum(FLAGS[flag] for flag in flags))
    found = compiled.fullmatch(text) if where == "full" else compiled.search(text)
    return found.group()[:200] if found else None


def json_document(completion: str) -> Score:
    r"""The answer is one JSON document: the whole text after the thinking, or the only fenced block.

    Strict: duplicate keys, NaN, trailing commas, text around a bare document, nesting beyond 64 and more than a million
    characters are wrong. Range: 0 or 1.

    >>> json_document('{"a": 1}').value
    1.0
    >>> json_document('{"a": 1, "a": 2}').why
    "the key 'a' stands twice"
    """
    try:
        document = read_json(document_text(completion, "json"))
    except DocumentError as error:
        return Score(0.0, str(error)[:200])
    return Score(1.0, f"JSON, {_size(document)}")


def json_schema(completion: str, schema: str | dict[str, Any]) -> Score:
    r"""The answer is one JSON document that fits a JSON schema.

    jsonschema (drafts 3 to 2020-12, by `$schema`), with its `format` checks. Read as `rewards.json` does, and
    validated in a worker that is killed after two seconds, since `pattern` may be catastrophic and `$ref` endless;
    nothing is fetched. schema: a mapping or its JSON text. Range: 0 or 1; None for a schema that is not valid, refers
    outside of itself, or takes too long.

    >>> json_schema('{"n": 3}', {"type": "object", "required": ["n"]}).value
    1.0
    >>> json_schema('{"m": 3}', {"type": "object", "required": ["n"]}).why
    "the document: 'n' is a required property"
    """
    from rewards.pool import CallFailed
    from rewards.schemas import validate

    try:
        wanted = read_json(schema) if isinstance(schema, str) else schema
    except DocumentError as error:
        return Score(None, f"the schema cannot be read: {error}")
    try:
        document = read_json(document_text(completion, "json"))
        found = validate([(wanted, document)])[0]
    except DocumentError as error:
        return Score(0.0, str(error)[:200])
    except CallFailed as error:
        return Score(None, f"not validated: {error}"[:300], {"error": type(error).__name__})
    if found:
        return Score(0.0, found[0], {"problems": found})
    return Score(1.0, f"fits the schema, {_size(document)}")


def xml(completion: str, tags: Sequence[str] | str | None = None) -> Score:
    r"""The answer is well-formed XML; with `tags`, exactly these elements at the top, in order and none empty.

    tags: a list, its JSON text, or one name. Read by expat without doctype and entities ("billion laughs" is refused
    before it expands), nesting to 64. Without tags there must be one element at the top; text outside of the elements
    is wrong. Range: 0 or 1.

    >>> xml("<plan>look</plan><answer>7</answer>", ["plan", "answer"]).value
    1.0
    >>> xml("<answer></answer>", ["answer"]).why
    '<answer> is empty'
    """
    try:
        top = read_xml(document_text(completion, "xml", "html"))
    except DocumentError as error:
        return Score(0.0, str(error)[:200])
    names = [element.name for element in top]
    if isinstance(tags, str):
        tags = read_json(tags) if tags.startswith("[") else [tags]
    if tags is None:
        return Score(float(len(top) == 1), f"elements at the top: {', '.join(names)[:100]}")
    if names != list(tags):
        return Score(0.0, f"elements {', '.join(names)[:100]}, not {', '.join(tags)}")
    empty = next((element.name for element in top if not element.text.strip() and not element.children), None)
    return Score(0.0, f"<{empty}> is empty") if empty else Score(1.0, f"elements {', '.join(names)}")


def _size(document: Any) -> str:
    if isinstance(document, (dict, list)):
        return f"{'an object' if isinstance(document, dict) else 'a list'} of {len(document)}"
    return type(document).__name__
