"""A reward never ends a run by a row, and nothing it does is silent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

import rewards
from curate.errors import StepFailed, UsageError
from trainers import train
from trainers.guards import Guarded, GuardedAsync, guard
from trainers.lock import reward_identity
from trainers.reward_columns import check_parameters, needed_columns
from trainers.settings import RewardUse

Make = Callable[..., dict[str, Any]]


def guarded(function: Callable[..., Any]) -> tuple[Guarded, list[str]]:
    said: list[str] = []
    return guard((), [function], said.append)[0], said


def test_one_bad_row_is_left_out_and_told_once() -> None:
    def digits(completions: list[str], **columns: Any) -> list[float]:
        return [float(text) for text in completions]

    reward, said = guarded(digits)
    assert reward(["1", "x", "3"], prompts=["a", "b", "c"]) == [1.0, None, 3.0]
    assert reward(["x"], prompts=["a"]) == [None]
    assert said == [
        "reward digits: a row could not be judged and is left out: ValueError: could not convert string to float: 'x'"
    ]
    assert reward.summary() == {
        "rows": 4,
        "undecided": 2,
        "errors": 2,
        "reasons": {"ValueError: could not convert string to float: 'x'": 2},
    }


def test_a_reward_that_exits_fails_on_its_rows_only() -> None:
    def grader(completions: list[str], **columns: Any) -> list[float]:
        if "x" in completions:
            sys.exit(3)
        return [1.0] * len(completions)

    reward, said = guarded(grader)
    assert reward(["1", "x"]) == [1.0, None]
    assert said == ["reward grader: a row could not be judged and is left out: SystemExit: 3"]


def test_columns_are_cut_to_the_row_that_is_judged_alone() -> None:
    def same(completions: list[str], answer: list[str], **columns: Any) -> list[float]:
        if "!" in completions:
            raise RuntimeError("no")
        return [float(text == gold) for text, gold in zip(completions, answer, strict=True)]

    reward, _ = guarded(same)
    assert reward(["a", "!", "c"], answer=["a", "b", "d"]) == [1.0, None, 0.0]


@pytest.mark.parametrize("values", [[1.0], [1.0, float("nan")], [1.0, float("inf")], [1.0, None]])
def test_wrong_values_are_none(values: list[float]) -> None:
    def odd(completions: list[str], **columns: Any) -> list[float]:
        return values[: len(completions)] if len(completions) > 1 else [1.0]

    reward, _ = guarded(odd)
    made = reward(["a", "b"])
    assert made[0] == 1.0
    assert made[1] == (1.0 if len(values) == 1 else None)  # too few values: each row is asked alone


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (1.0, "it gave 1.0 where a list belongs, of a number or None a completion"),
        (None, "it gave None where a list belongs"),
        ({"score": 1.0}, "it gave {'score': 1.0} where a list belongs"),
        (["good", "good"], "it gave 'good' for a completion, which is no number (nor None)"),
        ([float("nan")] * 2, "it gave nan for a completion, which is no number (nor None)"),
    ],
)
def test_what_is_no_list_of_numbers_is_told_as_it_came(given: Any, told: str) -> None:
    def odd(completions: list[str], **columns: Any) -> Any:
        return given[: len(completions)] if isinstance(given, list) else given

    reward, said = guarded(odd)
    assert reward(["a", "b"]) == [None, None]
    assert len(said) == 1
    assert told in said[0]
    assert reward.summary()["errors"] == 2


def test_a_value_that_is_no_number_costs_no_second_call() -> None:
    calls = []

    def odd(completions: list[str], **columns: Any) -> list[float]:
        calls.append(len(completions))
        return [1.0, float("nan"), 0.0]

    reward, _ = guarded(odd)
    assert reward(["a", "b", "c"]) == [1.0, None, 0.0]
    assert calls == [3]


def test_a_batch_that_fails_only_as_a_whole_is_told_as_that() -> None:
    def alone(completions: list[str], **columns: Any) -> list[float]:
        return [1.0]

    reward, said = guarded(alone)
    assert reward(["a", "b"]) == [1.0, 1.0]
    assert said == [
        "reward alone: a batch could not be judged at once, only row by row: it gave 1 values for 2 completions"
    ]


def test_completions_that_got_none_are_told_once() -> None:
    def some(completions: list[str], **columns: Any) -> list[float | None]:
        return [None, 1.0]

    reward, said = guarded(some)
    reward(["a", "b"])
    reward(["a", "b"])
    assert said == ["reward some: 1 of 2 completions got None and are left out"]


def test_what_cannot_be_called_as_it_is_ends_before_the_first_step() -> None:
    def typo(completions: list[str], anwser: list[str]) -> list[float]:
        return [0.0]

    def fine(completions: list[str], answer: list[str], trainer_state: Any, more: int = 0, **rest: Any) -> list[float]:
        return [0.0]

    check_parameters([fine], ["prompt", "answer"])
    with pytest.raises(UsageError, match=r"reward typo asks for 'anwser': .*; did you mean 'answer'\?"):
        check_parameters([typo], ["prompt", "answer"])
    with pytest.raises(UsageError, match=r"rewards= takes functions, and 'math' is none; .* rewards: \[math\]"):
        guard((), ["math"], lambda _: None)  # type: ignore[list-item]


def test_a_function_gets_only_what_it_takes() -> None:
    def short(completions: list[str]) -> list[float]:
        return [float(len(text)) for text in completions]

    reward, said = guarded(short)
    assert reward(["ab"], prompts=["?"], answer=["x"], trainer_state=object()) == [2.0]
    assert not said


def test_coroutines_are_guarded_too() -> None:
    async def slow(completions: list[str], **columns: Any) -> list[float]:
        await asyncio.sleep(0)
        return [1 / len(text) for text in completions]

    reward, _ = guarded(slow)
    assert isinstance(reward, GuardedAsync)
    assert asyncio.run(reward(["ab", ""])) == [0.5, None]


def test_a_reward_that_judges_nothing_ends_the_training() -> None:
    def broken(completions: list[str], **columns: Any) -> list[float]:
        raise KeyError("answer")

    reward, _ = guarded(broken)
    reward(["a"])
    reward(["b"])
    with pytest.raises(StepFailed, match="failed on every row of 3 batches: KeyError: 'answer'"):
        reward(["c"])


def test_rewards_of_the_registry_keep_their_reasons() -> None:
    logged: dict[str, Any] = {}
    use = RewardUse(reward="math", columns={"answer": "gold"}, name="right")
    reward = guard([use], [], logged.setdefault)[0]
    values = reward(
        [r"\boxed{4}", r"\boxed{5}", "4"],
        prompts=["2+2?"] * 3,
        gold=["4", "4", None],
        log_extra=logged.__setitem__,
        log_metric=logged.__setitem__,
        trainer_state=None,
    )
    assert values == [1.0, 0.0, None]
    assert logged["right.why"][2] == "column 'answer' is null in this row"
    assert logged["rewards/right/undecided"] == pytest.approx(1 / 3)
    assert logged["rewards/right/errors"] == 0
    assert needed_columns([use]) == ["gold"]


def test_each_row_may_name_its_own_verifier() -> None:
    reward = guard([RewardUse(reward="verifier")], [], lambda _: None)[0]
    made = reward([r"\boxed{4}", "so 4", "?"], verifier=["math", "nope", None], answer=["4", "4", "4"])
    assert made == [1.0, None, None]
    assert needed_columns([RewardUse(reward="verifier")]) == ["verifier"]


def test_the_lock_tells_one_reward_from_another() -> None:
    def first(completions: list[str]) -> list[float]:
        return [0.0]

    def second(completions: list[str]) -> list[float]:
        return [1.0]

    use = RewardUse(reward="math", weight=0.5)
    assert reward_identity([use], [])[0]["weight"] == 0.5
    assert reward_identity([], [first]) != reward_identity([], [second])


def test_a_run_outlives_rows_that_cannot_be_judged(settings: Make) -> None:
    """Also when one reward is None for some rows and another fails: weights hold, rows stay."""
    calls = iter(range(10_000))

    def shaky(completions: list[Any], **columns: Any) -> list[float | None]:
        if next(calls) % 2:
            raise ValueError("now and then")
        return [None if row % 2 else 0.5 for row in range(len(completions))]

    trained = train(settings("grpo", rewards=[{"reward": "math", "weight": 0.25}]), rewards=[shaky])
    assert trained.metrics["steps"] == 2
    assert trained.lock["arguments"]["reward_weights"] == [0.25, 1.0]
    told = trained.metrics["rewards"]["shaky"]
    assert told["errors"] >= 1
    assert told["undecided"] >= 8
    assert "rewards/shaky/undecided" in trained.log[0]
    assert rewards.get("math").name in trained.metrics["rewards"]
