"""The rules of C4, as far as they drop a page; for prose in English.

Source: Raffel et al. 2020, arXiv 1910.10683, section 2.2, in the reading of datatrove 0.10.1 (`C4QualityFilter`). C4
also cuts lines out of a page; here a page is only judged by the lines that C4 would leave. Sentences are counted by
their end marks, where datatrove asks a tokenizer. `{` flags all code and LaTeX: not for such data.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.cleaning.rules.texts import Texts
from curate.text.lines import Lines
from curate.text.utf8 import Bools, Ints, Utf8, before
from curate.text.words import spaced_words

POLICY = "javascript|terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies"
SAID = "[Jj][Aa][Vv][Aa][Ss]|[Tt][Ee][Rr][Mm][Ss] [Oo][Ff]|[Yy] [Pp][Oo][Ll][Ii][Cc][Yy]|[Cc][Oo][Oo][Kk][Ii][Ee][Ss]"
"""Part of each of them: many times as fast to look for as the whole, letter case aside."""
LEFT_OUT = rf"(?mi)^[^\n]*(?:{POLICY})[^\n]*$"
FEW = 3  # words, below which a line is left out
MARK, CLOSING, ENDED = (np.isin(np.arange(256), list(marks)) for marks in (b".?!", b"\"')]", b".?!\"'"))
DOT = ord(".")
CLOSERS = 8  # closing marks that may follow the mark of a sentence's end


def c4_sentences(texts: Texts) -> pl.Series:
    """Sentences on the lines C4 keeps: ended by a mark, three words and more, without cookies and JavaScript."""
    counts = _sentences(texts.lines)
    places = texts.text.str.contains(SAID).fill_null(value=False).arg_true()
    if len(places):
        some = texts.text.gather(places).str.replace_all(LEFT_OUT, "")
        counts[places] = _sentences(Lines.of(spaced_words(Utf8.of(some))))
    return texts.numbers(counts)


def _sentences(lines: Lines) -> Ints:
    """Sentences of each row, by its lines that C4 keeps."""
    data, last = lines.words.utf8.data, lines.words.last
    stops = np.flatnonzero(((data < ord("0")) | (data == ord("?")) | (data == ord("]"))) & last)
    stops = stops[(MARK | CLOSING)[data[stops]]]  # words that end in such a mark
    mark, open_ = stops.copy(), np.flatnonzero(CLOSING[data[stops]])
    for _ in range(CLOSERS):
        mark[open_] -= 1
        open_ = open_[CLOSING[data[mark[open_]]]]
    sentences = np.diff(np.searchsorted(stops[MARK[data[mark]]], lines.bounds))
    return lines.sums(sentences * _kept(lines, stops))


def _kept(lines: Lines, stops: Ints) -> Bools:
    """The lines of words enough, whose last word ends in one of these places, and not in an ellipsis."""
    data, words = lines.words.utf8.data, lines.words
    kept = lines.count(words.first) >= FEW
    line_ends = lines.ends[kept]
    end = np.append(stops, 0)[np.searchsorted(stops, line_ends) - 1]  # the nearest before the line ends
    ended = ENDED[data[end]] & ~((data[end] == DOT) & (data[end - 1] == DOT) & (data[end - 2] == DOT))
    until = before(words.last, np.concatenate([end + 1, line_ends])).reshape(2, -1)
    kept[kept] = ended & (until[0] == until[1])
    return kept


def c4_lorem_ipsum(texts: Texts) -> pl.Series:
    """Whether a text says lorem ipsum."""
    return texts.text.str.contains("(?i)lorem ipsum")


def c4_curly_bracket(texts: Texts) -> pl.Series:
    """Whether a text has a `{`."""
    return texts.text.str.contains("{", literal=True)
