"""N-grams of words that come again in their text, for a whole column at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from curate.text.utf8 import Bits, Bools, Hashes, Ints, before_bits, packed
from curate.text.words import FACTOR, Words

FEW = 24  # rows, below which reading them one by one is faster


class Grams:
    """N-grams of words by hash, for one n after the other.

    An n-gram can only come again where a shorter one comes again, so larger ones are looked for in ever
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
            size = max((size for size in self._found if size < n), default=0)
            self._found[n] = self._longer(size, n) if size else self._of_all(n)
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
        inside = np.flatnonzero(words.rows[:count] == words.rows[n - 1 :])
        return _repeats(hashes[inside], inside)

    def _longer(self, size: int, n: int) -> _Repeats:
        words, shorter = self.words, self._found[size]
        inside = shorter.places + n <= words.starts[words.rows[shorter.places] + 1]
        places, hashes = shorter.places[inside], shorter.hashes[inside]
        for place in range(size, n):
            hashes = hashes * FACTOR + words.hashes[places + place]
        return _repeats(hashes, places)

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
    last = last_equal(hashes)
    said = np.zeros(len(hashes), dtype=bool)
    said[last[last != np.arange(len(hashes))]] = True  # the last one of each group
    found = said[last]
    groups = np.cumsum(said)[last[found]] - 1
    return _Repeats(places[found], groups, hashes[found])


def last_equal(hashes: Hashes) -> Ints:
    """For each value the place of the last one that equals it.

    All are written into the slots of a table, where the last one stays; those that find another value there go on to
    other slots. A sixth of what sorting takes.

    >>> last_equal(np.array([7, 5, 7, 9], dtype=np.uint64)).tolist()
    [2, 1, 2, 3]
    """
    last = np.arange(len(hashes))
    left, mixed = last.copy(), hashes * FACTOR
    bits = max(1, len(hashes).bit_length())
    table = np.empty(1 << bits, dtype=np.int64)
    while len(left):
        slots = (mixed >> np.uint64(64 - bits)).view(np.int64)
        table[slots] = left
        last[left] = there = table.take(slots)
        other = np.flatnonzero(hashes.take(there) != hashes.take(left))
        left, mixed = left[other], mixed[other] * FACTOR
    return last
