r"""Phrases to look for, as data: a file a kind, a line a pattern, for anyone who speaks the language to mend.

`# ...` is a comment, `NAME = pattern` names a pattern that later lines write as `@NAME@`, `anchors: a | b` lists
literals of which a text must have one (ASCII case aside) to be looked at further: that is a hundred times as fast.
Patterns are for a linear-time engine: no look-around, and no text takes them long. A word's edge is `(?-u:\b)`, beside
letters of ASCII alone: ten times as fast in texts that have others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

LENGTH = 1_000  # of a pattern, up to which lines are joined: a large automaton outgrows the engine's cache
ANCHORS = 100  # literals looked for at once: with more the search is four times as slow


@dataclass(frozen=True)
class Phrases:
    """What is looked for. patterns: the lines of a file, some in each, letter case aside."""

    patterns: tuple[str, ...]
    anchors: tuple[str, ...]

    def find(self, text: pl.Series, *, before: str = "", after: str = "") -> pl.Series:
        """What is found in each text, null where nothing is. before, after: patterns that must stand around it."""
        found = pl.Series(text.name, [None], dtype=pl.String).new_from_index(0, len(text))
        left = self._may(text)
        said = pl.col("text").str
        rows = pl.DataFrame({"text": text.gather(left)})
        if after:  # dear to look for behind every place; few texts have the phrase at all
            has = rows.select(pl.any_horizontal(said.contains(f"(?i)(?:{one})") for one in self.patterns)).to_series()
            left, rows = left.filter(has), rows.filter(has)
        if not rows.height:
            return found
        told = pl.coalesce(said.extract(f"(?i){before}(?:{one}){after}", 0) for one in self.patterns)
        return found.scatter(left, rows.select(told).to_series())

    def _may(self, text: pl.Series) -> pl.Series:
        """The places of texts with an anchor; those with letters beyond ASCII are looked for where there are such."""
        if not self.anchors:
            return pl.int_range(len(text), dtype=pl.UInt32, eager=True)
        may = _has(text, [anchor for anchor in self.anchors if anchor.isascii()])
        places = (~may & (text.str.len_bytes() != text.str.len_chars())).fill_null(value=False).arg_true()
        more = _has(text.gather(places), [anchor for anchor in self.anchors if not anchor.isascii()])
        return pl.concat([may.arg_true(), places.filter(more)]).sort()


def _has(text: pl.Series, anchors: Sequence[str]) -> pl.Series:
    """Whether each text has one of the literals, ASCII case aside."""
    has = pl.Series([False]).new_from_index(0, len(text))
    for start in range(0, len(anchors), ANCHORS):
        some = list(anchors[start : start + ANCHORS])
        has |= text.str.contains_any(some, ascii_case_insensitive=True).fill_null(value=False)
    return has


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
    return Phrases(tuple(_joined(patterns)), anchors)


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Lines as few patterns, none of several lines longer than `LENGTH`."""
    some: list[str] = []
    for line in lines:
        if some and sum(map(len, some)) + len(line) > LENGTH:
            yield "|".join(some)
            some = []
        some.append(line)
    if some:
        yield "|".join(some)


def _filled(pattern: str, names: dict[str, str]) -> str:
    for name, stands in names.items():
        pattern = pattern.replace(f"@{name}@", stands)
    return pattern
