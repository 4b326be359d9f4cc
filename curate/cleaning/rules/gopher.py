"""The quality rules of Gopher, for prose in English and languages like it.

Source: Rae et al. 2021, arXiv 2112.11446, section A1.1, in the reading of datatrove 0.10.1 (`GopherQualityFilter`),
whose verdicts these are when it splits words on white space; so also its choice to count only words that are not all
punctuation. On code, mathematics and languages that write no spaces these limits say little.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.cleaning.rules.texts import Texts, share
from curate.text.utf8 import Bits, Bools, Ints, Utf8, before, before_bits, behind_runs, packed
from curate.text.words import SPACE, Words

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
    utf8, words, counted = texts.utf8, texts.spaced, _counted(texts)
    begins, ends = (_places(bits) for bits in _signs(texts))
    whole = words.space[ends]
    begins, ends = begins[whole], ends[whole]
    sizes = before(utf8.characters, np.concatenate([begins, ends])).reshape(2, -1)
    rows = np.searchsorted(utf8.starts, begins, side="right") - 1
    of_signs = np.bincount(rows, sizes[1] - sizes[0], minlength=len(texts))
    characters = utf8.count(np.greater(utf8.characters, words.space)) - of_signs
    return texts.numbers(np.divide(characters, counted, out=np.full(len(texts), np.nan), where=counted > 0))


def gopher_hashes(texts: Texts) -> pl.Series:
    """`#` for each word."""
    return texts.numbers(texts.utf8.count(texts.utf8.data == ord("#")), of=texts.spaced.counts)


def gopher_ellipses(texts: Texts) -> pl.Series:
    """`...` and `…` for each word."""
    return texts.numbers(texts.count(r"\.\.\.|…"), of=texts.spaced.counts)


def gopher_bullet_lines(texts: Texts) -> pl.Series:
    """Share of lines that begin with `•` or `-`."""
    return share(texts.text.str.count_matches(f"(?:^|[{BREAK}]){BLANK}[•-]"), _lines(texts))


def gopher_ellipsis_lines(texts: Texts) -> pl.Series:
    """Share of lines that end in `...` or `…`."""
    return share(texts.text.str.count_matches(rf"(?:\.\.\.|…){BLANK}(?:[{BREAK}]|$)"), _lines(texts))


def gopher_alpha_words(texts: Texts) -> pl.Series:
    """Share of words with a letter."""
    counts = texts.spaced.counts
    _, ends = _beginnings(texts.spaced, _letters(texts))
    return texts.numbers(counts - _whole(texts.spaced, ends), of=counts)


def gopher_stop_words(texts: Texts) -> pl.Series:
    """How many of the, be, to, of, and, that, have, with there are."""
    found = [texts.text.str.contains(f"(?:^|[{SPACE}]){word}(?:[{SPACE}]|$)") for word in STOP_WORDS]
    return pl.select(pl.sum_horizontal([pl.lit(one).cast(pl.Int64) for one in found], ignore_nulls=False)).to_series()


def _counted(texts: Texts) -> Ints:
    """Words of each row that are not all punctuation."""
    _, ends = _signs(texts)
    return texts.spaced.counts - _whole(texts.spaced, ends)


def _signs(texts: Texts) -> tuple[Bits, Bits]:
    """The beginnings of words that have neither letters nor digits, kept with the batch: two rules read them."""
    return texts.once("signs", lambda: _beginnings(texts.spaced, _letters(texts) | _digits(texts.utf8)))


def _whole(words: Words, ends: Bits) -> Ints:
    """How many words of each row such a beginning is the whole of."""
    return np.diff(before_bits(ends & packed(words.space), words.utf8.starts))


def _beginnings(words: Words, marked: Bools) -> tuple[Bits, Bits]:
    """The first of the bytes without a mark that a word begins with, and the byte behind (white space, or marked)."""
    bare = packed(~(marked | words.space))
    first = packed(words.first) & bare
    return first, behind_runs(bare, first)


def _places(bits: Bits) -> Ints:
    return np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little").view(bool))


def _letters(texts: Texts) -> Bools:
    """The first bytes of letters."""
    return texts.once("letters", lambda: _marked(texts.utf8, (texts.utf8.data | 32) - 97 < 26, r"\p{L}"))


def _digits(utf8: Utf8) -> Bools:
    """The first bytes of digits; what is neither a letter nor a symbol counts as one, as in datatrove."""
    return _marked(utf8, utf8.data - 48 < 10, rf"[^{SYMBOL}\p{{L}}]")


def _marked(utf8: Utf8, marked: Bools, pattern: str) -> Bools:
    """ASCII characters that are marked, and the others that a pattern matches."""
    marked[utf8.wide.places] = utf8.wide.match(pattern)
    return marked


def _lines(texts: Texts) -> pl.Series:
    """Lines as str.splitlines counts them: an end without a break makes one more."""
    breaks = texts.text.str.count_matches(f"\r\n|[{BREAK}]").cast(pl.Int64)
    return breaks + texts.text.str.contains(f"[^{BREAK}]\\z").cast(pl.Int64)
