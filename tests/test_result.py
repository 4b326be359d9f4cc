"""A result prints itself: counts first, then the reasons."""

from __future__ import annotations

import polars as pl

from curate import Result


def result() -> Result:
    kept = pl.DataFrame({"id": ["a"]})
    dropped = pl.DataFrame({"id": ["b", "c", "d"], "reason": ["<b>short</b>", "long\u202e", "<b>short</b>"]})
    return Result(kept=kept, dropped=dropped)


def test_the_most_frequent_reason_comes_first() -> None:
    first, second, third = str(result()).splitlines()
    assert first == "1 kept, 3 dropped"
    assert second.split() == ["2", "<b>short</b>"]
    assert third.split() == ["1", "long<U+202E>"]


def test_a_notebook_shows_text_of_strangers_as_text() -> None:
    page = result()._repr_html_()
    assert "&lt;b&gt;short" in page
    assert "<b>" not in page
    assert "\u202e" not in page


def test_a_notebook_shows_the_counts_and_rows_of_each_table_to_open() -> None:
    page = result()._repr_html_()
    assert page.startswith("<pre>1 kept, 3 dropped")
    assert "kept: 1 of 1 rows" in page
    assert "dropped: 3 of 3 rows" in page
    assert "failed" not in page
    assert page.count("long&lt;U+202E&gt;") == 2


def test_reasons_that_differ_in_a_row_s_name_are_counted_together() -> None:
    dropped = pl.DataFrame({"id": [f"r{n}" for n in range(20)], "reason": [f"like row-{n}, 0.{n}" for n in range(20)]})
    assert str(Result(kept=pl.DataFrame(), dropped=dropped)).splitlines()[1].split() == ["20", "like", "…", "…"]
    assert "row-1" in str(Result(kept=pl.DataFrame(), dropped=dropped.head(3)))
