"""Words and counts of a whole column in numpy are those that Python finds text by text."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curate.text.lines import Lines
from curate.text.utf8 import Utf8, before, before_bits, behind_runs, packed
from curate.text.words import spaced_words, split_words

TEXTS = st.lists(st.text(alphabet="ab .\n\t\x1c\x85\xa0\u2003\u3000é’ßж😀世界ไ", max_size=12), max_size=8)


@given(TEXTS)
def test_words_parted_by_white_space_are_those_of_str_split(texts: list[str]) -> None:
    words = spaced_words(Utf8.of(pl.Series(texts, dtype=pl.String)))
    assert words.counts.tolist() == [len(text.split()) for text in texts]
    assert (words.ends - words.begins).tolist() == [len(word.encode()) for text in texts for word in text.split()]


@given(TEXTS)
def test_characters_of_scripts_without_spaces_are_words_and_equal_words_share_a_hash(texts: list[str]) -> None:
    spaced = ["".join(f" {c} " if c in "世界ไ" else c for c in text).split() for text in texts]
    words = split_words(pl.Series(texts, dtype=pl.String))
    flat = [word for text in spaced for word in text]
    assert words.counts.tolist() == [len(text) for text in spaced]
    assert words.gaps.tolist() == [int(word not in "世界ไ") for word in flat]
    assert len(set(zip(flat, words.hashes.tolist(), strict=True))) == len(set(flat)) == len(set(words.hashes.tolist()))


@given(st.lists(st.booleans(), max_size=200))
def test_counts_before_a_place_are_running_sums(marked: list[bool]) -> None:
    places = np.arange(len(marked) + 1)
    assert before(np.array(marked, dtype=bool), places).tolist() == [sum(marked[:place]) for place in places]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=200))
def test_the_place_behind_a_run_of_bits_is_found_by_carrying(bits: list[tuple[bool, bool]]) -> None:
    run, first = (np.array([pair[at] for pair in bits], dtype=bool) for at in (0, 1))
    first[1:] &= ~run[:-1]  # only the first of a run
    found = behind_runs(packed(run), packed(first))
    ends = [place + list(run[place:]).index(False) for place in np.flatnonzero(first & run) if not run[place:].all()]
    assert [before_bits(found, np.array([place, place + 1])) @ [-1, 1] for place in range(len(bits))] == [
        int(place in ends) for place in range(len(bits))
    ]


@given(TEXTS)
def test_lines_are_those_of_split_at_line_breaks(texts: list[str]) -> None:
    lines = Lines.of(spaced_words(Utf8.of(pl.Series(texts, dtype=pl.String))))
    told = [line for text in texts for line in text.split("\n")]
    assert (lines.count(lines.words.utf8.characters) - 1).tolist() == [len(line) for line in told]
    assert lines.filled.tolist() == [bool(line.strip()) for line in told]
    assert lines.sums(lines.filled).tolist() == [sum(bool(line.strip()) for line in text.split("\n")) for text in texts]
