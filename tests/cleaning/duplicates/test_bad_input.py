"""Texts of every kind: nothing is lost, nothing takes forever."""

from __future__ import annotations

import time
from typing import Any

import polars as pl
import pytest

from curate import dedupe

BYS = ["exact", "minhash", "semantic"]


def table(texts: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"r{i}" for i in range(len(texts))], "text": texts}, schema_overrides={"text": pl.String}
    )


@pytest.mark.parametrize("by", BYS)
def test_empty_frames_and_empty_texts(by: Any) -> None:
    assert dedupe(table([]), by=by).kept.height == 0
    result = dedupe(table([None, None, "", "", "?!", "?!", "¿", "one", "One!"]), by=by)
    assert result.kept["id"].to_list()[:3] == ["r0", "r1", "r2"]
    assert {"r3", "r5"} <= set(result.dropped["id"])
    assert {"r0", "r1", "r2", "r4", "r6", "r7"} <= set(result.kept["id"])
    assert ("r8" in result.dropped["id"].to_list()) == (by != "exact")
    assert dedupe(table([None] * 3), by=by).kept.height == 3


def test_a_row_of_few_words_is_like_rows_of_the_same_words_only() -> None:
    result = dedupe(table(["Thank you", "thank you!", "thank you so", "thank you so much now"]), by="minhash")
    assert result.kept["id"].to_list() == ["r0", "r2", "r3"]


@pytest.mark.parametrize("by", BYS)
def test_a_row_of_ten_megabytes(by: Any, prose: Any) -> None:
    long = prose.text(20_000) + " "
    result = dedupe(table([long * 125, prose.text(50), long * 125, "x" * 10_000_000]), by=by)
    assert result.kept["id"].to_list() == ["r0", "r1", "r3"]


@pytest.mark.parametrize("by", BYS)
def test_a_million_identical_rows_take_seconds(by: Any) -> None:
    rows = pl.DataFrame({"id": pl.int_range(1_000_000, eager=True).cast(pl.String)}).with_columns(
        text=pl.lit("I'm sorry, but I can't help with that request.")
    )
    start = time.process_time()
    result = dedupe(rows, by=by)
    assert result.kept["id"].to_list() == ["0"]
    assert result.notes["largest_group"] == 1_000_000
    assert time.process_time() - start < 20


def test_a_giant_cluster_of_rows_that_differ_in_case_and_marks(prose: Any) -> None:
    text = prose.text(12)
    marks = ["", "!", "?", ".", ",", ";", ":", "-"]
    texts = [f"{a}{text.upper() if c else text}{b}{d}" for a in marks for b in marks for c in (0, 1) for d in marks]
    texts = [f"{one}{'!' * n}" for n in range(20) for one in texts]
    start = time.process_time()
    result = dedupe(table(texts), by="minhash", max_cluster=10**6)
    assert result.kept["id"].to_list() == ["r0"]
    assert time.process_time() - start < 20


def test_invalid_utf8_is_compared_as_it_can_be_read() -> None:
    rows = pl.DataFrame(
        {"id": list("abcd"), "text": [b"caf\xe9 au lait", b"caf\xe9 au  lait", b"ok", b"caf\xff au lait"]}
    )
    result = dedupe(rows)
    assert result.dropped["id"].to_list() == ["b"]
    assert result.kept.height + result.dropped.height == 4


def test_right_to_left_marks_and_combining_marks_make_no_difference() -> None:
    hebrew = "שלום עולם זה טקסט ארוך מספיק כדי להשוות"
    composed, apart = (
        "café crème brûlée déjà vu très bien",
        "cafe\u0301 cre\u0300me bru\u0302le\u0301e de\u0301ja\u0300 vu tre\u0300s bien",
    )
    result = dedupe(table([hebrew, f"\u202b{hebrew}\u202c", composed, apart]), by="minhash")
    assert result.kept["id"].to_list() == ["r0", "r2"]
    assert dedupe(table([composed, apart])).kept.height == 1


def test_languages_without_spaces_have_shingles_of_characters() -> None:
    one = "今天天气很好我们一起去公园散步然后在湖边的小店里喝了一杯热茶非常开心也很放松大家都说下次还要再来"
    near, other = (
        one.replace("热茶", "咖啡"),
        "这本书讲述了一个关于勇气和友谊的故事作者用简洁的语言描绘了人物的内心世界",
    )
    result = dedupe(table([one, near, other]), by="minhash", threshold=0.7)
    assert result.kept["id"].to_list() == ["r0", "r2"]
