"""Two texts side by side: which words of an item a row says, in its own order, and whether only numbers differ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from curate.text.ngrams import FOLDED, LATEX

RUN = 4
"""Words in a row that count as said: shorter runs are in every text."""

_SILENT = rf"\\(?:{'|'.join(LATEX)})(?![a-z])|\\hspace\{{[^{{}}]{{0,20}}\}}"
# characters of scripts without spaces, as NFKD leaves them: Thai and Lao, Myanmar, Khmer, kana, Han
_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(
    rf"{_SILENT}|\\[dt](?=(?:frac|binom)(?![a-z]))|\\(?P<same>[lgn]e)q(?![a-z])"
    rf"|(?P<word>[{_ALONE}]|[0-9]+|(?:(?![{_ALONE}])[^\x00-`{{-\x7f])+)"
)


@dataclass(frozen=True, slots=True)
class Words:
    """A text as words. words: letters or digits, in normal form. places: begin and end of each in the text."""

    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """`words` words, from number `item` of the item and number `row` of the row, are the same in both."""

    item: int
    row: int
    words: int


@dataclass(frozen=True, slots=True)
class Common:
    """What a row and an item have in common: the longest run, and all runs of at least `RUN` words near it."""

    longest: Run
    runs: tuple[Run, ...] = ()


NOTHING = Common(Run(0, 0, 0))


def words_of(text: str) -> Words:
    r"""The words of a text: runs of letters, runs of digits, single characters of scripts without spaces.

    Lower case, without accents; LaTeX that only changes the look is no word. The same normal form as that of
    `curate.text.ngrams.forms`, with places.

    >>> words_of(r"Let \left(x_1, 2y\right) = \dfrac{1}{30}").words
    ('let', 'x', '1', '2', 'y', 'frac', '1', '30')
    """
    plain, origin = _plain(text)
    words, places = [], []
    for found in _WORD.finditer(plain):
        word = found["word"] or found["same"]
        if word:
            words.append(word)
            begin, end = found.span()
            places.append((begin, end) if origin is None else (origin[begin], origin[end - 1] + 1))
    return Words(tuple(words), tuple(places))


def _plain(text: str) -> tuple[str, list[int] | None]:
    """Lower case, no accents; and for each character the place it came from (None: its own)."""
    if text.isascii():
        return text.lower(), None
    parts, origin = [], []
    for place, char in enumerate(text):
        simple = char.lower() if char.isascii() else _simple(char)
        parts.append(simple)
        origin.extend([place] * len(simple))
    return "".join(parts), origin


@lru_cache(maxsize=65_536)
def _simple(char: str) -> str:
    """One character beyond ASCII, as `plain` reads it: nothing for a mark, a space for what is no letter or digit."""
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


def without_numbers(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words with every number as 0."""
    return tuple("0" if word[0] in "0123456789" else word for word in words)


def common(item: tuple[str, ...], row: tuple[str, ...]) -> Common:
    """The runs of words that both have.

    Near the longest: no farther from where that one puts them than half the item is long, so that scattered phrases of
    a long row do not add up to a leak. An item shorter than `RUN` is one run, or none.

    >>> common(("a", "b", "c", "d", "e"), ("x", "a", "b", "c", "d", "y")).longest
    Run(item=0, row=1, words=4)
    """
    size = min(RUN, len(item))
    runs = list(_runs(item, row, size)) if size else []
    if not runs:
        return NOTHING
    longest = max(runs, key=lambda run: run.words)
    shift, room = longest.row - longest.item, max(len(item) // 2, 8)
    return Common(longest, tuple(run for run in runs if abs(run.row - run.item - shift) <= room))


def whole_runs(item: tuple[str, ...], row: tuple[str, ...]) -> list[Run]:
    """Where the row says the whole item, in one run."""
    return [run for run in _runs(item, row, min(RUN, len(item))) if run.words == len(item)] if item else []


def _runs(item: tuple[str, ...], row: tuple[str, ...], size: int) -> Iterator[Run]:
    grams: dict[tuple[str, ...], list[int]] = {}
    for place in range(len(item) - size + 1):
        grams.setdefault(item[place : place + size], []).append(place)
    growing: dict[int, int] = {}  # where the last gram of a run begins in the item -> words of the run
    for place in range(len(row) - size + 2):
        found = grams.get(row[place : place + size], ()) if place + size <= len(row) else ()
        grown = {one: growing.pop(one - 1, size - 1) + 1 for one in found}
        for one, words in growing.items():
            yield Run(one + size - words, place - 1 + size - words, words)
        growing = grown
