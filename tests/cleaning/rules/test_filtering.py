"""filter_rows: labels first, drops by an explicit keep, limits move without measuring again, nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import filter_rows
from curate.cleaning.rules import RULES, SETS, Filtered, Rule
from curate.engines.base import Engine
from curate.errors import DataError
from curate.recipe import load_recipe
from curate.responses import Journal
from curate.step import Context
from curate.steps.filter import Filter
from curate.store import check_rows

TEXTS = st.lists(st.none() | st.text(alphabet="ab .\n", max_size=30), max_size=8)


def texts(*rows: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"r{i}" for i in range(len(rows))], "completion": rows}, schema_overrides={"completion": pl.String}
    )


def context() -> Context:
    def nothing(name: str) -> Engine:
        raise AssertionError(f"{name} was asked for an engine")

    return Context(0, Path(), nothing, nothing, {}, Journal(Path("none.jsonl"), read_only=True))  # type: ignore[arg-type]


def test_without_keep_every_row_stays_with_its_labels() -> None:
    found = filter_rows(texts("", "one two three"), [{"words": {"min": 2}}, "empty"])
    assert found.dropped.height == 0
    assert found.kept["flag.words"].to_list() == [True, False]
    assert found.kept["score.words"].to_list() == [0, 3]
    assert found.kept["why.flags"].to_list() == ["words: 0 words, below 2; empty: no text", None]


def test_keep_clean_drops_what_is_flagged_and_says_the_value_and_the_limit() -> None:
    found = filter_rows(texts("one", "one two three", None), [{"words": {"min": 2}}], keep="clean")
    assert found.kept["id"].to_list() == ["r1", "r2"]  # null cannot be told, and is not flagged
    assert found.dropped["reason"].to_list() == ["words: 1 words, below 2"]
    assert found.notes == {"flagged": {"words": 1}, "undecided": {"words": 1}}


def test_a_row_leaves_with_its_first_reason_and_carries_them_all() -> None:
    found = filter_rows(
        texts("Sorry, I cannot help with that; ever.", "ok"), ["refusal", {"words": {"max": 3}}], keep="clean"
    )
    assert found.dropped["reason"].to_list() == ["refusal: “Sorry, I cannot help with”"]
    assert found.dropped["why.flags"].to_list() == ["refusal: “Sorry, I cannot help with”; words: 7 words, above 3"]


def test_a_run_of_other_reasons_is_counted_by_kind() -> None:
    from curate.reasons import kinds_of

    rows = texts(*(f"{'word ' * count}I" for count in range(20)), *(f"a\ufffd{letter}" for letter in "bcdefgh"))
    reasons = filter_rows(rows, ["broken_text", {"words": {"max": 2}}], keep="clean").dropped["reason"].to_list()
    assert set(kinds_of(reasons)) == {"words: … words, above 2", "broken_text: “…”"}


def test_keep_takes_rules_on_labels_and_columns() -> None:
    found = filter_rows(texts("one", "one two three"), ["words"], keep=["score.words >= 2", 'id != "r9"'])
    assert found.kept["id"].to_list() == ["r1"]
    assert found.dropped["reason"].to_list() == ["score.words >= 2"]


@settings(max_examples=30)
@given(rows=TEXTS, low=st.integers(0, 6), other=st.integers(0, 6))
def test_a_moved_limit_gives_what_filtering_with_it_gives(rows: list[str | None], low: int, other: int) -> None:
    frame = texts(*rows)
    moved = filter_rows(frame, ["default", {"words": {"min": low}}], keep="clean").at("words", other)
    again = filter_rows(frame, ["default", {"words": {"min": other}}], keep="clean")
    assert moved.kept.equals(again.kept)
    assert moved.dropped.equals(again.dropped)
    assert moved.notes == again.notes


@settings(max_examples=30)
@given(rows=TEXTS)
def test_every_row_is_kept_or_dropped_with_a_reason_and_rows_stay_as_they_were(rows: list[str | None]) -> None:
    frame = texts(*rows)
    result = Filter(step="filter", rules=("default", "gopher", "fineweb"), keep=("clean",)).run(frame, context())
    assert check_rows("00-x", frame, result) == 0
    both = pl.concat([result.kept, result.dropped], how="diagonal").sort("id").select(frame.columns)
    assert both.equals(frame.sort("id"))


def test_border_gives_the_rows_nearest_to_a_limit() -> None:
    found = filter_rows(texts("a", "a b c d", "a b c d e f g h"), [{"words": {"min": 5}}])
    assert found.border(2)["id"].to_list() == ["r1", "r2"]
    assert found.border(1).select("rule", "value", "limit", "distance").row(0) == ("words", 4.0, 5.0, 0.2)


def message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def test_conversations_are_judged_message_by_message() -> None:
    said = [
        [
            {"role": "user", "content": "a a a"},
            {"role": "assistant", "content": "one two"},
            {"role": "assistant", "content": ""},
        ],
        [message("user", "only asked")],
        None,
    ]
    found = filter_rows(pl.DataFrame({"messages": said}), ["empty", {"words": {"max": 1}}])
    assert found.kept["flag.empty"].to_list() == [True, True, True]
    assert found.kept["score.words"].to_list() == [2, 0, 0]  # lengths are summed
    assert found.kept["why.flags"][0] == "empty: no text (message 3); words: 2 words, above 1"
    users = filter_rows(pl.DataFrame({"messages": said}), ["words"], roles=["user", "assistant"])
    assert users.kept["score.words"].to_list() == [5, 2, 0]


def test_an_answer_is_read_where_it_stands_and_an_empty_column_is_none() -> None:
    chat = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Ada did it."}]
    empty = pl.DataFrame({"completion": [None], "messages": [chat]}, schema_overrides={"completion": pl.String})
    assert filter_rows(empty, ["words"]).kept["score.words"].to_list() == [3]
    mixed = pl.DataFrame({"completion": [None, "Two words."], "messages": [chat, chat[:1]]})
    made = filter_rows(mixed, ["words"])
    assert made.kept["score.words"].to_list() == [3, 2]
    assert made.kept.select(mixed.columns).equals(mixed)
    assert filter_rows(mixed, ["words"], column="completion").kept["score.words"].to_list() == [None, 2]


def test_messages_under_other_names_and_bytes_are_read() -> None:
    sharegpt = pl.DataFrame({"messages": [[{"from": "human", "value": "hi"}, {"from": "gpt", "value": "one two"}]]})
    assert filter_rows(sharegpt, ["words"]).kept["score.words"].to_list() == [2]
    raw = pl.DataFrame({"text": [b"one two", b"\xff\xfe"]})
    assert filter_rows(raw, ["broken_text"]).kept["flag.broken_text"].to_list() == [False, True]


def test_a_result_prints_a_line_a_rule() -> None:
    shown = str(filter_rows(texts("", None, "one two"), ["empty", {"words": {"min": 2}}], keep="clean"))
    assert shown.splitlines() == [
        "1 kept, 2 dropped",
        "          2  empty",
        "          1  words  at least 2  (1 cannot be told)",
    ]


def test_a_rule_of_ones_own_is_a_function() -> None:
    def shouting(found: Any) -> pl.Series:
        return found.text.str.count_matches("!").cast(pl.Int64)

    found = filter_rows(
        texts("hey!!!", "hey"), [Rule("shouting", shouting, "marks", "house style", high=2)], keep="clean"
    )
    assert found.dropped["reason"].to_list() == ["shouting: 3 marks, above 2"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rules": ["gofer"]}, "unknown rule 'gofer'; did you mean 'gopher'?"),
        ({"rules": [{"words": {"mim": 3}}]}, "words: unknown option 'mim'; did you mean 'min'?"),
        ({"rules": [{"words": {"min": "three"}}]}, "words: min is a number"),
        ({"rules": [{"words": {"min": 9, "max": 3}}]}, "words: min 9 is above max 3"),
        ({"rules": [{"gopher": {"min": 3}}]}, "'gopher' is a set of rules"),
        ({"rules": []}, "no rules are given"),
        ({"rules": [7]}, "a rule is a name"),
        ({"rules": ["words"], "column": "compltion"}, "no column 'compltion' to filter by; did you mean 'completion'?"),
        ({"rules": ["words"], "keep": ["flag.wrds"]}, "keep: no column 'flag.wrds'; did you mean 'flag.words'?"),
        ({"rules": ["words"], "keep": ["score.words >"]}, "not a rule"),
        ({"rules": ["words"], "roles": ["asistant"]}, "no role 'asistant' speaks in a conversation; did you mean"),
        ({"rules": [{"score.perplexity": {"max": 9}}]}, "reads the column 'score.perplexity'"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=r".") as told:
        filter_rows(texts("x"), **arguments)
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("wrds", "did you mean 'words'?"),
        ("empty", "has no limit"),
        ("gopher_words", "has two limits"),
        ("words", "has no limit"),
    ],
)
def test_a_limit_that_cannot_be_moved_is_refused(rule: str, said: str) -> None:
    with pytest.raises(DataError, match=said.rstrip("?")):
        filter_rows(texts("x"), ["empty", "gopher_words", "words"]).at(rule, 3)


def test_columns_of_no_text_are_refused_and_categories_are_text() -> None:
    for column in ([1, 2], [["a"], ["b"]]):
        with pytest.raises(DataError, match="neither text nor messages"):
            filter_rows(pl.DataFrame({"text": column}), ["words"])
    parts = pl.DataFrame({"messages": [[{"role": "assistant", "content": [{"type": "text", "text": "x"}]}]]})
    with pytest.raises(DataError, match="messages need 'content' as text"):
        filter_rows(parts, ["words"])
    named = pl.DataFrame({"text": pl.Series(["a b", "c"], dtype=pl.Categorical)})
    assert filter_rows(named, ["words"]).kept["score.words"].to_list() == [2, 1]


def test_every_set_names_rules_that_exist_and_every_rule_its_source() -> None:
    assert {name for names in SETS.values() for name in names} <= set(RULES)
    for name, rule in RULES.items():
        assert name == rule.name
        assert rule.source
        assert rule.measure.__doc__


def test_the_step_is_one_line_a_rule_in_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\nlicense: mit\nsteps:\n"
        "  - {step: load, sources: [{procedural: arithmetic, rows: 4}]}\n"
        "  - step: filter\n    column: prompt\n    rules:\n      - empty\n      - words: {min: 3}\n    keep: clean\n"
    )
    step = load_recipe(path).steps[1]
    assert isinstance(step, Filter)
    assert step.after(frozenset({"prompt"})) >= {"flag.empty", "flag.words", "score.words", "why.flags"}


def test_tokens_are_counted_by_the_tokenizer_that_is_named() -> None:
    pytest.importorskip("transformers")
    found = filter_rows(texts("one two three four", None, ""), [{"tokens": {"tokenizer": "house", "max": 2}}])
    assert found.kept["flag.tokens"].to_list() == [True, None, False]
    assert found.kept["score.tokens"].to_list()[1:] == [None, 0]
    with pytest.raises(DataError, match="no tokenizer at"):
        filter_rows(texts("x"), [{"tokens": {"tokenizer": "/nowhere/at/all"}}])


def test_an_empty_frame_is_labelled_too() -> None:
    found = filter_rows(texts(), ["default", "gopher", "fineweb"], keep="clean")
    assert isinstance(found, Filtered)
    assert found.kept.height == 0
    assert "flag.gopher_words" in found.kept.columns
