"""One recipe for all executors: rows that are judged, questions that a model answers, a step that looks at all rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.recipe import Recipe, load_recipe
from curate.run import Run

RECIPE = """\
name: spread
seed: 5
engines:
  m: {engine: fake, text: boxed, error_rate: 0.02}
steps:
  - step: load
    sources: [{procedural: arithmetic, rows: 90}, {procedural: units, rows: 30}]
  - {step: generate, engine: m, n: 2}
  - {step: grade, rewards: [verifier, boxed_format, think_format]}
  - {step: keep, where: score.boxed_format == 1}
  - {step: select, by: cap, column: source, most: 50}
  - {step: format, to: sft}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return load_recipe(tmp_path / "recipe.yaml")


@pytest.fixture
def assert_equal_runs() -> Callable[[Run, Run], None]:
    """The check that two runs are equal but for their times."""
    return _assert_equal


def _assert_equal(one: Run, other: Run) -> None:
    """The same rows, byte for byte, in every table of every step, and the same account of them."""
    names = sorted(path.name for path in one.steps_folder.iterdir())
    assert names == sorted(path.name for path in other.steps_folder.iterdir())
    for name in names:
        assert (one.steps_folder / name).read_bytes() == (other.steps_folder / name).read_bytes(), name
    assert one.ledger_path.read_bytes() == other.ledger_path.read_bytes()
    assert [json.dumps(row, default=str) for row in one.splits()["train"].iter_rows()] == [
        json.dumps(row, default=str) for row in other.splits()["train"].iter_rows()
    ]
