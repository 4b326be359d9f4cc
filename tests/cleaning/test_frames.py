"""What is no polars frame is told with the call that makes one of it, by every function that takes one."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from curate import decontaminate, dedupe, filter_rows, mask_rows, score_rows, select
from curate.errors import DataError

FUNCTIONS = {
    "dedupe": lambda rows: dedupe(rows, column="prompt"),
    "decontaminate": lambda rows: decontaminate(rows, against={"x": ["a b c d"]}),
    "filter_rows": lambda rows: filter_rows(rows, ["empty"]),
    "mask_rows": mask_rows,
    "score_rows": lambda rows: score_rows(rows, len),
    "select": lambda rows: select(rows, "cap", column="prompt", most=1),
}
ROWS = [{"prompt": "a"}]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_says_what_it_wants(name: str) -> None:
    call: Any = FUNCTIONS[name]
    with pytest.raises(DataError, match=rf"^{name}: a polars DataFrame is wanted \(got LazyFrame\); collect it first"):
        call(pl.DataFrame(ROWS).lazy())
    with pytest.raises(DataError, match=r"\(got list\); polars.DataFrame\(rows\) makes one"):
        call(ROWS)
    with pytest.raises(DataError, match=r"\(got NoneType\)$"):
        call(None)


def test_the_frames_of_others_are_told_by_their_own_conversion() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(DataError, match="from_pandas"):
        dedupe(pandas.DataFrame(ROWS))
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_list(ROWS)
    with pytest.raises(DataError, match="to_polars"):
        dedupe(data)
    with pytest.raises(DataError, match=r'data\["train"\].to_polars'):
        dedupe(datasets.DatasetDict(train=data))
    assert dedupe(data.to_polars(), column="prompt").kept.height == 1
    with pytest.raises(DataError, match="read_parquet"):
        dedupe("rows.parquet")  # type: ignore[arg-type]
