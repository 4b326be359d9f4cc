"""mask, score and filter in a recipe: built, labelled, dropped with reasons, and built again from what is stored."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.building import build
from curate.recipe import load_recipe

RECIPE = """\
name: filtered
license: mit
steps:
  - {step: load, sources: [{procedural: arithmetic, rows: 40}]}
  - {step: mask, kinds: pii}
  - {step: score, by: perplexity, model: house, column: prompt, into: surprise}
  - step: filter
    column: prompt
    rules:
      - empty
      - words: {min: 23}
      - score.surprise: {max: 1e9}
    keep: [not flag.words, score.surprise is not None]
"""


def test_a_recipe_masks_scores_and_filters(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "filtered.yaml").write_text(RECIPE)
    run = build(load_recipe(tmp_path / "filtered.yaml"), tmp_path / "run")
    kept = pl.read_parquet(tmp_path / "run" / "steps" / "03-filter.parquet")
    dropped = pl.read_parquet(tmp_path / "run" / "steps" / "03-filter.dropped.parquet")
    assert kept.height + dropped.height == 40
    assert kept["score.words"].min() >= 23  # type: ignore[operator]
    assert kept["score.surprise"].null_count() == 0
    assert set(dropped["reason"]) == {"not flag.words"}
    told: list[str] = []
    from curate.step import Progress

    again = build(load_recipe(tmp_path / "filtered.yaml"), tmp_path / "run", progress=Progress(say=told.append))
    assert again.splits()["train"].equals(run.splits()["train"])
    assert sum("reused" in line for line in told) == 4
