"""Words and counts of a whole column in numpy are those that Python finds text by text."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curate.text.utf8 import Utf8, before
from curate.text.words import split_words, words_of

TEXTS = st.lists(st.text(alphabet="ab .\n\t\x1c\x85\xa0\u2003\u3000é’ßж😀世界ไ", max_size=12), max_size=8)


@given(TEXTS)
def test_words_parted_by_white_space_are_those_of_str_split(texts: list[str]) -> None:
    words = words_of(Utf8.of(pl.Series(texts, dtype=pl.String)), by_space=True)
    assert words.counts.tolist() == [len(text.split()) for text in texts]
    assert words.lengths.tolist() == [len(word) for text in texts for word in text.split()]


@given(TEXTS)
def test_characters_of_scripts_without_spaces_are_words_and_equal_words_share_a_hash(texts: list[str]) -> None:
    spaced = ["".join(f" {c} " if c in "世界ไ" else c for c in text).split() for text in texts]
    words = split_words(pl.Series(texts, dtype=pl.String))
    flat = [word for text in spaced for word in text]
    assert words.counts.tolist() == [len(text) for text in spaced]
    assert words.gaps.tolist() == [int(word not in "世界ไ") for word in flat]
    assert len(set(zip(flat, words.hashes.tolist(), strict=True))) == len(set(flat)) == len(set(words.hashes.tolist()))


@given(st.lists(st.booleans(), max_size=40))
def test_counts_before_a_place_are_running_sums(marked: list[bool]) -> None:
    places = np.arange(len(marked) + 1)
    assert before(np.array(marked, dtype=bool), places).tolist() == [sum(marked[:place]) for place in places]
