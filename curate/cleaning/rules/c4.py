"""The rules of C4, as far as they drop a page; for prose in English.

Source: Raffel et al. 2020, arXiv 1910.10683, section 2.2, in the reading of datatrove 0.10.1 (`C4QualityFilter`). C4
also cuts lines out of a page; here a page is only judged by the lines that C4 would leave. Sentences are counted by
their end marks, where datatrove asks a tokenizer. `{` flags all code and LaTeX: not for such data.
"""

from __future__ import annotations

import polars as pl

from curate.cleaning.rules.texts import Texts

POLICY = "javascript|terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies"
LEFT_OUT = rf"(?mi)^[^\n]*(?:{POLICY})[^\n]*$"
TOO_SHORT = r"(?m)^[ \t]*\S*(?:[ \t]+\S+)?[ \t]*$"  # under three words
ELLIPSIS = r"(?m)^[^\n]*\.\.\.[ \t\r]*$"
UNENDED = r"(?m)^[^\n]*[^.?!\"' \t\r\n][ \t\r]*$"


def c4_sentences(texts: Texts) -> pl.Series:
    """Sentences on the lines C4 keeps: ended by a mark, three words and more, without cookies and JavaScript."""
    text = texts.text
    for lines in (LEFT_OUT, ELLIPSIS, UNENDED, TOO_SHORT):
        text = text.str.replace_all(lines, "")
    return text.str.count_matches(r"[.?!]+[\"')\]]*(?:\s|$)").cast(pl.Int64)


def c4_lorem_ipsum(texts: Texts) -> pl.Series:
    """Whether a text says lorem ipsum."""
    return texts.text.str.contains("(?i)lorem ipsum")


def c4_curly_bracket(texts: Texts) -> pl.Series:
    """Whether a text has a `{`."""
    return texts.text.str.contains("{", literal=True)
