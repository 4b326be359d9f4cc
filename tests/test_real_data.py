"""Builds over real labelled data: recorded solutions of GSM8K, and long reasoning traces of QwQ and R1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.building import build
from curate.recipe import load_recipe
from curate.run import Run

Rows = Callable[[Path], Iterator[dict[str, Any]]]

GSM8K = """\
name: gsm8k-replay
license: mit
engines:
  recorded: {engine: replay, file: SOLUTIONS, prompt: question, completion: solution}
steps:
  - step: load
    sources: [{file: QUESTIONS, name: gsm8k, verifier: math}]
  - step: generate
    engine: recorded
    n: 4
  - step: grade
    rewards: [{reward: math, options: {style: gsm8k}}]
  - step: pairs
    score: score.math
  - step: format
    to: preference
"""

TRACES = """\
name: traces
license: mit
steps:
  - step: load
    sources:
      - {file: DATA/cot_misguided/qwq_32b.jsonl.gz, name: qwq}
      - {file: DATA/cot_misguided/deepseek_r1_jan2025.jsonl.gz, name: r1}
      - {file: DATA/cot_planning/r1_blocksworld3.jsonl.gz, name: planning}
  - step: format
    to: sft
    thinking: tags
  - step: split
"""


def run(folder: Path, text: str) -> Run:
    (folder / "recipe.yaml").write_text(text)
    return build(load_recipe(folder / "recipe.yaml"), folder / "run")


@pytest.fixture(scope="module")
def gsm8k(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Run:
    folder = shared_data / "math_gsm8k"
    text = GSM8K.replace("SOLUTIONS", str(folder / "model_solutions_labelled.jsonl.gz"))
    return run(tmp_path_factory.mktemp("gsm8k"), text.replace("QUESTIONS", str(folder / "test.jsonl.gz")))


def test_verdicts_agree_with_every_gsm8k_label(gsm8k: Run, shared_data: Path, read_rows: Rows) -> None:
    labels: dict[tuple[str, str], bool] = {}
    for row in read_rows(shared_data / "math_gsm8k" / "model_solutions_labelled.jsonl.gz"):
        labels[row["question"], row["solution"]] = row["is_correct"]
    graded = gsm8k.kept("02-grade")
    assert graded.height == 5_276
    wrong = [
        row["id"]
        for row in graded.iter_rows(named=True)
        if row["score.math"] != labels[row["prompt"], row["completion"]]
    ]
    assert not wrong


def test_every_pair_is_a_right_answer_beside_a_wrong_one(gsm8k: Run) -> None:
    pairs = gsm8k.splits()["train"]
    assert pairs.height > 700
    assert set(pairs["chosen_score"]) == {1.0}
    assert set(pairs["rejected_score"]) == {0.0}
    entry = gsm8k.ledger[3]
    assert (entry.rows_in, entry.out + entry.dropped) == (5_276, 5_276)


def test_real_traces_become_chats_with_their_thinking_apart(tmp_path: Path, shared_data: Path) -> None:
    made = run(tmp_path, TRACES.replace("DATA", str(shared_data)))
    loaded = made.kept("00-load")
    assert loaded.filter(pl.col("thinking").str.len_chars() > 1000).height > 200
    assert not loaded["completion"].str.contains("<think>").any()
    final = pl.concat(made.splits().values(), how="diagonal_relaxed")
    for messages in final["messages"]:
        assert messages[-1]["role"] == "assistant"
        assert messages[-1]["content"].count("<think>") <= 1
    cut = loaded.filter(pl.col("finish_reason") == "length")["id"].to_list()
    reasons = made.dropped("01-format").filter(pl.col("id").is_in(cut))["reason"].to_list() if cut else []
    assert len(reasons) == len(cut)  # what was cut off is marked, and never trained on
