"""The life of a row for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.report.figures import decimal
from curate.report.life import Child, Life, Station
from curate.report.tables import FLAG, SCORE, WHY
from curate.text.shown import clip, one_line, visible

MAX_TEXT = 2_000


def life_text(life: Life) -> str:
    """The whole life, a line for what is short and a block for what is long."""
    head = [f"source {life.source}"] if life.source else []
    head += [f"from {' from '.join(life.ancestors)}"] if life.ancestors else []
    lines = [visible(life.id), "  " + one_line(" · ".join(head) or "its source is not known")]
    for station in life.stations:
        lines += _station_lines(station, life.id)
    if life.children:
        lines += ["", f"{len(life.children)} children"]
        lines += [line for child in life.children for line in _child_lines(child)]
    return "\n".join(lines)


def _station_lines(station: Station, row: str) -> Iterator[str]:
    who = "" if station.row == row else f" as {station.row}"
    what = {
        "split": f"went on as its children, the first {station.other}",
        "paired": f"became the rejected side of {station.other}",
        "gone": "no table holds it any more",
    }.get(station.outcome, station.outcome)
    yield ""
    yield visible(f"{station.step}: {what}{who}{': ' + station.reason if station.reason else ''}")
    new = without_quiet_flags(station.new or {})
    for name, value in new.items():
        if name.startswith(SCORE):
            why = new.get(WHY + name.removeprefix(SCORE))
            score = "not judged" if value is None else decimal(value)
            yield "    " + one_line(f"{name}: {score}{f' ({why})' if why else ''}", 400)
        elif not name.startswith(WHY):
            yield from value_lines(name, value)


def without_quiet_flags(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with all flags that were not raised in one value: of twenty, a reader looks for the one that was.

    >>> without_quiet_flags({"id": "a", "flag.empty": False, "flag.refusal": True, "flag.identity": False})
    {'id': 'a', 'flag.refusal': True, 'not flagged': 'empty, identity'}
    """
    quiet = [name.removeprefix(FLAG) for name, value in row.items() if name.startswith(FLAG) and value is False]
    loud = {name: value for name, value in row.items() if not (name.startswith(FLAG) and value is False)}
    return loud | ({"not flagged": ", ".join(quiet)} if quiet else {})


def value_lines(name: str, value: Any, limit: int = MAX_TEXT, indent: str = "    ") -> Iterator[str]:
    """A column and its value: on one line, as a block, or turn by turn; at most `limit` characters of each text."""
    if isinstance(value, list) and value and all(isinstance(turn, dict) and "content" in turn for turn in value):
        for turn in value:
            speaker, called = f"{name}[{turn.get('role', '?')}]", turn.get("tool_calls")
            if turn["content"] or not called:
                yield from value_lines(speaker, turn["content"], limit, indent)
            if called:
                yield from value_lines(f"{speaker} calls", called, limit, indent)
        return
    text, more = clip(str(value), limit)
    lines = visible(text).splitlines() or [""]
    if more:
        lines.append(f"... and {more:,} more characters")
    if len(lines) == 1:
        yield f"{indent}{visible(name)}: {lines[0]}"
    else:
        yield f"{indent}{visible(name)}:"
        yield from (f"{indent}    {line}" for line in lines)


def _child_lines(child: Child) -> Iterator[str]:
    scores = [f"{name} {'not judged' if value is None else decimal(value)}" for name, value in child.scores.items()]
    facts = ", ".join(fact for fact in (child.finish_reason or "", *scores) if fact)
    reason = f": {child.reason}" if child.reason else ""
    yield "  " + one_line(f"{child.id}: {child.outcome} at {child.step}{reason}{f' ({facts})' if facts else ''}", 400)
    if child.completion:
        yield "      " + one_line(child.completion, 110)
