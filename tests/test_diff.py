"""`curate diff`: what differs between two runs is told, and nothing that does not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from curate.building import build
from curate.diff import diff_files, diff_runs
from curate.errors import DataError
from curate.recipe import load_recipe
from curate.run import Run

RECIPE = """\
name: small
license: mit
engines:
  teacher: {engine: fake, text: boxed}
steps:
  - step: load
    sources: [{procedural: arithmetic, rows: 12}]
  - step: generate
    engine: teacher
    n: 2
  - {step: keep, where: words(completion) >= 1}
  - {step: dedupe, on: completion}
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(RECIPE)
    return build(load_recipe(tmp_path / "small.yaml"), tmp_path / "old").folder


def rebuilt(old: Path, *sets: str) -> Path:
    """Another build of the same recipe, which begins with the same answers."""
    new = old.with_name("new")
    shutil.copytree(old, new)
    return build(load_recipe(old.with_name("small.yaml"), "laptop", sets), new).folder


def test_a_run_does_not_differ_from_its_copy(old: Path) -> None:
    found = diff_runs(old, rebuilt(old))
    assert not found.differs
    assert not found.settings
    assert found.same == sum(table.height for table in Run(old).splits().values())


def test_another_view_names_the_setting_and_the_rule_that_each_row_left_by(old: Path) -> None:
    new = rebuilt(old, "steps.keep.where=completion_tokens > 100000")
    found = diff_runs(old, new, examples=1)
    assert [setting.place for setting in found.settings] == ["steps.keep.where"]
    assert [(one.step, one.reason, one.rows) for one in found.only_old] == [
        ("02-keep", "completion_tokens > 100000", found.only_old[0].rows)
    ]
    assert found.only_old[0].rows == Run(old).splits()["train"].height
    assert found.answers == (24, 0, 0)
    assert "another view of the same answers" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["differs"]


def test_a_row_that_was_never_made_says_so(old: Path) -> None:
    found = diff_runs(old, rebuilt(old, "steps.generate.n=3"))
    assert found.answers == (24, 0, 12)
    assert {(one.step, one.reason) for one in found.only_new} == {("-", "was never there")}


def test_rows_with_other_values_are_changed_in_those_columns(old: Path) -> None:
    new = rebuilt(old)
    path = new / "data" / "train.parquet"
    table = pl.read_parquet(path)
    other = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("other")).otherwise("completion")
    table.with_columns(completion=other, more=pl.lit([1, 2])).write_parquet(path)
    found = diff_runs(old, new)
    assert (found.same, found.changed) == (0, table.height)
    assert found.changed_columns == {"completion": 1, "more": table.height}


def test_files_are_matched_by_id_or_by_what_they_hold(tmp_path: Path) -> None:
    rows = [{"id": f"r{n}", "prompt": f"p{n}", "messages": [{"role": "user", "content": f"{n}"}]} for n in range(9)]
    old, new, bare = (tmp_path / name for name in ("old.jsonl", "new.parquet", "bare.jsonl"))
    old.write_text("".join(json.dumps(row) + "\n" for row in rows))
    other = [*rows[:0:-1], {"id": "r9", "prompt": "p9"}, {"id": "r10", "prompt": "p10"}]
    pl.DataFrame([row | {"n": 1} for row in other]).with_columns(
        prompt=pl.when(pl.col("id") == "r3").then(pl.lit("changed")).otherwise("prompt")
    ).write_parquet(new)
    found = diff_files(old, new, examples=1)
    assert (found.by, found.same, found.changed, found.only) == ("id", 0, 8, (1, 2))
    assert (found.changed_columns, found.columns) == ({"n": 8, "prompt": 1}, ((), ("n",)))
    assert found.examples == (("r0",), ("r9",))
    bare.write_text("".join(json.dumps({"prompt": row["prompt"]}) + "\n" for row in [*rows, rows[0]]))
    found = diff_files(new, bare, examples=2)
    assert (found.by, found.same, found.only) == ("content", 7, (3, 3))
    assert found.examples[1] == ("{'prompt': 'p0'}", "{'prompt': 'p3'}")
    assert not diff_files(bare, bare).differs
    with pytest.raises(DataError, match=r"did you mean 'bare.jsonl'"):
        diff_files(old, tmp_path / "bar.jsonl")


def test_a_run_is_compared_with_what_was_made_of_its_rows(old: Path, tmp_path: Path) -> None:
    final = pl.concat(Run(old).splits().values())
    final.drop("model").write_parquet(tmp_path / "rows.parquet")
    found = diff_files(old, tmp_path / "rows.parquet")
    assert (found.by, found.columns, found.changed) == ("id", (("model",), ()), final.height)
    assert found.changed_columns == {"model": final.height}


def test_what_is_no_run_says_so(old: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not the folder of a finished run"):
        diff_runs(old, tmp_path / "nothing")
