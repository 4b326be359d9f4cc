"""Every method trains, saves a folder the next stage can start from, resumes, and says what it did."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from curate.errors import UsageError
from trainers import METHODS, train
from trainers.config import make_config
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]
TRL_METHODS = ["sft", "dpo", "kto", "orpo", "simpo", "cpo", "reward", "grpo", "rloo"]


@pytest.mark.parametrize("method", TRL_METHODS)
def test_a_method_trains_two_steps_and_leaves_a_model(method: str, settings: Make) -> None:
    trained = train(settings(method))
    assert trained.metrics["steps"] == 2
    folder = Path(trained.model)
    assert {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"} <= {
        file.name for file in folder.iterdir()
    }
    assert not (folder / "training_args.bin").exists()
    assert [line["step"] for line in trained.log][:2] == [1, 2]
    assert trained.lock["config"]["method"] == method
    assert trained.lock["data"]["train"] in (32, 64)
    assert json.loads((trained.folder / "train.lock.json").read_text())["arguments"]["max_steps"] == 2


def test_weights_may_be_read_by_whom_the_rest_may(settings: Make) -> None:
    """safetensors 0.8 makes its files for the owner alone: nobody else in a team could start from the model."""
    model = train(settings("sft")).folder / "model"
    assert len({path.stat().st_mode for path in model.iterdir()}) == 1


def test_the_table_names_what_is_tested() -> None:
    assert set(TRL_METHODS) <= set(METHODS)


def test_the_profile_of_the_course_sets_its_tables_and_warns_outside_of_them(settings: Make) -> None:
    made = settings("dpo", profile="course")
    del made["trl"]
    plain = prepare(make_config(made)[0])
    assert (plain.arguments.learning_rate, plain.arguments.beta, plain.arguments.num_train_epochs) == (5e-7, 0.1, 1)
    assert not [line for line in plain.notes.lines if "warning" in line]
    far = prepare(make_config(made | {"trl": {"learning_rate": 1e-3}})[0])
    assert "warning: profile course: learning_rate is 0.001, recommended is 1e-07 to 5e-06" in far.notes.lines


def test_our_default_of_dpo_is_the_courses(settings: Make) -> None:
    made = settings("dpo")
    del made["trl"]
    assert prepare(make_config(made)[0]).arguments.learning_rate == 5e-7


@pytest.mark.parametrize(
    ("method", "trl", "told"),
    [
        ("sft", {"lr_scheduler_type": "cosin"}, "cosin is not a valid SchedulerType"),
        ("sft", {"eval_strategy": "steps"}, "sft cannot be set up: You have set `args.eval_strategy`"),
        ("grpo", {"loss_type": "nope"}, "grpo cannot take its first step: Unknown loss type: nope"),
        ("grpo", {"use_vllm": True, "vllm_mode": "colocate"}, "vLLM is not available"),
        ("sft", {"max_steps": 0}, "max_steps 0 and num_train_epochs 3 train no step at all"),
        ("sft", {"report_to": "wandb"}, "trl.report_to: wandb is not installed here"),
        ("sft", {"optim": "adamw_8bit"}, "sft cannot take its first step: You need to install `bitsandbytes`"),
    ],
)
def test_what_the_library_refuses_is_one_clear_error(
    method: str, trl: dict[str, Any], told: str, settings: Make
) -> None:
    if any(find_spec(library) and library in told.lower() for library in ("vllm", "wandb", "bitsandbytes")):
        pytest.skip("it is installed here, so nothing is refused")
    with pytest.raises(UsageError, match=told):
        train(settings(method, trl))


def test_a_metric_that_a_method_cannot_have_is_refused_before_it_trains(settings: Make) -> None:
    with pytest.raises(UsageError, match="sft has no eval_reward; take eval_loss, or pass@K"):
        prepare(make_config(settings("sft", eval=0.2, stop={"on": "eval_reward"}))[0])


def test_a_reward_model_is_not_trained_by_what_cannot_be_folded_in(settings: Make) -> None:
    for kind in ("prefix", "houlsby"):
        with pytest.raises(UsageError, match=f"{kind} cannot be folded into a reward model"):
            build(prepare(make_config(settings("reward", {"learning_rate": 0.01}, peft={"type": kind}))[0]))


def test_rewards_that_weigh_nothing_are_refused(settings: Make) -> None:
    with pytest.raises(UsageError, match="every weight is 0, so nothing would be learned"):
        prepare(make_config(settings("grpo", rewards=[{"reward": "math", "weight": 0}]))[0])


def test_fewer_rows_than_a_batch_are_told(settings: Make) -> None:
    trained = train(settings("sft", {"max_steps": 1}, batch=64))
    assert "warning: the data has 32 rows, fewer than a batch of 64" in trained.lock["notes"]


def test_numbers_in_quotes_are_numbers(settings: Make) -> None:
    config, _ = make_config(settings("sft", {"learning_rate": "1e-5", "num_train_epochs": "2"}))
    assert config.trl["learning_rate"] == 1e-5
    assert config.trl["num_train_epochs"] == 2


@pytest.mark.parametrize("loss", ["ipo", ["sigmoid", "sft"]])
def test_losses_of_dpo(loss: Any, settings: Make) -> None:
    assert train(settings("dpo", {"loss_type": loss})).metrics["steps"] == 2


@pytest.mark.parametrize("loss", ["dr_grpo", "bnpo", "cispo"])
def test_losses_of_grpo(loss: str, settings: Make) -> None:
    def varied(completions: list[Any], **columns: Any) -> list[float]:
        return [float(row % 4) for row in range(len(completions))]

    trained = train(settings("grpo", {"loss_type": loss, "max_steps": 1}, rewards=[]), rewards=[varied])
    assert trained.metrics["last"]["grad_norm"] > 0


def test_a_longer_context_is_the_models_own_and_is_saved(settings: Make) -> None:
    longer = {
        "max_position_embeddings": 2048,
        "rope_parameters": {
            "rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 1024, "rope_theta": 10000.0,
        },
    }  # fmt: skip
    trained = train(settings("sft", {"model_init_kwargs": longer}))
    assert trained.lock["arguments"]["max_length"] == 2048
    saved = json.loads((Path(trained.model) / "config.json").read_text())
    assert saved["max_position_embeddings"] == 2048
    assert saved["rope_parameters"]["rope_type"] == "yarn"
    job = prepare(make_config(settings("dpo", {"model_init_kwargs": longer}))[0])
    assert build(job).ref_model.config.max_position_embeddings == 2048


@pytest.mark.parametrize("peft", [None, {"type": "lora"}])
def test_weights_and_gradients_of_a_reward_model_judge_afterwards(peft: Any, settings: Make) -> None:
    """One that was trained by an adapter is a whole model afterwards too."""
    judge = train(settings("reward", {"learning_rate": 1e-3}, peft=peft))
    use = {"reward": "reward_model", "options": {"model": judge.model}}
    trained = train(settings("rloo", rewards=["math", use]))
    assert trained.metrics["rewards"]["reward_model"]["errors"] == 0
    assert trained.log[0]["rewards/reward_model/std"] > 0
