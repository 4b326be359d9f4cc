"""`decontaminate` in a recipe: build, plan, card and report."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from curate.building import build
from curate.errors import DataError, RecipeError
from curate.plan import make_plan
from curate.recipe import Recipe, load_recipe
from curate.responses import Journal
from curate.step import Context

ITEMS = [
    "A farmer has <b>17</b> sheep and all but 9 run away & hide. How many sheep does the farmer have left?",
    "Two trains, 300 miles apart, move towards each other at 70 and 80 miles per hour. When do they meet?",
]
ROWS = [f"Riddle number {n}: what gets wetter the more it dries, and why is it a towel?" for n in range(60)]
LEAKS = [f"{ROWS[n]} Also: {ITEMS[0]} Answer in {n} words." for n in range(60)]


def recipe(folder: Path, step: str = "against: {farm: bench.jsonl}") -> Recipe:
    lines = [json.dumps({"prompt": text, "answer": "1"}) for text in [*ROWS, *LEAKS]]
    (folder / "rows.jsonl").write_text("\n".join(lines))
    if not (folder / "bench.jsonl").exists():
        (folder / "bench.jsonl").write_text("\n".join(json.dumps({"question": text}) for text in ITEMS))
    path = folder / "clean.yaml"
    path.write_text(
        "name: clean\nsteps:\n  - step: load\n    sources: [{file: rows.jsonl}]\n"
        f"  - step: decontaminate\n    {step}\n"
    )
    return load_recipe(path)


def test_leaks_leave_and_card_and_report_say_so(tmp_path: Path) -> None:
    run = build(recipe(tmp_path), tmp_path / "run")
    dropped = run.dropped("01-decontaminate")
    assert (run.kept("01-decontaminate").height, dropped.height) == (60, 60)
    assert dropped["reason"].str.starts_with("in farm item 0 (exact, 22 words, 100% of the item): “A farmer").all()
    card = run.card_path.read_text()
    assert "| farm | 01-decontaminate | 2 | 60 | 0 | 1 |" in card
    assert "Nothing was compared with benchmarks" not in card
    page = run.report_path.read_text()
    assert page.count("<mark>A farmer has &lt;b&gt;17&lt;/b&gt; sheep") == 24
    assert "<b>17</b>" not in page
    assert sum(run.ledger[1].reasons.values()) == 60


def test_a_benchmark_that_changes_is_searched_again(tmp_path: Path) -> None:
    first = build(recipe(tmp_path), tmp_path / "run").ledger[1].key
    again = build(recipe(tmp_path), tmp_path / "run").ledger[1].key
    (tmp_path / "bench.jsonl").write_text(json.dumps({"question": ITEMS[1]}))
    changed = build(recipe(tmp_path), tmp_path / "run").ledger[1]
    assert first == again != changed.key
    assert changed.dropped == 0


def test_missing_benchmarks_are_one_error_before_anything_is_done(tmp_path: Path) -> None:
    wrong = recipe(tmp_path, "against: {farm: bnch.jsonl, gone: no/such.csv, sheep: bench.jsonl}")
    for attempt in (lambda: build(wrong, tmp_path / "run"), lambda: make_plan(wrong, tmp_path / "run")):
        with pytest.raises(DataError) as error:
            attempt()
        assert str(error.value).startswith("decontaminate: 2 benchmarks cannot be read:\n  benchmark 'farm': ")
        assert "did you mean 'bench.jsonl'?" in str(error.value)
        assert "benchmark 'gone'" in str(error.value)
    assert not (tmp_path / "run" / "steps").exists()


def test_a_plan_fetches_no_benchmark(tmp_path: Path) -> None:
    made = make_plan(recipe(tmp_path, "against: {gsm8k: {revision: " + "a" * 40 + "}}"), tmp_path / "run")
    assert [step["rows"] for step in made["steps"]] == [120, 120]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("against: {farm: bench.jsonl}\n    profile: opn-r1", "unknown profile 'opn-r1'; did you mean 'open-r1'?"),
        ("against: {mth500: {}}", "benchmark 'mth500': give file: or hub:; did you mean 'math500'?"),
        ("against: {farm: {file: bench.jsonl, revision: abc}}", "are for Hub data sets, not for a file"),
        ("against: {farm: {fil: bench.jsonl}}", "unknown key 'fil'"),
        ("against: {farm: bench.jsonl}\n    covered: 2", "less than or equal to 1 (got 2)"),
        ("against: {}", "give at least 1"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, step: str, message: str) -> None:
    with pytest.raises(RecipeError) as error:
        recipe(tmp_path, step)
    assert message in str(error.value)
    assert "clean.yaml:" in str(error.value)


def test_a_column_that_is_not_there_is_told_before_the_step(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="column 'promt' will not be there; did you mean 'prompt'"):
        build(recipe(tmp_path, "against: {farm: bench.jsonl}\n    column: promt"), tmp_path / "run")


def test_numbers_are_dropped_when_the_recipe_asks(tmp_path: Path) -> None:
    (tmp_path / "bench.jsonl").write_text(json.dumps({"id": "x", "question": ROWS[0].replace("0", "77")}))
    kept = build(recipe(tmp_path), tmp_path / "a").kept("01-decontaminate")
    dropped = build(recipe(tmp_path, "against: {farm: bench.jsonl}\n    numbers: true"), tmp_path / "b")
    assert kept.height == 120
    assert dropped.dropped("01-decontaminate")["prompt"].equals(pl.Series([*ROWS, *LEAKS]))


def test_notes_of_shards_are_those_of_the_whole(tmp_path: Path) -> None:
    step = recipe(tmp_path).steps[1]
    table = pl.DataFrame({"id": [f"r{n}" for n in range(120)], "prompt": [*ROWS, *LEAKS]}).sample(
        120, shuffle=True, seed=1
    )
    run = build(recipe(tmp_path), tmp_path / "run")
    with Journal(run.journal_path, read_only=True) as journal:
        context = Context(0, tmp_path, lambda name: None, lambda name: {}, {}, journal)  # type: ignore[arg-type, return-value]
        whole = step.run(table, context)
        parts = [step.run(table[begin : begin + 37], context) for begin in range(0, 120, 37)]
    assert step.join_notes([part.notes for part in parts], whole.kept) == whole.notes
    assert pl.concat([part.kept for part in parts]).equals(whole.kept)
