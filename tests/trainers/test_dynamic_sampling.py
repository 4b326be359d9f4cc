"""Groups of equal rewards are replaced by others; where there are none, training is TRL's, number for number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from curate.errors import Interrupted, UsageError
from tests.trainers.interrupted import StopsAt
from trainers import train
from trainers.config import make_config
from trainers.models import find
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]


def varied(completions: list[Any], **columns: Any) -> list[float]:
    """Differs within every group."""
    return [float(row % 4) for row in range(len(completions))]


def by_kind(completions: list[Any], prompts: list[Any], **columns: Any) -> list[float]:
    """Rewards differ for prompts of even length only; the others are all equal."""
    return [
        float(row % 4) if len(prompt[0]["content"]) % 2 == 0 else 1.0
        for row, prompt in zip(range(len(completions)), prompts, strict=True)
    ]


def hopeless(completions: list[Any], **columns: Any) -> list[float]:
    return [1.0] * len(completions)


def test_a_batch_that_varies_is_trls_own(settings: Make, tmp_path: Path) -> None:
    plain = train(settings("grpo", rewards=[], out=str(tmp_path / "plain")), rewards=[varied])
    ours = train(settings("grpo", rewards=[], out=str(tmp_path / "ours"), dynamic_sampling=True), rewards=[varied])
    assert ours.log[0]["dynamic_sampling/rounds"] == 0
    before, after = (load_file(Path(one.model) / "model.safetensors") for one in (plain, ours))
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    moved = load_file(find("house") / "model.safetensors")
    assert any(not torch.equal(value.float(), after[name]) for name, value in moved.items())


def test_groups_without_variance_are_replaced(settings: Make) -> None:
    trained = train(
        settings("grpo", {"max_steps": 3}, rewards=[], batch=32, dynamic_sampling={"rounds": 10}), rewards=[by_kind]
    )
    for line in trained.log[:3]:
        assert line["dynamic_sampling/frac_left_zero_std"] == 0
    assert sum(line["dynamic_sampling/replaced"] for line in trained.log[:3]) > 0.5
    assert all(line["grad_norm"] > 0 for line in trained.log[:3])


def test_what_a_batch_is_made_of_after_it_was_refilled(settings: Make) -> None:
    """Every group has advantages, stands whole under one prompt, and the token count of the loss is the batch's."""
    config, _ = make_config(settings("grpo", {"beta": 0.1}, rewards=[], batch=32, dynamic_sampling={"rounds": 10}))
    trainer = build(prepare(config, (by_kind,)))
    trainer.model.train()
    rows = [trainer.train_dataset[row] for row in range(8) for _ in range(4)]
    made = trainer._generate_and_score_completions(rows)
    advantages = made["advantages"].view(-1, 4)
    assert (advantages.abs().sum(dim=1) > 0).all()
    assert torch.allclose(advantages.mean(dim=1), torch.zeros(8), atol=1e-5)
    prompts = made["prompt_ids"].view(8, 4, -1)
    assert (prompts == prompts[:, :1]).all()
    assert made["num_items_in_batch"] == made["completion_mask"].sum()
    assert made["ref_per_token_logps"].shape == made["completion_ids"].shape
    text = trainer.processing_class.decode(prompts[0, 0], skip_special_tokens=True)
    assert made["prompt_mask"].shape == made["prompt_ids"].shape
    assert text


def test_a_resumed_training_draws_the_same_problems(settings: Make, tmp_path: Path) -> None:
    """TRL counts its batches anew after a resume."""
    trl = {"max_steps": 4, "save_steps": 1}
    config = settings("grpo", trl, rewards=[], dynamic_sampling={"rounds": 4}, out=str(tmp_path / "whole"))
    whole = train(config, rewards=[by_kind])
    broken = config | {"out": str(tmp_path / "broken")}
    with pytest.raises(Interrupted, match="checkpoint-2"):
        train(broken, rewards=[by_kind], callbacks=[StopsAt(2)])
    resumed = train(broken, rewards=[by_kind], resume=True)
    assert any(line.get("dynamic_sampling/rounds") for line in whole.log[2:])
    before, after = (load_file(Path(one.model) / "model.safetensors") for one in (whole, resumed))
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_refilling_is_bounded(settings: Make) -> None:
    trained = train(settings("grpo", rewards=[], dynamic_sampling={"rounds": 2}), rewards=[hopeless])
    assert trained.log[0]["dynamic_sampling/rounds"] == 2
    assert trained.log[0]["dynamic_sampling/frac_left_zero_std"] == 1
    assert trained.metrics["rewards"]["hopeless"]["rows"] == 2 * 3 * 8


@pytest.mark.parametrize("trl", [{"scale_rewards": "batch"}, {"multi_objective_aggregation": "normalize_then_sum"}])
def test_advantages_over_the_batch_are_refused(trl: dict[str, Any], settings: Make) -> None:
    config, _ = make_config(settings("grpo", trl, dynamic_sampling=True))
    job = prepare(config)
    with pytest.raises(UsageError, match="dynamic_sampling replaces groups one by one"):
        build(job)
