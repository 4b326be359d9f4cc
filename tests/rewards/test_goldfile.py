"""Golden files from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rewards
from curate.cli import app
from curate.errors import DataError, GateFailed
from rewards.goldfile import check

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "rewards"


def run(*words: str):
    return CliRunner().invoke(app, ["rewards", "test", *words])


@pytest.mark.parametrize("name", ["math", "choice", "kimi_length", "think_format"])
def test_the_shipped_golden_files_pass(name: str) -> None:
    done = run(name, "--gold", str(GOLDEN / f"{name}.jsonl"))
    assert done.exit_code == 0, done.output
    assert "rows pass" in done.output


def test_a_wrong_value_is_told_with_its_reason_and_ends_with_code_5(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"completion": "7", "answer": "8", "value": 1.0}) + "\n")
    done = run("math", "--gold", str(gold))
    assert isinstance(done.exception, GateFailed)
    assert done.exception.exit_code == 5
    assert "row 1: expected 1, got 0" in done.output


def test_none_is_not_zero() -> None:
    rows = [{"completion": "7", "value": 0.0}]
    failure = check("math", rows)[0]
    assert failure.earned is None
    assert "answer" in failure.why


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"answer": "4", "value": 1}, "no 'completion'"),
        ({"completion": "4", "answer": "4"}, "no 'value'"),
        ({"completion": "4", "answer": "4", "value": "one"}, "a value is a number or null, got 'one'"),
    ],
)
def test_a_row_without_its_parts_is_an_error_of_the_file(row: dict, message: str) -> None:
    with pytest.raises(rewards.RewardError, match=message):
        check("math", [row])


def test_an_empty_golden_file_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text("\n")
    assert isinstance(run("math", "--gold", str(tmp_path / "gold.jsonl")).exception, DataError)


def test_an_unknown_reward_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text('{"completion": "4", "value": 1}\n')
    done = run("maths", "--gold", str(tmp_path / "gold.jsonl"))
    assert "did you mean 'math'" in str(done.exception)
