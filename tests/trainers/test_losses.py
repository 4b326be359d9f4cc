"""What each method minimises, beside the same computed row by row in plain torch: no padding, no batch, no library.

Rewards, references and policies differ from each other here, so that no sign, factor or mask could be another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import logsigmoid

from trainers import train
from trainers.config import make_config
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]
BETA = 0.3
ROWS = 4
SIDES = ("chosen", "rejected")


def made(settings: dict[str, Any], rewards: Sequence[Any] = ()) -> tuple[Any, list[dict[str, Any]]]:
    """The trainer of a config, its policy moved away from where it started, and its first rows."""
    job = prepare(make_config(settings)[0], tuple(rewards))
    trainer = build(job)
    trainer.model.train()
    moved = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for weight in trainer.model.parameters():
            weight.add_(0.02 * torch.randn(weight.shape, generator=moved))
    return trainer, job.rows.train.head(ROWS).to_dicts()


def said(model: Any, prompt: Sequence[int], answer: Sequence[int]) -> torch.Tensor:
    """Log-probabilities of an answer's tokens, one row alone."""
    with torch.no_grad():
        logits = model(torch.tensor([[*prompt, *answer]])).logits[0, len(prompt) - 1 : -1]
    return logits.log_softmax(-1).gather(-1, torch.tensor(list(answer))[:, None])[:, 0]


def tokens(trainer: Any, row: dict[str, Any], answer: str) -> tuple[list[int], list[int]]:
    """A row's prompt and answer as tokens, by the template alone."""
    tokenizer = trainer.processing_class
    asked = tokenizer.apply_chat_template(row["prompt"], tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template([*row["prompt"], *row[answer]], tokenize=False)
    assert whole.startswith(asked)
    parts = (asked, whole[len(asked) :])
    prompt, completion = (tokenizer(part, add_special_tokens=False)["input_ids"] for part in parts)
    return prompt, completion


def loss_of(trainer: Any) -> float:
    batch = trainer.data_collator([trainer.train_dataset[row] for row in range(ROWS)])
    with torch.no_grad():
        return float(trainer.compute_loss(trainer.model, batch))


def test_sft_is_the_mean_over_tokens_of_answers(settings: Make) -> None:
    """Over all tokens of the batch: a long answer counts more than a short one, and no prompt counts."""
    trainer, rows = made(settings("sft"))
    answers = [said(trainer.model, *tokens(trainer, row, "completion")) for row in rows]
    assert len({len(answer) for answer in answers}) > 1
    assert loss_of(trainer) == pytest.approx(-float(torch.cat(answers).mean()), rel=1e-4)


def margins(trainer: Any, row: dict[str, Any], *, mean: bool) -> tuple[float, float]:
    """Policy to reference, of the better and of the worse answer: sums over tokens, or means."""
    found = []
    for side in SIDES:
        asked = tokens(trainer, row, side)
        ratio = said(trainer.model, *asked) - said(trainer.ref_model, *asked)
        found.append(float(ratio.mean() if mean else ratio.sum()))
    return found[0], found[1]


DPO: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "sigmoid": lambda better, worse: -logsigmoid(BETA * (better - worse)),  # arXiv 2305.18290, equation 7
    "hinge": lambda better, worse: torch.relu(1 - BETA * (better - worse)),  # arXiv 2309.06657
    "ipo": lambda better, worse: (better - worse - 1 / (2 * BETA)) ** 2,  # arXiv 2310.12036, equation 17
    "nca_pair": lambda better, worse: (  # arXiv 2402.05369
        -logsigmoid(BETA * better) - 0.5 * logsigmoid(-BETA * better) - 0.5 * logsigmoid(-BETA * worse)
    ),
    "apo_zero": lambda better, worse: 1 - torch.sigmoid(BETA * better) + torch.sigmoid(BETA * worse),  # 2408.06266
}


@pytest.mark.parametrize("loss", DPO)
def test_dpo_and_its_losses(loss: str, settings: Make) -> None:
    """IPO alone takes means over tokens, as its authors do."""
    trainer, rows = made(settings("dpo", {"loss_type": loss, "beta": BETA}))
    pairs = [margins(trainer, row, mean=loss == "ipo") for row in rows]
    wanted = torch.stack([DPO[loss](*map(torch.tensor, pair)) for pair in pairs]).mean()
    assert loss_of(trainer) == pytest.approx(float(wanted), rel=1e-3)


def test_simpo_is_the_margin_of_means_over_tokens(settings: Make) -> None:
    """arXiv 2405.14734, equation 6; gamma is in units of the reward, beta times the mean log-probability.

    TRL's trainer puts an end token behind a template that goes on after its own (here by a line break).
    """
    trainer, rows = made(settings("simpo", {"beta": 0.5, "simpo_gamma": 0.2}))
    end = trainer.processing_class.eos_token_id
    losses = []
    for row in rows:
        sides = (tokens(trainer, row, side) for side in SIDES)
        better, worse = (said(trainer.model, prompt, [*answer, end]).mean() for prompt, answer in sides)
        losses.append(-logsigmoid(0.5 * better - 0.5 * worse - 0.2))
    assert loss_of(trainer) == pytest.approx(float(torch.stack(losses).mean()), rel=1e-3)


def test_a_reward_model_is_bradley_terry(settings: Make) -> None:
    trainer, rows = made(settings("reward"))
    losses = []
    for row in rows:
        whole = ([prompt + answer] for prompt, answer in (tokens(trainer, row, side) for side in SIDES))
        better, worse = (trainer.model(torch.tensor(ids)).logits[0, 0].detach() for ids in whole)
        losses.append(-logsigmoid(better - worse))
    assert loss_of(trainer) == pytest.approx(float(torch.stack(losses).mean()), rel=1e-3)


def odd(completions: list[Any], **columns: Any) -> list[float]:
    """A reward that hardly any two answers share."""
    return [float(sum(turns[0]["content"].encode()) % 7) for turns in completions]


GRPO: dict[str, Callable[[list[torch.Tensor], int], torch.Tensor]] = {
    "grpo": lambda rows, longest: torch.stack([row.mean() for row in rows]).mean(),  # arXiv 2402.03300
    "bnpo": lambda rows, longest: torch.cat(rows).mean(),
    "dapo": lambda rows, longest: torch.cat(rows).mean(),  # arXiv 2503.14476; over the whole batch
    "dr_grpo": lambda rows, longest: torch.cat(rows).sum() / (len(rows) * longest),  # arXiv 2503.20783
}
LONGEST = 24


@pytest.mark.parametrize("loss", GRPO)
def test_grpo_and_how_it_weighs_long_answers(loss: str, settings: Make) -> None:
    """Advantages of a group, the clipped ratio, KL to the reference by Schulman's k3, and the normalisation."""
    trl = {"loss_type": loss, "beta": BETA, "max_completion_length": LONGEST, "temperature": 1.5}
    trainer, _ = made(settings("grpo", trl | {"use_bias_correction_kl": False}, rewards=[]), [odd])
    trainer.current_gradient_accumulation_steps = 1
    batch = trainer._generate_and_score_completions([trainer.train_dataset[row] for row in (0, 1) for _ in range(4)])
    asked, answers = batch["prompt_mask"].bool(), batch["completion_mask"].bool()
    texts = [trainer.processing_class.decode(ids[on], skip_special_tokens=True)
             for ids, on in zip(batch["completion_ids"], answers, strict=True)]  # fmt: skip
    paid = torch.tensor(odd([[{"content": text}] for text in texts])).view(2, 4)
    advantages = ((paid - paid.mean(1, keepdim=True)) / (paid.std(1, keepdim=True) + 1e-4)).flatten()
    assert torch.allclose(batch["advantages"], advantages, atol=1e-5)
    assert (advantages != 0).any()

    for row in range(8):  # as if they had ended earlier
        answers[row, 10 + row :] = False
    batch |= {"completion_mask": answers.long(), "num_items_in_batch": answers.sum()}
    old = torch.Generator().manual_seed(1)
    batch["old_per_token_logps"] = torch.zeros(answers.shape)
    rows = []
    for row in range(8):
        prompt, answer = batch["prompt_ids"][row][asked[row]], batch["completion_ids"][row][answers[row]]
        new, reference = (hot(model, prompt, answer, 1.5) for model in (trainer.model, trainer.ref_model))
        before = new + 0.3 * torch.randn(new.shape, generator=old)
        batch["old_per_token_logps"][row][answers[row]] = before
        ratio = (new - before).exp()
        gain = torch.minimum(ratio * advantages[row], ratio.clamp(0.8, 1.2) * advantages[row])
        rows.append(-gain + BETA * ((reference - new).exp() - (reference - new) - 1))
    assert len({len(row) for row in rows}) == 8
    with torch.no_grad():
        found = float(trainer._compute_loss(trainer.model, batch))
    assert found == pytest.approx(float(GRPO[loss](rows, LONGEST)), rel=1e-3)


def hot(model: Any, prompt: torch.Tensor, answer: torch.Tensor, temperature: float) -> torch.Tensor:
    with torch.no_grad():
        logits = model(torch.cat([prompt, answer])[None]).logits[0, len(prompt) - 1 : -1] / temperature
    return logits.log_softmax(-1).gather(-1, answer[:, None])[:, 0]


@pytest.mark.parametrize("method", ["sft", "dpo", "reward", "grpo", "rloo", "ppo", "kd"])
def test_accumulation_moves_the_weights_as_a_whole_batch_does(method: str, settings: Make, tmp_path: Path) -> None:
    """Rows of different lengths: a mean of means would not."""
    online = method in ("grpo", "rloo", "ppo")
    trl: dict[str, Any] = {"max_steps": 1, "optim": "sgd", "learning_rate": 0.1, "lr_scheduler_type": "constant"}
    trl |= {"temperature": 2.0} if online else {}
    trl |= {"kd": {"k": 8, "ce_weight": 0.5}, "ppo": {"max_completion_length": 24, "beta": 0.0}}.get(method, {})
    changes: dict[str, Any] = {"teacher": "house"} if method == "kd" else {"rewards": []} if online else {}
    weights = []
    for device in (8, 2):
        config = settings(method, trl, batch={"effective": 8, "device": device}, out=str(tmp_path / f"{device}"))
        trained = train(config | changes, rewards=[odd] if online else [])
        weights.append(load_file(Path(trained.model) / "model.safetensors"))
    start = load_file(Path(prepare(make_config(settings(method) | changes)[0], (odd,)).start) / "model.safetensors")
    name = "model.layers.0.mlp.up_proj.weight"
    moved = (weights[0][name] - start[name].float()).abs().max()
    assert moved > 1e-6
    for key, value in weights[0].items():
        assert torch.allclose(value, weights[1][key], atol=max(1e-3 * float(moved), 2e-7)), key
