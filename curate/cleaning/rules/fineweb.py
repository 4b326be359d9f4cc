"""The three filters that FineWeb adds to C4 and Gopher, and the share of line breaks.

Source: Penedo et al. 2024, arXiv 2406.17557, section 3.6, in the reading of datatrove 0.10.1 (`FineWebQualityFilter`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.cleaning.rules.repetition import lines_of, repeated_characters
from curate.cleaning.rules.texts import Texts, share
from curate.text.words import SPACE

SHORT = 30  # characters
ENDS = list(b".!?")  # the marks of a sentence's end in ASCII
BLANK = rf"\n[{SPACE}]*(?:\n|\z)|\A[{SPACE}]*\n"  # blank lines with the breaks around them
SPACED = rf"(?:\A|\n)[{SPACE}--\n]+(?:\n|\z)"  # a line of white space alone


def fineweb_ended_lines(texts: Texts) -> pl.Series:
    r"""Share of lines that end in a mark of a sentence's end (Unicode's Sentence_Terminal), of those not blank."""
    lines, wide = texts.lines, texts.utf8.wide
    ended = np.isin(texts.utf8.data[lines.ends - 1], ENDS) & lines.filled
    marks = wide.match(r"\p{Sentence_Terminal}")
    after = (wide.places + wide.sizes)[marks]
    ended[np.searchsorted(lines.ends, after[texts.utf8.data[after] == ord("\n")])] = True
    return texts.numbers(lines.sums(ended), of=lines.sums(lines.filled))


def fineweb_short_lines(texts: Texts) -> pl.Series:
    """Share of lines with at most 30 characters, of those not blank."""
    lines = texts.lines
    short = lines.count(texts.utf8.characters) <= SHORT + 1  # with the line break
    return texts.numbers(lines.sums(short & lines.filled), of=lines.sums(lines.filled))


def fineweb_repeated_characters(texts: Texts) -> pl.Series:
    """Share of the characters that stand in lines said before."""
    repeated = repeated_characters(lines_of(texts.text))
    places = (repeated > 0).arg_true()
    places = places.filter(texts.text.gather(places).str.contains(SPACED))
    if len(places):  # lines of white space may be among them
        filled = texts.text.gather(places).str.replace_all(BLANK, "\n")
        repeated = repeated.scatter(places, repeated_characters(lines_of(filled)))
    breaks = texts.text.str.count_matches("\n", literal=True).cast(pl.Int64)
    return share(repeated, texts.characters - breaks)


def fineweb_breaks(texts: Texts) -> pl.Series:
    """Line breaks for each word."""
    return texts.numbers(texts.utf8.count(texts.utf8.data == ord("\n")) - 1, of=texts.words.counts)
