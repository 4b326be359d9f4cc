"""Length of a text: characters, words, tokens."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl

from curate.cleaning.rules.texts import Texts
from curate.text.words import SPACE, UNSPACED


def empty(texts: Texts) -> pl.Series:
    """Whether a text is missing or shows nothing: white space, zero-width and other format characters."""
    return texts.text.str.contains(rf"[^{SPACE}\p{{Cf}}]").not_().fill_null(value=True)


def characters(texts: Texts) -> pl.Series:
    """Characters (Unicode code points)."""
    return texts.characters


def words(texts: Texts) -> pl.Series:
    """Words as white space parts them; two characters count as a word in scripts that write no spaces."""
    rows = (texts.text.str.len_bytes() != texts.characters).fill_null(value=False).arg_true()
    unspaced = np.zeros(len(texts), dtype=np.int64)
    unspaced[rows] = texts.text.gather(rows).str.count_matches(f"[{UNSPACED}]")
    return texts.numbers(texts.words.counts - unspaced // 2)


def tokens(texts: Texts, *, tokenizer: str = "house") -> pl.Series:
    """Tokens by a tokenizer: `house`, a folder, a tokenizer.json, or a Hub model; without special ones."""
    from curate.text.tokenizer import token_counts

    known = texts.text.drop_nulls()
    counts = token_counts(known.to_list(), _tokenizer(tokenizer), special=False)
    return _spread(counts, texts.text)


def _spread(values: list[Any], text: pl.Series) -> pl.Series:
    """Values of the rows that have a text, with nulls for the others."""
    if not text.null_count():
        return pl.Series(values, dtype=pl.Int64)
    places = text.is_not_null().arg_true()
    return (
        pl.Series([None], dtype=pl.Int64)
        .new_from_index(0, len(text))
        .scatter(places, pl.Series(values, dtype=pl.Int64))
    )


@cache
def _tokenizer(name: str) -> Any:
    from curate.text.tokenizer import load_tokenizer

    return load_tokenizer(name)
