from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewards
from rewards.base import RewardError

IDS = st.lists(st.integers(0, 3), max_size=40)


@settings(deadline=None)
@given(IDS, st.integers(1, 5), st.sampled_from([-1.0, -0.5, 0.0]))
def test_repetition_equals_trl(ids: list[int], size: int, penalty: float) -> None:
    from trl.rewards import get_repetition_penalty_reward

    expected = get_repetition_penalty_reward(size, penalty)([ids])[0]
    ours = rewards.get("repetition", ngram_size=size, max_penalty=penalty)
    assert ours.score("", completion_ids=ids).value == expected


@settings(deadline=None)
@given(st.integers(0, 150), st.integers(0, 100))
def test_soft_overlong_equals_trl(length: int, cache: int) -> None:
    from trl.rewards import get_soft_overlong_punishment

    expected = get_soft_overlong_punishment(100, cache)([[1] * length])[0]
    ours = rewards.get("soft_overlong", max_completion_len=100, soft_punish_cache=cache)
    assert ours.score("", completion_ids=[1] * length).value == expected


def test_cosine_length_equals_trl_beyond_the_limit_too() -> None:
    from trl.rewards import get_cosine_scaled_reward

    theirs = get_cosine_scaled_reward(max_len=100)
    ours = rewards.get("cosine_length", max_len=100)
    for length in (0, 1, 33, 50, 99, 100, 101, 150, 200, 1_000):
        ids = [[1] * length] * 2
        completions = [[{"role": "assistant", "content": text}] for text in (r"\boxed{2}", r"\boxed{3}")]
        assert ours(completions, correct=[1.0, 0.0], completion_ids=ids) == theirs(completions, ["2", "2"], ids)


def test_cosine_length_judges_by_another_reward_where_no_verdict_is_given() -> None:
    by_text = rewards.get("cosine_length", max_len=100, by="exact")
    assert by_text.score("Paris", answer="Paris", completion_ids=[1] * 50).value == 0.75
    assert by_text.score("Rome", answer="Paris", completion_ids=[1] * 50).value == -0.75
    assert by_text.score("Rome", answer=[], completion_ids=[1] * 50).value is None
    assert by_text.score("Rome").value is None


def kimi_reference(lengths: list[int], correct: list[bool]) -> list[float]:
    low, high = min(lengths), max(lengths)
    if low == high:
        return [0.0] * len(lengths)
    scaled = [0.5 - (length - low) / (high - low) for length in lengths]
    return [value if right else min(0.0, value) for value, right in zip(scaled, correct, strict=True)]


def test_kimi_length_compares_within_a_prompt_only() -> None:
    draw = random.Random(1)
    groups = [[(draw.randrange(1, 90), draw.random() < 0.5) for _ in range(4)] for _ in range(5)]
    rows = [(f"prompt {g}", *member) for g, group in enumerate(groups) for member in group]
    draw.shuffle(rows)
    given_: dict[str, list[Any]] = {
        "prompt": [row[0] for row in rows],
        "correct": [row[2] for row in rows],
        "completion_ids": [[0] * row[1] for row in rows],
    }
    values = [score.value for score in rewards.kimi_length.score_batch([""] * len(rows), **given_)]
    for prompt in set(given_["prompt"]):
        mine = [place for place, row in enumerate(rows) if row[0] == prompt]
        expected = kimi_reference([rows[p][1] for p in mine], [rows[p][2] for p in mine])
        assert [values[p] for p in mine] == pytest.approx(expected)


def test_an_unknown_verdict_is_none_and_does_not_touch_the_others() -> None:
    scores = rewards.kimi_length.score_batch(["a", "b"], correct=[None, 1], completion_ids=[[1], [1, 2, 3]])
    assert [score.value for score in scores] == [None, -0.5]


def test_looping_and_overlong_text_is_rejected() -> None:
    assert rewards.repetition.score("I think so. " * 200).value < -0.9
    assert rewards.repetition.score("这是" * 200).value < -0.9
    assert rewards.repetition.score("every word here is said once only").value == 0
    assert rewards.soft_overlong.score("word " * 100_000).value == -1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("soft_overlong", {"max_completion_len": 10, "soft_punish_cache": 20}),
        ("soft_overlong", {"max_completion_len": 1024}),  # the default cache is larger
        ("repetition", {"max_penalty": 0.5}),
        ("repetition", {"ngram_size": 0}),
        ("cosine_length", {"max_len": 0}),
        ("cosine_length", {"by": "mth"}),
        ("kimi_length", {"by": "mth"}),
    ],
)
def test_an_impossible_option_is_refused_before_training_starts(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(RewardError, match=r"must|did you mean"):
        rewards.get(name, **options)


def test_values_stay_in_the_declared_range() -> None:
    for name in ("cosine_length", "kimi_length", "repetition", "soft_overlong"):
        low, high = rewards.get(name).range
        for length in (0, 1, 10_000, 30_000):
            value = rewards.get(name).score("x", correct=1.0, completion_ids=[1] * length).value
            assert value is not None
            assert math.isfinite(value)
            assert low <= value <= high
