"""What holds for all ways to select: nothing lost, draws that stay, sizes that nest, errors that help."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import select
from curate.building import build
from curate.cleaning.selection import Selected
from curate.errors import DataError, RecipeError, UsageError
from curate.recipe import load_recipe
from curate.store import check_rows

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "source": st.none() | st.sampled_from(["web", "math", "code"]),
            "level": st.none() | st.integers(0, 2),
            "prompt": st.none() | st.text(max_size=4),
            "passed": st.integers(0, 4),
            "pass_rate": st.none() | st.sampled_from([0.0, 0.5, 1.0, float("nan")]),
        }
    ),
    max_size=30,
)
SCHEMA = {
    "id": pl.String, "source": pl.String, "level": pl.Int64, "prompt": pl.String, "passed": pl.Int64,
    "pass_rate": pl.Float64, "judged": pl.Int64,
}  # fmt: skip


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{"id": f"r{i}", "judged": 4} | row for i, row in enumerate(rows)], schema=SCHEMA)


def vectors(rows: int) -> Any:
    return np.random.default_rng(rows).normal(size=(rows, 3)).astype(np.float32)


def every_way(table: pl.DataFrame, seed: int = 0) -> dict[str, Selected]:
    shown = sorted(table["source"].drop_nulls().unique())
    near = {"embeddings": vectors(table.height), "seed": seed}
    made = {
        "stratify": select(table, "stratify", column=["source", "level"], total=7, seed=seed),
        "stratify equal": select(table, "stratify", column="source", total=7, share="equal", seed=seed),
        "cap": select(table, "cap", column="source", most=3, seed=seed),
        "cap highest": select(table, "cap", column="source", most=3, prefer="highest pass_rate", seed=seed),
        "difficulty": select(table, "difficulty", low=0.2, high=0.8),
        "difficulty rate": select(table, "difficulty", low=0.2, high=0.8, rate="pass_rate"),
        "curriculum": select(table, "curriculum", column="pass_rate", seed=seed),
        "curriculum length": select(table, "curriculum", column="length", order="shuffled", seed=seed),
        "diverse": select(table, "diverse", count=5, **near),
        "diverse clusters": select(table, "diverse", count=5, method="clusters", **near),
    }
    if shown:
        made["mix"] = select(table, weights=dict.fromkeys(shown, 1), seed=seed)
        made["mix counts"] = select(table, counts=dict.fromkeys(shown, 2), seed=seed)
        made["mix repeat"] = select(table, weights=dict.fromkeys(shown, 1), total=40, repeat=3, seed=seed)
    return made


@given(rows=ROWS)
def test_every_row_is_kept_or_dropped_with_a_reason(rows: list[dict[str, Any]]) -> None:
    table = frame(rows)
    for way, result in every_way(table).items():
        created = check_rows(way, table, result)
        assert created == result.notes.get("copies", 0), way
        assert result.dropped.height == 0 or result.dropped["reason"].null_count() == 0, way
        assert set(table.columns) <= set(result.kept.columns), way


@settings(max_examples=30)
@given(rows=ROWS, seed=st.integers(0, 3))
def test_a_row_is_drawn_by_its_id_wherever_it_stands(rows: list[dict[str, Any]], seed: int) -> None:
    table = frame(rows)
    turned = table.reverse()
    for way in ("mix", "mix counts", "mix repeat", "stratify", "stratify equal", "cap"):
        one, other = every_way(table, seed).get(way), every_way(turned, seed).get(way)
        if one is not None and other is not None:
            assert set(one.kept["id"]) == set(other.kept["id"]), way


@settings(max_examples=30)
@given(
    rows=ROWS.filter(lambda rows: any(row["source"] for row in rows)), added=st.sampled_from(["web", "math", "code"])
)
def test_one_more_row_exchanges_at_most_one(rows: list[dict[str, Any]], added: str) -> None:
    table = frame(rows)
    more = pl.concat([table, frame([rows[0] | {"source": added}]).with_columns(id=pl.lit("new"))])
    sources = sorted(table["source"].drop_nulls().unique())
    for way, options in (
        ("mix", {"weights": dict.fromkeys(sources, 1), "total": 6}),
        ("mix", {"counts": dict.fromkeys(sources, 3)}),
        ("cap", {"column": "source", "most": 3}),
    ):
        before, after = (set(select(rows, way, **options).kept["id"]) for rows in (table, more))
        assert len(before - after) <= 1, way


@settings(max_examples=30)
@given(rows=ROWS, small=st.integers(0, 20), more=st.integers(0, 20))
def test_a_smaller_selection_is_part_of_a_larger_one(rows: list[dict[str, Any]], small: int, more: int) -> None:
    table = frame(rows)
    for way, result in every_way(table).items():
        if way.startswith(("curriculum", "difficulty", "mix counts")):
            continue
        few, many = result.at(small), result.at(small + more)
        assert set(few.kept["id"]) <= set(many.kept["id"]), way
        assert few.kept.height <= small or way.startswith("cap"), way


@settings(max_examples=30)
@given(rows=ROWS)
def test_asking_for_another_size_is_selecting_anew(rows: list[dict[str, Any]]) -> None:
    table = frame(rows)
    near = {"embeddings": vectors(table.height)}
    for way, first, then in (
        ("stratify", {"column": "level", "total": 3}, {"total": 9}),
        ("cap", {"column": "level", "most": 1}, {"most": 4}),
        ("diverse", {"count": 3, **near}, {"count": 9}),
        ("diverse", {"count": 9, "method": "clusters", **near}, {"count": 3}),
        ("curriculum", {"stages": 2}, {"stages": 4}),
    ):
        again = select(table, way, **first).at(*then.values())
        assert again.kept.equals(select(table, way, **(first | then)).kept)


def test_a_selection_without_a_size_says_so() -> None:
    with pytest.raises(UsageError, match="no size to change"):
        select(pl.DataFrame({"id": ["a"], "source": ["x"]}), counts={"x": 1}).at(3)


def test_warnings_are_shown_in_a_terminal_and_escaped_in_a_notebook() -> None:
    result = select(pl.DataFrame({"id": ["a"], "source": ["<b>"]}), counts={"<b>": 3})
    assert "<b> has 1 of the 3 rows asked for; no row is repeated" in str(result)
    assert "&lt;b&gt; has 1 of" in result._repr_html_()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "stratfy"}, "unknown by='stratfy'; did you mean 'stratify'?"),
        ({"by": "cap", "column": "source", "mots": 1}, "select cap: no option 'mots'; did you mean 'most'?"),
        ({"by": "cap", "column": "source"}, "select cap: option 'most' is missing"),
    ],
)
def test_a_wrong_call_is_one_line_with_the_nearest_right_word(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        select(frame([]), **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("by", "options", "message"),
    [
        ("mix", {"weights": {"mth": 1.0}}, "no row has source 'mth'; did you mean 'math'?"),
        ("mix", {"weights": {"math": 0.0}}, "weight of 'math' must be above 0"),
        ("mix", {"weights": {"math": float("nan")}}, "weight of 'math' must be above 0"),
        ("mix", {}, "give weights"),
        ("mix", {"weights": {"math": 1}, "counts": {"math": 1}}, "one of them"),
        ("mix", {"counts": {"math": -1}}, "0 or more"),
        ("mix", {"weights": {"math": 1}, "column": "sorce"}, "no column 'sorce' to select by; did you mean 'source'?"),
        ("stratify", {"column": [], "total": 1}, "give a column"),
        ("cap", {"column": "source", "most": 1, "prefer": "best"}, "prefer is random, first"),
        ("cap", {"column": "source", "most": 1, "prefer": "highest scor"}, "no column 'scor'"),
        ("diverse", {"count": 1, "embeddings": np.zeros((2, 3))}, "1 rows need embeddings of shape (1, dim), got (2,"),
        ("diverse", {"count": 1, "embeddings": np.array([[np.nan, 1]])}, "embedding of row 0 is not finite"),
        ("difficulty", {"low": 0.8, "high": 0.2}, "low must be below high (got 0.8 and 0.2)"),
        ("difficulty", {"passed": "judged", "judged": "passed"}, "4 passed of 2 judged cannot be"),
        ("difficulty", {"rate": "pass_rat"}, "no column 'pass_rat' to select by; did you mean 'pass_rate'?"),
        ("difficulty", {"rate": "pass_rate", "within": "surely"}, "within: surely needs counts"),
        ("curriculum", {"column": "embedding"}, "rows cannot be ordered by 'embedding', it holds List"),
        ("curriculum", {"stages": 0}, "stages is 1 or more (got 0)"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_error(by: str, options: dict[str, Any], message: str) -> None:
    row = {"id": "a", "source": "math", "prompt": "x", "passed": 2, "judged": 4, "pass_rate": 0.5, "embedding": [1.0]}
    with pytest.raises(DataError) as caught:
        select(pl.DataFrame([row]), by, **options)
    assert message in str(caught.value)


RECIPE = """\
name: selected
engines: {}
steps:
  - step: load
    sources: [{procedural: arithmetic, rows: 30}, {procedural: units, rows: 10}]
  - {step: select, by: mix, weights: {arithmetic: 2, units: 1}}
  - {step: select, name: levels, by: stratify, column: [source, difficulty], total: 20}
  - {step: select, name: staged, by: curriculum, column: length prompt, stages: 2}
"""


def test_the_step_is_the_function_and_keeps_the_order_of_a_curriculum(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE)
    run = build(load_recipe(tmp_path / "r.yaml"), tmp_path / "run")
    assert [entry.out for entry in run.ledger] == [40, 30, 20, 20]
    rows = run.splits()["train"]
    assert rows["stage"].to_list() == sorted(rows["stage"])
    assert rows["prompt"].str.len_chars().to_list() == sorted(rows["prompt"].str.len_chars())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{step: select, by: mix}", "r.yaml:6: by: mix needs weights: or counts:, one of them"),
        ("{step: select, by: cap, column: source}", "by: cap needs 'most:'"),
        (
            "{step: select, by: cap, column: source, most: 1, count: 3}",
            "'count' does not go with by: cap; did you mean",
        ),
        ("{step: select, by: curiculum}", "by: "),
        ('{step: select, by: cap, column: "", most: 1}', "r.yaml:6: column: names no column"),
    ],
)
def test_a_wrong_recipe_is_told_with_its_line(line: str, message: str, tmp_path: Path) -> None:
    recipe = RECIPE.splitlines()[:5]
    (tmp_path / "r.yaml").write_text("\n".join([*recipe, f"  - {line}", ""]))
    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "r.yaml")
    assert message.split(": ", 2)[-1] in str(caught.value)
    assert "r.yaml:6" in str(caught.value)


def test_draws_are_the_same_in_another_process(tmp_path: Path) -> None:
    code = (
        "import polars as pl; from curate import select;"
        "rows = pl.DataFrame({'id': [f'r{i}' for i in range(40)], 's': ['x'] * 40});"
        "print(*select(rows, 'cap', column='s', most=5).kept['id'])"
    )
    first, second = (subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in "ab")
    assert first == second == "r0 r15 r26 r29 r34\n"


def test_a_million_equal_rows_and_a_row_of_ten_megabytes_are_selected_in_seconds() -> None:
    rows = 1_000_000
    same = pl.DataFrame({"prompt": ["x"] * rows, "source": ["web"] * rows}).with_columns(
        id=pl.format("x-{}", pl.int_range(rows))
    )
    started = time.process_time()
    mixed = select(same, weights={"web": 1}, total=10)
    assert (mixed.kept.height, mixed.dropped.height) == (10, rows - 10)
    assert select(same, "cap", column="prompt", most=3).kept.height == 3
    assert time.process_time() - started < 60
    large = pl.DataFrame({"id": ["a", "b", "c"], "prompt": ["y" * 10_000_000, "\u202e\u05d0\u0301", ""]})
    assert select(large, "diverse", count=2).kept.height == 2
    assert select(large, "curriculum", column="length", stages=3).kept["id"].to_list() == ["c", "b", "a"]


def test_a_frame_without_ids_is_drawn_by_its_content() -> None:
    rows = pl.DataFrame({"source": ["web"] * 50, "prompt": [f"question {i}" for i in range(50)]})
    kept = set(select(rows, weights={"web": 1}, total=10).kept["prompt"])
    assert kept == set(select(rows.reverse(), weights={"web": 1}, total=10).kept["prompt"])
    assert "id" not in select(rows, weights={"web": 1}, total=10).kept.columns


def test_rates_without_counts_and_intervals_decide_what_they_can() -> None:
    rows = pl.DataFrame({"id": list("abcd"), "pass_rate": [0.0, 0.5, 1.0, None]})
    by_rate = select(rows, "difficulty", rate="pass_rate")
    assert by_rate.kept["id"].to_list() == ["b"]
    assert by_rate.dropped["reason"].to_list() == [
        "too hard: pass rate 0.0, not above 0", "too easy: pass rate 1.0, not below 1", "no answer could be judged",
    ]  # fmt: skip
    counts = pl.DataFrame({"id": list("abcd"), "passed": [2, 32, 63, 0], "judged": [4, 64, 64, 0]})
    surely = select(counts, "difficulty", low=0.2, high=0.8, within="surely")
    assert surely.kept["id"].to_list() == ["b"]  # 2 of 4 may well be 0.85
    assert select(counts, "difficulty", low=0.2, high=0.8, within="possibly").kept["id"].to_list() == ["a", "b"]
    assert surely.at(0.1, 0.99).kept["id"].to_list() == ["a", "b"]


def test_a_null_and_values_of_one_name_are_one_source() -> None:
    rows = pl.DataFrame({"id": list("abcde"), "source": ["null", None, "x", None, "x"]})
    mixed = select(rows, counts={"null": 2, "x": 1})
    assert (mixed.notes["rows"], mixed.kept.height) == ({"null": 2, "x": 1}, 3)
    assert select(rows, "cap", column="source", most=1).notes["groups"] == 2
