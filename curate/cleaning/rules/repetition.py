"""Repetition: lines, paragraphs and n-grams of words that come again.

Source: Rae et al. 2021 (Gopher), arXiv 2112.11446, table A1, in the reading of datatrove 0.10.1
(`GopherRepetitionFilter`) with words split on white space. Differs: n-grams are compared word by word, where datatrove
joins their letters first ("ab c" and "a bc" are one to it).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from curate.cleaning.rules.texts import Hashes, Ints, Texts, Words, share

PARAGRAPH = "\n\n"
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits spread evenly: the golden ratio of 2**64


def repeated_lines(texts: Texts) -> pl.Series:
    """Share of the lines that came before."""
    return _repeated(texts.lines)


def repeated_line_characters(texts: Texts) -> pl.Series:
    """Share of the characters that stand in lines that came before."""
    return share(repeated_characters(texts.lines), texts.characters)


def repeated_paragraphs(texts: Texts) -> pl.Series:
    """Share of the paragraphs (parted by empty lines) that came before."""
    return _repeated(_paragraphs(texts))


def repeated_paragraph_characters(texts: Texts) -> pl.Series:
    """Share of the characters that stand in paragraphs that came before."""
    return share(repeated_characters(_paragraphs(texts)), texts.characters)


def top_ngram(texts: Texts, *, n: int) -> pl.Series:
    """Share of the characters that the most frequent n-gram of words makes up; a single one counts too."""
    return texts.numbers(_grams(texts).top(n), of=_characters(texts))


def repeated_ngrams(texts: Texts, *, n: int) -> pl.Series:
    """Share of the characters that stand in n-grams of words that came before, none counted twice."""
    return texts.numbers(_grams(texts).again(n), of=_characters(texts))


def repeated_characters(lists: pl.Series) -> pl.Series:
    """Characters of the items of each list that came before in it."""
    again = (lists.list.n_unique() < lists.list.len()).fill_null(value=False)
    counts = pl.Series([0], dtype=pl.Int64).new_from_index(0, len(lists))
    if again.any():
        some = lists.filter(again)
        inside = _joined(some) - _joined(some.list.unique())
        counts = counts.scatter(again.arg_true(), inside)
    return counts


def _joined(lists: pl.Series) -> pl.Series:
    return lists.list.join("").str.len_chars().cast(pl.Int64)


def _repeated(lists: pl.Series) -> pl.Series:
    count = lists.list.len().cast(pl.Int64)
    return share(count - lists.list.n_unique().cast(pl.Int64), count)


def _paragraphs(texts: Texts) -> pl.Series:
    marked = texts.text.str.strip_chars().str.replace_all("\n{2,}", PARAGRAPH)
    return marked.str.split(PARAGRAPH)


def _characters(texts: Texts) -> Ints:
    return texts.characters.fill_null(0).to_numpy()


def _grams(texts: Texts) -> _Grams:
    """The n-grams of a batch, kept with it: nine rules read them."""
    return texts.once("ngrams", lambda: _Grams(texts.words))


class _Grams:
    """N-grams of words by hash, for one n after the other.

    An n-gram can only come again where the one with a word less comes again, so larger ones are looked for in ever
    fewer places.
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self._found: dict[int, _Repeats] = {}

    @cached_property
    def _letters(self) -> Ints:
        return np.concatenate([[0], np.cumsum(self.words.lengths)])

    @cached_property
    def _spaced(self) -> Ints:
        return np.concatenate([[0], np.cumsum(self.words.lengths + self.words.gaps)])

    def repeats(self, n: int) -> _Repeats:
        """Where n-grams come again in their row."""
        if n not in self._found:
            places = np.arange(len(self.words.hashes) - n + 1) if n <= 2 else self._candidates(n)
            inside = places + n <= self._ends[places] if len(places) else np.zeros(0, dtype=bool)
            self._found[n] = _Repeats.of(self._hashes(places[inside], n), places[inside])
        return self._found[n]

    def _candidates(self, n: int) -> Ints:
        before = self.repeats(n - 1).places
        return before[before + n <= len(self.words.hashes)]

    @cached_property
    def _ends(self) -> Ints:
        """Where the row of each word ends."""
        return np.repeat(self.words.starts[1:], self.words.counts)

    def _hashes(self, places: Ints, n: int) -> Hashes:
        value = self.words.rows[places].astype(np.uint64) * FACTOR
        for step in range(n):
            value = (value ^ self.words.hashes[places + step]) * FACTOR
            value ^= value >> np.uint64(29)
        return value

    def top(self, n: int) -> Ints:
        """Characters of the most frequent n-gram of each row, spaces between its words too, times its count.

        The first of several that are equally frequent; the first of all where none comes again.
        """
        counts = np.diff(self.words.starts)
        best = np.zeros(len(counts), dtype=np.int64)
        enough = counts >= n
        first = self.words.starts[:-1][enough]
        best[enough] = self._span(first, n)
        repeats = self.repeats(n)
        if len(repeats.places):
            rows = self.words.rows[repeats.firsts]
            order = np.lexsort((repeats.firsts, -repeats.counts, rows))
            chosen = order[np.concatenate([[True], np.diff(rows[order]) > 0])]
            best[rows[chosen]] = self._span(repeats.firsts[chosen], n) * repeats.counts[chosen]
        return best

    def _span(self, places: Ints, n: int) -> Ints:
        """Characters of the n-grams that begin at these words, with the spaces inside."""
        return self._spaced[places + n - 1] - self._spaced[places] + self.words.lengths[places + n - 1]

    def again(self, n: int) -> Ints:
        """Characters of the n-grams of each row that came before, read from left to right without overlap."""
        repeats = self.repeats(n)
        total = np.zeros(len(self.words.starts) - 1, dtype=np.int64)
        if not len(repeats.places):
            return total
        order = np.argsort(repeats.places)
        places, groups = repeats.places[order].tolist(), repeats.groups[order].tolist()
        rows = self.words.rows[repeats.places[order]].tolist()
        letters = self._letters
        lengths = (letters[repeats.places[order] + n] - letters[repeats.places[order]]).tolist()
        seen: set[int] = set()  # groups are numbered over all rows: none is in two
        free = 0
        for place, group, row, length in zip(places, groups, rows, lengths, strict=True):
            if place < free:
                continue
            if group in seen:
                total[row] += length
                free = place + n
            else:
                seen.add(group)
        return total


class _Repeats:
    """N-grams that come again. places: where; groups: which. firsts, counts: of each group."""

    def __init__(self, places: Ints, groups: Ints, firsts: Ints, counts: Ints) -> None:
        self.places, self.groups, self.firsts, self.counts = places, groups, firsts, counts

    @classmethod
    def of(cls, hashes: Hashes, places: Ints) -> _Repeats:
        order = np.argsort(hashes)
        same = hashes[order][1:] == hashes[order][:-1]
        twice = np.concatenate([same, [False]]) | np.concatenate([[False], same]) if len(order) else same
        order = order[twice]
        found: Any = places[order]
        starts = np.flatnonzero(np.concatenate([[True], np.diff(hashes[order]) != 0])) if len(order) else order
        counts = np.diff(np.concatenate([starts, [len(order)]])).astype(np.int64)
        firsts = np.minimum.reduceat(found, starts) if len(order) else found
        return cls(found, np.repeat(np.arange(len(starts)), counts), firsts, counts)
