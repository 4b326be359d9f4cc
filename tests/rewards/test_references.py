from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewards

SOURCES = [
    "The Eiffel Tower was finished in Paris in 1889 and is 330 metres tall.",
    "Rome was not built in a single day, says an old proverb.",
    "Water boils at 100 degrees Celsius at sea level.",
]
GOOD = "The Eiffel Tower was finished in 1889 [1]. Water boils at 100 degrees at sea level [3]."


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        "The Eiffel Tower was finished in 1889. [1] Water boils at 100 degrees at sea level. [3]",
        'Of the tower it says: "finished in Paris in 1889" [1].',
        "The Eiffel Tower [1] is 330 metres tall.",
        "<think>Everything is in [2].</think>" + GOOD,
        "The Eiffel Tower was finished in 1889 [^1].",
        "The Eiffel Tower was finished in 1889【1】.",
        "The Eiffel Tower was finished in 1889 [Source 1].",
        "1. The Eiffel Tower was finished in 1889 [1].",
    ],
)
def test_claims_cited_to_the_source_that_says_them_earn_all(answer: str) -> None:
    assert rewards.citations.score(answer, sources=SOURCES).value == 1


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "The Eiffel Tower was finished in 1889.",
        "[1] [2] [3]",
        "The Eiffel Tower was finished in 1889 [2].",
        "The Eiffel Tower was finished in 1889 [9].",
        "The Eiffel Tower was finished in 1889 [١].",
        "The Eiffel Tower was finished in 1889 [l].",
        'The tower was "finished in London in 1889" by then [1].',
        "The Eiffel Tower was finished in Paris in 1989 [1].",
        "Water boils at 1,000 degrees Celsius at sea level [3].",
        "<think>" + GOOD + "</think>",
    ],
)
def test_invented_missing_and_empty_citations_earn_nothing(answer: str) -> None:
    assert rewards.citations.score(answer, sources=SOURCES).value == 0


def test_citing_everything_everywhere_pays_less_than_citing_right() -> None:
    everything = GOOD.replace("[1]", "[1][2][3]").replace("[3].", "[1-3].")
    right = rewards.citations.score(GOOD, sources=SOURCES).value
    stuffed = rewards.citations.score(everything, sources=SOURCES).value
    assert right == 1
    assert stuffed is not None
    assert stuffed <= 0.5


def test_a_source_of_the_same_subject_that_adds_nothing_costs_precision() -> None:
    sources = [
        "The Eiffel Tower was completed in 1889 in Paris.",
        "Gustave Eiffel's firm designed and built the tower.",
    ]
    right = "The Eiffel Tower was completed in 1889 [1]. Gustave Eiffel's firm built the tower [2]."
    assert rewards.citations.score(right, sources=sources).value == 1
    stuffed = rewards.citations.score(right.replace("[1]", "[1][2]").replace("[2].", "[1][2]."), sources=sources)
    assert stuffed.evidence["precision"] == 0.5
    both = "Gustave Eiffel's firm built the Eiffel Tower, completed in Paris in 1889 [1][2]."  # each gives a part
    assert rewards.citations.score(both, sources=sources).value == 1


def test_leaving_claims_uncited_costs_recall() -> None:
    score = rewards.citations.score("Water boils at 100 degrees [3]. The moon is made of old cheese.", sources=SOURCES)
    assert score.evidence["recall"] == 0.5
    assert score.evidence["precision"] == 1


def test_sources_come_with_ids_as_mapping_or_as_json() -> None:
    text = "Water boils at 100 degrees at sea level [w]. In maths [0, 1] is an interval."
    for sources in (
        {"w": SOURCES[2]},
        [{"id": "w", "text": SOURCES[2]}],
        '{"w": "Water boils at 100 degrees at sea level"}',
    ):
        assert rewards.citations.score(text.partition(" In")[0], sources=sources).value == 1
    assert rewards.citations.score("x", sources=[]).value is None


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    value = rewards.citations.score(text, sources=SOURCES).value
    assert value is not None
    assert 0 <= value <= 1


@pytest.mark.parametrize(
    "hostile",
    [
        "[1]" * 50_000,
        "[" + "1-" * 100_000,
        "[" * 200_000,
        "[1, " * 50_000,
        '"' * 200_000,
        ". " * 100_000,
        "a [1]. " * 30_000,
    ],
)
def test_hostile_text_is_judged_in_bounded_time(hostile: str) -> None:
    started = time.process_time()
    assert rewards.citations.score(hostile, sources=SOURCES).value == 0
    assert time.process_time() - started < 6


def test_many_markers_in_one_sentence_are_read_in_linear_time() -> None:
    started = time.process_time()
    assert rewards.citations.score("[1]" * 100_000, sources=SOURCES).value == 0
    assert time.process_time() - started < 2  # each used to copy the sentence


YEARS = {"doc1": "埃菲尔铁塔于1889年建成，位于巴黎。", "doc2": "The tower was finished in Paris in 1889."}


def test_numbers_stand_beside_letters_that_leave_no_space() -> None:
    assert rewards.citations.score("埃菲尔铁塔于1889年建成[doc1]。", sources=YEARS).value == 1.0
    assert rewards.citations.score("埃菲尔铁塔于1890年建成[doc1]。", sources=YEARS).value == 0.0


def test_an_id_may_look_like_a_word_before_a_number() -> None:
    assert rewards.citations.score("The tower was finished in 1889 [doc2].", sources=YEARS).value == 1.0
    assert rewards.citations.score("The tower was finished in 1889 [doc3].", sources=YEARS).value == 0.0


def test_a_list_of_the_sources_at_the_end_claims_nothing() -> None:
    listed = "\n\n**References**\n\n[1] The Tower of Paris\n[2] Something else\n"
    claim = "The tower was finished in 1889 [1]."
    source = [YEARS["doc2"]]
    assert rewards.citations.score(claim + listed, sources=source).value == 1.0
    assert rewards.citations.score(claim.replace(" [1]", "") + listed, sources=source).value == 0.0
    assert (
        rewards.citations.score(claim + listed + "The tower is made of green cheese [1].", sources=source).value < 1.0
    )  # type: ignore[operator]
