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


@dataclass(frozen=True)
class Phrases:
    """What is looked for. pattern: all lines of a file as one, letter case aside."""

    pattern: str
    anchors: tuple[str, ...]

    def find(self, text: pl.Series, *, before: str = "", after: str = "") -> pl.Series:
        """What is found in each text, null where nothing is. before, after: patterns that must stand around it."""
        pattern = f"(?i){before}(?:{self.pattern}){after}"
        if not self.anchors:
            return text.str.extract(pattern, 0)
        places = (
            text.str.contains_any(list(self.anchors), ascii_case_insensitive=True).fill_null(value=False).arg_true()
        )
        found = pl.Series(text.name, [None], dtype=pl.String).new_from_index(0, len(text))
        return found.scatter(places, text.gather(places).str.extract(pattern, 0)) if len(places) else found


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
    return Phrases("|".join(patterns), anchors)


def _filled(pattern: str, names: dict[str, str]) -> str:
    for name, stands in names.items():
        pattern = pattern.replace(f"@{name}@", stands)
    return pattern
