"""PPO's arithmetic against slow references and by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.ppo.formulas import (
    KLController,
    explained_variance,
    gae,
    kl_terms,
    policy_loss,
    value_loss,
    whiten,
)


def alone(total: torch.Tensor) -> torch.Tensor:
    return total


def slow_gae(rewards: list[float], values: list[float], gamma: float, lam: float) -> list[float]:
    """Equation 16 as it is written: a sum over everything that follows."""
    after = [*values[1:], 0.0]
    deltas = [
        reward + gamma * following - value for reward, value, following in zip(rewards, values, after, strict=True)
    ]
    return [
        sum((gamma * lam) ** (later - token) * deltas[later] for later in range(token, len(deltas)))
        for token in range(len(deltas))
    ]


number = st.floats(-3, 3, allow_nan=False)
episode = st.lists(st.tuples(number, number), min_size=1, max_size=7)


@given(st.lists(episode, min_size=1, max_size=4), st.floats(0, 1), st.floats(0, 1))
def test_gae_is_the_sum_of_the_paper_in_every_row(
    rows: list[list[tuple[float, float]]], gamma: float, lam: float
) -> None:
    width = max(map(len, rows))
    junk = 9.0  # what stands behind an answer does not count
    rewards = torch.tensor([[r for r, _ in row] + [0.0] * (width - len(row)) for row in rows], dtype=torch.float64)
    values = torch.tensor([[v for _, v in row] + [junk] * (width - len(row)) for row in rows], dtype=torch.float64)
    mask = torch.tensor([[1.0] * len(row) + [0.0] * (width - len(row)) for row in rows], dtype=torch.float64)
    advantages, returns = gae(rewards, values, mask, gamma, lam)
    for at, row in enumerate(rows):
        expected = slow_gae([r for r, _ in row], [v for _, v in row], gamma, lam)
        assert advantages[at, : len(row)].tolist() == pytest.approx(expected)
        assert returns[at, : len(row)].tolist() == pytest.approx(
            [a + v for a, (_, v) in zip(expected, row, strict=True)]
        )
        assert not advantages[at, len(row) :].any()


def test_without_bootstrapping_gae_is_the_discounted_reward_to_come() -> None:
    rewards, values = torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.3, 0.2, 0.9]])
    _, returns = gae(rewards, values, torch.ones(1, 3), gamma=0.5, lam=1.0)
    assert returns.tolist()[0] == pytest.approx([0.25, 0.5, 1.0])


def test_whitened_values_have_mean_0_and_variance_1_without_the_padding() -> None:
    values, mask = torch.tensor([[1.0, 2.0, 500.0], [3.0, 6.0, 7.0]]), torch.tensor([[1.0, 1, 0], [1, 1, 1]])
    white = whiten(values, mask, alone)
    assert white[0, 2] == 0
    assert float(white.sum()) == pytest.approx(0, abs=1e-5)
    assert float((white**2).sum() / 5) == pytest.approx(1)


def test_whitening_in_two_processes_is_whitening_of_all_rows() -> None:
    values, mask = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)), torch.ones(4, 3)
    whole = whiten(values, mask, alone)
    seen: list[torch.Tensor] = []
    whiten(values[2:], mask[2:], lambda one: (seen.append(one), one)[1])
    count = iter([seen[0], (((values[2:] - values.mean()) ** 2).sum())])
    half = whiten(values[:2], mask[:2], lambda one: one + next(count))
    assert torch.allclose(half, whole[:2], atol=1e-5)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.5, 2.0, -2.4, 0.0),  # good, and likelier than it may become: held at 1.2
        (0.5, 2.0, -1.0, -1.0),  # good, but less likely now: free to rise
        (0.5, -2.0, 1.6, 0.0),  # bad, and rarer than it may become: held at 0.8
        (1.5, -2.0, 3.0, 3.0),  # bad, and likelier: free to fall
    ],
)
def test_the_policy_is_clipped_where_that_is_pessimistic(
    ratio: float, advantage: float, loss: float, slope: float
) -> None:
    new = torch.tensor([[math.log(ratio)]], requires_grad=True)
    value, clipped = policy_loss(new, torch.zeros(1, 1), torch.tensor([[advantage]]), 0.2)
    value.sum().backward()
    assert value.item() == pytest.approx(loss)
    assert bool(clipped) == (slope == 0.0)
    assert new.grad is not None
    assert float(new.grad) == pytest.approx(slope)  # d loss / d log ratio


def test_the_value_loss_takes_the_worse_of_free_and_held() -> None:
    new, old, returns = torch.tensor([[1.0, 0.1, 1.0]]), torch.zeros(1, 3), torch.tensor([[1.0, 1.0, 0.0]])
    loss, held = value_loss(new, old, returns, 0.2)
    assert loss[0].tolist() == pytest.approx([0.5 * 0.8**2, 0.5 * 0.9**2, 0.5 * 1.0])
    assert held[0].tolist() == [True, False, False]


@pytest.mark.parametrize("estimator", ["k1", "k3"])
def test_the_estimators_of_kl_are_right_on_average(estimator: str) -> None:
    new = torch.tensor([0.5, 0.3, 0.2]).log()
    reference = torch.tensor([0.2, 0.5, 0.3]).log()
    exact = (new.exp() * (new - reference)).sum()
    mean = (new.exp() * kl_terms(new, reference, estimator)).sum()
    assert float(mean) == pytest.approx(float(exact), rel=1e-5)


def test_k3_is_never_negative() -> None:
    new, reference = torch.randn(2, 200, generator=torch.Generator().manual_seed(0))
    assert bool((kl_terms(new, reference, "k3") >= 0).all())
    assert bool((kl_terms(new, reference, "k1") < 0).any())


def test_beta_rises_above_the_target_and_falls_below_it_and_never_in_jumps() -> None:
    controller = KLController(1.0, target=6.0, horizon=100)
    controller.update(1e9, sequences=10)
    assert controller.coefficient == pytest.approx(1.02)
    controller.update(0.0, sequences=10)
    assert controller.coefficient == pytest.approx(1.02 * 0.98)
    controller.update(6.0, sequences=10)
    assert controller.coefficient == pytest.approx(1.02 * 0.98)
    fixed = KLController(1.0)
    fixed.update(50.0, sequences=10)
    assert fixed.coefficient == 1.0


def test_explained_variance_is_1_for_a_seer_and_0_for_the_mean() -> None:
    returns, mask = torch.tensor([[0.0, 1.0, 5.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    assert explained_variance(returns, returns, mask) == 1.0
    assert explained_variance(torch.full((1, 3), 0.5), returns, mask) == 0.0
