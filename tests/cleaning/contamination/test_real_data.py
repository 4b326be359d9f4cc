"""Contamination that is really there: what MANIFEST.md lists, and leaks planted in real text."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate import decontaminate

Reader = Callable[[Path], Iterator[dict[str, Any]]]


def form(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower()).split())


@pytest.mark.parametrize(
    ("rows", "column", "exam", "question", "listed"),
    [
        ("math_hendrycks/math_train_7474", "problem", "math_hendrycks/math_test_5000", "problem", 8),
        ("math_hendrycks/math_test_5000", "problem", "math_hendrycks/math500", "problem", 500),
        ("math_benchmarks/mmlu_stem", "question", "math_hendrycks/math_test_5000", "problem", 80),
        ("math_hendrycks/math_test_5000", "problem", "sci_mmlu/mmlu_test", "question", 76),
        ("math_equiv_loong/advanced_math_pairs", "question", "math_hendrycks/math_test_5000", "problem", 2),
        ("math_gsm8k/train", "question", "math_gsm8k/test", "question", 0),
    ],
)
def test_every_exact_contamination_is_found(
    shared_data: Path, read_rows: Reader, rows: str, column: str, exam: str, question: str, listed: int
) -> None:
    texts = [row[column] for row in read_rows(shared_data / f"{rows}.jsonl.gz")]
    items = [row[question] for row in read_rows(shared_data / f"{exam}.jsonl.gz")]
    forms = {form(item) for item in items}
    there = {number for number, text in enumerate(texts) if form(text) in forms}
    assert len(there) == listed
    hits = decontaminate(pl.DataFrame({"prompt": texts}), against={"exam": items}).hits
    assert there <= set(hits.filter(pl.col("how") == "exact")["row"])
    if not listed:
        assert not hits["dropped"].any()


def test_a_word_edited_in_a_formula_hides_no_item(shared_data: Path, read_rows: Reader) -> None:
    """Problems of MATH with two formulas and more, of 12 words and more, one of its words changed."""
    exam = [row["problem"] for row in read_rows(shared_data / "math_hendrycks/math_test_5000.jsonl.gz")]
    rng = random.Random(0)
    rows = []
    for problem in exam:
        words = problem.split(" ")
        spoken = [place for place, word in enumerate(words) if re.fullmatch("[a-z]{4,}", word)]
        if len(words) >= 12 and spoken and problem.count("$") >= 4:
            words[rng.choice(spoken)] = "other"
            rows.append(" ".join(words))
    rows = rows[::5]
    found = decontaminate(pl.DataFrame({"prompt": rows}), against={"math": exam}).dropped.height
    assert found >= 0.97 * len(rows)


def test_every_leak_planted_in_real_text_is_found_and_nothing_else(shared_data: Path, read_rows: Reader) -> None:
    items = [row["question"] for row in read_rows(shared_data / "math_gsm8k/test.jsonl.gz")]
    hosts = [
        f"{row['instruction']}\n{row['input']}\n{row['output']}"
        for row in read_rows(shared_data / "sft_dolly/dolly_3k_rated.jsonl.gz")
    ]
    rng = random.Random(0)
    texts, told = [], []
    for number, host in enumerate(hosts):
        words = host.split(" ")
        place = rng.randrange(len(words) + 1)
        item = items[number % len(items)] if number % 4 == 0 else ""
        texts.append(" ".join([*words[:place], item, *words[place:]]))
        told.append(bool(item))
    result = decontaminate(pl.DataFrame({"prompt": texts}), against={"gsm8k": items})
    assert set(result.hits.filter("dropped")["row"]) == {number for number, leak in enumerate(told) if leak}
