"""Phrases to look for, as data: a file a kind, a line a pattern, for anyone who speaks the language to mend.

`# ...` is a comment, `NAME = pattern` names a pattern that later lines write as `@NAME@`, `anchors: a | b` lists
literals of which a text must have one (ASCII case aside) to be looked at further: that is a hundred times as fast.
Patterns are for a linear-time engine: no look-around, and no text takes them long.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

LINES = 5  # of a file in one pattern: a larger automaton outgrows the engine's cache and is read 16 times as slowly
ANCHORS = 100  # literals looked for at once: with more the search is four times as slow


@dataclass(frozen=True)
class Phrases:
    """What is looked for. patterns: the lines of a file, some in each, letter case aside."""

    patterns: tuple[str, ...]
    anchors: tuple[str, ...]

    def find(self, text: pl.Series, *, before: str = "", after: str = "") -> pl.Series:
        """What is found in each text, null where nothing is. before, after: patterns that must stand around it."""
        found = pl.Series(text.name, [None], dtype=pl.String).new_from_index(0, len(text))
        left = self._may(text).arg_true()
        for pattern in self.patterns:
            told = text.gather(left).str.extract(f"(?i){before}(?:{pattern}){after}", 0)
            found = found.scatter(left, told) if len(left) else found
            left = left.filter(told.is_null())
        return found

    def _may(self, text: pl.Series) -> pl.Series:
        """Which texts have an anchor."""
        may = pl.Series([not self.anchors]).new_from_index(0, len(text))
        for start in range(0, len(self.anchors), ANCHORS):
            some = list(self.anchors[start : start + ANCHORS])
            may |= text.str.contains_any(some, ascii_case_insensitive=True).fill_null(value=False)
        return may


@cache
def phrases(name: str) -> Phrases:
    """The phrases of a file."""
    names: dict[str, str] = {}
    anchors: tuple[str, ...] = ()
    patterns = []
    for line in files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines():
        word, equals, pattern = line.partition(" = ")
        if line.startswith("anchors: "):
            anchors = tuple(line.removeprefix("anchors: ").split(" | "))
        elif equals and word.isupper() and word.isidentifier():
            names[word] = _filled(pattern, names)
        elif line.strip() and not line.startswith("#"):
            patterns.append(_filled(line, names))
    return Phrases(tuple("|".join(patterns[at : at + LINES]) for at in range(0, len(patterns), LINES)), anchors)


def _filled(pattern: str, names: dict[str, str]) -> str:
    for name, stands in names.items():
        pattern = pattern.replace(f"@{name}@", stands)
    return pattern
