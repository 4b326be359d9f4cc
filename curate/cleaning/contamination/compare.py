"""Two texts side by side: which words of an item a row says, in its own order, and whether only numbers differ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from curate.text.plain import FOLDED, LATEX

RUN = 4
"""Words in a row that count as said: shorter runs are in every text."""

HOT = 100
"""Four words that stand in more places of a row than this (a table of numbers) begin a run in the first of them alone.

So the time for a row does not grow with the square of its length.
"""

# characters of scripts without spaces, as NFKD leaves them: Thai and Lao, Myanmar, Khmer, kana, Han
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff"
)
_ENDS = rf"(?!(?![{_ALONE}])[^\W\d_])"  # a command of LaTeX goes on as long as there are letters
_SILENT = rf"\\(?:{'|'.join(LATEX)}){_ENDS}|\\hspace\{{[^{{}}]{{0,20}}\}}"
_SIMPLE = re.compile(r"[a-z]+|[0-9]+")
_WORD = re.compile(
    rf"{_SILENT}|\\[dt](?=(?:frac|binom){_ENDS})|\\(?P<same>[lgn]e)q{_ENDS}"
    rf"|(?P<word>[{_ALONE}]|[0-9]+|(?:(?![{_ALONE}])[^\x00-`{{-\x7f])+)"
)


@dataclass(frozen=True)
class Words:
    r"""A text as words: runs of letters, runs of digits, single characters of scripts without spaces.

    Lower case, without accents; LaTeX that only changes the look is no word. The same normal form as that of
    `curate.text.plain.forms`, with places.

    >>> Words(r"Let \left(x_1, 2y\right) = \dfrac{1}{30}").words
    ('let', 'x', '1', '2', 'y', 'frac', '1', '30')
    """

    text: str

    @cached_property
    def words(self) -> tuple[str, ...]:
        """In normal form."""
        if self.text.isascii() and "\\" not in self.text:
            return tuple(_SIMPLE.findall(self.text.lower()))
        return tuple(word or same for same, word in _WORD.findall(self.text.translate(_SIMPLES)) if word or same)

    @cached_property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Begin and end of each word in the text."""
        if self.text.isascii() and "\\" not in self.text:
            return tuple(one.span() for one in _SIMPLE.finditer(self.text.lower()))
        spans = (
            found.span() for found in _WORD.finditer(self.text.translate(_SIMPLES)) if found["word"] or found["same"]
        )
        sizes = {char: len(_SIMPLES[ord(char)]) for char in set(self.text)}
        if all(size == 1 for size in sizes.values()):
            return tuple(spans)
        origin = [place for place, char in enumerate(self.text) for _ in range(sizes[char])]
        return tuple((origin[begin], origin[end - 1] + 1) for begin, end in spans)

    @cached_property
    def exact(self) -> Grams:
        """Its runs of words."""
        return Grams(self.words)

    @cached_property
    def loose(self) -> Grams:
        """The same with every number as 0."""
        return Grams(without_numbers(self.words))


class _Simple(dict[int, str]):
    """A table for `str.translate`, filled as characters are met: each as `curate.text.plain.plain` reads it."""

    def __missing__(self, code: int) -> str:
        self[code] = simple = _simple(chr(code))
        return simple


def _simple(char: str) -> str:
    """Nothing for a mark, a space for what is no letter or digit beyond ASCII, small letters without accents."""
    parts = []
    for one in unicodedata.normalize("NFKD", char).lower():
        kind = unicodedata.category(one)
        if kind == "Nd":
            parts.append(str(unicodedata.decimal(one)))
        elif kind[0] == "L" or one.isascii():
            parts.append(FOLDED.get(one, one))
        elif kind[0] != "M" and kind != "Cf":
            parts.append(" ")
    return "".join(parts)


_SIMPLES = _Simple()


def without_numbers(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words with every number as 0."""
    return tuple("0" if word[0] in "0123456789" else word for word in words)


class Grams:
    """Words, and where each run of `RUN` of them stands."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.places = _places(list(grams(words, RUN)))

    def shorter(self, gram: tuple[str, ...]) -> list[int]:
        """Where a run of fewer words stands."""
        return [place for place, one in enumerate(grams(self.words, len(gram))) if one == gram]


def _places(every: list[tuple[str, ...]]) -> Mapping[tuple[str, ...], Sequence[int]]:
    once = dict(zip(every, zip(range(len(every)), strict=True), strict=True))
    if len(once) == len(every):  # by far most texts: no run stands in them twice
        return once
    places: dict[tuple[str, ...], list[int]] = {}
    for place, gram in enumerate(every):
        places.setdefault(gram, []).append(place)
    return places


def grams(words: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    """All runs of so many words."""
    return zip(*(words[skip:] for skip in range(size)), strict=False)


class Run(NamedTuple):
    """`words` words, from number `item` of the item and number `row` of the row, are the same in both."""

    item: int
    row: int
    words: int


class Common(NamedTuple):
    """What a row and an item have in common: the longest run, and all runs of at least `RUN` words near it."""

    longest: Run
    runs: tuple[Run, ...] = ()


NOTHING = Common(Run(0, 0, 0))


def common(item: tuple[str, ...], row: Grams) -> Common:
    """The runs of words that both have.

    Near the longest: no farther from where that one puts them than half the item is long, so that scattered phrases of
    a long row do not add up to a leak. An item shorter than `RUN` is one run, or none.

    >>> common(("a", "b", "c", "d", "e"), Grams(("x", "a", "b", "c", "d", "y"))).longest
    Run(item=0, row=1, words=4)
    """
    runs = _runs(item, row)
    if not runs:
        return NOTHING
    longest = max(runs, key=lambda run: run.words)
    shift, room = longest.row - longest.item, max(len(item) // 2, 8)
    return Common(longest, tuple(run for run in runs if abs(run.row - run.item - shift) <= room))


def whole_runs(item: tuple[str, ...], row: Grams) -> list[Run]:
    """Where the row says the whole item, in one run."""
    return [run for run in _runs(item, row) if run.words == len(item)]


def _runs(item: tuple[str, ...], row: Grams) -> list[Run]:
    """By where they end in the item, then in the row."""
    if len(item) < RUN:
        return [Run(0, place, len(item)) for place in (row.shorter(item) if item else ())]
    runs, ends = [], dict[int, int]()  # places of the row less those of the item -> where a run ends in the item
    for place, gram in enumerate(grams(item, RUN)):
        found = row.places.get(gram, ())
        for there in found if len(found) <= HOT else found[:1]:
            if ends.get(there - place, 0) <= place:
                runs.append(run := _grown(item, row.words, place, there))
                ends[there - place] = run.item + run.words
    return sorted(runs, key=lambda run: (run.item + run.words, run.row + run.words))


def _grown(item: tuple[str, ...], row: tuple[str, ...], place: int, there: int) -> Run:
    """All words that are the same around a run that begins at `place` of the item and `there` in the row."""
    before, after = 0, RUN
    while before < min(place, there) and item[place - before - 1] == row[there - before - 1]:
        before += 1
    room = min(len(item) - place, len(row) - there)
    while after < room and item[place + after] == row[there + after]:
        after += 1
    return Run(place - before, there - before, before + after)
