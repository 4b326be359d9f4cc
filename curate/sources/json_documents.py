"""Rows from one JSON document: a list of objects, or one of the other shapes that data sets are written in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from curate.errors import DataError
from curate.messages import is_turn
from curate.sources.json_rows import Clean, Rows, if_clean, read_lines
from curate.sources.json_strict import TOO_DEEP, BadRow, check_row, decoder_into, reason, skip_space
from curate.sources.loaded import Intake
from curate.sources.streams import Block


def read_document(data: bytes, file: str, intake: Intake) -> None:
    """Take the rows of one JSON document: see `rows_of`. JSON lines under a wrong name are read as what they are."""
    if (fast := _fast_document(data, intake.room)) is not None:
        intake.add_columns(*fast)
    else:
        _slow_document(data, file, intake)


def rows_of(value: Any, file: str, notes: list[str]) -> Iterator[Any]:
    """The rows of a document.

    A list: its elements. An object whose values are lists of one length, or objects with the same numbers as keys, or
    one of `columns` and `data`: a table. One with a single list of objects, unless they are the turns of a
    conversation: those. An object of objects: each, with its key in the column `key`. Any other object: one row.
    Raises DataError for a text or a number.
    """
    if isinstance(value, list):
        yield from value
    elif not isinstance(value, dict):
        raise DataError(f"{file} holds one {type(value).__name__}, not rows: a list of objects is expected")
    elif _is_split(value):
        yield from (dict(zip(value["columns"], cells, strict=True)) for cells in value["data"])
    elif _are_columns(value):
        yield from ({name: column[i] for name, column in value.items()} for i in range(len(next(iter(value.values())))))
    elif (
        len(found := [key for key, inner in value.items() if _are_objects(inner) and not all(map(is_turn, inner))]) == 1
    ):
        notes.append(f"{file}: the rows are those under the key '{found[0]}'")
        yield from value[found[0]]
    elif _is_table(value):
        yield from ({name: column[row] for name, column in value.items()} for row in next(iter(value.values())))
    elif len(value) > 1 and all(isinstance(inner, dict) and "key" not in inner for inner in value.values()):
        notes.append(f"{file} is an object of {len(value):,} objects: each is a row, its key in the column 'key'")
        yield from ({"key": key, **inner} for key, inner in value.items())
    else:
        yield value


def _fast_document(data: bytes, room: int | None) -> Clean | None:
    """The rows of a clean list of objects; None for all else."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    short = isinstance(value, list) and value and (room is None or room >= len(value))
    return if_clean(value, data) if short else None


def _slow_document(data: bytes, file: str, intake: Intake) -> None:
    text = data.decode("utf-8", "surrogateescape")
    seen: set[str] = set()
    decoder = decoder_into(seen)
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        first = text[: error.pos].strip()
        if error.msg == "Extra data" and "\n" in first:
            intake.notes.append(f"{file} is objects one behind the other, each over several lines")
            elements = _documents(text, decoder, file, intake)
        elif error.msg == "Extra data" and ("\n" in text[: error.pos] or first[:1] + text[error.pos] == "{{"):
            intake.notes.append(f"{file} is JSON lines, whatever its name says")
            read_lines([Block(1, data)], file, intake)
            return
        else:
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


def _documents(text: str, decoder: json.JSONDecoder, file: str, intake: Intake) -> Iterator[tuple[int, Any]]:
    """The objects of a file that holds one behind the other, as `jq` prints them, up to where one breaks."""
    at, number = skip_space(text, 0), 0
    while at < len(text):
        number += 1
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            why = reason(error) if isinstance(error, ValueError) else TOO_DEEP
            intake.fail(file, number, text[at : at + 2_000], f"{why}; what follows is lost")
            return
        yield number, value
        at = skip_space(text, end)


def _elements(text: str, decoder: json.JSONDecoder, file: str, intake: Intake) -> Iterator[tuple[int, Any]]:
    """The elements of a list that does not parse as a whole, up to where it breaks; there is a failed row."""
    at, number = skip_space(text, 0), 0
    opened = text[at : at + 1] == "["
    at = skip_space(text, at + 1) if opened else at
    while True:
        number += 1
        try:
            value, end = decoder.raw_decode(text, at)
        except RecursionError:
            intake.fail(file, number, text[at : at + 2_000], f"{TOO_DEEP}; what follows is lost")
            return
        except ValueError as error:
            intake.fail(file, number, text[at : at + 2_000], f"{reason(error)}; what follows is lost")
            return
        yield number, value
        at = skip_space(text, end)
        if text[at : at + 1] != ",":
            _end_of_list(text, at, number + 1, file, intake)
            return
        at = skip_space(text, at + 1)
        if opened and text[at:].strip() == "]":
            intake.notes.append(f"{file}: the list ends in a comma")
            return


def _end_of_list(text: str, at: int, number: int, file: str, intake: Intake) -> None:
    """Say what stands where a comma or the end was expected."""
    reason = "the list has no end" if at >= len(text) else "not JSON: no comma between two elements"
    if text[at : at + 1] == "]":
        reason = "the list has ended before"
    intake.fail(file, number, text[at : at + 2_000], f"{reason}; what follows is lost")


def _are_columns(value: dict[str, Any]) -> bool:
    columns = list(value.values())
    if not columns or not all(isinstance(column, list) for column in columns):
        return False
    same = len({len(column) for column in columns}) == 1
    return same and (len(columns) > 1 or not _are_objects(columns[0]))


def _is_split(value: dict[str, Any]) -> bool:
    """Whether an object holds names and rows of cells: what `DataFrame.to_json(orient="split")` writes."""
    names, rows = value.get("columns"), value.get("data")
    if not isinstance(names, list) or not isinstance(rows, list) or not all(isinstance(name, str) for name in names):
        return False
    return bool(names) and all(isinstance(cells, list) and len(cells) == len(names) for cells in rows)


def _is_table(value: dict[str, Any]) -> bool:
    """Whether an object holds columns, each a value for each number of a row: what `DataFrame.to_json` writes."""
    columns = list(value.values())
    if not all(isinstance(column, dict) and column for column in columns):
        return False
    numbers = columns[0].keys() if columns else set()
    return bool(numbers) and all(key.isdigit() for key in numbers) and all(one.keys() == numbers for one in columns)


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(inner, dict) for inner in value)


def _text(value: Any) -> str:
    """The beginning of a row that was parsed and refused."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "[" * 100
