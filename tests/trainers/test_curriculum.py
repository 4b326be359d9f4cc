"""Rows in order, and problems drawn by what there is to learn from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from safetensors.torch import load_file

from curate.errors import DataError, Interrupted, UsageError
from curate.table import write_parquet
from tests.trainers.interrupted import StopsAt
from trainers import train
from trainers.config import make_config
from trainers.curriculum import AdaptiveSampler, Estimates
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def rated(problems: pl.DataFrame, tmp_path: Path) -> str:
    """The problems with pass rates 0, 1/31, ... 1, out of order."""
    rates = [(7 * row % 32) / 31 for row in range(32)]
    write_parquet(problems.with_columns(pass_rate=pl.Series(rates)), tmp_path / "rated.parquet")
    return str(tmp_path / "rated.parquet")


@pytest.mark.parametrize(("word", "sign"), [("easy_first", -1), ("hard_first", 1)])
def test_rows_are_sorted_by_their_pass_rate_and_not_shuffled(word: str, sign: int, settings: Make, rated: str) -> None:
    config, _ = make_config(settings("grpo", data=rated, curriculum=word))
    trainer = build(prepare(config))
    rates = [sign * row["pass_rate"] for row in trainer.train_dataset]
    assert rates == sorted(rates)
    first = next(iter(trainer.get_train_dataloader()))
    assert first[0]["pass_rate"] == (1.0 if word == "easy_first" else 0.0)


def test_supervised_rows_are_sorted_by_length(settings: Make) -> None:
    config, _ = make_config(settings("sft", curriculum={"order": "easy_first", "by": "length"}))
    trainer = build(prepare(config))
    lengths = [len(row["input_ids"]) for row in trainer.train_dataset]
    assert sum(lengths[:8]) < 0.9 * sum(lengths[-8:])  # sorted by characters, which is nearly by tokens
    assert list(trainer._get_train_sampler()) == list(range(32))


def test_a_column_that_is_not_there_is_told(settings: Make) -> None:
    config, _ = make_config(settings("grpo", curriculum="easy_first"))
    with pytest.raises(DataError, match="pass_rate"):
        build(prepare(config))
    config, _ = make_config(settings("grpo", curriculum={"by": "prompt"}))
    with pytest.raises(DataError, match="not numbers"):
        build(prepare(config))
    config, _ = make_config(settings("sft", curriculum="adaptive"))
    with pytest.raises(UsageError, match="adaptive draws the problems of grpo"):
        build(prepare(config))


def test_problems_in_between_are_drawn_most() -> None:
    rates = torch.tensor([0.0] * 50 + [0.5] * 10 + [1.0] * 50)
    seen = Estimates(rates, (0.0, 1.0))
    drawn = Counter(row for seed in range(400) for row in seen.batch(seed, 8, 0))
    between = sum(count for row, count in drawn.items() if 50 <= row < 60)
    assert between / sum(drawn.values()) > 0.4  # a tenth of the problems, more than half of the weight
    assert set(drawn) == set(range(110))  # and nobody is forgotten
    assert all(len(set(seen.batch(seed, 8, 0))) == 8 for seed in range(50))


def test_estimates_follow_what_groups_earn() -> None:
    seen = Estimates(torch.full((3,), 0.5), (-1.0, 1.0))
    for batch in range(6):
        seen.update(batch, [0, 0, 2, 2], torch.tensor([1.0, 1.0, -1.0, 1.0]))
    assert seen.rates[0] > 0.98
    assert seen.rates[1] == 0.5
    assert seen.rates[2] == pytest.approx(0.5)


def test_the_sampler_repeats_as_trl_s_does() -> None:
    sampler = AdaptiveSampler(Estimates(torch.full((7,), 0.5), (0, 1)), prompts=2, repeats=3, batches=2, seed=0)
    rows = list(sampler)
    assert len(rows) == len(sampler) == 3 * 2 * 3 * 2
    assert rows[:6] == rows[6:12]
    assert rows[0] == rows[1] == rows[2] != rows[3]


@pytest.mark.parametrize("dynamic", [False, True])
def test_a_training_keeps_its_estimates_with_its_checkpoints(dynamic: bool, settings: Make, rated: str) -> None:
    made = settings("grpo", {"save_steps": 1, "max_steps": 2}, data=rated, curriculum="adaptive")
    trained = train(made | ({"dynamic_sampling": True} if dynamic else {}))
    saved = [json.loads(path.read_text())["rates"] for path in sorted(trained.folder.rglob("curriculum.json"))]
    assert len(saved) == 2
    assert saved[0] != saved[1]
    assert any("curriculum/mean_rate" in line for line in trained.log)


def test_a_batch_is_drawn_alike_before_and_after_the_one_ahead_of_it_is_scored() -> None:
    early, late = (Estimates(torch.full((40,), 0.5), (0.0, 1.0)) for _ in range(2))
    drawn: tuple[list[Any], list[Any]] = ([], [])
    for batch in range(20):
        rows = list(range(2 * batch, 2 * batch + 2))
        drawn[0].append(early.batch(batch + 1, 8, 0))
        for seen in (early, late):
            seen.update(batch, rows, torch.ones(2))
            seen.update(batch, rows, torch.ones(2))
        drawn[1].append(late.batch(batch + 1, 8, 0))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("stop", "more"), [(2, {}), (5, {}), (3, {"dynamic_sampling": True}), (2, {"trl": {"num_iterations": 2}})]
)
def test_a_resumed_training_draws_what_an_uninterrupted_one_does(
    stop: int, more: dict[str, Any], settings: Make, problems: pl.DataFrame, tmp_path: Path
) -> None:
    """In the first epoch, of four batches, and in the second."""
    write_parquet(problems.head(8), tmp_path / "few.parquet")
    trl = {"save_steps": 1, "max_steps": 6, "learning_rate": 1e-3, "temperature": 2.0} | more.pop("trl", {})
    made = settings("grpo", trl, data=str(tmp_path / "few.parquet"), curriculum="adaptive", rewards=[], **more)
    whole = train({**made, "out": str(tmp_path / "whole")}, rewards=[odd])
    with pytest.raises(Interrupted):
        train(made, rewards=[odd], callbacks=[StopsAt(stop)])
    resumed = train(made, rewards=[odd], resume=True)
    ends = [load_file(Path(one.model) / "model.safetensors") for one in (whole, resumed)]
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())
    kept = [(one.folder / "checkpoints" / "checkpoint-6" / "curriculum.json").read_text() for one in (whole, resumed)]
    assert kept[0] == kept[1]


def odd(completions: list[Any], **columns: Any) -> list[float]:
    """A reward that hardly any two answers share."""
    return [sum(turns[0]["content"].encode()) % 7 / 6 for turns in completions]
