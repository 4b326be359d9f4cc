"""Answers of the policy, as tensors, and what a model says of each of their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

import torch
from torch import Tensor

from curate.engines.base import Sampling
from curate.engines.decode import Row, decode
from curate.errors import StepFailed


@dataclass
class Rollout:
    """Prompts, padded at their left, and answers, padded at their right.

    prompt_ids, prompt_mask: shape (rows, longest prompt). ids, mask: shape (rows, longest answer). ended: shape
    (rows,), False where an answer was cut off. token_ids: the answers without padding. more: tensors like `ids`.
    """

    prompt_ids: Tensor
    prompt_mask: Tensor
    ids: Tensor
    mask: Tensor
    ended: Tensor
    token_ids: list[list[int]]
    more: dict[str, Tensor] = field(default_factory=dict)

    def take(self, rows: Tensor) -> Rollout:
        """Some rows, without the padding that all of them have."""
        prompt = int(self.prompt_mask[rows].sum(1).max())
        answer = max(int(self.mask[rows].sum(1).max()), 1)
        return Rollout(
            self.prompt_ids[rows, -prompt:],
            self.prompt_mask[rows, -prompt:],
            self.ids[rows, :answer],
            self.mask[rows, :answer],
            self.ended[rows],
            [self.token_ids[row] for row in rows.tolist()],
            {name: value[rows, :answer] for name, value in self.more.items()},
        )


class Said(NamedTuple):
    """What a model says of the tokens of answers, each of shape (rows, tokens). values: None without a value head."""

    log_probs: Tensor
    entropy: Tensor
    values: Tensor | None


def prompt_tokens(tokenizer: Any, prompt: Any) -> list[int]:
    """The tokens of a prompt, text or messages, up to where the answer begins."""
    if isinstance(prompt, str):
        return list(tokenizer(prompt)["input_ids"])
    text = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def ends_of(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer, the tokenizer's and those the model names."""
    own = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    named = own if isinstance(own, list) else [own]
    return frozenset(token for token in (tokenizer.eos_token_id, *named) if token is not None)


def row_seed(*parts: int) -> int:
    """A seed of 63 bits from the numbers that name a row: the same for a resumed training, another for each step."""
    return int.from_bytes(sha256(repr(parts).encode()).digest()[:8], "big") >> 1


@torch.no_grad()
def roll_out(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Any],
    seeds: Sequence[int],
    *,
    max_tokens: int,
    temperature: float,
    at_once: int | None = None,
) -> Rollout:
    """One answer a prompt, `at_once` prompts in a batch (all unless given), which a row leaves when it is done.

    An answer ends with its end token, which is one of its tokens. Which tokens are drawn depends on the row's seed, not
    on the state of torch. Raises StepFailed when the model gives no numbers any more.
    """
    sampling = Sampling(temperature=temperature)
    rows = [
        Row(prompt_tokens(tokenizer, prompt), max_tokens, sampling, seed)
        for prompt, seed in zip(prompts, seeds, strict=True)
    ]
    was_training = model.training
    model.eval()
    ends, size = ends_of(model, tokenizer), at_once or len(rows)
    for at in range(0, len(rows), size):
        decode(model, rows[at : at + size], ends, tokenizer.pad_token_id, lambda _: False)
    model.train(was_training)
    if any(row.finish == "nan" for row in rows):
        raise StepFailed("the policy's logits are no numbers any more; lower the learning rate, or raise beta")
    device = model.device
    pad = tokenizer.pad_token_id
    width, room = max(len(row.prompt) for row in rows), max(len(row.written) for row in rows)
    return Rollout(
        torch.tensor([[pad] * (width - len(row.prompt)) + row.prompt for row in rows], device=device),
        torch.tensor([[0] * (width - len(row.prompt)) + [1] * len(row.prompt) for row in rows], device=device),
        torch.tensor([row.written + [pad] * (room - len(row.written)) for row in rows], device=device),
        torch.tensor([[1] * len(row.written) + [0] * (room - len(row.written)) for row in rows], device=device),
        torch.tensor([row.finish == "stop" for row in rows], device=device),
        [row.written for row in rows],
    )


def say(model: Any, rollout: Rollout, temperature: float, head: Any = None) -> Said:
    """Log-probabilities, entropies in nats, and values of the tokens of a rollout under a model, in float32.

    Logits are divided by the temperature the tokens were drawn at. The value of a token is that of the state before it.
    """
    ids = torch.cat([rollout.prompt_ids, rollout.ids], dim=1)
    mask = torch.cat([rollout.prompt_mask, rollout.mask], dim=1)
    kept = rollout.ids.shape[1] + 1
    out = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
        use_cache=False,
        logits_to_keep=kept,
        output_hidden_states=head is not None,
    )
    every = (out.logits[:, -kept:-1].float() / temperature).log_softmax(-1)
    log_probs = every.gather(-1, rollout.ids[:, :, None])[:, :, 0]
    entropy = -(every.exp() * every).sum(-1)
    values = None if head is None else head(out.hidden_states[-1][:, -kept:-1].float())[:, :, 0]
    return Said(log_probs, entropy, values)


def no_dropout(model: Any) -> None:
    """The policy that learns is the one that was sampled from."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(getattr(module, "attention_dropout", None), float):
            module.attention_dropout = 0.0


def joined(pieces: Sequence[Tensor], width: int) -> Tensor:
    """Rows of several pieces in one tensor, padded to a width."""
    return torch.cat([torch.nn.functional.pad(piece, (0, width - piece.shape[1])) for piece in pieces])


def cut(rows: Tensor, size: int) -> list[Tensor]:
    """Some rows at a time."""
    return [rows[at : at + size] for at in range(0, len(rows), size)]
