r"""Rows from JSON lines and JSON documents.

Clean input takes a fast way (orjson, whole blocks); a block with anything doubtful in it is read again row by row with
the standard library, which can say what is wrong. Doubtful is what the fast way would hide: a key that stands twice in
an object, a number that does not fit.

| in a row | what becomes of it |
|---|---|
| no JSON, no object, not UTF-8, nested deeper than 64, longer than the limit, a number beyond all floats | failed |
| a lone surrogate (`"\ud83d"` without its other half) | failed: half a character was lost, which half is not known |
| a key that stands twice | the last value counts, as for every parser; counted in the notes |
| NaN, Infinity | the float of that name; counted in the notes |
| an integer beyond 64 bits | kept, as text (see `curate.widen`) |
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from math import isinf
from types import NoneType
from typing import Any

import orjson

from curate.errors import DataError
from curate.sources.loaded import Intake
from curate.sources.streams import Block, Broken
from curate.widen import MAX_DEPTH, Census, Shape, TooDeep, observe, to_columns

_JSON_WORDS = {
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    NoneType: "null",
}
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

Rows = list[dict[str, Any]]
Clean = tuple[int, dict[str, list[Any]], dict[str, Shape]]


class BadRow(ValueError):
    """A row that cannot be read; the message is its reason."""


def read_lines(blocks: Iterable[Block], file: str, intake: Intake) -> None:
    """Take the rows of JSON lines; blank lines are no rows."""
    try:
        for block in blocks:
            if intake.full:
                return
            if block.cut:
                intake.fail(file, block.line, block.data, f"longer than {len(block.data):,} bytes")
            elif (fast := _fast_lines(block.data, intake.room)) is not None:
                intake.add_columns(*fast)
            else:
                _slow_lines(block, file, intake)
    except Broken as broken:
        intake.fail(file, broken.line, broken.raw, broken.reason)


def read_document(data: bytes, file: str, intake: Intake) -> None:
    """Take the rows of one JSON document: see `rows_of`. JSON lines under a wrong name are read as what they are."""
    if (fast := _fast_document(data, intake.room)) is not None:
        intake.add_columns(*fast)
    else:
        _slow_document(data, file, intake)


def rows_of(value: Any, file: str, notes: list[str]) -> Iterator[Any]:
    """The rows of a document.

    A list: its elements. An object whose values are lists of one length: columns. One with a single list of objects:
    those. An object of objects: each, with its key in the column `key`. Any other object: one row.
    Raises DataError for a text or a number.
    """
    if isinstance(value, list):
        yield from value
    elif not isinstance(value, dict):
        raise DataError(f"{file} holds one {type(value).__name__}, not rows: a list of objects is expected")
    elif _are_columns(value):
        yield from ({name: column[i] for name, column in value.items()} for i in range(len(next(iter(value.values())))))
    elif len(found := [key for key, inner in value.items() if _are_objects(inner)]) == 1:
        notes.append(f"{file}: the rows are those under the key '{found[0]}'")
        yield from value[found[0]]
    elif len(value) > 1 and all(isinstance(inner, dict) and "key" not in inner for inner in value.values()):
        notes.append(f"{file} is an object of {len(value):,} objects: each is a row, its key in the column 'key'")
        yield from ({"key": key, **inner} for key, inner in value.items())
    else:
        yield value


def parse_row(text: str, tally: Counter[str]) -> dict[str, Any]:
    """One row, every oddity found. Raises BadRow with the reason; `tally` counts what is kept but worth a note."""
    seen: set[str] = set()
    row: dict[str, Any] = _parse(_decoder(seen), text)
    check_row(row)
    tally.update(seen)
    return row


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
        raise BadRow("not UTF-8" if escaped_byte else "a lone surrogate: half a character is missing") from error


def _fast_lines(data: bytes, room: int | None) -> Clean | None:
    """The rows of clean JSON lines; None when any of them is doubtful."""
    lines = [line for line in data.split(b"\n") if line and not line.isspace()]
    if room is not None and room < len(lines):
        lines = lines[:room]
        data = b"\n".join(lines)
    try:
        return _if_clean(list(map(orjson.loads, lines)), data)
    except orjson.JSONDecodeError:
        return None


def _fast_document(data: bytes, room: int | None) -> Clean | None:
    """The rows of a clean list of objects; None for all else."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    short = isinstance(value, list) and value and (room is None or room >= len(value))
    return _if_clean(value, data) if short else None


def _if_clean(rows: Rows, data: bytes) -> Clean | None:
    """The rows as columns with their shapes, unless `data`, which they were parsed from, holds more than they show."""
    if set(map(type, rows)) - {dict}:
        return None
    census = Census(keys=sum(map(len, rows)))
    columns = to_columns(rows)
    try:
        shapes = {name: observe(values, census, 1) for name, values in columns.items()}
    except TooDeep:
        return None
    # `":` ends a key unless its quote is escaped; spaces before a colon and a backslash at the end of a key make the
    # count wrong, and the slow way is taken for nothing
    written = data.count(b'":')
    if written != census.keys:
        written -= data.count(b'\\":')
    return None if census.huge or written != census.keys else (len(rows), columns, shapes)


def _slow_lines(block: Block, file: str, intake: Intake) -> None:
    rows: Rows = []
    for line, data in enumerate(block.data.split(b"\n"), block.line):
        if not data or data.isspace():
            continue
        if intake.room is not None and len(rows) >= intake.room:
            break
        try:
            rows.append(parse_row(data.decode("utf-8", "surrogateescape"), intake.tally))
        except BadRow as bad:
            intake.fail(file, line, data, str(bad))
    intake.add(rows)


def _slow_document(data: bytes, file: str, intake: Intake) -> None:
    text = data.decode("utf-8", "surrogateescape")
    seen: set[str] = set()
    decoder = _decoder(seen)
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and "\n" in text[: error.pos]:
            intake.notes.append(f"{file} is JSON lines, whatever its name says")
            read_lines([Block(1, data)], file, intake)
            return
        elements = _elements(text, decoder, file, intake)
    except (ValueError, RecursionError):
        elements = _elements(text, decoder, file, intake)
    else:
        elements = enumerate(rows_of(value, file, intake.notes), 1)
    rows: Rows = []
    for number, element in elements:
        if intake.room is not None and len(rows) >= intake.room:
            break
        try:
            check_row(element)
            rows.append(element)
        except BadRow as bad:
            intake.fail(file, number, _text(element), str(bad))
    intake.add(rows)
    intake.tally.update(seen)


def _elements(text: str, decoder: json.JSONDecoder, file: str, intake: Intake) -> Iterator[tuple[int, Any]]:
    """The elements of a list that does not parse as a whole, up to where it breaks; there is a failed row."""
    at, number = _skip_space(text, 0), 0
    opened = text[at : at + 1] == "["
    at = _skip_space(text, at + 1) if opened else at
    while True:
        number += 1
        try:
            value, end = decoder.raw_decode(text, at)
        except RecursionError:
            intake.fail(file, number, text[at : at + 2_000], f"{TOO_DEEP}; what follows is lost")
            return
        except ValueError as error:
            intake.fail(file, number, text[at : at + 2_000], f"{_reason(error)}; what follows is lost")
            return
        yield number, value
        at = _skip_space(text, end)
        if text[at : at + 1] != ",":
            _end_of_list(text, at, number + 1, file, intake)
            return
        at = _skip_space(text, at + 1)


def _end_of_list(text: str, at: int, number: int, file: str, intake: Intake) -> None:
    """Say what stands where a comma or the end was expected."""
    reason = "the list has no end" if at >= len(text) else "not JSON: no comma between two elements"
    if text[at : at + 1] == "]":
        reason = "the list has ended before"
    intake.fail(file, number, text[at : at + 2_000], f"{reason}; what follows is lost")


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _parse(decoder: json.JSONDecoder, text: str) -> Any:
    try:
        return decoder.decode(text)
    except RecursionError:
        raise BadRow(TOO_DEEP) from None
    except ValueError as error:
        raise BadRow(_reason(error)) from error


def _reason(error: ValueError) -> str:
    """Why a text is no JSON, without its place: reasons are counted."""
    if isinstance(error, BadRow):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg.removesuffix(' starting at')}"
    return "an integer of thousands of digits"


def _decoder(seen: set[str]) -> json.JSONDecoder:
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


def _are_columns(value: dict[str, Any]) -> bool:
    columns = list(value.values())
    if not columns or not all(isinstance(column, list) for column in columns):
        return False
    same = len({len(column) for column in columns}) == 1
    return same and (len(columns) > 1 or not _are_objects(columns[0]))


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(inner, dict) for inner in value)


def _text(value: Any) -> str:
    """The beginning of a row that was parsed and refused."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "[" * 100
