"""The grammar of the house writer's problems: what is made is read back, what is wrong is not."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.sources import procedural
from trainers.house import problems, stories, wordings

seeds = st.integers(0, 2**32).map(Random)


@given(rng=seeds, operations=st.integers(1, 4))
def test_every_story_is_read_back_with_its_steps_and_answer(rng: Random, operations: int) -> None:
    told = stories.make(rng, operations)
    read = stories.read(told.text)
    assert read is not None
    assert (read.theme, read.steps, read.answer) == (told.theme, told.steps, told.answer)


@given(rng=seeds, kind=st.sampled_from(sorted(procedural.KINDS)), level=st.sampled_from(procedural.LEVELS))
def test_every_procedural_problem_is_read_with_its_answer_in_all_its_wordings(
    rng: Random, kind: str, level: int
) -> None:
    made = procedural.KINDS[kind](rng, level)
    read = problems.read(made.prompt)
    assert read is not None
    assert read.answer == made.answer
    reading = wordings.read(made.prompt)
    for wording in wordings.FORMS[reading.form].wordings if reading else ():
        again = wordings.read(wording.format(**reading.slots))
        assert again == reading


@given(rng=seeds)
def test_what_is_made_harder_is_well_formed_and_of_no_lower_level(rng: Random) -> None:
    problem = problems.draw(rng)
    for change in (problems.harder, problems.happen, problems.close, problems.follow):
        harder = change(rng, problem)
        read = problems.read(harder.text)
        assert read is not None
        if problem.family not in problems.NO_FOLLOW:
            assert read.level >= problem.level
            assert float(read.answer) == float(harder.answer)


@given(rng=seeds)
def test_a_problem_is_drawn_from_the_side_that_is_asked_for(rng: Random) -> None:
    for split in ("train", "test"):
        problem = problems.draw(rng, split)
        assert procedural.split_of(problem.kind, problem.text) == split


@pytest.mark.parametrize(
    "text",
    [
        "Ava has 8 apples. Then 9 are lost. How many apples does Ava have now?",
        "Ava has 8 apples. Then 3 are lost. How many pears does Ava have now?",
        "Ava has 8 apples. Then 3 are lost. How many apples does Ben have now?",
        "Ava has 8 apples. How many apples does Ava have now?",
        "Ava has 8 apples. Then 3 sprout by themselves. How many apples does Ava have now?",
        "Ava has 8 apples. Then 3 are lost. They are shared equally among 2 people. How many does each get?",
        "Ava has 8 apples. Then 3 are lost.",
        "Solve for x: 2x = 5",
        "Solve for x: 2x + 1 = 2x + 3",
        "What comes next: 1, 2, 4, 9, 3, ?",
        "Compute 7 mod 0.",
        "Compute 1/0 + 1/2.",
        "Find 33% of 10.",
        "Which is the largest of 1, 1, 2, 3, 4?",
        "Convert 3 kg to litres.",
        "Use the numbers 1, 1, 2, each exactly once, with + - * / to make 99.",
        "A pen costs 2 dollars and a book costs 3 dollars. Ava buys 2 pens and 1 hats. How many dollars is that?",
        "",
    ],
)
def test_what_has_no_single_answer_is_not_well_formed(text: str) -> None:
    assert problems.read(text) is None


@given(text=st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    problems.read(text)


def test_stories_differ_in_more_than_their_numbers() -> None:
    """Of a hundred drawn one after the other most are new to the pool by self_instruct's own bound."""
    from curate.growing.alikeness import Pool

    rng, pool, new = Random(0), Pool(), 0
    for row in range(100):
        text = problems.draw(rng).text
        near = pool.nearest(text)
        if near is None or near.score <= 0.7:
            new += 1
            pool.add(str(row), text)
    assert new >= 75
