"""Numbered lists as models write them: read into items, and written so that they are read back the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_LABEL = r"(?:task|instruction|question|problem|prompt|exercise|example|item|number|no\.)"
_NUMBERED = re.compile(
    rf"""(?P<indent>[ ]{{0,16}}) (?:\#{{1,6}}[ ]*)? (?P<bold>\*\*|__)? [(\[]?
    (?:(?P<label>{_LABEL})[ ]?\#?[ ]?)? (?P<number>\d{{1,4}})
    (?P<end>[ ]?(?:\*\*|__)?(?:\\?[.:)\]、．：）]{{1,2}}|[ ][-–—](?=[ ]))(?!\d)(?:\*\*|__)? | (?:\*\*|__)?[ ]*$)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BULLET = re.compile(r"(?P<indent>[ ]{0,16})[-*•+][ ]+(?=\S)")
_SAID = re.compile(rf"{_LABEL}[ ]?:[ ]*", re.IGNORECASE)
_FENCE = re.compile(r"[ ]{0,16}(`{3,}|~{3,})")

GAP = 3
"""Numbers that a list may leap over; what leaps farther is no item of it, but a number in one."""

INDENT = 4
"""Spaces before the further lines of an item, and at most as many taken from them."""


class _Mark(NamedTuple):
    """Where an item begins. rest: of its line. number: None of a bullet."""

    line: int
    indent: int
    number: int | None
    rest: str


def read_list(text: str) -> list[str]:
    r"""The items of the first list in a text; none when there is no list.

    Numbers count on from the first one, whatever it is: `9.`, `9)`, `**9.**`, `Task 9:`, `### 9`. A number that does
    not go on, one that is farther to the right, and one in a fenced block belong to the item they stand in, so that
    lists in items stay whole. Where every number is the same (`1. 1. 1.`) each begins an item; without numbers,
    bullets do. What stands before the list is left out, and so is a closing remark: a last paragraph at the margin,
    unless the item before it ends with a colon.

    >>> read_list("Sure!\n9. Add 2 and 3.\n**10.** Sort:\n   1. pears\n   2. figs\nTask 11: Why?\n\nThat is all.")
    ['Add 2 and 3.', 'Sort:\n1. pears\n2. figs', 'Why?']
    """
    lines = [line.rstrip() for line in text.replace("\t", "    ").split("\n")]
    marks = _items(_marks(lines))
    ends = [*(mark.line for mark in marks[1:]), _end(lines, marks[-1]) if marks else 0]
    return [_item(mark, lines[mark.line + 1 : end]) for mark, end in zip(marks, ends, strict=False)]


def write_list(items: Sequence[str], first: int = 1) -> str:
    r"""Items as a list that `read_list` takes apart again.

    >>> write_list(["Why?", "Sort:\nb, a"], first=9)
    '9. Why?\n10. Sort:\n    b, a'
    """
    margin = "\n" + " " * INDENT
    return "\n".join(f"{number}. {item.replace(chr(10), margin)}" for number, item in enumerate(items, first))


def _marks(lines: Sequence[str]) -> list[_Mark]:
    """Every line that could begin an item: the numbered ones, or else the bullets."""
    fenced = _fenced(lines)
    open_lines = [(place, line) for place, line in enumerate(lines) if place not in fenced]
    numbered = list(_numbered(open_lines))
    return numbered or [
        _Mark(place, len(found["indent"]), None, line[found.end() :])
        for place, line in open_lines
        if (found := _BULLET.match(line))
    ]


def _numbered(lines: Sequence[tuple[int, str]]) -> Iterator[_Mark]:
    for place, line in lines:
        found = _NUMBERED.match(line)
        if found is None or not (found["end"].strip(" *_") or found["label"] or line.lstrip().startswith("#")):
            continue  # a bare number is no mark
        rest = line[found.end() :].strip()
        if found["bold"] and found["bold"] not in found["end"]:
            rest = rest.replace(found["bold"], "", 1)
        yield _Mark(place, len(found["indent"]), int(found["number"]), rest)


def _items(marks: Sequence[_Mark]) -> list[_Mark]:
    """The marks that begin items of the first list: at its margin, its numbers going on."""
    if not marks:
        return []
    margin = marks[0].indent + 1  # numbers may be set flush right
    marks = [mark for mark in marks if mark.indent <= margin]
    if len({mark.number for mark in marks}) == 1:
        return list(marks)
    items = [marks[0]]
    for mark in marks[1:]:
        assert mark.number is not None
        assert items[-1].number is not None
        if 0 < mark.number - items[-1].number <= GAP:
            items.append(mark)
    return items


def _end(lines: Sequence[str], last: _Mark) -> int:
    """The line after the last item: a paragraph at the margin is not of it."""
    fenced = _fenced(lines)
    for place in range(last.line + 1, len(lines)):
        is_paragraph = lines[place] and not lines[place - 1] and place not in fenced
        if is_paragraph and not lines[place].startswith((" ", "`", "~")):
            said = "\n".join([last.rest, *lines[last.line + 1 : place]]).rstrip()
            if not said.endswith(":"):
                return place
    return len(lines)


def _item(mark: _Mark, more: Sequence[str]) -> str:
    further = [line[min(INDENT, len(line) - len(line.lstrip(" "))) :] for line in more]
    return (
        _SAID.sub("", "\n".join([mark.rest, *further]).strip(), count=1)
        if _SAID.match(mark.rest)
        else "\n".join([mark.rest, *further]).strip()
    )


def _fenced(lines: Sequence[str]) -> set[int]:
    """Lines of fenced blocks, the fences among them. A fence that is never closed is none."""
    inside, opened = set[int](), None
    for place, line in enumerate(lines):
        found = _FENCE.match(line)
        if opened is None:
            opened = (place, found[1]) if found else None
        elif found and found[1].startswith(opened[1]) and not line[found.end() :].strip():
            inside.update(range(opened[0], place + 1))
            opened = None
    return inside
