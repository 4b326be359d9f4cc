"""`grade`: scores of rewards beside the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from curate.responses import Journal
from curate.step import Context
from curate.steps.grade import Grade


def graded(rows: list[dict[str, Any]], tmp_path: Path) -> pl.DataFrame:
    def nothing(name: str) -> Any:
        raise AssertionError(f"{name} was asked for an engine")

    context = Context(0, tmp_path, nothing, nothing, {}, Journal(tmp_path / "none.jsonl", read_only=True))
    return Grade.model_validate({"step": "grade", "rewards": ["math"]}).run(pl.DataFrame(rows), context).kept


def test_a_completion_that_is_null_is_not_judged_and_an_empty_one_is_wrong(tmp_path: Path) -> None:
    rows = [{"id": f"r{n}", "answer": "2", "completion": text} for n, text in enumerate(["2", "", None])]
    told = graded(rows, tmp_path)
    assert told["score.math"].to_list() == [1.0, 0.0, None]
    assert told["why.math"][2] == "the completion is null"


def test_thinking_without_an_answer_is_judged(tmp_path: Path) -> None:
    told = graded([{"id": "r0", "answer": "2", "completion": None, "thinking": "it is 2"}], tmp_path)
    assert told["score.math"].to_list() == [0.0]
