"""Items said in other words: found by meaning, numbers and rare words together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import decontaminate
from curate.cleaning.contamination.measure import Weights
from curate.cleaning.contamination.paraphrase import TELLING_INSIDE, agreement, alike, question_part, said
from tests.cleaning.contamination.paraphrased import ITEM, OTHER, SAID

Reader = Callable[[Path], Iterator[dict[str, Any]]]


def test_a_paraphrase_is_found_and_another_problem_is_not() -> None:
    rows = pl.DataFrame({"prompt": [SAID, OTHER, f"Question: {SAID}\nAnswer: 64"]})
    exam = {"exam": [ITEM, "How many legs do seven spiders and three ants have in all?"]}
    result = decontaminate(rows, against=exam, profile="embedding")
    assert result.hits.select("row", "item", "how").rows() == [(0, "0", "meaning"), (2, "0", "meaning")]
    assert "alike): “Kylar visited" in result.dropped["reason"][0]
    assert result.at(similarity=0.99).kept.height == 3
    assert not decontaminate(rows, against=exam).hits.height


def test_copies_are_found_as_by_the_default_profile() -> None:
    rows = pl.DataFrame({"prompt": [f"Please: {ITEM} Thanks!", None, ""]})
    hits = decontaminate(rows, against={"exam": [ITEM]}, profile="embedding").hits
    assert hits["how"].to_list() == ["exact"]


TEXTS = st.lists(st.sampled_from(["the", "cat", "two", "2", "3", "9", "1,200", "dozen", "é"]), max_size=12).map(
    " ".join
)


class Letters:
    """An encoder of one's own: how often each letter stands in a text."""

    identity = "letters"
    calls = 0

    def encode(self, texts: Any) -> np.ndarray:
        self.calls += len(texts)
        counts = np.array([[text.lower().count(c) for c in "abcdefghijklmnopqrstuvwxyz"] for text in texts], np.float32)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)


def test_any_encoder_will_do_and_items_are_encoded_once(tmp_path: Path) -> None:
    encoder, rows = Letters(), pl.DataFrame({"prompt": [SAID]})
    for _ in range(2):
        result = decontaminate(rows, against={"exam": [ITEM]}, profile="embedding", encoder=encoder, cache=tmp_path)
        assert result.dropped.height == 1
    assert encoder.calls == 3


NO_ITEMS = Weights(pl.Series([], dtype=pl.String))


def test_numbers_in_words_agree_with_digits() -> None:
    def numbers(one: str, other: str) -> float:
        return agreement(said(one, NO_ITEMS), said(other, NO_ITEMS))[0]

    assert numbers("two dozen eggs for 1,200 at 3.50", "2 12 eggs, 1200 and 3.50") == 1.0
    assert numbers("no number", "none here") == 0.5
    assert numbers("3 and 4", "4 and 3") == 0.75
    assert numbers("3 and 4", "5 and 6") == 0.0


def test_one_thing_is_wholly_like_itself() -> None:
    words = said(ITEM, Weights(pl.Series([ITEM.lower()])))
    assert alike(words, words) == pytest.approx(1.0)


GARDEN = (
    "A gardener notices that the leaves of her tomato plants curl inward on hot afternoons and recover at night. "
    "Which process explains this best?"
)
SAID_OF_A_GARDEN = (
    "On hot afternoons the leaves of a gardener's tomato plants curl inwards, but at night they recover. "
    "What process is the best explanation?"
)
BARN = "A barn holds 48 hens, 17 geese and 9 goats. How many more birds than goats live in the barn?"


def found(item: str, row: str) -> list[str]:
    return (
        decontaminate(pl.DataFrame({"prompt": [row]}), against={"exam": [item]}, profile="embedding")
        .hits["how"]
        .to_list()
    )


@pytest.mark.parametrize(
    ("item", "row"),
    [
        (GARDEN, SAID_OF_A_GARDEN),
        (BARN, "In a barn there are 9 goats, 48 hens and 17 geese. By how many do the birds outnumber the goats?"),
    ],
)
def test_what_is_said_in_other_words_is_found_with_numbers_and_without(item: str, row: str) -> None:
    assert found(item, row) == ["meaning"]


@pytest.mark.parametrize(
    ("item", "row"),
    [
        # of one matter, with the number that every text has
        (
            "How many guests must be invited so that two of them are sure to share a birthday month?",
            "In a group of guests, two of them may share a birthday, though not every pair of guests does.",
        ),
        # the same but for its numbers
        (BARN, "A barn houses 36 hens, 21 geese and 5 goats. How many more birds than goats are in the barn?"),
        # its numbers alone
        (
            "Determine the average of the integers 71, 72, 73, 74, 75.",
            "71. Luna 72. Riley 73. Elijah 74. Sloane 75. Jo",
        ),
        # its words, with more numbers that are others
        (
            "If 2 out of every 7 hens lay an egg, how many hens of 91 lay an egg?",
            "If 5 out of every 8 hens lay an egg and 40 hens are sold for 3 dollars each, how many hens lay an egg?",
        ),
        # two words that others say as well
        ("Where is the Louvre museum?", "Here is the way to the Louvre museum."),
        # a part of another problem of the kind
        ("Write a function to reverse words in a given string.", "Write a Java program to reverse a given string."),
    ],
)
def test_what_is_about_the_same_is_no_paraphrase(item: str, row: str) -> None:
    assert found(item, row) == []


def test_a_passage_must_have_more_in_common_with_an_item_than_a_row_and_words_alone_more_than_numbers() -> None:
    with_numbers, without = said("Draw 7 oars", NO_ITEMS), said("Draw wooden oars", NO_ITEMS)
    assert alike(with_numbers, with_numbers) > 0.8
    assert alike(with_numbers, with_numbers, telling=TELLING_INSIDE) == 0.0
    assert alike(without, without) == 0.0


@given(TEXTS, TEXTS, st.floats(0, 1))
def test_a_bound_rules_out_no_pair_that_is_alike(one: str, other: str, least: float) -> None:
    item, row = said(one, NO_ITEMS), said(other, NO_ITEMS)
    whole = alike(item, row)
    assert 0.0 <= whole <= 1.0
    assert alike(item, row, least) == (whole if whole >= least else 0.0)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Question: What is it?\nAnswer: 5", "What is it?\n"),
        ("What is it?\n#### 5", "What is it?\n"),
        ("Answer: yes", "Answer: yes"),
        ("Problem:", "Problem:"),
        ("The answer: is here", "The answer: is here"),
    ],
)
def test_the_question_is_told_from_its_answer(text: str, part: str) -> None:
    assert question_part(text) == part


def test_nine_of_ten_paraphrases_of_gsm8k_at_one_false_alarm_in_a_thousand(
    shared_data: Path, read_rows: Reader
) -> None:
    """On the half that neither weights nor threshold were set on; the clean rows are GSM8K's own training problems."""

    def column(place: str, name: str) -> pl.DataFrame:
        return pl.DataFrame({"prompt": [row[name] for row in read_rows(shared_data / place)]})

    exam = {"gsm8k": column("math_gsm8k/test.jsonl.gz", "question")}
    rephrased = column("decontam_gsm8k_rephrased/pairs.jsonl.gz", "rephrased")
    train = column("math_gsm8k/train.jsonl.gz", "question")
    found = decontaminate(rephrased, against=exam, profile="embedding").hits.filter("dropped")
    right = found.filter(pl.col("row").cast(pl.String) == pl.col("item"))["row"].unique()
    alarms = decontaminate(train, against=exam, profile="embedding").hits.filter("dropped")["row"].unique()
    assert (right % 2 == 1).sum() >= 0.9 * (rephrased.height // 2)
    assert (alarms % 2 == 1).sum() <= 0.001 * (train.height // 2)
