"""The estimators against counting, and the intervals against what they promise."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainers.evaluating.estimators import majority_at_k, mean_interval, pass_at_k


@given(st.lists(st.booleans(), min_size=1, max_size=9), st.integers(1, 9))
def test_pass_at_k_is_the_share_of_subsets_that_hold_a_pass(samples: list[bool], k: int) -> None:
    found = float(pass_at_k([len(samples)], [sum(samples)], k)[0])
    if k > len(samples):
        assert math.isnan(found)
    else:
        subsets = list(combinations(samples, k))
        assert found == pytest.approx(sum(map(any, subsets)) / len(subsets))


def test_pass_at_k_holds_for_many_samples() -> None:
    assert float(pass_at_k([10_000], [1], 5_000)[0]) == pytest.approx(0.5)
    assert float(pass_at_k([10_000], [9_999], 2)[0]) == 1.0


def test_a_k_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        pass_at_k([1], [1], 0)
    with pytest.raises(ValueError, match="at least 1"):
        majority_at_k([[]], 0)


def test_right_answers_count_as_one_however_they_are_written() -> None:
    votes = [("1/2", True), ("0.5", True), ("7", False), ("8", False)]
    assert majority_at_k([votes], 4).tolist() == [1.0]


def test_a_frequent_wrong_answer_beats_a_rare_right_one() -> None:
    votes = [("7", False), ("1/2", True), ("7", False), (None, False)]
    assert majority_at_k([votes], 4).tolist() == [0.0]


def test_ties_share_the_credit_and_no_answer_never_wins() -> None:
    assert majority_at_k([[("7", False), ("8", True)]], 2).tolist() == [0.5]
    assert majority_at_k([[(None, False), (None, False), ("8", True)]], 3).tolist() == [1.0]
    assert majority_at_k([[(None, False)]], 1).tolist() == [0.0]


def test_too_few_samples_are_not_measured() -> None:
    assert np.isnan(majority_at_k([[("7", True)]], 2)).all()


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    draw = np.random.default_rng(0)
    covered = 0
    for trial in range(300):
        interval = mean_interval(draw.normal(0.3, 1, 60), seed=trial, resamples=400)
        covered += interval.low <= 0.3 <= interval.high
    assert 0.90 <= covered / 300 <= 0.98


def test_equal_models_are_seldom_called_different() -> None:
    """A/A: the share of differences between equal models whose interval excludes zero is near 5%."""
    draw = np.random.default_rng(1)
    false = 0
    for trial in range(300):
        difficulty = draw.uniform(size=100)
        first, second = (draw.binomial(8, difficulty) / 8 for _ in range(2))
        false += mean_interval(first - second, seed=trial, resamples=400).excludes_zero
    assert false / 300 <= 0.09


def test_problems_without_a_figure_are_left_out() -> None:
    interval = mean_interval(np.array([1.0, np.nan, 1.0]))
    assert (interval.value, interval.problems) == (1.0, 2)
    assert mean_interval(np.array([np.nan])).problems == 0


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(2).normal(size=50)
    assert mean_interval(values, seed=3) == mean_interval(values, seed=3) != mean_interval(values, seed=4)
