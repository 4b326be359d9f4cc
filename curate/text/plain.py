"""Texts as their letters are compared: no accents, no marks that cannot be seen, one way to write LaTeX.

Two texts are said to be equal when their `forms` are; n-grams (`ngrams`) are read off `plain` texts.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import polars as pl

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts written without spaces: each of their characters is a word."""

LATEX = (
    "left", "right", "bigl", "bigr", "big", "displaystyle", "textstyle", "quad", "qquad", "text",
    "textbf", "textit", "textrm", "mathrm", "mathbf", "mathit", "mathsf", "operatorname", "mbox", "limits", "rm", "bf",
)  # fmt: skip
"""Commands that change how a formula looks, not what it says."""

SILENT = rf"(?i)\\(?:{'|'.join(LATEX)})\b|\\hspace\{{[^{{}}]{{0,20}}\}}"
"""What is left out of a text, as a regex of both `re` and polars."""

COMMAND = rf"(\\[A-Za-z]+)([_\p{{Nd}}{UNSPACED}])"
r"""A command and what ends it though a regex sees no border of words there: `\leq5`, `\limits_n`."""

SAME = ((r"(?i)\\[dt]frac\b", r"\frac"), (r"(?i)\\[dt]binom\b", r"\binom"), (r"(?i)\\([lgn]e)q\b", r"\$1"))
"""LaTeX that is written in two ways, and the one that is kept."""

MARKS = r"[\x{2010}-\x{2027}\x{2030}-\x{205e}]"
"""Dashes, quotes, dots: no letter is in them, so most texts that are not ASCII need no more than a space for each."""

FOLDED = {"ß": "ss", "ς": "σ", "\u0640": ""}
"""Small letters that are written otherwise in capitals and back; the stroke that makes an Arabic word longer."""


def plain(texts: pl.Series) -> pl.Series:
    """Texts as the letters of them are compared: no accents, no marks that cannot be seen, one way to write LaTeX.

    Unicode NFKD without marks and format characters; what is no letter becomes a space beyond ASCII; characters of
    scripts without spaces stand alone. Case is left to the hashing. Null becomes empty.
    """
    texts = texts.fill_null("")
    latex = texts.str.contains("\\", literal=True)
    if latex.any():
        spelled = pl.col("t").str.replace_all(COMMAND, "$1 $2").str.replace_all(SILENT, " ")
        for pattern, one in SAME:
            spelled = spelled.str.replace_all(pattern, one)
        texts = _where(latex, spelled, texts)
    strange = _strange(texts)
    if strange.any():
        texts = _where(strange, pl.col("t").str.replace_all(MARKS, " "), texts)
        strange = _strange(texts)
    if strange.any():
        simple = (
            pl.col("t")
            .str.normalize("NFKD")
            .str.replace_all(r"[\p{M}\p{Cf}]", "")
            .str.to_lowercase()
            .str.replace_all(r"[^\p{L}\p{Nd}\x00-\x7f]", " ")
            .str.replace_many(FOLDED)
        )
        texts = _where(strange, simple, texts)
        unspaced = texts.str.contains(f"[{UNSPACED}]")
        if unspaced.any():
            texts = _where(unspaced, pl.col("t").str.replace_all(f"([{UNSPACED}])", " $1 "), texts)
        foreign = texts.str.contains(r"[\p{Nd}--0-9]")
        if foreign.any():
            texts = _where(foreign, pl.col("t").str.replace_many(_digits()), texts)
    return texts


def _strange(texts: pl.Series) -> pl.Series:
    """Which texts have characters beyond ASCII."""
    return texts.str.len_bytes() != texts.str.len_chars()


@cache
def _digits() -> dict[str, str]:
    """Every decimal digit of other scripts, and ours."""
    every = map(chr, range(0x80, 0x20000))
    return {char: str(unicodedata.decimal(char)) for char in every if unicodedata.category(char) == "Nd"}


def forms(texts: pl.Series) -> pl.Series:
    r"""The normal form two texts are equal in: their words (letters, or digits) in lower case, with a space between.

    >>> forms(pl.Series([r"Is \left(2x\right) \leq 3?", "is 2 X le 3"])).to_list()
    ['is 2 x le 3', 'is 2 x le 3']
    """
    return form_of(plain(texts))


def form_of(texts: pl.Series) -> pl.Series:
    """The normal form of plain texts (see `plain`)."""
    words = (
        pl.col("t")
        .str.to_lowercase()
        .str.replace_all(r"[^\p{L}0-9]{2,}|[^\p{L}0-9 ]", " ")  # a space alone stays: to match each is half of the time
        .str.replace_all(r"([0-9]+)", " $1 ")
        .str.replace_all(r"  +", " ")
        .str.strip_chars(" ")
    )
    return pl.DataFrame({"t": texts}).select(words)["t"]


def _where(mask: pl.Series, expression: pl.Expr, texts: pl.Series) -> pl.Series:
    """`expression` of the texts where `mask` holds, the others untouched (and unread)."""
    changed = pl.DataFrame({"t": texts.filter(mask)}).select(expression)["t"]
    return texts.scatter(mask.arg_true(), changed)
