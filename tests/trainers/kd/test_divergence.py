"""KL to a teacher of whom only the likeliest tokens are known."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.kd.divergence import top_k_kl

VOCABULARY = 12


def logits(seed: int, scale: float = 3.0) -> tuple[torch.Tensor, torch.Tensor]:
    return tuple(scale * torch.randn(2, 5, VOCABULARY, generator=torch.Generator().manual_seed(seed)))  # type: ignore[return-value]


def exact(student: torch.Tensor, teacher: torch.Tensor, temperature: float, direction: str) -> torch.Tensor:
    s, t = (student / temperature).log_softmax(-1), (teacher / temperature).log_softmax(-1)
    one, other = (t, s) if direction == "forward" else (s, t)
    return torch.nn.functional.kl_div(other, one, log_target=True, reduction="none").sum(-1)


def stored(teacher: torch.Tensor, k: int, temperature: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    top = (teacher / temperature).log_softmax(-1).topk(k)
    return top.indices, top.values


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_with_the_whole_vocabulary_it_is_the_exact_kl_and_its_gradient(direction: str, temperature: float) -> None:
    student, teacher = logits(0)
    ours, theirs = student.clone().requires_grad_(), student.clone().requires_grad_()
    kl = top_k_kl(ours, *stored(teacher, VOCABULARY, temperature), temperature, direction)  # type: ignore[arg-type]
    expected = exact(theirs, teacher, temperature, direction)
    assert torch.allclose(kl, expected, atol=1e-6)
    kl.sum().backward()
    expected.sum().backward()
    assert ours.grad is not None
    assert theirs.grad is not None
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-6)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
@given(st.integers(0, 10_000), st.integers(1, VOCABULARY - 1))
@settings(max_examples=30, deadline=None)
def test_fewer_tokens_give_a_lower_bound_that_rises_with_k(direction: str, seed: int, k: int) -> None:
    student, teacher = logits(seed, 1.0)
    bounds = [top_k_kl(student, *stored(teacher, size), 1.0, direction) for size in (k, k + 1)]  # type: ignore[arg-type]
    assert bool((bounds[0] >= -1e-5).all())
    assert bool((bounds[0] <= bounds[1] + 1e-5).all())
    assert bool((bounds[1] <= exact(student, teacher, 1.0, direction) + 1e-5).all())


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_the_missing_mass_is_learned_too(direction: str) -> None:
    teacher = torch.tensor([[0.4, 0.3, 0.2, 0.1]]).log()
    ids, log_probs = stored(teacher, 2)
    right = top_k_kl(torch.tensor([[0.4, 0.3, 0.25, 0.05]]).log(), ids, log_probs, 1.0, direction)  # type: ignore[arg-type]
    assert float(right) == pytest.approx(0, abs=1e-5)  # the head is right, and the rest in sum
    student = torch.tensor([[4.0, 3.0, 0.001, 0.001]]).log().requires_grad_()  # the head's odds are right, not its mass
    wrong = top_k_kl(student, ids, log_probs, 1.0, direction)  # type: ignore[arg-type]
    assert wrong.item() > 0.1
    wrong.sum().backward()
    assert student.grad is not None
    assert bool((student.grad[0, 2:] < 0).all())  # descending raises what is not in the top k


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_a_teacher_or_a_student_who_is_certain_gives_finite_numbers(direction: str) -> None:
    certain = torch.tensor([[200.0, 0.0, 0.0, 0.0]])
    for student, teacher in ((certain, torch.zeros(1, 4)), (torch.zeros(1, 4), certain), (certain, certain)):
        learned = student.clone().requires_grad_()
        loss = top_k_kl(learned, *stored(teacher, 2), 1.0, direction)  # type: ignore[arg-type]
        loss.sum().backward()
        assert bool(loss.isfinite().all())
        assert learned.grad is not None
        assert bool(learned.grad.isfinite().all())
