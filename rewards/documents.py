"""Documents inside completions: which part is meant, and strict readers of JSON and XML with limits.

Everything here is linear in the text and safe on hostile input: no entities, no duplicate keys, no NaN, no number of a
million digits, no nesting that overflows a stack.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Any

from rewards.extract import strip_thinking

MAX_CHARS = 1_000_000
MAX_DEPTH = 64
MAX_DIGITS = 400
FENCES = ("```", "~~~")
ANSWER = ("<answer>", "</answer>")
MAX_TEXTS = 100  # documents one after the other
_BETWEEN = re.compile(r"[ \t\r\n;]*")


class DocumentError(ValueError):
    """The text is not the document it should be."""


@dataclass(frozen=True, slots=True)
class Element:
    """One XML element; text is its own and its descendants'."""

    name: str
    text: str
    children: tuple[Element, ...] = ()


def document_text(completion: str, *languages: str) -> str:
    r"""The document a completion gives: its only fenced block, or all its text after the thinking.

    languages: the words after the fence that fit; an unnamed fence always does. Tags of an answer around it all, as R1
    writes them, are no part of it, but of a document in XML. Raises DocumentError for several.

    >>> document_text("Here it is:\n```json\n{}\n```\n", "json")
    '{}'
    >>> document_text("<think>{</think> <answer>{}</answer>", "json")
    '{}'
    """
    text = strip_thinking(completion).strip().removeprefix("\ufeff")
    if text.startswith(ANSWER[0]) and text.endswith(ANSWER[1]) and "xml" not in languages:
        text = text.removeprefix(ANSWER[0]).removesuffix(ANSWER[1]).strip()
    if max(map(text.count, FENCES)) < 2:
        return text
    blocks = [block for language, block in fenced_blocks(text) if language in ("", *languages)]
    if len(blocks) > 1:
        raise DocumentError(f"{len(blocks)} fenced blocks, one document was asked for")
    return blocks[0] if blocks else text


def fenced_blocks(text: str) -> list[tuple[str, str]]:
    r"""The fenced blocks of a markdown text: (language in lower case, content). One left open holds the rest.

    >>> fenced_blocks("a\n```Python x\n1\n```\n")
    [('python', '1')]
    """
    blocks: list[tuple[str, str]] = []
    inside: list[str] | None = None
    language = fence = ""
    for line in text.splitlines():
        bare = line.strip()
        if inside is None and bare.startswith(FENCES) and "`" not in bare[3:]:
            inside, fence, language = [], bare[:3], (bare[3:].split() or [""])[0].lower()
        elif inside is not None and bare == fence:
            blocks.append((language, "\n".join(inside).strip()))
            inside = None
        elif inside is not None:
            inside.append(line)
    if inside is not None:
        blocks.append((language, "\n".join(inside).strip()))
    return blocks


def read_json(text: str) -> Any:
    """JSON as RFC 8259 says it, without its holes: no duplicate keys, NaN, Infinity or overflowing numbers.

    Raises DocumentError.

    >>> read_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """
    _check_size(text)
    depth = _json_depth(text)
    if depth > MAX_DEPTH:
        raise DocumentError(f"nested deeper than {MAX_DEPTH}")
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_finite, parse_constant=_no_constant
        )
    except DocumentError:
        raise
    except ValueError as error:
        raise DocumentError(f"not JSON: {error}") from None


def read_json_texts(text: str) -> list[Any]:
    """JSON documents one after the other, with space or semicolons between them. Raises DocumentError.

    >>> read_json_texts('{"a": 1}; {"b": 2}')
    [{'a': 1}, {'b': 2}]
    """
    try:
        return [read_json(text)]
    except DocumentError as error:
        if "Extra data" not in str(error):
            raise
    found: list[Any] = []
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        if len(found) == MAX_TEXTS:
            raise DocumentError(f"more than {MAX_TEXTS} documents")
        try:
            _, end = decoder.raw_decode(text, place)
        except ValueError as error:
            raise DocumentError(f"not JSON: {error}") from None
        found.append(read_json(text[place:end]))
        place = _BETWEEN.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing, too
    return found


def read_xml(text: str) -> list[Element]:
    """The top-level elements of an XML document or fragment. Raises DocumentError.

    A doctype, and with it every entity definition, is refused before anything is expanded.

    >>> [element.name for element in read_xml("<a>1</a><b/>")]
    ['a', 'b']
    """
    from xml.parsers.expat import ExpatError, ParserCreate

    _check_size(text)
    body = re.sub(r"\A\s*<\?xml[^<>]{0,200}\?>", "", text)
    parser = ParserCreate("utf-8")
    stack: list[tuple[str, list[str], list[Element]]] = []
    top: list[Element] = []

    def start(name: str, _: dict[str, str]) -> None:
        if len(stack) > MAX_DEPTH:
            raise DocumentError(f"nested deeper than {MAX_DEPTH}")
        stack.append((name, [], []))

    def end(_: str) -> None:
        name, pieces, children = stack.pop()
        element = Element(name, "".join(pieces), tuple(children))
        if stack:
            stack[-1][1].append(element.text)
            stack[-1][2].append(element)
        else:
            top.extend(children)

    def characters(data: str) -> None:
        stack[-1][1].append(data)
        if len(stack) == 1 and data.strip():
            raise DocumentError(f"text outside of the elements: {data.strip()[:40]!r}")

    def refuse(*_: Any) -> None:
        raise DocumentError("a doctype is not allowed")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(f"<document>{body}</document>".encode(), True)
    except (ExpatError, UnicodeEncodeError) as error:
        raise DocumentError(f"not well-formed: {error}") from None
    if not top:
        raise DocumentError("no element")
    return top


def _check_size(text: str) -> None:
    if len(text) > MAX_CHARS:
        raise DocumentError(f"longer than {MAX_CHARS} characters")
    if not text.strip():
        raise DocumentError("the document is empty")


def _json_depth(text: str) -> int:
    """The deepest nesting, counted before the parser recurses into it."""
    deepest = depth = 0
    for piece in re.finditer(r'"(?:[^"\\]+|\\.)*+"?|[\[{]|[\]}]', text, re.DOTALL):
        if piece.group() in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif piece.group() in ("]", "}"):
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise DocumentError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise DocumentError(f"a number of {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits) if len(digits) <= MAX_DIGITS else float("inf")
    if not isfinite(value):
        raise DocumentError(f"the number {digits[:20]} is out of range")
    return value


def _no_constant(name: str) -> float:
    raise DocumentError(f"{name} is not JSON")
