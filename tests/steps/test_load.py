"""`load` stacks sources of different dialects so that every later step looks at all of their rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from curate.building import build
from curate.recipe import load_recipe

RECIPE = """
name: stacked
license: mit
steps:
  - step: load
    sources: [{file: tasks.jsonl}, {file: chats.jsonl}]
  - {step: filter, rules: [default, words: {min: 1}], keep: clean}
  - step: decontaminate
    against: {exam: exam.jsonl}
  - step: dedupe
  - {step: format, to: sft}
"""
EXAM = "How many primes lie below one hundred, and which one of them is the largest of all?"


def chat(asked: str, said: str) -> dict[str, Any]:
    return {"conversations": [{"from": "human", "value": asked}, {"from": "gpt", "value": said}]}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_tasks_and_chats_are_filtered_decontaminated_and_deduped_alike(tmp_path: Path) -> None:
    tasks = [("Name a river.", "The Rhine."), (EXAM, "There are 25; 97 is the largest.")]
    chats = [("Name a hill.", "The Brocken."), (EXAM, "Twenty-five."), ("name a RIVER.", "The Elbe.")]
    write(tmp_path / "tasks.jsonl", [{"instruction": asked, "output": said} for asked, said in tasks])
    write(tmp_path / "chats.jsonl", [chat(*exchange) for exchange in chats])
    write(tmp_path / "exam.jsonl", [{"question": EXAM}])
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    run = build(load_recipe(tmp_path / "recipe.yaml"), tmp_path / "run")
    left = {entry.word: entry.dropped for entry in run.ledger}
    assert left == {"load": 0, "filter": 0, "decontaminate": 2, "dedupe": 1, "format": 0}
    said = pl.read_parquet(tmp_path / "run" / "data" / "train.parquet")["messages"].list.last().struct.field("content")
    assert sorted(said) == ["The Brocken.", "The Rhine."]
