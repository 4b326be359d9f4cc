"""Repetition: lines, paragraphs and n-grams of words that come again.

Source: Rae et al. 2021 (Gopher), arXiv 2112.11446, table A1, in the reading of datatrove 0.10.1
(`GopherRepetitionFilter`) with words split on white space. Differs: n-grams are compared word by word, where datatrove
joins their letters first ("ab c" and "a bc" are one to it); in scripts without spaces it has no words, and repeated
n-grams are of two characters for each.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.cleaning.rules.texts import Texts, share
from curate.text.repeats import Grams
from curate.text.utf8 import Ints
from curate.text.words import split_words

PARAGRAPH = "\n\n"
CHARACTERS = 2  # that are a word where no spaces are written: five alone come again in one natural answer in thirty


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
    total = _grams(texts).again(n)
    rows, grams = _without_spaces(texts)
    total[rows] = grams.again(n * CHARACTERS)
    return texts.numbers(total, of=_characters(texts))


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


def _grams(texts: Texts) -> Grams:
    """The n-grams of a batch, kept with it: nine rules read them."""
    return texts.once("ngrams", lambda: Grams(texts.words))


def _without_spaces(texts: Texts) -> tuple[Ints, Grams]:
    """The rows in scripts that write no spaces, and their n-grams, kept as well: six rules read them."""

    def read() -> tuple[Ints, Grams]:
        rows = np.flatnonzero(texts.words.counts > 2 * texts.spaced.counts)
        return rows, Grams(split_words(texts.text.gather(rows)))

    return texts.once("ngrams without spaces", read)
