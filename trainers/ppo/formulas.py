"""PPO's arithmetic: plain functions on tensors of shape (rows, tokens). `mask` is 1 at tokens of an answer, else 0.

Answers stand at the left and are padded at the right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Reduce = Callable[[Tensor], Tensor]
"""Sums a tensor over all processes; with one process it changes nothing."""


def gae(rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, lam: float) -> tuple[Tensor, Tensor]:
    """Advantages and returns by generalised advantage estimation (arXiv 1506.02438, equation 16).

    values: V of the state before each token. After an answer's last token the episode is over (value 0), also where it
    was cut off. Where mask is 0, advantages are 0.

    >>> ones = torch.ones(1, 2)
    >>> gae(torch.tensor([[0.0, 1.0]]), torch.zeros(1, 2), ones, gamma=1.0, lam=0.5)[0]
    tensor([[0.5000, 1.0000]])
    """
    values = values * mask
    advantages = torch.zeros_like(values)
    following = torch.zeros_like(values[:, 0])
    advantage = torch.zeros_like(values[:, 0])
    for token in reversed(range(values.shape[1])):
        delta = rewards[:, token] + gamma * following - values[:, token]
        advantage = (delta + gamma * lam * advantage) * mask[:, token]
        advantages[:, token] = advantage
        following = values[:, token]
    return advantages, advantages + values


def whiten(values: Tensor, mask: Tensor, reduce: Reduce) -> Tensor:
    """To mean 0 and variance 1 over all unmasked tokens of all processes; masked ones become 0."""
    count, total = reduce(torch.stack([mask.sum(), (values * mask).sum()]))
    mean = total / count.clamp(min=1)
    variance = reduce((((values - mean) ** 2) * mask).sum()) / count.clamp(min=1)
    white: Tensor = (values - mean) * torch.rsqrt(variance + 1e-8) * mask
    return white


def policy_loss(new: Tensor, old: Tensor, advantages: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """The clipped surrogate a token, to be minimised, and where clipping decided (arXiv 1707.06347, equation 7).

    new, old: log-probabilities of the tokens.
    """
    ratio = torch.exp(new - old)
    free = -advantages * ratio
    held = -advantages * ratio.clamp(1 - epsilon, 1 + epsilon)
    return torch.maximum(free, held), held > free


def value_loss(new: Tensor, old: Tensor, returns: Tensor, clip: float) -> tuple[Tensor, Tensor]:
    """Half the squared error a token, the worse one of free and clipped values, and where clipping decided.

    As in OpenAI's baselines (ppo2) and TRL's old trainer; it is not in the paper.
    """
    free = (new - returns) ** 2
    held = (old + (new - old).clamp(-clip, clip) - returns) ** 2
    return 0.5 * torch.maximum(free, held), held > free


def kl_terms(new: Tensor, reference: Tensor, estimator: str) -> Tensor:
    """KL(new || reference) in nats a token, estimated from tokens that were drawn from `new`.

    Schulman, http://joschu.net/blog/kl-approx.html. new, reference: log-probabilities. estimator: `k1`, the difference
    (right on average, may be negative); `k3`, the difference plus ratio minus 1 (right on average, never negative).
    """
    difference = new - reference
    return difference if estimator == "k1" else difference + torch.exp(-difference) - 1


@dataclass
class KLController:
    """β, fixed or adapted so that KL per sequence comes near a target (arXiv 1909.08593, section 2.2).

    coefficient: in reward per nat. target: nats per sequence; None keeps β. horizon: sequences.

    >>> controller = KLController(0.1, target=6.0, horizon=100)
    >>> controller.update(60.0, sequences=50)
    >>> round(controller.coefficient, 4)
    0.11
    """

    coefficient: float
    target: float | None = None
    horizon: int = 10_000

    def update(self, nats: float, sequences: int) -> None:
        """After a rollout. nats: its mean KL per sequence."""
        if self.target is None:
            return
        error = min(max(nats / self.target - 1, -0.2), 0.2)
        self.coefficient *= 1 + error * sequences / self.horizon


def explained_variance(values: Tensor, returns: Tensor, mask: Tensor) -> float:
    """Share of the returns' variance that the values knew of: 1 is all, 0 no better than their mean, below 0 worse."""
    chosen = mask.bool()
    if int(chosen.sum()) < 2:
        return 0.0
    known, real = values[chosen], returns[chosen]
    spread = real.var()
    return float(1 - (real - known).var() / spread) if spread > 1e-12 else 0.0
