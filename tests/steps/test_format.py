"""`format` keeps beside the contract's columns what a stranger needs to verify a row again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rewards
from curate.responses import Journal
from curate.step import Context
from curate.steps.format import Format
from curate.steps.grade import Grade


def formatted(folder: Path, to: str, rows: list[dict[str, Any]], **settings: Any) -> pl.DataFrame:
    with Journal(folder / "journal.jsonl") as journal:
        context = Context(0, folder, lambda name: None, lambda name: {}, {}, journal)
        graded = (
            Grade.model_validate({"step": "grade", "rewards": ["verifier", "think_format"]})
            .run(pl.DataFrame(rows), context)
            .kept
        )
        step = Format.model_validate({"step": "format", "to": to, **settings})
        kept = step.run(graded, context).kept
        assert set(kept.columns) <= step.after(frozenset(graded.columns))
        return kept


def row(number: int, **columns: Any) -> dict[str, Any]:
    made = {"id": f"r{number}", "prompt": "?", "completion": "3", "thinking": "1", "finish_reason": "stop", "stray": 1}
    return made | columns


ROWS = [
    row(1, verifier="countdown", numbers=[1, 2], target=3, completion="\\boxed{1 + 2}"),
    row(2, verifier="ifeval", instruction_id_list=["punctuation:no_comma"], kwargs=[{"num": None}]),
    row(3, verifier="regex", pattern="3"),
]


@pytest.mark.parametrize("to", ["sft", "prompt-completion", "verifiable"])
def test_every_column_that_a_row_s_verifier_reads_stays(tmp_path: Path, to: str) -> None:
    kept = formatted(tmp_path, to, ROWS)
    for published, asked in zip(kept.to_dicts(), ROWS, strict=True):
        needed = {name: published[name] for name in rewards.get(asked["verifier"]).columns}
        assert rewards.get(asked["verifier"]).score(asked["completion"], **needed).value == 1.0
    assert "stray" not in kept.columns


def test_a_verifiable_row_says_nothing_of_an_answer_it_does_not_hold(tmp_path: Path) -> None:
    assert not [name for name in formatted(tmp_path, "verifiable", ROWS).columns if "score" in name or "finish" in name]
    assert "score.verifier" in formatted(tmp_path, "sft", ROWS).columns
    assert "stray" in formatted(tmp_path, "verifiable", ROWS, columns=["stray"]).columns
