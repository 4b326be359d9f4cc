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
from curate.cleaning.contamination.paraphrase import agreement, alike, alike_from, question_part, said
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
    assert alike(1.0, *agreement(words, words)) == pytest.approx(1.0)


@given(TEXTS, TEXTS, st.floats(-1, 1), st.floats(0, 1))
def test_a_bound_rules_out_no_pair_that_is_alike(one: str, other: str, cosine: float, least: float) -> None:
    item, row = said(one, NO_ITEMS), said(other, NO_ITEMS)
    whole = alike(cosine, *agreement(item, row))
    assert alike_from(least, cosine, item, row) == (whole if whole >= least else None)


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
