"""Rows far from each other: the plain greedy order, its bound, and what a real encoder makes of real texts."""

from __future__ import annotations

import time
import tracemalloc
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import select
from curate.building import build
from curate.cleaning.selection.clusters import spherical_clusters
from curate.cleaning.selection.farthest import BLOCK, HELD, farthest_first
from curate.recipe import load_recipe


def units(rows: int, dimensions: int, seed: int) -> Any:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def distances(vectors: Any) -> Any:
    return np.sqrt(np.maximum(0, 2 - 2 * (vectors.astype(float) @ vectors.T.astype(float))))


def plain_greedy(vectors: Any, count: int, start: int) -> list[int]:
    """The definition: each row the farthest from all taken."""
    apart, order = distances(vectors), [start]
    while len(order) < count:
        nearest = apart[:, order].min(axis=1)
        nearest[order] = -1
        order.append(int(nearest.argmax()))
    return order


@settings(max_examples=30)
@given(rows=st.integers(1, 300), dimensions=st.integers(2, 12), seed=st.integers(0, 99), share=st.floats(0.1, 1))
def test_the_order_is_that_of_plain_greedy(rows: int, dimensions: int, seed: int, share: float) -> None:
    vectors, count = units(rows, dimensions, seed), max(1, round(share * rows))
    order, radii = farthest_first(vectors, count, seed % rows)
    apart = distances(vectors)
    assert sorted(set(order.tolist())) == sorted(order.tolist())
    for place in range(1, count):  # float32 and float64 may break a tie differently; the distance taken is the largest
        nearest = apart[:, order[:place]].min(axis=1)
        assert nearest[order[place]] == pytest.approx(nearest.max(), abs=2e-3)
        assert radii[place - 1] == pytest.approx(nearest.max(), abs=2e-3)
    if dimensions > 4:
        assert order.tolist() == plain_greedy(vectors, count, seed % rows) or count > 50


@given(seed=st.integers(0, 30), count=st.integers(1, 4))
def test_the_radius_is_at_most_twice_the_best(seed: int, count: int) -> None:
    vectors = units(9, 3, seed)
    apart = distances(vectors)
    best = min(apart[:, list(centers)].min(axis=1).max() for centers in combinations(range(9), count))
    _, radii = farthest_first(vectors, count, 0)
    assert radii[-1] <= 2 * best + 1e-3


def test_copies_are_taken_last_and_cost_nothing() -> None:
    vectors = np.repeat(units(4, 384, 0), 25_000, axis=0)
    started = time.process_time()
    order, radii = farthest_first(vectors, 5_000, 3)
    assert time.process_time() - started < 20  # a block of distances for each would take minutes
    assert sorted(order[:4] // 25_000) == [0, 1, 2, 3]
    assert radii[3] == 0
    assert len(set(order.tolist())) == 5_000


def test_memory_is_bounded_however_many_rows_are_taken() -> None:
    vectors = units(20_000, 16, 5)
    tracemalloc.start()
    farthest_first(vectors, 4_000, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < (HELD + 3 * BLOCK) * vectors.shape[0] * 4 + 1e6  # what is held and a block, not a block for each row


def test_clusters_find_the_groups_and_the_rare_ones_are_covered() -> None:
    centres = units(10, 32, 1)
    labels = np.repeat(np.arange(10), [500, 400, 300, 200, 100, 50, 20, 10, 5, 5])
    noise = 0.05 * np.random.default_rng(2).normal(size=(labels.size, 32))
    vectors = (centres[labels] + noise).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    first = np.array([int(np.flatnonzero(labels == label)[0]) for label in range(10)])
    assert (spherical_clusters(vectors, first) == labels).all()
    frame = pl.DataFrame({"id": [f"r{i}" for i in range(labels.size)], "topic": labels})
    made = select(frame, "diverse", count=40, method="clusters", clusters=40, embeddings=vectors)
    assert made.kept["topic"].n_unique() >= 8  # a random 40 of 1,590 would miss most of the small ones
    assert made.notes["covered"] == min(40, made.notes["clusters"])


def test_no_rows_and_zero_vectors_are_selected_too() -> None:
    empty = pl.DataFrame({"id": [], "prompt": []}, schema={"id": pl.String, "prompt": pl.String})
    for method in ("k-center", "clusters"):
        assert select(empty, "diverse", count=3, method=method).kept.height == 0
        rows = pl.DataFrame({"id": ["a", "b", "c"]})
        zeros = np.zeros((3, 4), np.float32)
        assert select(rows, "diverse", count=2, method=method, embeddings=zeros).kept.height == 2


def test_the_shipped_encoder_puts_different_questions_first() -> None:
    same = [f"How do I boil {word} eggs?" for word in ("two", "three", "four", "five", "six")]
    other = ["Prove that the square root of 2 is irrational.", "Write a haiku about autumn rain.", None, ""]
    frame = pl.DataFrame({"id": [f"r{i}" for i in range(9)], "prompt": same + other})
    three = select(frame, "diverse", count=3)
    assert set(other[:2]) <= set(three.kept["prompt"])
    assert three.dropped.filter(pl.col("reason") == "nothing to embed")["id"].to_list() == ["r7", "r8"]
    assert three.at(8).kept["id"].to_list() == [f"r{i}" for i in range(8)]  # rows without a text come last


def test_the_step_embeds_the_prompts(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(
        "name: far\nengines: {}\nsteps:\n"
        "  - {step: load, sources: [{procedural: arithmetic, rows: 30}, {procedural: units, rows: 10}]}\n"
        "  - {step: select, by: diverse, count: 12, encoder: static}\n"
    )
    run = build(load_recipe(tmp_path / "r.yaml"), tmp_path / "run")
    assert run.ledger[-1].out == 12
    assert run.ledger[-1].notes["method"] == "k-center"
    assert set(run.dropped("01-select")["reason"].str.slice(0, 15)) == {"nearer to a sel"}
