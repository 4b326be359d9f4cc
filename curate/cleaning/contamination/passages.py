"""Long texts in passages: a few sentences each, about as long as an item; the next begins in the middle of the last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

LEAST_SENTENCE = 8
"""Characters from which on something is a sentence of its own: "Mr." and "1." belong to what follows."""

_END = re.compile(r"[.!?][\"')\]]*\s+|[。！？؟।]|\n+")


class Passage(NamedTuple):
    """Sentences `first` to `last` (of the text in `cuts`, where the sentences begin, and the end) of a row."""

    row: int
    text: str
    cuts: Sequence[int]
    first: int
    last: int

    @property
    def said(self) -> str:
        """What it says."""
        return self.text[self.cuts[self.first] : self.cuts[self.last + 1]]

    def neighbours(self) -> Iterator[Passage]:
        """The passages with one sentence more or less, before or after."""
        for first, last in (
            (self.first - 1, self.last), (self.first + 1, self.last),
            (self.first, self.last - 1), (self.first, self.last + 1),
        ):  # fmt: skip
            if 0 <= first <= last < len(self.cuts) - 1:
                yield self._replace(first=first, last=last)


def sentences(text: str, most: int) -> list[int]:
    """Where the sentences of a text begin, and the end; none is longer than `most` characters.

    >>> import itertools
    >>> text = "Ann has two cats. They sleep all day long. Why? So."
    >>> [text[a:b] for a, b in itertools.pairwise(sentences(text, 100))]
    ['Ann has two cats. ', 'They sleep all day long. ', 'Why? So.']
    """
    cuts = [0]
    for end in [*(found.end() for found in _END.finditer(text)), len(text)]:
        if end - cuts[-1] < LEAST_SENTENCE and end < len(text):
            continue
        while end - cuts[-1] > most:
            space = text.rfind(" ", cuts[-1] + 1, cuts[-1] + most)
            cuts.append(space + 1 if space > 0 else cuts[-1] + most)
        if end > cuts[-1]:
            cuts.append(end)
    return cuts


def passages(row: int, text: str, size: int) -> Iterator[Passage]:
    """Passages of whole sentences, each of up to `size` characters; the next begins half a passage further on."""
    cuts = sentences(text, size)
    first, seen = 0, -1
    while first < len(cuts) - 1:
        last = first
        while last + 2 < len(cuts) and cuts[last + 2] - cuts[first] <= size:
            last += 1
        if last > seen:
            seen = last
            yield Passage(row, text, cuts, first, last)
        begin = first
        first += 1
        while first < len(cuts) - 1 and cuts[first + 1] - cuts[begin] <= size // 2:
            first += 1
