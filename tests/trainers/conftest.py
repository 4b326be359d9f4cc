"""Rows and settings for trainings of two steps: the house model, 32 problems of arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.sources import procedural
from curate.table import write_parquet

WRONG = "<think>\nI guess.\n</think>\n\nThe answer is \\boxed{7}."


@pytest.fixture(scope="session")
def problems() -> pl.DataFrame:
    """Prompt, completion, answer, verifier."""
    return procedural.generate("arithmetic", 32, 0, split="train")


@pytest.fixture(scope="session")
def files(problems: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Paths of data, by what kind of method takes them."""
    folder = tmp_path_factory.mktemp("data")
    tables = {
        "rows": problems,
        "pairs": problems.select("prompt", chosen="completion", rejected=pl.lit(WRONG)),
        "labels": pl.concat(
            [
                problems.select("prompt", "completion", label=pl.lit(value=True)),
                problems.select("prompt", completion=pl.lit(WRONG), label=pl.lit(value=False)),
            ]
        ),
    }
    for name, table in tables.items():
        write_parquet(table, folder / f"{name}.parquet")
    return {name: str(folder / f"{name}.parquet") for name in tables}


@pytest.fixture
def settings(files: dict[str, str], tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Settings of a training of two steps; `trl` is laid over, other keys replaced."""

    def make(method: str, trl: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        online = method in ("grpo", "rloo")
        preference = method in ("dpo", "orpo", "simpo", "cpo", "reward")
        made: dict[str, Any] = {
            "method": method,
            "model": "house",
            "data": files["pairs" if preference else "labels" if method == "kto" else "rows"],
            "out": str(tmp_path / method),
            "batch": 8,
        }
        short = {"max_steps": 2, "learning_rate": 1e-4, "logging_steps": 1}
        if online:
            made |= {"rewards": ["math"]}
            short |= {"num_generations": 4, "max_completion_length": 24}
        return made | {"trl": short | (trl or {})} | changes

    return make
