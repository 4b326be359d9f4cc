"""Rows from JSON lines.

Clean input takes a fast way (orjson, whole blocks); a block with anything doubtful in it is read again row by row with
the standard library, which can say what is wrong (`curate.sources.json_strict`). Doubtful is what the fast way would
hide: a key that stands twice in an object, a number that does not fit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from curate.shapes import Census, Shape, TooDeep, observe
from curate.sources.json_strict import BadRow, parse_line
from curate.sources.loaded import Intake
from curate.sources.streams import Block, Broken
from curate.widen import to_columns

Rows = list[dict[str, Any]]
Clean = tuple[int, dict[str, list[Any]], dict[str, Shape]]


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


def _fast_lines(data: bytes, room: int | None) -> Clean | None:
    """The rows of clean JSON lines; None when any of them is doubtful."""
    lines = [line for line in data.split(b"\n") if line and not line.isspace()]
    if room is not None and room < len(lines):
        lines = lines[:room]
        data = b"\n".join(lines)
    try:
        return if_clean(list(map(orjson.loads, lines)), data)
    except orjson.JSONDecodeError:
        return None


def if_clean(rows: Rows, data: bytes) -> Clean | None:
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
            rows += parse_line(data.decode("utf-8", "surrogateescape"), intake.tally)
        except BadRow as bad:
            intake.fail(file, line, data, str(bad))
    intake.add(rows)
