"""The pool's answer is that of comparing with each text, and a score is ROUGE-L as rouge_score counts it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.growing.alikeness import Pool, rouge_l, words


def slowly(first: list[str], second: list[str]) -> float:
    """ROUGE-L F by the table of its definition."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            table[i + 1][j + 1] = table[i][j] + 1 if one == other else max(table[i][j + 1], table[i + 1][j])
    common = table[-1][-1]
    if not common:
        return 0.0
    precision, recall = common / len(first), common / len(second)
    return 2 * precision * recall / (precision + recall)


TEXT = st.lists(st.sampled_from(["a", "b", "c", "d", "the", "of"]), max_size=12).map(" ".join)
LONG = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), min_size=50, max_size=150).map(" ".join)


@settings(max_examples=200)
@given(pool=st.lists(TEXT | LONG, max_size=90), text=TEXT | LONG)
def test_the_nearest_of_a_pool_is_that_of_comparing_with_each(pool: list[str], text: str) -> None:
    made = Pool()
    for number, one in enumerate(pool):
        made.add(str(number), one)
    scores = [slowly(text.split(), one.split()) for one in pool]
    near = made.nearest(text)
    if near is None:
        assert not any(scores)
    else:
        assert near.score == pytest.approx(max(scores))
        assert scores[int(near.name)] == pytest.approx(max(scores))


def test_a_pool_can_grow_between_questions() -> None:
    pool = Pool()
    for number in range(500):
        near = pool.nearest(f"word{number} of {number}")
        assert (near is None) == (number == 0)
        pool.add(str(number), f"word{number} of {number}")
    near = pool.nearest("word77 of 77")
    assert near is not None
    assert near == ("77", 1.0)


@given(text=st.text(st.characters(codec="ascii")))
def test_words_of_ascii_are_those_of_rouge_score(text: str) -> None:
    assert words(text) == re.sub(r"[^a-z0-9]+", " ", text.lower()).split()


@pytest.mark.parametrize(
    ("first", "second", "score"),
    [
        ("写一首关于春天的诗", "写一首关于秋天的诗", 16 / 18),
        ("Напиши стих о весне", "Напиши рассказ о весне", 3 / 4),
        ("!?", "!?", 0.0),
        ("same", "", 0.0),
    ],
)
def test_other_scripts_have_words_too(first: str, second: str, score: float) -> None:
    assert rouge_l(first, second) == pytest.approx(score)
