"""Which values of a column come again, and white space brought into one form."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curate.text.normalise import GAP
from curate.text.repeats import last_equal


@given(st.lists(st.sampled_from([0, 1, 2, 3, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1), max_size=300))
def test_each_value_finds_the_last_that_equals_it(values: list[int]) -> None:
    last = {value: place for place, value in enumerate(values)}
    assert last_equal(np.array(values, dtype=np.uint64)).tolist() == [last[value] for value in values]


@given(st.text(alphabet="ab \t\n\r\x0b\x0c\x1c\x85\xa0\u2003\u3000"))
def test_gaps_become_the_single_spaces_that_every_run_of_white_space_becomes(text: str) -> None:
    assert pl.Series([text]).str.replace_all(GAP, " ")[0] == pl.Series([text]).str.replace_all(r"\s+", " ")[0]
