"""`load` stacks sources of different dialects so that every later step looks at all of their rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate import dedupe
from curate.building import build
from curate.errors import DataError, InvalidInput
from curate.recipe import load_recipe
from curate.step import Progress

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


def test_rows_that_left_for_samples_of_one_row_share_their_reason(tmp_path: Path) -> None:
    write(tmp_path / "samples.jsonl", [{"prompt": asked, "samples": ["a", "b"]} for asked in ("one?", "two?")])
    recipe = "name: small\nsteps: [{step: load, sources: [samples.jsonl]}, {step: dedupe}]\n"
    (tmp_path / "recipe.yaml").write_text(recipe)
    run = build(load_recipe(tmp_path / "recipe.yaml"), tmp_path / "run")
    assert run.ledger[1].reasons == {"same prompt as another row": 2}


def test_lists_of_texts_are_compared_as_texts() -> None:
    rows = [
        ["Ada Lovelace, England", "mathematics"],
        ["Ada  Lovelace, england", "mathematics"],
        ["Ada Lovelace, England"],
    ]
    found = dedupe(pl.DataFrame({"id": list("abc"), "tags": rows}), "tags")
    assert (found.kept["id"].to_list(), "skipped" in found.notes) == (["a", "c"], False)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (
            "step: decontaminate, profile: embedding, encoder: ./none, against: {exam: exam.jsonl}",
            "decontaminate: .*none",
        ),
        ("step: dedupe, name: meanings, by: semantic, encoder: ./none", "meanings: .*none"),
        ("step: decontaminate, against: {exam: /dev/null}", "decontaminate: .*/dev/null is a device or a pipe"),
        ("step: filter, keep: cleen", "filter: column 'cleen' will not be there"),
    ],
)
def test_what_a_step_needs_and_is_not_there_is_told_with_the_step(tmp_path: Path, step: str, told: str) -> None:
    write(tmp_path / "tasks.jsonl", [{"instruction": "Name a river.", "output": "The Rhine."}])
    write(tmp_path / "exam.jsonl", [{"question": EXAM}])
    head = "name: small\nsteps:\n  - {step: load, sources: [{file: tasks.jsonl}]}\n"
    (tmp_path / "recipe.yaml").write_text(f"{head}  - {{{step}}}\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=told):
        build(load_recipe(tmp_path / "recipe.yaml"), tmp_path / "run")


def test_every_source_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path / "odd.jsonl", [{"colour": "red"}])
    sources = "[{file: odd.jsonl}, {file: none.jsonl}, {procedural: units}]"
    (tmp_path / "recipe.yaml").write_text(f"name: small\nsteps: [{{step: load, sources: {sources}}}]\n")
    with pytest.raises(DataError, match=r"load: file 'odd.jsonl': the dialect(.|\n)*\nload: \S*none.jsonl is missing"):
        build(load_recipe(tmp_path / "recipe.yaml"), tmp_path / "run")


def test_what_reading_a_source_noted_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("rows.jsonl"), [{"prompt": "What is 2+2?", "reply_of_bot": "4"}])
    Path("noted.yaml").write_text("name: noted\nsteps:\n  - {step: load, sources: [{file: rows.jsonl}]}\n")
    said: list[str] = []
    build(load_recipe(Path("noted.yaml")), Path("run"), progress=Progress(say=said.append))
    assert any("prompts alone, beside 'reply_of_bot'" in line for line in said)
