"""Telling code from prose. Near copies of code are other programs: OpenThoughts3 gained nothing by deduping code."""

from __future__ import annotations

import polars as pl

LOOKED_AT = 1_000
"""Rows that tell what a column is."""
SHARE = 0.5
"""Of the lines, or of the text within fences, from which on a text is code; of the rows, for a column."""

_LINE = (
    r"(?m)^[ \t]*(?:"
    r"(?:def|class|async def|fn|func|function|struct|enum|interface|impl|namespace|package|public|private|protected|"
    r"static|const|let|var|void|int|float|double|char|bool|auto|template|typedef|using|import|export|include|require|"
    r"elif|else|try|except|finally|return|yield|raise|break|continue|pass|assert|lambda|switch|case|"
    r"SELECT|INSERT|UPDATE|DELETE|CREATE|FROM|WHERE|JOIN|GROUP BY|ORDER BY)\b[^.?!\n]*[^.?!\s][ \t]*$"
    r"|from [\w.]+ import\b.*|#\s*(?:include|define|ifdef|ifndef|endif|pragma)\b.*|@[\w.]+(?:\(.*\))?[ \t]*$"
    r"|(?:if|for|while|with)\b.*[:{][ \t]*$|[\w.\[\]'\"]+(?:, *[\w.]+)* *(?:[-+*/%|&^]|//|\*\*|<<|>>)?= *[^=\s].*"
    r"|[\w.]+\(.*\)[;:]?[ \t]*$|.*[;{}][ \t]*$|[)\]}]+[;,]?[ \t]*$|//.*|/\*.*|#!.*|</?\w+[^>]*>.*"
    r")"
)
_MARKS = r"[`{}()\[\];=<>#@]"
"""Most prose has none of these, and all code some."""
_LATEX = r"(?m)^.*(?:\\[A-Za-z]{2,}|\$[^$]*[\\^_][^$]*\$).*$"
_DRAWING = r"(?s)\[asy\].*?(?:\[/asy\]|\z)"
_FENCED = r"(?s)```.*?(?:```|\z)"


def looks_like_code(texts: pl.Series) -> pl.Series:
    r"""Whether each text is code: at least half of its lines read like it, or half of it stands in code fences.

    >>> looks_like_code(pl.Series(["def f(x):\n    return x", "Is x = 2? Prove it.", None])).to_list()
    [True, False, False]
    """
    told = texts.str.contains(_MARKS).fill_null(value=False)
    places = told.arg_true()
    return told.scatter(places, _is_code(texts.gather(places))) if len(places) else told


def _is_code(texts: pl.Series) -> pl.Series:
    column = texts.to_frame("text")
    text = pl.col("text")
    prose = text.str.replace_all("\r", "", literal=True).str.replace_all(_DRAWING, "").str.replace_all(_LATEX, "prose")
    lines = prose.str.count_matches(r"(?m)^[ \t]*\S")
    coded = prose.str.count_matches(_LINE)
    fenced = text.str.len_bytes() - text.str.replace_all(_FENCED, "").str.len_bytes()
    told = (lines > 0) & ((coded >= SHARE * lines) | (fenced > SHARE * text.str.len_bytes()))
    return column.select(told.alias("code"))["code"]


def column_is_code(texts: pl.Series) -> bool:
    """Whether more than half of up to 1,000 rows, taken evenly over the column, are code."""
    filled = texts.drop_nulls()
    some = filled.gather_every(max(1, len(filled) // LOOKED_AT)).head(LOOKED_AT).str.slice(0, 20_000)
    return len(some) > 0 and looks_like_code(some).sum() > SHARE * len(some)
