"""PPO as a training: it learns, resumes exactly, leaves a plain model, and says what it cannot do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from curate.errors import Interrupted, RecipeError, UsageError
from tests.trainers.interrupted import StopsAt
from trainers import train
from trainers.config import load_config, make_config
from trainers.ppo.rollout import roll_out, say
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]


def first_word(completions: list[str], answer: list[str], **columns: Any) -> list[float]:
    """1 where the answer begins with the digit that was asked for."""
    return [float(said.split()[:1] == [gold]) for said, gold in zip(completions, answer, strict=True)]


def nothing(completions: list[str], **columns: Any) -> list[float | None]:
    return [None] * len(completions)


def odd_rows(completions: list[str], **columns: Any) -> list[float | None]:
    return [None if row % 2 else 1.0 for row in range(len(completions))]


def test_it_learns_a_digit_far_beyond_chance(says: Make) -> None:
    trl = {"max_steps": 40, "learning_rate": 1e-3, "beta": 0.01, "lr_scheduler_type": "constant"}
    trained = train(says(trl, batch=64), rewards=[first_word])
    rewards = [line["reward"] for line in trained.log if "reward" in line]
    assert rewards[0] < 0.25  # one word in eleven
    assert sum(rewards[-5:]) / 5 > 0.6
    kl = [(line["kl"], line["objective/kl"], line["completions/mean_length"]) for line in trained.log if "kl" in line]
    assert kl[0][0] == pytest.approx(0, abs=1e-6)  # the reference is the start
    token, sequence, length = kl[-1]
    assert sequence == pytest.approx(token * length, rel=1e-4)  # nats per token, nats per sequence


@pytest.mark.parametrize("peft", [None, {"type": "lora", "r": 4}])
def test_a_resumed_training_ends_where_an_uninterrupted_one_does(says: Make, tmp_path: Path, peft: Any) -> None:
    trl = {"save_steps": 1, "kl_target": 0.01, "kl_horizon": 100, "num_mini_batches": 2, "num_ppo_epochs": 2}
    whole = train(says(trl, out=str(tmp_path / "whole"), peft=peft), rewards=[first_word])
    broken = says(trl, out=str(tmp_path / "broken"), peft=peft)
    with pytest.raises(Interrupted, match="checkpoint-2"):
        train(broken, rewards=[first_word], callbacks=[StopsAt(2)])
    resumed = train(broken, rewards=[first_word], resume=True)
    name = "model.safetensors" if peft is None else "adapter_model.safetensors"
    ours, theirs = (load_file(Path(one.model) / name) for one in (whole, resumed))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(value, theirs[key]) for key, value in ours.items())
    betas = [[line["beta"] for line in one.log if "beta" in line] for one in (whole, resumed)]
    assert betas[0] == betas[1]
    assert betas[0][-1] != betas[0][0]  # it was adapted, and the checkpoint knew of it


def test_what_comes_out_is_the_policy_alone(says: Make, blank: str) -> None:
    trained = train(says({"max_steps": 1}), rewards=[first_word])
    assert (
        load_file(Path(trained.model) / "model.safetensors").keys()
        == load_file(Path(blank) / "model.safetensors").keys()
    )
    assert (trained.folder / "checkpoints" / "checkpoint-1" / "critic.safetensors").is_file()
    assert not (Path(trained.model) / "critic.safetensors").exists()


def test_rows_on_a_device_change_nothing_that_is_learned(says: Make, tmp_path: Path) -> None:
    # plain gradient descent: Adam would make as much of a rounding error as of a gradient
    trl = {"max_steps": 2, "optim": "sgd", "learning_rate": 1.0}
    made = [
        train(says(trl, out=str(tmp_path / f"{size}"), batch={"effective": 32, "device": size}), rewards=[first_word])
        for size in (4, 32)
    ]
    few, many = (load_file(Path(one.model) / "model.safetensors") for one in made)
    start = load_file(Path(made[0].lock["config"]["model"]) / "model.safetensors")
    assert any((many[name] - start[name]).abs().max() > 1e-4 for name in many)
    assert all(torch.allclose(few[name], many[name], atol=1e-5) for name in many)


def test_there_are_as_many_mini_batches_as_asked_for(says: Make) -> None:
    """Also where they cannot be equal."""
    trainer = build(prepare(make_config(says({"num_mini_batches": 5}, batch=8))[0], (first_word,)))
    parts = [rows.tolist() for rows in trainer._mini_batches(range(8), epoch=0)]
    assert sorted(map(len, parts)) == [1, 1, 2, 2, 2]
    assert sorted(row for part in parts for row in part) == [*range(8)]


def test_rows_that_no_reward_can_judge_train_nothing(says: Make, blank: str) -> None:
    trained = train(says({"max_steps": 2}), rewards=[nothing])
    start, end = load_file(Path(blank) / "model.safetensors"), load_file(Path(trained.model) / "model.safetensors")
    assert all(torch.equal(value, end[name]) for name, value in start.items())
    assert trained.log[0]["rewards/nothing/undecided"] == 1.0


def test_the_mean_reward_is_that_of_the_judged_rows(says: Make) -> None:
    trained = train(says({"max_steps": 1}), rewards=[odd_rows])
    assert trained.log[0]["reward"] == 1.0
    assert trained.log[0]["rewards/odd_rows/undecided"] == 0.5


def test_log_probabilities_do_not_depend_on_who_else_is_in_the_batch(blank: str) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(blank), AutoTokenizer.from_pretrained(blank)
    prompts, seeds = ["say 1", "say 1 2 3 4", "say"], [5, 6, 7]
    rollout = roll_out(model, tokenizer, prompts, seeds, max_tokens=6, temperature=0.7)
    together = say(model, rollout, 0.7)
    for row in range(3):
        alone = roll_out(model, tokenizer, prompts[row : row + 1], seeds[row : row + 1], max_tokens=6, temperature=0.7)
        assert alone.token_ids[0] == rollout.token_ids[row]
        piece = rollout.take(torch.tensor([row]))
        length = len(alone.token_ids[0])
        logits = model(torch.cat([alone.prompt_ids, alone.ids], 1)).logits[0, -length - 1 : -1] / 0.7
        expected = logits.log_softmax(-1).gather(-1, alone.ids[0][:, None])[:, 0]
        assert torch.allclose(together.log_probs[row, :length], expected, atol=1e-5)
        assert torch.allclose(say(model, piece, 0.7).log_probs[0, :length], expected, atol=1e-5)
        exact = -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1)
        assert torch.allclose(together.entropy[row, :length], exact, atol=1e-5)


def test_answers_written_in_parts_are_those_written_at_once(blank: str) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(blank), AutoTokenizer.from_pretrained(blank)
    whole, parts = (
        roll_out(
            model, tokenizer, ["say 1", "say 2 2", "say 3"], [1, 2, 3], max_tokens=5, temperature=1.0, at_once=size
        )
        for size in (None, 2)
    )
    assert whole.token_ids == parts.token_ids
    assert torch.equal(whole.prompt_ids, parts.prompt_ids)


def test_the_config_to_start_from_is_one() -> None:
    config, _ = load_config(Path("recipes/train/ppo.yaml"))
    assert config.method == "ppo"


def test_an_answer_ends_with_its_end_token_and_a_cut_one_is_marked(blank: str) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(blank), AutoTokenizer.from_pretrained(blank)
    rollout = roll_out(model, tokenizer, ["say 1"] * 40, range(40), max_tokens=8, temperature=1.0)
    ended = [ids[-1] == tokenizer.eos_token_id for ids in rollout.token_ids]
    assert rollout.ended.tolist() == ended
    assert any(ended)
    assert not all(ended)
    assert rollout.mask.sum(1).tolist() == [len(ids) for ids in rollout.token_ids]
    assert all(len(ids) == 8 for ids, done in zip(rollout.token_ids, ended, strict=True) if not done)


def test_conversations_registry_rewards_and_held_out_problems(settings: Make) -> None:
    config = settings(
        "ppo",
        {"max_completion_length": 24, "eval_steps": 1},
        rewards=["math", {"reward": "think_format", "weight": 0.1}],
        eval=0.25,
        stop={"on": "eval_reward"},
    )
    trained = train(config)
    assert trained.metrics["steps"] == 2
    assert any("eval_reward" in line for line in trained.log)
    assert {"rewards/math/mean", "rewards/think_format/mean", "entropy", "value/explained_variance"} <= set(
        trained.log[0]
    )


def test_what_it_cannot_do_is_said_before_it_trains(says: Make) -> None:
    def refused(match: str, trl: dict[str, Any] | None = None, **changes: Any) -> None:
        with pytest.raises(UsageError, match=match):
            build(prepare(make_config(says(trl, **changes))[0], (first_word,)))

    refused("eval_reward", eval=0.25, stop={"on": "eval_loss"})
    refused("batch: auto", batch="auto")
    refused("nothing would be trained", freeze=["*"])
    refused("lora", peft={"type": "prompt_tuning", "num_virtual_tokens": 2})
    refused("lam lies between 0 and 1", {"lam": 1.5})
    refused("beta must be", {"beta": 0.0, "kl_target": 6.0})
    with pytest.raises(RecipeError, match="did you mean 'num_ppo_epochs'"):
        make_config(says({"ppo_epochs": 2}))


def test_old_names_of_ppo_are_translated(says: Make) -> None:
    config, said = make_config(says({"init_kl_coef": 0.1, "cliprange": 0.3}))
    assert config.trl["beta"] == 0.1
    assert config.trl["epsilon"] == 0.3
    assert len(said) == 2
