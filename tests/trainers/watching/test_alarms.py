"""Each alarm goes off on its pathology and on no other's, and none on a healthy history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.watching.alarms import ALARMS, watch
from trainers.watching.limits import Limits

Change = Callable[[float], dict[str, Any]]
"""What is wrong, `t` of the way from the first log (0) to the last (1)."""


def history(change: Change | None = None, logs: int = 30) -> list[dict[str, Any]]:
    """A healthy run: the reward rises, entropy falls by half, lengths wander."""
    made = []
    for number in range(logs):
        t = number / (logs - 1)
        log = {
            "step": number + 1,
            "loss": 0.01 * (-1) ** number,
            "grad_norm": 0.5,
            "reward": 0.25 + 0.35 * t,
            "reward_std": 0.4,
            "frac_reward_zero_std": 0.3 + 0.2 * t,
            "kl": 0.02 * t,
            "entropy": 0.8 - 0.4 * t,
            "completions/mean_length": 100 + 30 * t + 5 * (-1) ** number,
            "completions/clipped_ratio": 0.05,
            "rewards/math/undecided": 0.01,
            "rewards/chain_monitor/mean": -0.02,
        }
        made.append(log | (change(t) if change else {}))
        if number % 10 == 9:
            made.append({"step": number + 1, "eval_reward": made[-1]["reward"] - 0.03} | _held(change, t))
    return made


def _held(change: Change | None, t: float) -> dict[str, Any]:
    wrong = change(t) if change else {}
    return {"eval_reward": wrong["eval_reward"]} if "eval_reward" in wrong else {}


PATHOLOGIES: dict[str, Change] = {
    "broken": lambda t: {"loss": float("nan") if t == 1 else 0.0},
    "no_gradient": lambda t: {"grad_norm": 0.0},
    "kl": lambda t: {"kl": 0.3 * t},  # 0.3 nats a token over 130 tokens
    "saturated": lambda t: {"reward": 0.5 + 0.49 * min(1, 3 * t)},
    "never_paid": lambda t: {"reward": 0.0, "eval_reward": 0.0},
    "zero_variance": lambda t: {"frac_reward_zero_std": 0.5 + 0.5 * t},
    "entropy": lambda t: {"entropy": 0.8 * (1 - t) ** 3},
    "length": lambda t: {"completions/mean_length": 100 + 400 * t, "reward": 0.3, "eval_reward": 0.3, "kl": 0.0},
    "clipped": lambda t: {"completions/clipped_ratio": t},
    "gap": lambda t: {"eval_reward": 0.25 - 0.1 * t},
    "not_judged": lambda t: {"rewards/math/undecided": 0.4},
    "chains": lambda t: {"rewards/chain_monitor/mean": -0.6 * t},
}


def names(logs: list[dict[str, Any]]) -> list[str]:
    return [alarm.name for alarm in watch(logs)]


@pytest.mark.parametrize("name", sorted(PATHOLOGIES))
def test_a_pathology_sets_off_its_alarm_alone(name: str) -> None:
    wrong = history(PATHOLOGIES[name])
    if name == "broken":
        wrong = wrong[:-1]  # the last log is the held-out one
    assert names(wrong) == [name]


def test_every_alarm_has_a_pathology() -> None:
    assert {*ALARMS} | {"never_paid"} == {*PATHOLOGIES}


@pytest.mark.parametrize("logs", range(1, 31))
def test_a_healthy_run_is_silent_at_every_moment(logs: int) -> None:
    assert names(history()[:logs]) == []


def test_longer_answers_that_earn_more_are_no_alarm() -> None:
    assert names(history(lambda t: {"completions/mean_length": 100 + 400 * t, "kl": 0.0})) == []


def test_the_unit_of_kl_is_the_sequence_where_the_length_is_known() -> None:
    alarm = watch(history(PATHOLOGIES["kl"]))[0]
    assert alarm.unit == "nats per sequence"
    assert alarm.value > 15
    without = [
        {key: log[key] for key in log if key != "completions/mean_length"} for log in history(lambda t: {"kl": 2})
    ]
    assert watch(without)[0].unit == "nats per token"


def test_the_range_of_the_reward_is_what_saturates() -> None:
    logs = history(lambda t: {"reward": 0.99, "eval_reward": 0.99})
    assert names(logs) == ["saturated"]
    assert [alarm.name for alarm in watch(logs, span=(-1, 2))] == []


def test_one_odd_batch_is_no_alarm() -> None:
    odd = history()
    odd[20] |= {"completions/clipped_ratio": 1.0, "frac_reward_zero_std": 1.0, "kl": 0.5}
    assert names(odd[:23]) == []


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_training_shorter_than_the_window_that_learned_nothing_says_so_at_its_end(steps: int) -> None:
    logs = [{"step": step + 1, "loss": 0.0, "grad_norm": 0.0} for step in range(steps)]
    assert names(logs) == []
    over = {"step": steps, "train_loss": 0.0}
    assert names([*logs, over]) == ["no_gradient"]
    assert names([{**logs[0], "grad_norm": 0.5}, *logs[1:], over]) == []


def test_limits_can_be_set() -> None:
    assert [alarm.name for alarm in watch(history(), Limits(entropy=0.5, entropy_share=1.0))] == ["entropy"]


FIGURES = st.none() | st.floats() | st.text() | st.integers(0, 9)
KEYS = st.sampled_from(["reward", "kl", "loss", "entropy", "eval_reward", "frac_reward_zero_std"])


@given(st.lists(st.dictionaries(KEYS, FIGURES), max_size=12))
def test_no_history_raises(logs: list[dict[str, Any]]) -> None:
    watch([{"step": step, **log} for step, log in enumerate(logs)])
