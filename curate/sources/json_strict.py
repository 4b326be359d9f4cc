r"""One row of JSON, every oddity found: what the fast way of `curate.sources.json_rows` would hide or cannot explain.

| in a row | what becomes of it |
|---|---|
| no JSON, no object, not UTF-8, nested deeper than 64, longer than the limit, a number beyond all floats | failed |
| a lone surrogate (`"\ud83d"` without its other half) | failed: half a character was lost, which half is not known |
| a key that stands twice | the last value counts, as for every parser; counted in the notes |
| NaN, Infinity | the float of that name; counted in the notes |
| an integer beyond 64 bits | kept, as text (see `curate.shapes`) |
"""

from __future__ import annotations

import json
import re
from collections import Counter
from math import isinf
from types import NoneType
from typing import Any

from curate.shapes import MAX_DEPTH
from curate.sources.loaded import NOT_UTF8

_JSON_WORDS = {
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    NoneType: "null",
}
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"


class BadRow(ValueError):
    """A row that cannot be read; the message is its reason."""


def parse_line(text: str, tally: Counter[str]) -> list[dict[str, Any]]:
    """The row of a line, every oddity found; of a line that holds several objects one behind the other, all of them.

    Raises BadRow with the reason; `tally` counts what is kept but worth a note.
    """
    seen: set[str] = set()
    rows = _parse(decoder_into(seen), text)
    for row in rows:
        check_row(row)
    tally.update(seen)
    if len(rows) > 1:
        tally["objects one behind the other on one line were each read as a row,"] += len(rows)
    return rows


def check_row(row: Any) -> None:
    """Raise BadRow for a row that is no object, is nested too deep, or holds text that is no Unicode."""
    if not isinstance(row, dict):
        raise BadRow(f"{_JSON_WORDS.get(type(row), 'no value')}, not an object")
    if _depth_exceeds(row, MAX_DEPTH):
        raise BadRow(TOO_DEEP)
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        escaped_byte = "\udc80" <= error.object[error.start] <= "\udcff"
        raise BadRow(NOT_UTF8 if escaped_byte else "a lone surrogate: half a character is missing") from error


def _parse(decoder: json.JSONDecoder, text: str) -> list[Any]:
    values = list[Any]()
    at = skip_space(text, 0)
    try:
        while not values or text.startswith("{", at):
            value, end = decoder.raw_decode(text, at)
            values.append(value)
            at = skip_space(text, end)
    except RecursionError:
        raise BadRow(TOO_DEEP) from None
    except json.JSONDecodeError as error:
        if values:
            raise BadRow("more behind the object, where each row of JSON lines has a line of its own") from error
        if not text[error.pos :].strip() and text.lstrip().startswith("{"):
            raise BadRow("not JSON: the line ends before its object does (`jq -c .` writes one row a line)") from error
        raise BadRow(reason(error)) from error
    except ValueError as error:
        raise BadRow(reason(error)) from error
    if at < len(text):
        raise BadRow(reason(json.JSONDecodeError("Extra data", text, at)))
    return values


def reason(error: ValueError) -> str:
    """Why a text is no JSON, without its place: reasons are counted."""
    if isinstance(error, BadRow):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {_known(error) or error.msg.removesuffix(' starting at')}"
    return "an integer of thousands of digits"


def _known(error: json.JSONDecodeError) -> str:
    """The commonest mistakes, in words that say what to do; "" for others."""
    before, after = error.doc[max(0, error.pos - 100) : error.pos].rstrip(), error.doc[error.pos : error.pos + 100]
    if after.strip() == "," and error.msg == "Extra data":
        return "a comma behind the object, where a row of JSON lines has none"
    if before.endswith(",") and after.lstrip()[:1] in ("}", "]"):
        return "a comma before the closing bracket"
    if after[:1] == "'" or re.match(r"(True|False|None)\b", after):
        return "single quotes, True or None are Python's notation, not JSON (json.dumps writes it)"
    return ""


def skip_space(text: str, at: int) -> int:
    """The place of the first letter from `at` on that is no space of JSON."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def decoder_into(seen: set[str]) -> json.JSONDecoder:
    """A decoder that notes in `seen` what it lets pass."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) != len(items):
            seen.add("a key stands twice in one object, the last value was kept,")
        return made

    def constant(word: str) -> float:
        seen.add("NaN or Infinity, which are no JSON, were kept as floats,")
        return float(word)

    def number(digits: str) -> float:
        value = float(digits)
        if isinf(value):
            raise BadRow("a number beyond all floats")
        return value

    return json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant, parse_float=number)


def _depth_exceeds(value: Any, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(inner, dict | list) for inner in level)
