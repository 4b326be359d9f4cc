"""Words and shingles of columns, against the slow way."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curate.text.normalise import words_apart
from curate.text.shingles import shingles, words

LETTERS = st.text(alphabet="abzAZ019_ -.,\n\t\0éÉßﬁ猫Ａ½\u200d\x7f@[`{~", max_size=12) | st.text(
    alphabet="aB_é", max_size=150
)
TEXTS = st.lists(st.none() | LETTERS, max_size=12)


def slowly(text: str | None) -> list[str]:
    """The words of a text by regular expressions."""
    if text is None:
        return []
    if text.isascii():
        return re.findall(r"[a-z0-9_]+", text.lower())
    return list(pl.select(words_apart(pl.lit(text))).item().split())


@given(texts=TEXTS)
def test_two_words_have_one_hash_where_they_are_equal_and_nowhere_else(texts: list[str | None]) -> None:
    found = words(pl.Series(texts, dtype=pl.String))
    expected = [word for text in texts for word in slowly(text)]
    assert found.counts.tolist() == [len(slowly(text)) for text in texts]
    pairs = set(zip(expected, found.flat.tolist(), strict=True))
    assert len(pairs) == len(set(expected)) == len(set(found.flat.tolist()))


@given(texts=TEXTS)
def test_two_shingles_have_one_hash_where_their_five_words_are_equal(texts: list[str | None]) -> None:
    found = shingles(pl.Series(texts, dtype=pl.String))
    runs = [
        [tuple(row[at : at + 5]) for at in range(max(len(row) - 4, min(len(row), 1)))] for row in map(slowly, texts)
    ]
    assert found.counts.tolist() == [len(row) for row in runs]
    expected = [run for row in runs for run in row]
    pairs = set(zip(expected, found.flat.tolist(), strict=True))
    assert len(pairs) == len(set(expected)) == len(set(found.flat.tolist()))
