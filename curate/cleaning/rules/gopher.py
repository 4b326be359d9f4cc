"""The quality rules of Gopher, for prose in English and languages like it.

Source: Rae et al. 2021, arXiv 2112.11446, section A1.1, in the reading of datatrove 0.10.1 (`GopherQualityFilter`),
whose verdicts these are when it splits words on white space; so also its choice to count only words that are not all
punctuation. On code, mathematics and languages that write no spaces these limits say little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from curate.cleaning.rules.texts import Texts, share
from curate.text.utf8 import Bools, Ints, Utf8, before
from curate.text.words import Words, words_of

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
# What datatrove counts as a symbol, but for three Khmer signs and what newer versions of Unicode brought.
SYMBOL = (
    r"!-/:-@\[-`{-~\x00-\x08\x0b-\x1f\x7f-\x9f´«»–—’“”„…∶━►、〈〉《》「」【】％（），．：；？～１\p{Sentence_Terminal}"
)
BREAK = r"\n\r\x0b\x0c\x1c-\x1e\x{85}\x{2028}\x{2029}"  # where Python's str.splitlines parts lines
BLANK = r"[\t \x1f\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]*"  # white space within a line


def gopher_words(texts: Texts) -> pl.Series:
    """Words that are not all punctuation."""
    return texts.numbers(_counted(texts))


def gopher_word_length(texts: Texts) -> pl.Series:
    """Mean characters of the words that are not all punctuation; NaN without any."""
    read, counted = _read(texts), _counted(texts)
    utf8, signs = read.words.utf8, read.signs
    character = utf8.data.view(np.int8) >= -64  # the first byte of one: those after it are 0x80 to 0xBF
    sizes = before(character, signs.ends) - before(character, signs.begins)
    of_signs = np.bincount(signs.rows, sizes, minlength=len(texts))
    characters = utf8.count(character & ~read.words.space) - of_signs
    return texts.numbers(np.divide(characters, counted, out=np.full(len(texts), np.nan), where=counted > 0))


def gopher_hashes(texts: Texts) -> pl.Series:
    """`#` for each word."""
    return texts.numbers(texts.utf8.count(texts.utf8.data == ord("#")), of=_read(texts).words.counts)


def gopher_ellipses(texts: Texts) -> pl.Series:
    """`...` and `…` for each word."""
    count = texts.text.str.count_matches(r"\.\.\.|…").fill_null(0).to_numpy()
    return texts.numbers(count, of=_read(texts).words.counts)


def gopher_bullet_lines(texts: Texts) -> pl.Series:
    """Share of lines that begin with `•` or `-`."""
    return share(texts.text.str.count_matches(f"(?:^|[{BREAK}]){BLANK}[•-]"), _lines(texts))


def gopher_ellipsis_lines(texts: Texts) -> pl.Series:
    """Share of lines that end in `...` or `…`."""
    return share(texts.text.str.count_matches(rf"(?:\.\.\.|…){BLANK}(?:[{BREAK}]|$)"), _lines(texts))


def gopher_alpha_words(texts: Texts) -> pl.Series:
    """Share of words with a letter."""
    read = _read(texts)
    return texts.numbers(read.words.counts - read.without(read.letter).count, of=read.words.counts)


def gopher_stop_words(texts: Texts) -> pl.Series:
    """How many of the, be, to, of, and, that, have, with there are."""
    words = _read(texts).words
    data = words.utf8.data
    found = np.zeros(len(texts), dtype=np.int64)
    for size in (2, 3, 4):
        places = np.flatnonzero(words.first[: 1 - size] & words.last[size - 1 :])
        spelt = np.stack([data[places + place] for place in range(size)], axis=1).view(f"S{size}").ravel()
        for word in STOP_WORDS:
            if len(word) == size:
                found += np.diff(np.searchsorted(places[spelt == word.encode()], words.utf8.starts)) > 0
    return texts.numbers(found)


@dataclass(frozen=True)
class _Read:
    """Words as datatrove's split sees them. letter, digit: shape (bytes,); other marks are symbols."""

    words: Words
    letter: Bools
    digit: Bools

    @cached_property
    def signs(self) -> _Some:
        """The words that are all punctuation."""
        return self.without(self.letter | self.digit)

    def without(self, marked: Bools) -> _Some:
        """The words of which no byte is marked: runs of such bytes that begin and end as a word does."""
        bare = ~(marked | self.words.space)
        edge = bare[1:] != bare[:-1]
        begins = np.flatnonzero(np.concatenate([bare[:1], edge & bare[1:]]))
        ends = np.flatnonzero(np.concatenate([edge & bare[:-1], bare[-1:]]))
        whole = self.words.first[begins] & self.words.last[ends]
        return _Some(self.words.utf8, begins[whole], ends[whole] + 1)


@dataclass(frozen=True)
class _Some:
    """Some of the words of a column, where they begin and end."""

    utf8: Utf8
    begins: Ints
    ends: Ints

    @property
    def count(self) -> Ints:
        """How many each row has."""
        return np.diff(np.searchsorted(self.begins, self.utf8.starts))

    @property
    def rows(self) -> Ints:
        """The row of each."""
        return np.repeat(np.arange(len(self.utf8.starts) - 1), self.count)


def _counted(texts: Texts) -> Ints:
    read = _read(texts)
    return read.words.counts - read.signs.count


def _read(texts: Texts) -> _Read:
    return texts.once("gopher", lambda: _classes(texts.utf8))


def _classes(utf8: Utf8) -> _Read:
    """Letters, and digits: what is neither a letter nor a symbol counts as one, as in datatrove."""
    data, wide = utf8.data, utf8.wide
    letter, digit = (data | 32) - 97 < 26, data - 48 < 10  # unsigned bytes wrap around
    points, which = np.unique(wide.points, return_inverse=True)
    characters = pl.Series([chr(point) for point in points], dtype=pl.String)
    letter[wide.places] = characters.str.contains(r"\p{L}").to_numpy()[which]
    digit[wide.places] = characters.str.contains(rf"[{SYMBOL}\p{{L}}]").not_().to_numpy()[which]
    return _Read(words_of(utf8, by_space=True), letter, digit)


def _lines(texts: Texts) -> pl.Series:
    """Lines as str.splitlines counts them: an end without a break makes one more."""
    breaks = texts.text.str.count_matches(f"\r\n|[{BREAK}]").cast(pl.Int64)
    return breaks + texts.text.str.contains(f"[^{BREAK}]\\z").cast(pl.Int64)
