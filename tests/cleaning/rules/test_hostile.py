"""Input that breaks filters elsewhere: ten megabytes in a row, nothing at all, odd bytes, marks, looks that blow up."""

from __future__ import annotations

from time import process_time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import filter_rows
from curate.cleaning.rules import RULES, Texts

ALL = [rule for rule in RULES if rule not in ("tokens", "prompt_echo", "language")]
MEGABYTE = 2**20
PIECES = [
    "word ",
    "a" * 64 + " ",
    "x",
    "\n",
    " \n\t",
    "```\n",
    "<think>",
    "\\boxed{",
    "as an AI language model, ",
    "1.2.3.",
    "e\u0301",
    "世",
    "אב ",
    "key = a1B2",
    "...\n",
    "- \n",
]


def seconds_for(piece: str, megabytes: int) -> float:
    count = megabytes * MEGABYTE // len(piece.encode())
    rows = pl.DataFrame({"text": [piece * count, "short"]})
    started = process_time()
    found = filter_rows(rows, ALL)
    spent = process_time() - started
    assert found.kept.height == 2
    assert found.kept["score.characters"][0] == len(piece) * count
    return spent


TANGLED = ["<s>", "`,+a", "\\[\\a ", "“`a`", "a@<b>", "<s>[INST]", "“as an AI, I "]
"""What begins one thing after the other and ends none of them."""


@pytest.mark.parametrize("piece", TANGLED)
@pytest.mark.parametrize("rule", ["language", "identity", "boilerplate", "special_tokens"])
def test_what_never_ends_is_not_read_to_the_end_each_time(rule: str, piece: str) -> None:
    text = "As an AI model, I see. " + piece * (MEGABYTE // 2 // len(piece.encode()))
    started = process_time()
    RULES[rule].values(Texts(pl.Series([text])))
    assert process_time() - started < 2  # CPU-seconds, a tenth on a quiet machine; 60 when each is read to the end


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_ten_megabytes_in_one_row_take_seconds_under_all_rules(piece: str) -> None:
    assert seconds_for(piece, 10) < 60  # CPU-seconds, about 5 on a quiet machine


@pytest.mark.parametrize("piece", ["```\n", "as an AI language model, ", "世", "word "])
def test_a_megabyte_in_one_row_takes_no_time(piece: str) -> None:
    assert seconds_for(piece, 1) < 10  # CPU-seconds, about 1 on a quiet machine


@settings(max_examples=8)
@given(st.lists(st.none() | st.text(max_size=60), max_size=6))
def test_any_text_is_labelled_and_none_is_lost(texts: list[str | None]) -> None:
    rows = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    found = filter_rows(rows, ALL, keep="clean")
    assert found.kept.height + found.dropped.height == len(texts)
    assert found.labelled["text"].to_list() == texts
    for name in ALL:
        flags = found.labelled[f"flag.{name}"]
        assert flags.dtype == pl.Boolean
        if name != "empty":
            assert not flags.filter(rows["text"].is_null()).any()


def test_what_a_row_is_flagged_for_does_not_depend_on_the_rows_beside_it() -> None:
    texts = [
        "the cat sat on the mat. " * 8,
        "Ünïcode – “quotes”",
        None,
        "世界" * 20,
        "a\nb\na\nb\na\nb",
        "plain words here",
    ]
    together = filter_rows(pl.DataFrame({"text": texts}), ALL).labelled
    for row, text in enumerate(texts):
        alone = filter_rows(pl.DataFrame({"text": [text]}, schema={"text": pl.String}), ALL).labelled
        assert alone.row(0) == pytest.approx(together.row(row), nan_ok=True), text


def test_labels_do_not_depend_on_threads_and_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from curate.cleaning.rules import measuring

    rows = pl.DataFrame({"text": [f"row {i} " + "again and again " * (i % 7) for i in range(300)]})
    whole = filter_rows(rows, ALL).labelled
    monkeypatch.setattr(measuring, "BATCH_ROWS", 7)
    assert filter_rows(rows, ALL).labelled.equals(whole)


def test_the_frame_that_is_given_stays_as_it_was() -> None:
    rows = pl.DataFrame({"text": ["世界 and more", "a\u00a0b", None]})
    before = rows.clone()
    filter_rows(rows, ALL)
    assert rows.equals(before)
