"""KL between a teacher of whom only the likeliest tokens are known, and a student."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Direction = Literal["forward", "reverse"]

LEAST = 1e-6
"""The least probability of all other tokens together: what float32 can still tell from nothing beside 1."""


def top_k_kl(logits: Tensor, ids: Tensor, log_probs: Tensor, temperature: float, direction: Direction) -> Tensor:
    """KL in nats of each token, over the teacher's k likeliest tokens and one more outcome: any other token.

    What the top k leave out is not given to them by rescaling: it is the teacher's mass for "another token", and the
    student's mass for it is compared with it. Lumping outcomes together never raises KL, so this is a lower bound of
    the exact one, and with k = vocabulary size it is the exact one.

    logits: the student's, shape (tokens, vocabulary). ids, log_probs: the teacher's, shape (tokens, k), at the same
    temperature. direction: `forward` is KL(teacher || student), which covers all the teacher says; `reverse` is
    KL(student || teacher), which keeps to what it says most. Returns shape (tokens,), float32, at least 0.

    >>> teacher = torch.tensor([[0.5, 0.5]]).log()
    >>> round(top_k_kl(torch.tensor([[0.0, 0.0]]), torch.tensor([[0, 1]]), teacher, 1.0, "forward").item(), 6)
    0.0
    """
    scaled = logits.float() / temperature
    student = scaled.gather(-1, ids) - scaled.logsumexp(-1, keepdim=True)
    teacher = log_probs.float().clamp(min=-100.0)  # of a token with probability 0, which adds nothing
    if ids.shape[-1] < logits.shape[-1]:
        student, teacher = (torch.cat([one, _others(one)], dim=-1) for one in (student, teacher))
    one, other = (teacher, student) if direction == "forward" else (student, teacher)
    kl: Tensor = (one.exp() * (one - other)).sum(-1)
    return kl


def _others(log_probs: Tensor) -> Tensor:
    """The log-probability of every other token together, shape (tokens, 1)."""
    known = log_probs.logsumexp(-1, keepdim=True).clamp(max=-LEAST)
    return torch.log(-torch.expm1(known))
