"""The three filters that FineWeb adds to C4 and Gopher, and the share of line breaks.

Source: Penedo et al. 2024, arXiv 2406.17557, section 3.6, in the reading of datatrove 0.10.1 (`FineWebQualityFilter`).
"""

from __future__ import annotations

import polars as pl

from curate.cleaning.rules.repetition import repeated_characters
from curate.cleaning.rules.texts import Texts, share
from curate.text.words import SPACE

SHORT = 30  # characters


def fineweb_ended_lines(texts: Texts) -> pl.Series:
    r"""Share of lines that end in a mark of a sentence's end (Unicode's Sentence_Terminal), of those not blank."""
    ended = texts.text.str.count_matches(r"\p{Sentence_Terminal}(?:\n|\z)")
    return share(ended, _lines(texts))


def fineweb_short_lines(texts: Texts) -> pl.Series:
    """Share of lines with at most 30 characters, of those not blank."""
    short = texts.text.str.count_matches(f"(?m)^[^\n]{{0,{SHORT}}}$").cast(pl.Int64)
    blank = texts.text.str.count_matches(f"(?m)^[{SPACE}&&[^\n]]{{0,{SHORT}}}$").cast(pl.Int64)
    return share(short - blank, _lines(texts))


def fineweb_repeated_characters(texts: Texts) -> pl.Series:
    """Share of the characters that stand in lines said before."""
    without = texts.characters - texts.text.str.count_matches("\n", literal=True).cast(pl.Int64)
    lines = texts.text.str.extract_all(f"[^\n]*[^{SPACE}][^\n]*")
    return share(repeated_characters(lines), without)


def fineweb_breaks(texts: Texts) -> pl.Series:
    """Line breaks for each word."""
    breaks = texts.text.str.count_matches("\n", literal=True)
    return texts.numbers(breaks.fill_null(0).to_numpy(), of=texts.words.counts)


def _lines(texts: Texts) -> pl.Series:
    """Lines with something in them: runs of characters other than line breaks, not all white space."""
    return texts.text.str.count_matches(f"[^{SPACE}][^\n]*").cast(pl.Int64)
