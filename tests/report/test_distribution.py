from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.report.distribution import (
    distribution,
    histogram,
    outlier,
    packing_efficiency,
    padding_waste,
    truncation_loss,
)

rows = st.lists(st.integers(0, 300), max_size=60).map(lambda values: np.array(values, dtype=np.int64))


def best_fit_decreasing(lengths: np.ndarray, max_length: int) -> float:
    """The same packing, row by row as the books have it."""
    cut = sorted((min(int(length), max_length) for length in lengths if length > 0), reverse=True)
    room: list[int] = []
    for length in cut:
        fitting = [index for index, left in enumerate(room) if left >= length]
        if fitting:
            room[min(fitting, key=lambda index: room[index])] -= length
        else:
            room.append(max_length - length)
    return sum(cut) / (len(room) * max_length) if room else 1.0


@given(rows, st.integers(1, 200))
def test_packing_by_length_gives_what_packing_row_by_row_gives(lengths: np.ndarray, max_length: int) -> None:
    assert packing_efficiency(lengths, max_length) == pytest.approx(best_fit_decreasing(lengths, max_length))


@given(rows, st.integers(1, 300))
def test_a_longer_max_length_never_loses_more(lengths: np.ndarray, max_length: int) -> None:
    loss = truncation_loss(lengths, max_length)
    assert 0 <= truncation_loss(lengths, max_length + 1) <= loss <= 1
    expected = sum(max(0, int(length) - max_length) for length in lengths) / max(1, int(lengths.sum()))
    assert loss == pytest.approx(expected)


def test_truncation_loss_refuses_a_max_length_below_one() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        truncation_loss([1], 0)


@given(rows, st.integers(1, 16), st.integers(1, 300))
def test_padding_is_what_the_batches_hold_beyond_their_rows(lengths: np.ndarray, batch: int, max_length: int) -> None:
    waste = padding_waste(lengths, batch, max_length)
    assert 0 <= waste < 1
    if batch == 1 or len(set(np.minimum(lengths, max_length).tolist())) <= 1:
        assert waste == 0


@given(rows, st.integers(1, 60))
def test_every_row_is_in_one_bin(lengths: np.ndarray, bins: int) -> None:
    found = histogram(lengths, bins)
    assert len(found.edges) == bins + 1
    assert sum(found.counts) == len(lengths)
    assert found.edges[0] == 0


def test_one_huge_row_does_not_press_the_others_into_one_bar() -> None:
    found = histogram(np.array([*range(100, 300), 1_000_000]), 50)
    assert found.open_end
    assert sum(count > 0 for count in found.counts) > 20
    assert found.counts[-1] == 1


def test_no_rows_have_no_lengths() -> None:
    found = distribution(np.zeros(0, dtype=np.int64))
    assert (found.rows, found.total, found.p99, found.max) == (0, 0, 0.0, 0)
    assert packing_efficiency(np.zeros(0, dtype=np.int64), 128) == 1.0
    assert padding_waste(np.zeros(0, dtype=np.int64), 8, 128) == 0.0


def test_a_million_rows_pack_as_fast_as_their_distinct_lengths() -> None:
    lengths = np.random.default_rng(0).lognormal(6, 1, 1_000_000).astype(np.int64)
    assert packing_efficiency(lengths, 4096) > 0.99


@pytest.mark.parametrize("others", [3, 40, 500])
def test_one_huge_row_of_few_is_an_outlier_too(others: int) -> None:
    """Between two rows the 99th percentile of a small table lies near the longest one, whatever that is."""
    found = histogram(np.array([*range(100, 100 + others), 1_000_000]), 10)
    assert found.open_end
    assert found.edges[-1] < 1_000


def test_a_long_tail_is_no_outlier() -> None:
    lengths = np.array([100] * 97 + [5_000, 10_000, 15_000])
    assert outlier(lengths) > 15_000
    assert not histogram(lengths, 10).open_end
