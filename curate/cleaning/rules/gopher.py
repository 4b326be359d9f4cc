"""The quality rules of Gopher, for prose in English and languages like it.

Source: Rae et al. 2021, arXiv 2112.11446, section A1.1, in the reading of datatrove 0.10.1 (`GopherQualityFilter`),
whose verdicts these are when it splits words on white space; so also its choice to count only words that are not all
punctuation. On code, mathematics and languages that write no spaces these limits say little.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.cleaning.rules.texts import SPACE, Texts, share

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
# What datatrove counts as a symbol, but for three Khmer signs and what newer versions of Unicode brought.
SYMBOL = (
    r"!-/:-@\[-`{-~\x00-\x08\x0b-\x1f\x7f-\x9f´«»–—’“”„…∶━►、〈〉《》「」【】％（），．：；？～１\p{Sentence_Terminal}"
)
BREAK = r"\n\r\x0b\x0c\x1c-\x1e\x{85}\x{2028}\x{2029}"  # where Python's str.splitlines parts lines
BLANK = r"[\t \x1f\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]*"  # white space within a line


def gopher_words(texts: Texts) -> pl.Series:
    """Words that are not all punctuation."""
    return texts.text.str.count_matches(f"[^{SPACE}{SYMBOL}][^{SPACE}]*").cast(pl.Int64)


def gopher_word_length(texts: Texts) -> pl.Series:
    """Mean characters of the words that are not all punctuation; NaN without any."""
    words = texts.words
    counted = words.text.str.contains(f"[^{SYMBOL}]").to_numpy()
    count = words.sums(counted)
    mean = np.divide(words.sums(words.lengths * counted), count, out=np.full(len(count), np.nan), where=count > 0)
    return texts.numbers(mean)


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
    return _for_each_word(texts, texts.text.str.count_matches(rf"\p{{L}}[^{SPACE}]*"))


def gopher_stop_words(texts: Texts) -> pl.Series:
    """How many of the, be, to, of, and, that, have, with there are."""
    words = texts.words
    found = np.zeros(len(texts), dtype=np.int64)
    for word in pl.Series(STOP_WORDS).hash().to_numpy():
        found += words.sums(words.hashes == word) > 0
    return texts.numbers(found)


def _for_each_word(texts: Texts, count: pl.Series) -> pl.Series:
    return texts.numbers(count.fill_null(0).to_numpy(), of=texts.words.counts)


def _lines(texts: Texts) -> pl.Series:
    """Lines as str.splitlines counts them: an end without a break makes one more."""
    breaks = texts.text.str.count_matches(f"\r\n|[{BREAK}]").cast(pl.Int64)
    return breaks + texts.text.str.contains(f"[^{BREAK}]\\z").cast(pl.Int64)
