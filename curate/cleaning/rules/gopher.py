"""The quality rules of Gopher, for prose in English and languages like it.

Source: Rae et al. 2021, arXiv 2112.11446, section A1.1, in the reading of datatrove 0.10.1 (`GopherQualityFilter`),
whose verdicts these are when it splits words on white space; so also its choice to count only words that are not all
punctuation. On code, mathematics and languages that write no spaces these limits say little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from curate.cleaning.rules.texts import Texts, share
from curate.text.words import WIDE_SPACE, Ints, Words, beyond_ascii, hash_of, split_words

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
# What datatrove counts as a symbol, but for three Khmer signs and what newer versions of Unicode brought.
SYMBOL = (
    r"!-/:-@\[-`{-~\x00-\x08\x0b-\x1f\x7f-\x9f´«»–—’“”„…∶━►、〈〉《》「」【】％（），．：；？～１\p{Sentence_Terminal}"
)
BREAK = r"\n\r\x0b\x0c\x1c-\x1e\x{85}\x{2028}\x{2029}"  # where Python's str.splitlines parts lines
BLANK = r"[\t \x1f\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]*"  # white space within a line


def gopher_words(texts: Texts) -> pl.Series:
    """Words that are not all punctuation."""
    return texts.numbers(_read(texts).counted)


def gopher_word_length(texts: Texts) -> pl.Series:
    """Mean characters of the words that are not all punctuation; NaN without any."""
    read = _read(texts)
    mean = np.full(len(texts), np.nan)
    return texts.numbers(np.divide(read.characters, read.counted, out=mean, where=read.counted > 0))


def gopher_hashes(texts: Texts) -> pl.Series:
    """`#` for each word."""
    return _for_each_word(texts, texts.text.str.count_matches("#", literal=True))


def gopher_ellipses(texts: Texts) -> pl.Series:
    """`...` and `…` for each word."""
    return _for_each_word(texts, texts.text.str.count_matches(r"\.\.\.|…"))


def gopher_bullet_lines(texts: Texts) -> pl.Series:
    """Share of lines that begin with `•` or `-`."""
    return share(texts.text.str.count_matches(f"(?:^|[{BREAK}]){BLANK}[•-]"), _lines(texts))


def gopher_ellipsis_lines(texts: Texts) -> pl.Series:
    """Share of lines that end in `...` or `…`."""
    return share(texts.text.str.count_matches(rf"(?:\.\.\.|…){BLANK}(?:[{BREAK}]|$)"), _lines(texts))


def gopher_alpha_words(texts: Texts) -> pl.Series:
    """Share of words with a letter."""
    read = _read(texts)
    return texts.numbers(read.lettered, of=read.words.counts)


def gopher_stop_words(texts: Texts) -> pl.Series:
    """How many of the, be, to, of, and, that, have, with there are."""
    words = _read(texts).words
    found = np.zeros(len(texts), dtype=np.int64)
    for word in hash_of(STOP_WORDS):
        found += words.sums(words.hashes == word) > 0
    return texts.numbers(found)


def _for_each_word(texts: Texts, count: pl.Series) -> pl.Series:
    return texts.numbers(count.fill_null(0).to_numpy(), of=_read(texts).words.counts)


@dataclass(frozen=True)
class _Read:
    """Words as datatrove's split sees them. By row: words that count, their characters, words with a letter."""

    words: Words
    counted: Ints
    characters: Ints
    lettered: Ints


def _read(texts: Texts) -> _Read:
    return texts.once("gopher", lambda: _read_words(texts.text))


def _read_words(text: pl.Series) -> _Read:
    words = split_words(beyond_ascii(text, _ascii))
    letter = (words.data | 32) - 97 < 26  # unsigned bytes wrap around
    lettered = words.any_of(letter)
    counted = words.any_of(letter | (words.data - 48 < 10))
    characters = words.sums((words.ends - words.begins) * counted)
    return _Read(words, words.sums(counted), characters, words.sums(lettered))


def _ascii(text: pl.Series) -> pl.Series:
    """An ASCII letter, symbol or digit for each character of its class: the counts stay, and no stop word has a Z."""
    for of_class, stands in ((WIDE_SPACE, " "), (r"\p{L}", "Z"), (f"[{SYMBOL}]", "!"), (r"\p{Any}", "0")):
        text = text.str.replace_all(rf"[{of_class}&&[^\x00-\x7f]]", stands)
    return text


def _lines(texts: Texts) -> pl.Series:
    """Lines as str.splitlines counts them: an end without a break makes one more."""
    breaks = texts.text.str.count_matches(f"\r\n|[{BREAK}]").cast(pl.Int64)
    return breaks + texts.text.str.contains(f"[^{BREAK}]\\z").cast(pl.Int64)
