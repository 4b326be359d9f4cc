"""Two rows side by side: what was asked, what each answered, and which words differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import polars as pl

from curate.errors import DataError
from curate.report.tables import SCORE, WHY, Table
from curate.result import ID, PARENT
from curate.schema import convert

WORDS = 4_000
"""Words of a side that are compared, after the beginning and the end that both have: a table of 16 million at most."""

GROUPS = 20
"""Prompts whose answers are read at once while a pair is looked for."""

Message = Mapping[str, Any]
Part = tuple[bool, str]
"""A stretch of text, and whether the other side lacks it."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Side:
    """One row of two. prompt, answer: as messages, [] where the row has none. marks: its scores and their reasons."""

    id: str
    prompt: list[dict[str, Any]]
    answer: list[dict[str, Any]]
    marks: dict[str, Any]

    @property
    def text(self) -> str:
        """The answer as one text."""
        return "\n\n".join(str(message.get("content") or "") for message in self.answer)

    @property
    def asked(self) -> str:
        """The prompt as one text, each message under its role."""
        return "\n\n".join(f"{message.get('role')}: {message.get('content') or ''}" for message in self.prompt)


def sides(found: Table, ids: Sequence[str]) -> dict[str, Side]:
    """Rows of a table by id; those that are not there are left out. Raises DataError when the table has no ids."""
    if ID not in found:
        raise DataError("rows of this table have no id, and cannot be compared")
    rows = found.collect(found.lazy.filter(pl.col(ID).cast(pl.String).is_in(list(ids))))
    return {str(rows[ID][place]): _side(rows[place : place + 1]) for place in range(rows.height)}


def pair(found: Table, a: str, b: str) -> tuple[Side, Side]:
    """Two rows of a table, by id. Raises DataError when one is not there."""
    there = sides(found, (a, b))
    for row in (a, b):
        if row not in there:
            raise DataError(f"no row '{row[:100]}' in this table; the run may have been built anew")
    return there[a], there[b]


def _side(row: pl.DataFrame) -> Side:
    prompt, answer = _said(row)
    marks = {name: value for name, value in row.row(0, named=True).items() if name.startswith((SCORE, WHY, "flag."))}
    return Side(str(row[ID][0]), prompt, answer, marks)


def _said(row: pl.DataFrame) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What was asked and answered, as `format` writes it: thinking in tags before the answer."""
    try:
        made = convert(row, "prompt-completion", truncated=True)
    except DataError:  # rows of a source, without an answer
        return [], []
    if made.reasons[0] is not None:
        return [], []
    return tuple([_clean(message) for message in made.columns[name][0]] for name in ("prompt", "completion"))  # type: ignore[return-value]


def _clean(message: Message) -> dict[str, Any]:
    return {name: value for name, value in message.items() if value is not None}


def why_no_preference(a: Side, b: Side) -> str:
    """Why no preference between two rows can be trained on; "" when one can."""
    if not (a.answer and b.answer):
        return "a row without an answer cannot be preferred"
    if a.prompt != b.prompt:
        return "the rows answer different prompts"
    return "both answers are the same" if a.answer == b.answer else ""


def next_pair(found: Table, judged: set[str], after: str = "") -> tuple[str, str] | None:
    """Two answers to one prompt that has none in `judged` (ids), in the order of the table; None at the end.

    after: an answer of the prompt to go on behind; from the beginning unless it is there. Which of the two comes first
    is drawn from their ids, so that no side is always the earlier answer.
    """
    if ID not in found or PARENT not in found:
        return None
    ids = found.lazy.select(pl.col(ID).cast(pl.String), pl.col(PARENT).cast(pl.String)).drop_nulls()
    grouped = found.collect(ids.group_by(PARENT, maintain_order=True).agg(ID).filter(pl.col(ID).list.len() > 1))
    groups = grouped[ID].to_list()
    begin = next((place + 1 for place, names in enumerate(groups) if after in names), 0)
    groups = [names for names in groups[begin:] if judged.isdisjoint(names)]
    for begin in range(0, len(groups), GROUPS):
        some = groups[begin : begin + GROUPS]
        there = sides(found, [name for names in some for name in names])
        for names in some:
            first, *others = (there[name] for name in names)
            for other in others:
                if not why_no_preference(first, other):
                    a, b = sorted((first.id, other.id), key=lambda name: sha256(name.encode()).digest())
                    return a, b
    return None


def differences(a: str, b: str) -> tuple[list[Part], list[Part]] | None:
    """The words of each text, marked where the other lacks them: a longest common subsequence.

    None when the texts differ over more than `WORDS` words. Time grows with the product of the lengths, whatever the
    texts are. `difflib` is far slower where few words repeat, or leaves those out (autojunk).

    >>> differences("one two", "one three")
    ([(False, 'one '), (True, 'two')], [(False, 'one '), (True, 'three')])
    """
    left, right = _WORD.findall(a), _WORD.findall(b)
    start = _common(left, right)
    end = _common(left[start:][::-1], right[start:][::-1])
    middle = left[start : len(left) - end], right[start : len(right) - end]
    if max(map(len, middle)) > WORDS:
        return None
    kept = _subsequence(*middle)
    tail = left[len(left) - end :]
    return tuple(  # type: ignore[return-value]
        list(_parts(left[:start], words, same, tail)) for words, same in zip(middle, kept, strict=True)
    )


def _common(left: list[str], right: list[str]) -> int:
    return next((n for n, (one, other) in enumerate(zip(left, right, strict=False)) if one != other),
                min(len(left), len(right)))  # fmt: skip


def _subsequence(left: list[str], right: list[str]) -> tuple[list[bool], list[bool]]:
    """Which words of each side belong to the longest common subsequence."""
    codes: dict[str, int] = {}
    a, b = (np.array([codes.setdefault(word, len(codes)) for word in words], np.int32) for words in (left, right))
    longest = np.zeros((len(a) + 1, len(b) + 1), np.int16)
    for row, word in enumerate(a, 1):
        before = longest[row - 1]
        longest[row, 1:] = np.maximum.accumulate(np.maximum(before[1:], before[:-1] + (b == word)))
    same = [False] * len(a), [False] * len(b)
    i, j = len(a), len(b)
    while i and j:
        if a[i - 1] == b[j - 1]:
            same[0][i - 1] = same[1][j - 1] = True
            i, j = i - 1, j - 1
        elif longest[i - 1, j] >= longest[i, j - 1]:
            i -= 1
        else:
            j -= 1
    return same


def _parts(head: list[str], words: list[str], same: list[bool], tail: list[str]) -> Iterator[Part]:
    """Neighbours of one kind joined."""
    told = [*((False, word) for word in head), *((not kept, word) for kept, word in zip(same, words, strict=True))]
    told += [(False, word) for word in tail]
    kind, text = False, ""
    for changed, word in told:
        if changed != kind and text:
            yield kind, text
            text = ""
        kind, text = changed, text + word
    if text:
        yield kind, text
