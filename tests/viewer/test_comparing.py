"""The words that differ: what is marked, and that no text makes it slow."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from curate.viewer.comparing import WORDS, differences

TEXTS = st.lists(st.sampled_from(["one ", "two ", "x", "\n", ".", "é"]), max_size=40).map("".join)


@given(TEXTS, TEXTS)
def test_the_parts_are_the_texts_and_what_is_not_marked_is_the_same_on_both_sides(a: str, b: str) -> None:
    found = differences(a, b)
    assert found is not None
    left, right = found
    assert ("".join(text for _, text in left), "".join(text for _, text in right)) == (a, b)
    common = ["".join(text for changed, text in side if not changed) for side in found]
    assert common[0] == common[1]


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert differences(text, text) == ([(False, text)], [(False, text)]) if text else True


def test_no_text_of_the_largest_size_takes_long() -> None:
    """`difflib` took 150 s of CPU on this pair; with its autojunk it finds nothing the same in it."""
    a, b = ("a b " * WORDS)[:WORDS], ("b a a " * WORDS)[:WORDS]
    started = time.process_time()
    assert differences(a, b) is not None
    assert time.process_time() - started < 20


def test_texts_that_differ_in_too_many_words_are_not_marked() -> None:
    assert differences("a." * WORDS, "b!" * WORDS) is None
