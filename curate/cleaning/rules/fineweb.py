"""The three filters that FineWeb adds to C4 and Gopher, and the share of line breaks.

Source: Penedo et al. 2024, arXiv 2406.17557, section 3.6, in the reading of datatrove 0.10.1 (`FineWebQualityFilter`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.cleaning.rules.repetition import repeated_characters
from curate.cleaning.rules.texts import Texts, share
from curate.text.words import SPACE

SHORT = 30  # characters
ENDS = list(b".!?")  # the marks of a sentence's end in ASCII
BLANK = rf"\n[{SPACE}]*(?:\n|\z)|\A[{SPACE}]*\n"  # blank lines with the breaks around them


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
    places = texts.lines.alike()
    lines = texts.text.gather(places).str.replace_all(BLANK, "\n").str.split("\n")
    repeated = np.zeros(len(texts), dtype=np.int64)
    repeated[places] = repeated_characters(lines)
    characters = texts.utf8.count(texts.utf8.characters) - texts.lines.sums(np.ones(len(texts.lines.ends), dtype=bool))
    return texts.numbers(repeated, of=characters)


def fineweb_breaks(texts: Texts) -> pl.Series:
    """Line breaks for each word."""
    return texts.numbers(texts.utf8.count(texts.utf8.data == ord("\n")) - 1, of=texts.words.counts)
