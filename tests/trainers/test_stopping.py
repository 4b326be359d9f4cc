"""Early stopping on held-out problems keeps the best checkpoint; looking does not change the training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainerCallback

from curate.errors import Interrupted, RecipeError, UsageError
from trainers import train
from trainers.config import make_config
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]
EVERY_STEP = {"eval_steps": 1, "max_completion_length": 24}


def test_it_stops_when_pass_at_k_no_longer_rises(settings: Make) -> None:
    """A learning rate that destroys the model: the best checkpoint is an early one, and it is what is kept."""
    stop = {"on": "pass@2", "patience": 2, "problems": 6, "max_tokens": 48}
    trained = train(
        settings(
            "sft", {"max_steps": 9, "learning_rate": 3e-2, "eval_steps": 1}, eval=0.25, stop=stop, rewards=["math"]
        )
    )
    shares = [line["eval_pass@2"] for line in trained.log if "eval_pass@2" in line]
    assert trained.metrics["steps"] < 9
    assert len(shares) == trained.metrics["steps"]
    assert trained.metrics["best"]["eval_pass@2"] == max(shares)
    assert trained.metrics["last"]["eval_pass@2"] == shares[-1]
    best = trained.metrics["best"]["checkpoint"]
    kept = load_file(Path(trained.model) / "model.safetensors")
    saved = load_file(trained.folder / "checkpoints" / best / "model.safetensors")
    assert all(torch.equal(value, saved[name]) for name, value in kept.items())


class Interrupts(TrainerCallback):
    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 3:
            raise KeyboardInterrupt


def test_patience_is_counted_on_after_a_resume(settings: Make, tmp_path: Path) -> None:
    """Else a training that is killed now and then would never stop."""
    trl = {"max_steps": 9, "learning_rate": 3e-2, "eval_steps": 1, "lr_scheduler_type": "constant"}
    config = settings("sft", trl, eval=0.25, stop={"on": "eval_loss", "patience": 3}, out=str(tmp_path / "whole"))
    whole = train(config)
    broken = config | {"out": str(tmp_path / "broken")}
    with pytest.raises(Interrupted):
        train(broken, callbacks=[Interrupts()])
    resumed = train(broken, resume=True)
    assert resumed.metrics["steps"] == whole.metrics["steps"] < 9
    assert resumed.metrics["best"] == whole.metrics["best"]


def test_looking_does_not_change_the_training(settings: Make, tmp_path: Path) -> None:
    trl = {"max_steps": 3, "eval_steps": 1, "save_steps": 1}
    plain = train(settings("sft", trl, eval=0.25, out=str(tmp_path / "plain")))
    stop = {"on": "pass@1", "patience": 9, "problems": 4, "max_tokens": 48}
    seen = train(settings("sft", trl, eval=0.25, out=str(tmp_path / "seen"), stop=stop, rewards=["math"]))
    losses = [[line["loss"] for line in one.log if "loss" in line] for one in (plain, seen)]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(("method", "on"), [("dpo", "eval_loss"), ("grpo", "eval_reward")])
def test_other_metrics(method: str, on: str, settings: Make) -> None:
    trained = train(settings(method, {"eval_steps": 1}, eval=0.25, stop={"on": on, "patience": 1}))
    assert on in trained.metrics["best"]


def test_nothing_to_look_at_is_an_error(settings: Make) -> None:
    with pytest.raises(RecipeError, match=r"stop: pass@1 needs held-out problems, eval: 0.1"):
        make_config(settings("sft", stop={"on": "pass@1"}, rewards=["math"]))
    config, _ = make_config(settings("sft", stop={"on": "pass@1"}, eval=0.25))
    with pytest.raises(UsageError, match="needs to judge answers, for example rewards"):
        build(prepare(config))
