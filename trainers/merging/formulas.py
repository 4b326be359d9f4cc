"""The arithmetic of merging: plain functions on the same tensor of several models, computed in float32.

Held equal to mergekit 0.1.5 by `tests/trainers/merging/test_against_mergekit.py` where that is installed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

PARALLEL = 0.9995
"""Cosine from which two directions count as one and `slerp` goes straight, as Shoemake's formula would divide by 0."""


def linear(tensors: Sequence[torch.Tensor], weights: Sequence[float], *, normalize: bool = True) -> torch.Tensor:
    """Weighted mean; with `normalize=False` the weighted sum.

    tensors: of one shape. weights: one a tensor; their sum must not be 0 when normalised.

    >>> import torch
    >>> linear([torch.tensor([0.0]), torch.tensor([4.0])], [1, 3])
    tensor([3.])
    """
    total = sum(weights) if normalize else 1.0
    out = tensors[0].float() * (weights[0] / total)
    for tensor, weight in zip(tensors[1:], weights[1:], strict=True):
        out += tensor.float() * (weight / total)
    return out


def slerp(first: torch.Tensor, second: torch.Tensor, t: float) -> torch.Tensor:
    """The point at `t` on the arc from `first` (t=0) to `second` (t=1), each tensor taken as one vector.

    The length changes with the arc, as the unit vectors only give its angle. Nearly parallel tensors, or one of zeros,
    are mixed on the straight line.

    >>> import torch
    >>> slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
    tensor([0.7071, 0.7071])
    """
    a, b = first.float(), second.float()
    lengths = float(a.norm()) * float(b.norm())
    cosine = float((a * b).sum()) / lengths if lengths > 0 else 1.0
    if abs(cosine) > PARALLEL:
        return (1 - t) * a + t * b
    angle = math.acos(cosine)
    return math.sin((1 - t) * angle) / math.sin(angle) * a + math.sin(t * angle) / math.sin(angle) * b


def task_arithmetic(
    base: torch.Tensor, tensors: Sequence[torch.Tensor], weights: Sequence[float], *, scale: float = 1.0
) -> torch.Tensor:
    """The base plus `scale` times the weighted sum of what each model changed; a negative weight forgets a task.

    >>> import torch
    >>> task_arithmetic(torch.tensor([1.0]), [torch.tensor([2.0]), torch.tensor([4.0])], [1, -1])
    tensor([-1.])
    """
    start = base.float()
    return start + scale * sum_of(_deltas(start, tensors), weights)


def ties(
    base: torch.Tensor,
    tensors: Sequence[torch.Tensor],
    weights: Sequence[float],
    densities: Sequence[float],
    *,
    scale: float = 1.0,
    normalize: bool = True,
) -> torch.Tensor:
    """TRIM, ELECT SIGN & MERGE: of each change the largest entries, of each entry the sign with the larger sum.

    densities: share of entries kept of each model's change, in (0, 1]. normalize: divide each entry by the weights that
    agreed on it, as the paper does.

    >>> import torch
    >>> ties(torch.zeros(2), [torch.tensor([3.0, 1.0]), torch.tensor([-1.0, 5.0])], [1, 1], [1, 1])
    tensor([3., 3.])
    """
    start = base.float()
    trimmed = [largest(delta, density) for delta, density in zip(_deltas(start, tensors), densities, strict=True)]
    return start + scale * elect(trimmed, weights, normalize=normalize)


def dare(
    base: torch.Tensor,
    tensors: Sequence[torch.Tensor],
    weights: Sequence[float],
    densities: Sequence[float],
    generator: torch.Generator,
    *,
    elect_sign: bool = False,
    scale: float = 1.0,
    normalize: bool = False,
) -> torch.Tensor:
    """Drop And REscale: entries of each change are dropped at random, the others divided by the share that stays.

    densities: chance of each entry to stay, in (0, 1]. elect_sign: merge as TIES does instead of adding.
    """
    start = base.float()
    deltas = _deltas(start, tensors)
    thinned = [thin(delta, density, generator) for delta, density in zip(deltas, densities, strict=True)]
    if elect_sign:
        return start + scale * elect(thinned, weights, normalize=normalize)
    total = sum(weights) if normalize else 1.0
    return start + scale * sum_of(thinned, weights) / total


def largest(delta: torch.Tensor, density: float) -> torch.Tensor:
    """The `density` share of entries that are largest in size; the others are 0. At least one stays.

    >>> import torch
    >>> largest(torch.tensor([1.0, -3.0, 2.0, 0.5]), 0.5)
    tensor([ 0., -3.,  2.,  0.])
    """
    if density >= 1:
        return delta
    count = max(1, int(density * delta.numel()))
    flat = delta.reshape(-1)
    keep = flat.abs().topk(count).indices
    out = flat.new_zeros(flat.shape)
    out[keep] = flat[keep]
    return out.reshape(delta.shape)


def thin(delta: torch.Tensor, density: float, generator: torch.Generator) -> torch.Tensor:
    """Each entry stays with chance `density` and is divided by it, so that the expected change is the same."""
    import torch

    if density >= 1:
        return delta
    return delta * torch.bernoulli(torch.full_like(delta, density), generator=generator) / density


def elect(deltas: Sequence[torch.Tensor], weights: Sequence[float], *, normalize: bool) -> torch.Tensor:
    """For each entry the weighted sum of the changes whose sign is that of the sum of all."""
    import torch

    elected = torch.where(sum_of(deltas, weights) >= 0, 1.0, -1.0)
    out, agreed = torch.zeros_like(deltas[0]), torch.zeros_like(deltas[0])
    for delta, weight in zip(deltas, weights, strict=True):
        weighted = delta * weight
        agrees = weighted.sign() == elected
        out += weighted * agrees
        agreed += weight * agrees
    return out / torch.where(agreed.abs() < 1e-8, 1.0, agreed) if normalize else out


def sum_of(deltas: Sequence[torch.Tensor], weights: Sequence[float]) -> torch.Tensor:
    """The weighted sum."""
    out = deltas[0] * weights[0]
    for delta, weight in zip(deltas[1:], weights[1:], strict=True):
        out += delta * weight
    return out


def _deltas(start: torch.Tensor, tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [tensor.float() - start for tensor in tensors]
