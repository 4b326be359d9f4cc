"""What each method minimises, beside the same computed row by row in plain torch: no padding, no batch, no library.

Rewards, references and policies differ from each other here, so that no sign, factor or mask could be another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import logsigmoid

from curate.table import write_parquet
from trainers import train
from trainers.config import make_config
from trainers.models import find, load_model
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


def preferred(trainer: Any, row: dict[str, Any], *, mean: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities of the better and the worse answer, which end with the end token: what a model stops at.

    ChatML goes on after it, by a line break, which no model of it ever writes.
    """
    end = trainer.processing_class.eos_token_id
    found = []
    for side in SIDES:
        prompt, answer = tokens(trainer, row, side)
        each = said(trainer.model, prompt, answer[: answer.index(end) + 1])
        found.append(each.mean() if mean else each.sum())
    return found[0], found[1]


def test_simpo_is_the_margin_of_means_over_tokens(settings: Make) -> None:
    """arXiv 2405.14734, equation 6; gamma is in units of the reward, beta times the mean log-probability."""
    trainer, rows = made(settings("simpo", {"beta": 0.5, "simpo_gamma": 0.2}))
    losses = []
    for row in rows:
        better, worse = preferred(trainer, row, mean=True)
        losses.append(-logsigmoid(0.5 * better - 0.5 * worse - 0.2))
    assert loss_of(trainer) == pytest.approx(float(torch.stack(losses).mean()), rel=1e-3)


def nll(trainer: Any, rows: list[dict[str, Any]], *, whole: bool) -> torch.Tensor:
    """Mean over the tokens of better answers, and with `whole` of their prompts, but for the first token."""
    end = trainer.processing_class.eos_token_id
    each = []
    for row in rows:
        prompt, answer = tokens(trainer, row, "chosen")
        answer = answer[: answer.index(end) + 1]
        each.append(said(trainer.model, *((prompt[:1], prompt[1:] + answer) if whole else (prompt, answer))))
    return -torch.cat(each).mean()


def test_cpo_is_a_margin_of_sums_and_the_better_answers_themselves(settings: Make) -> None:
    """arXiv 2401.08417, equation 7: the preference loss without a reference, and cross-entropy."""
    trainer, rows = made(settings("cpo", {"beta": BETA, "cpo_alpha": 0.7}))
    pairs = [preferred(trainer, row, mean=False) for row in rows]
    margin = torch.stack([-logsigmoid(BETA * (better - worse)) for better, worse in pairs]).mean()
    assert loss_of(trainer) == pytest.approx(float(margin + 0.7 * nll(trainer, rows, whole=False)), rel=1e-3)


def test_orpo_is_the_better_answer_and_the_odds_of_means(settings: Make) -> None:
    """arXiv 2403.07691, equations 6 and 7. The likelihood of an answer is that of its mean token, as its authors do."""
    trainer, rows = made(settings("orpo", {"beta": BETA}))
    losses = []
    for row in rows:
        odds = [mean - torch.log1p(-mean.exp()) for mean in preferred(trainer, row, mean=True)]
        losses.append(-BETA * logsigmoid(odds[0] - odds[1]))
    wanted = nll(trainer, rows, whole=True) + torch.stack(losses).mean()
    assert loss_of(trainer) == pytest.approx(float(wanted), rel=1e-3)


@pytest.mark.parametrize("data", ["labels", "pairs"])
def test_kto_weighs_good_and_bad_against_answers_to_other_prompts(data: str, settings: Make, files: Any) -> None:
    """arXiv 2402.01306, equations 7 and 8. KL is that of each prompt with the answer of the row before it in the batch.

    A batch holds good and bad answers, in whatever order the rows came.
    """
    trl = {"beta": BETA, "desirable_weight": 0.9, "undesirable_weight": 1.3}
    trainer, _ = made(settings("kto", trl, data=files[data]))
    rows = [trainer.train_dataset[row] for row in range(8)]
    assert {row["label"] for row in rows} == {True, False}
    parts = [tokens(trainer, row, "completion") for row in rows]

    def ratio(prompt: list[int], answer: list[int]) -> torch.Tensor:
        return said(trainer.model, prompt, answer).sum() - said(trainer.ref_model, prompt, answer).sum()

    others = [ratio(prompt, parts[row - 1][1]) for row, (prompt, _) in enumerate(parts)]
    kl = torch.stack(others).mean().clamp(min=0)
    losses = []
    for row, part in zip(rows, parts, strict=True):
        gain = BETA * (ratio(*part) - kl)
        losses.append(0.9 * (1 - gain.sigmoid()) if row["label"] else 1.3 * (1 - (-gain).sigmoid()))
    with torch.no_grad():
        found = float(trainer.compute_loss(trainer.model, trainer.data_collator(rows)))
    assert found == pytest.approx(float(torch.stack(losses).mean()), rel=1e-3)


@pytest.mark.parametrize("margin", [None, 1.5])
def test_a_reward_model_is_bradley_terry(margin: float | None, settings: Make, tmp_path: Path) -> None:
    """With margins, as Llama 2's (arXiv 2307.09288, equation 2); a pair without one has 0."""
    config = settings("reward")
    if margin is not None:
        pairs = pl.read_parquet(config["data"])
        apart = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(None)).otherwise(pl.lit(margin))
        write_parquet(pairs.with_columns(margin=apart), tmp_path / "apart.parquet")
        config["data"] = str(tmp_path / "apart.parquet")
    trainer, rows = made(config)
    losses = []
    for place, row in enumerate(rows):
        whole = ([prompt + answer] for prompt, answer in (tokens(trainer, row, side) for side in SIDES))
        better, worse = (trainer.model(torch.tensor(ids)).logits[0, 0].detach() for ids in whole)
        losses.append(-logsigmoid(better - worse - (margin if margin and place else 0.0)))
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


@pytest.mark.parametrize(("loss", "level"), [*((loss, "token") for loss in GRPO), ("grpo", "sequence")])
def test_grpo_and_how_it_weighs_long_answers(loss: str, level: str, settings: Make) -> None:
    """Advantages of a group, the clipped ratio, KL to the reference by Schulman's k3, and the normalisation.

    Clipped higher above than below (DAPO); by sequence the ratio is the mean of its tokens' (GSPO, arXiv 2507.18071).
    """
    trl = {"loss_type": loss, "beta": BETA, "max_completion_length": LONGEST, "temperature": 1.5, "epsilon_high": 0.28}
    trl["importance_sampling_level"] = level
    trainer, _ = made(settings("grpo", trl | {"use_bias_correction_kl": False}, rewards=[]), [odd])
    trainer.current_gradient_accumulation_steps = 1
    batch = trainer._generate_and_score_completions([trainer.train_dataset[row] for row in (0, 1) for _ in range(4)])
    asked, answers = batch["prompt_mask"].bool(), batch["completion_mask"].bool()
    paid = torch.tensor(odd([[{"content": text}] for text in written(trainer, batch)])).view(2, 4)
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
        ratio = ((new - before).mean() if level == "sequence" else new - before).exp()
        gain = torch.minimum(ratio * advantages[row], ratio.clamp(0.8, 1.28) * advantages[row])
        rows.append(-gain + BETA * ((reference - new).exp() - (reference - new) - 1))
    assert len({len(row) for row in rows}) == 8
    with torch.no_grad():
        found = float(trainer._compute_loss(trainer.model, batch))
    assert found == pytest.approx(float(GRPO[loss](rows, LONGEST)), rel=1e-3)


def written(trainer: Any, batch: dict[str, Any]) -> list[str]:
    """The answers of a batch as text."""
    answers = zip(batch["completion_ids"], batch["completion_mask"].bool(), strict=True)
    return [trainer.processing_class.decode(ids[on], skip_special_tokens=True) for ids, on in answers]


def hot(model: Any, prompt: torch.Tensor, answer: torch.Tensor, temperature: float) -> torch.Tensor:
    with torch.no_grad():
        logits = model(torch.cat([prompt, answer])[None]).logits[0, len(prompt) - 1 : -1] / temperature
    return logits.log_softmax(-1).gather(-1, answer[:, None])[:, 0]


def sometimes(completions: list[Any], **columns: Any) -> list[float | None]:
    """A reward that cannot judge every third answer."""
    values = odd(completions)
    return [None if place % 3 == 0 else value for place, value in enumerate(values)]


def test_rewards_are_summed_by_their_weights_and_what_is_none_is_left_out(settings: Make) -> None:
    """An answer that one reward cannot judge keeps the other's; the advantage is that of the sum."""
    uses = [{"reward": "repetition", "weight": -2.0, "options": {"ngram_size": 1}}]
    trainer, _ = made(settings("grpo", {"max_completion_length": LONGEST}, rewards=uses), [sometimes])
    batch = trainer._generate_and_score_completions([trainer.train_dataset[row] for row in (0, 1) for _ in range(4)])
    texts = written(trainer, batch)
    one, other = (list(trainer._logs["rewards"][name]) for name in ("repetition", "sometimes"))
    assert other[1:3] == odd([[{"content": text}] for text in texts])[1:3]
    paid = -2.0 * torch.tensor(one) + torch.tensor([0.0 if row % 3 == 0 else other[row] for row in range(8)])
    groups = paid.view(2, 4)
    wanted = ((groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)).flatten()
    assert torch.allclose(batch["advantages"], wanted, atol=1e-4)


def test_rloo_has_the_others_of_the_group_as_baseline(settings: Make) -> None:
    """arXiv 2402.14740, equation 9: whole answers as one action, KL taken from the reward."""
    trainer, _ = made(settings("rloo", {"beta": BETA, "max_completion_length": LONGEST}, rewards=[]), [odd])
    trainer.current_gradient_accumulation_steps = 1
    batch = trainer._generate_and_score_completions([trainer.train_dataset[row] for row in (0, 1) for _ in range(4)])
    asked, answers = batch["prompt_mask"].bool(), batch["completion_mask"].bool()
    paid = torch.tensor(odd([[{"content": text}] for text in written(trainer, batch)]))
    parts = [(batch["prompt_ids"][row][asked[row]], batch["completion_ids"][row][answers[row]]) for row in range(8)]
    new = torch.stack([hot(trainer.model, *part, 1.0).sum() for part in parts])
    left = torch.stack([hot(trainer.ref_model, *part, 1.0).sum() for part in parts])
    groups = (paid - BETA * (new - left)).view(2, 4)
    advantages = (groups - (groups.sum(1, keepdim=True) - groups) / 3).flatten()
    assert torch.allclose(batch["advantages"], advantages, rtol=1e-3, atol=1e-3)
    old = new + torch.tensor([0.0, 0.1, -0.1, 0.3, -0.3, 0.5, -0.5, 0.05])
    ratio = (new - old).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)
    with torch.no_grad():
        found = float(trainer._compute_loss(trainer.model, batch | {"old_logps": old}))
    assert found == pytest.approx(-float(gain.mean()), rel=1e-3)


def test_ppo_is_the_clipped_surrogate_with_a_value_and_an_entropy_over_all_tokens(settings: Make) -> None:
    """arXiv 1707.06347, equations 7 and 9, 1506.02438, equation 16: advantages as the sums that define them.

    KL to the reference is taken from the reward at every token (2203.02155), advantages are whitened over the rollout.
    """
    gamma, lam = 0.9, 0.8
    trl = {"beta": BETA, "max_completion_length": LONGEST, "gamma": gamma, "lam": lam, "vf_coef": 0.5}
    trainer, _ = made(settings("ppo", trl | {"entropy_coef": 0.01}, rewards=[]), [odd])
    rollout = trainer._experience([trainer.train_dataset[row] for row in range(ROWS)])
    parts = [
        (rollout.prompt_ids[row][rollout.prompt_mask[row].bool()], rollout.ids[row][rollout.mask[row].bool()])
        for row in range(ROWS)
    ]
    texts = trainer.processing_class.batch_decode([answer for _, answer in parts], skip_special_tokens=True)
    paid = odd([[{"content": text}] for text in texts])
    advantages, returns, olds, values = [], [], [], []
    for (prompt, answer), reward in zip(parts, paid, strict=True):
        old, value, _ = valued(trainer.model, prompt, answer)
        rewards = -BETA * (old - hot(trainer.reference, prompt, answer, 1.0))
        rewards[-1] += reward
        after = torch.cat([value[1:], torch.zeros(1)])
        deltas = rewards + gamma * after - value
        decay = (gamma * lam) ** torch.arange(len(deltas))
        gains = torch.stack([(decay[: len(deltas) - at] * deltas[at:]).sum() for at in range(len(deltas))])
        for kept, one in ((advantages, gains), (returns, gains + value), (olds, old), (values, value)):
            kept.append(one)
    flat = torch.cat(advantages)
    white = (flat - flat.mean()) / (flat.var(correction=0) + 1e-8).sqrt()
    with torch.no_grad():
        for weight in trainer.model.parameters():
            weight.add_(0.01 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(3)))
    new, now, entropy = (torch.cat(one) for one in zip(*(valued(trainer.model, *part) for part in parts), strict=True))
    ratio, before, wanted = (new - torch.cat(olds)).exp(), torch.cat(values), torch.cat(returns)
    policy = -torch.minimum(ratio * white, ratio.clamp(0.8, 1.2) * white)
    held = before + (now - before).clamp(-0.2, 0.2)
    value = torch.maximum((now - wanted) ** 2, (held - wanted) ** 2) / 2
    found = float(trainer._learn(trainer.model, rollout, torch.arange(ROWS)))
    assert found == pytest.approx(float((policy + 0.5 * value - 0.01 * entropy).mean()), rel=1e-3)


def valued(model: Any, prompt: torch.Tensor, answer: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log-probabilities, values and entropies of an answer's tokens, one row alone."""
    with torch.no_grad():
        out = model(torch.cat([prompt, answer])[None], output_hidden_states=True)
        every = out.logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        values = model.value_head(out.hidden_states[-1][0, len(prompt) - 1 : -1])[:, 0]
    return every.gather(-1, answer[:, None])[:, 0], values, -(every.exp() * every).sum(-1)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_kd_is_kl_to_the_teacher_and_cross_entropy(direction: str, settings: Make) -> None:
    """arXiv 1503.02531: both distributions at the temperature, the KL times its square; all that is not kept is one."""
    trl = {"k": 5, "temperature": 2.0, "ce_weight": 0.3, "direction": direction}
    trainer, rows = made(settings("kd", trl, teacher="house"))
    teacher = load_model(find("house"), trainer.args)
    losses = []
    for row in rows:
        prompt, answer = tokens(trainer, {**row, "completion": [{"role": "assistant", "content": row["completion"]}]},
                                "completion")  # fmt: skip
        with torch.no_grad():
            theirs, ours = (model(torch.tensor([[*prompt, *answer]])).logits[0, len(prompt) - 1 : -1] / 2.0
                            for model in (teacher, trainer.model))  # fmt: skip
        top = theirs.topk(5).indices
        p, q = (torch.cat([one.gather(-1, top), 1 - one.gather(-1, top).sum(-1, keepdim=True)], -1)
                for one in (theirs.softmax(-1).double(), ours.softmax(-1).double()))  # fmt: skip
        p, q = (p, q) if direction == "forward" else (q, p)
        kl = (p * (p.log() - q.log())).sum(-1)
        ce = -(2.0 * ours).log_softmax(-1).gather(-1, torch.tensor(answer)[:, None])[:, 0]
        losses.append(0.7 * 4.0 * kl + 0.3 * ce)
    assert loss_of(trainer) == pytest.approx(float(torch.cat(losses).mean()), rel=2e-3)


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
