"""Repetition: lines, paragraphs and n-grams of words that come again.

Source: Rae et al. 2021 (Gopher), arXiv 2112.11446, table A1, in the reading of datatrove 0.10.1
(`GopherRepetitionFilter`) with words split on white space. Differs: n-grams are compared word by word, where datatrove
joins their letters first ("ab c" and "a bc" are one to it).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from curate.cleaning.rules.texts import Texts, share
from curate.text.utf8 import Bits, Bools, Hashes, Ints, before_bits, packed
from curate.text.words import FACTOR, Words

PARAGRAPH = "\n\n"
FEW = 24  # rows, below which reading them one by one is faster


def repeated_lines(texts: Texts) -> pl.Series:
    """Share of the lines that came before."""
    return _repeated(lines_of(texts.text))


def repeated_line_characters(texts: Texts) -> pl.Series:
    """Share of the characters that stand in lines that came before."""
    return share(repeated_characters(lines_of(texts.text)), texts.characters)


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


def lines_of(text: pl.Series) -> pl.Series:
    """Lines of each text as a list; several line breaks in a row part them once."""
    return text.str.replace_all("\n{2,}", "\n").str.split("\n")


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
    def _letters(self) -> Bits:
        """The characters that are not white space."""
        return packed(np.greater(self.words.utf8.characters, self.words.space))

    def _size(self, places: Ints, n: int) -> Ints:
        """Letters of the n-grams that begin at these words."""
        edges = np.concatenate([self.words.begins[places], self.words.ends[places + n - 1]])
        begin, end = before_bits(self._letters, edges).reshape(2, -1)
        return end - begin

    @cached_property
    def _gaps(self) -> Bits:
        return packed(self.words.gaps)

    def repeats(self, n: int) -> _Repeats:
        """Where n-grams come again in their row."""
        if n not in self._found:
            shorter = self._found.get(n - 1)
            self._found[n] = self._longer(shorter, n) if shorter else self._of_all(n)
        return self._found[n]

    def _of_all(self, n: int) -> _Repeats:
        words = self.words
        count = max(0, len(words.rows) - n + 1)
        hashes = words.hashes * FACTOR  # the same words in another row are another n-gram
        hashes += words.rows.astype(np.uint64)
        hashes = hashes[:count]
        for place in range(1, n):
            hashes *= FACTOR
            hashes += words.hashes[place : place + count]
        places = _twice(hashes)
        places = places[places + n <= words.starts[words.rows[places] + 1]]
        return _repeats(hashes[places], places)

    def _longer(self, shorter: _Repeats, n: int) -> _Repeats:
        words = self.words
        inside = shorter.places + n <= words.starts[words.rows[shorter.places] + 1]
        places = shorter.places[inside]
        return _repeats(shorter.hashes[inside] * FACTOR + words.hashes[places + n - 1], places)

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
            times = np.bincount(repeats.groups)
            firsts = np.empty(len(times), dtype=np.int64)
            firsts[repeats.groups[::-1]] = repeats.places[::-1]  # of several the last one written stays
            rows = self.words.rows[firsts]
            order = np.lexsort((firsts, -times, rows))
            chosen = order[np.concatenate([[True], np.diff(rows[order]) > 0])]
            best[rows[chosen]] = self._span(firsts[chosen], n) * times[chosen]
        return best

    def _span(self, places: Ints, n: int) -> Ints:
        """Characters of the n-grams that begin at these words, with the spaces inside."""
        before, after = before_bits(self._gaps, np.concatenate([places, places + n - 1])).reshape(2, -1)
        return self._size(places, n) + after - before

    def again(self, n: int) -> Ints:
        """Characters of the n-grams of each row that came before, read from left to right without overlap."""
        repeats = self.repeats(n)
        total = np.zeros(len(self.words.starts) - 1, dtype=np.int64)
        if not len(repeats.places):
            return total
        after = np.searchsorted(repeats.places, repeats.places + n)
        rows = self.words.rows[repeats.places]
        hits = _again(repeats.groups, after, rows)
        places = repeats.places[hits]
        return np.bincount(rows[hits], self._size(places, n), minlength=len(total)).astype(np.int64)


def _again(groups: Ints, after: Ints, rows: Ints) -> Ints:
    """Which of the n-grams, read from left to right, were read before; one that was is left at its end.

    groups: which n-gram each is, no two rows sharing one. after: the first that begins where it ends. rows: of each.
    All rows are read at once, a step each; the few that go on longest are read one by one.
    """
    read = np.zeros(groups.max() + 1, dtype=bool)
    at = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    ends = np.concatenate([at[1:], [len(rows)]])
    found = []
    while len(at) >= FEW:
        seen = read[groups[at]]
        found.append(at[seen])
        read[groups[at]] = True
        at = np.where(seen, after[at], at + 1)
        going = at < ends
        at, ends = at[going], ends[going]
    for start, end in zip(at.tolist(), ends.tolist(), strict=True):
        found.append(_again_in(groups[start:end], after[start:end] - start, read) + start)
    return np.concatenate(found)


def _again_in(groups: Ints, after: Ints, read: Bools) -> Ints:
    """The same for what is left of one row."""
    names, numbers = np.unique(groups, return_inverse=True)
    seen, group, follows = read[names].tolist(), numbers.tolist(), after.tolist()
    hits, at, count = [], 0, len(group)
    while at < count:
        if seen[group[at]]:
            hits.append(at)
            at = follows[at]
        else:
            seen[group[at]] = True
            at += 1
    return np.array(hits, dtype=np.int64)


@dataclass(frozen=True)
class _Repeats:
    """N-grams that come again in their row, by rising place.

    places: the first word of each. groups: which n-gram each is, numbered from 0. hashes: the name of each.
    """

    places: Ints
    groups: Ints
    hashes: Hashes


def _repeats(hashes: Hashes, places: Ints) -> _Repeats:
    some = _twice(hashes)
    hashes, places = hashes[some], places[some]
    order = np.argsort(hashes)
    names = hashes[order]
    again = np.zeros(len(names) + 1, dtype=bool)
    again[1:-1] = names[1:] == names[:-1]
    twice = again[1:] | again[:-1]
    groups = np.full(len(places), -1)
    groups[order[twice]] = np.cumsum(~again[:-1][twice]) - 1
    found = groups >= 0
    return _Repeats(places[found], groups[found], hashes[found])


def _twice(hashes: Hashes) -> Ints:
    """The places of all values that come more than once, in order, and of hardly any others.

    Their upper bits are sorted with the place in the lower ones: a fourth of what an argsort takes.
    """
    if len(hashes) < 2:
        return np.zeros(0, dtype=np.int64)
    low = np.uint64((1 << (len(hashes) - 1).bit_length()) - 1)
    keys = (hashes & ~low) | np.arange(len(hashes), dtype=np.uint64)
    keys.sort()
    same = np.flatnonzero((keys[1:] ^ keys[:-1]) <= low)
    found = np.zeros(len(hashes), dtype=bool)
    found[(keys[same] & low).astype(np.int64)] = True
    found[(keys[same + 1] & low).astype(np.int64)] = True
    return np.flatnonzero(found)
