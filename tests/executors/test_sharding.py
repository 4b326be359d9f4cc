"""Shards change where a step runs, never what comes out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.building import build
from curate.engines.base import Request, Sampling
from curate.errors import CurateError, DataError, EngineDown, RecipeError, UsageError
from curate.executors import opened, read_executor
from curate.executors.asking import request_bytes, requests_of
from curate.executors.failures import raised, to_bytes
from curate.executors.local import LocalSettings
from curate.executors.sharding import (
    HERE,
    StepTask,
    is_sharded,
    merge,
    pack,
    run_step,
    slices,
    table_bytes,
    table_of,
    unpack,
)
from curate.executors.sharding import ROW_WISE as ROW_WISE_KINDS
from curate.executors.slurm_jobs import SlurmSettings
from curate.recipe import Recipe
from curate.responses import Journal
from curate.result import Result, Usage
from curate.run import Run
from curate.step import Context, add_notes
from curate.steps import STEPS, step_class
from curate.steps.grade import Grade


def test_two_processes_write_what_one_writes(
    recipe: Recipe, tmp_path: Path, assert_equal_runs: Callable[[Run, Run], None]
) -> None:
    here = build(recipe, tmp_path / "here")
    (tmp_path / "two.yaml").write_text("{executor: local, workers: 2, rows: 17, requests: 9, spread: all}")
    with opened(str(tmp_path / "two.yaml")) as executor:
        there = build(recipe, tmp_path / "there", executor=executor)
    assert_equal_runs(here, there)
    assert there.ledger[1].failed > 0  # the model's errors came along


def context(tmp: Path) -> Context:
    def nothing(name: str) -> Any:
        raise AssertionError(name)

    return Context(3, tmp, nothing, nothing, {}, Journal(tmp / "none.jsonl", read_only=True))


ROWS = st.lists(
    st.fixed_dictionaries({"completion": st.none() | st.text(max_size=8), "answer": st.none() | st.sampled_from("12")}),
    max_size=20,
)


@given(rows=ROWS, size=st.integers(1, 7))
def test_a_sharded_step_is_the_step(rows: list[dict[str, Any]], size: int, tmp_path_factory: Any) -> None:
    schema = {"id": pl.String, "completion": pl.String, "answer": pl.String}
    table = pl.DataFrame([{"id": f"r{i}"} | row for i, row in enumerate(rows)], schema=schema)
    step = Grade.model_validate_json('{"step": "grade", "rewards": ["math", "boxed_format"]}')
    made = context(tmp_path_factory.getbasetemp())
    executor = LocalSettings(executor="local", rows=size).open()
    whole, sharded = step.run(table, made), run_step(executor, step, table, made, Path())
    assert sharded.kept.equals(whole.kept)
    assert (dict(sharded.notes), sharded.dropped.height) == (dict(whole.notes), 0)


ROW_WISE = [
    '{"step": "grade", "rewards": ["math", "boxed_format"]}',
    '{"step": "filter", "keep": ["clean"]}',
    '{"step": "mask"}',
    '{"step": "decontaminate", "against": {"few": "few.jsonl"}}',
]


@pytest.mark.parametrize("settings", ROW_WISE)
def test_every_step_that_is_sharded_gives_the_rows_and_notes_of_the_whole(settings: str, tmp_path: Path) -> None:
    texts = [
        f"If {n} trains leave a station {n} minutes apart, when does the last leave? \\boxed{{{n}}} ann{n}@example.org"
        for n in range(12)
    ]
    odd = [
        "",
        "\u202eright to left",
        "e\u0301 combining",
        "the same word " * 400,
        "I'm sorry, but I cannot help with that.",
    ]
    table = pl.DataFrame({"prompt": texts + odd, "answer": ["3"] * 17}).with_columns(
        completion=pl.col("prompt"), id=pl.format("r{}", pl.int_range(17))
    )
    (tmp_path / "few.jsonl").write_text(json.dumps({"problem": texts[3]}) + "\n")
    step = step_class(json.loads(settings)["step"]).model_validate_json(settings)
    made = context(tmp_path)
    assert is_sharded(step)
    whole = step.run(table, made)
    sharded = run_step(LocalSettings(executor="local", rows=5).open(), step, table, made, tmp_path)
    assert sharded.kept.equals(whole.kept)
    assert sharded.dropped.equals(whole.dropped)
    assert json.dumps(sharded.notes, default=str) == json.dumps(whole.notes, default=str)


def test_no_step_is_sharded_by_oversight() -> None:
    """Whoever adds a row-wise step reads here that its shards may run elsewhere, and adds it to the test above."""
    sharded = {json.loads(settings)["step"] for settings in ROW_WISE}
    known = {word for word in STEPS if step_class(word).kind in ROW_WISE_KINDS and word not in HERE}
    assert {word for word in known if "engine" not in step_class(word).model_fields} == sharded


def test_shards_are_bounded_by_rows_and_by_size() -> None:
    table = pl.DataFrame({"text": ["x" * 1_000_000] * 10})
    assert [part.height for part in slices(table, 4, 64)] == [4, 4, 2]
    assert len(slices(table, 1_000, 2)) == 5
    assert slices(table.clear(), 4, 64) == []
    assert pl.concat(slices(table, 3, 64)).equals(table)


@given(text=st.text(max_size=5), number=st.none() | st.integers(-5, 5), failed=st.booleans())
def test_a_result_comes_back_as_it_was_sent(text: str, number: int | None, failed: bool) -> None:
    table = pl.DataFrame({"id": ["a"], "t": [text], "n": [number], "l": [[{"role": text}]]})
    gone = table.with_columns(reason=pl.lit("x")) if failed else pl.DataFrame()
    sent = Result(table, table.clear(), gone, {"k": {"a": 1}}, Usage(1, 2, 3), 4)
    came = unpack(pack(sent))
    assert came.kept.equals(sent.kept)
    assert came.failed.equals(sent.failed)
    assert came.kept.schema == sent.kept.schema
    assert (came.notes, came.usage, came.retriable) == (sent.notes, sent.usage, 4)


def test_requests_come_back_as_they_were_sent() -> None:
    plain = Request(
        "k", "r", ({"role": "user", "content": "hi \ud800"},), Sampling(0.5, None, 3, None, 9, ("a", "b")), 7, 2
    )
    rich = Request(
        "k2", "r", ({"role": "user", "content": [{"type": "text", "text": "x"}]},), Sampling(), 1, 0,
        {"type": "json_object"}, ({"type": "function"},),
    )  # fmt: skip
    assert requests_of(request_bytes([plain, rich])) == [plain, rich]


def test_what_is_wrong_with_the_data_is_said_as_if_it_had_happened_here(tmp_path: Path) -> None:
    step = Grade.model_validate_json('{"step": "grade", "rewards": ["math"]}')
    task = StepTask(step.step, step.model_dump_json(), 0, str(tmp_path))
    result = task(table_bytes(pl.DataFrame({"id": ["a"], "completion": ["x"]})))
    with pytest.raises(DataError, match="column 'answer' is missing"):
        raised(result)
    with pytest.raises(EngineDown, match="gone"):
        raised(to_bytes(EngineDown("gone")))
    with pytest.raises(CurateError, match="x"):
        raised(b'curate-error\n["Path", "x"]')


def test_notes_of_shards_add_up() -> None:
    assert add_notes([{"a": 1, "b": [1]}, {"a": 2, "b": [2]}, {}]) == {"a": 3, "b": [[1], [2]]}
    step = Grade.model_validate_json('{"step": "grade", "rewards": ["math"]}')
    frame = pl.DataFrame({"id": ["a", "b", "c"], "score.math": [1.0, None, 0.5]})
    joined = merge(step, [Result(frame[:1], notes={"x": 9}), Result(frame[1:], notes={"x": 9})])
    assert joined.notes == {"rewards": {"math": {"judged": 2, "none": 1, "mean": 0.75}}}


def test_a_table_without_columns_travels() -> None:
    assert table_of(table_bytes(pl.DataFrame({"a": [1]}).clear())).schema == {"a": pl.Int64}
    assert unpack(pack(Result(pl.DataFrame()))).kept.width == 0


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ("rya", UsageError, "--executor rya: no such executor; did you mean 'ray'?"),
        ("slurm", UsageError, "write cluster.yaml with {executor: slurm, partition: ...}"),
        ("gone.yaml", UsageError, "--executor gone.yaml: no such file"),
    ],
)
def test_a_wrong_executor_is_one_clear_error(said: str, error: type[CurateError], message: str) -> None:
    with pytest.raises(error) as caught:
        read_executor(said)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{executor: slrm}", "executor: unknown 'slrm'; did you mean 'slurm'?"),
        ("[1]", "cluster.yaml:1: executor: one of local, ray, slurm"),
        ("{executor: [local]}", "cluster.yaml:1: executor: one of local, ray, slurm"),
        ("# nothing", "cluster.yaml: empty"),
        ("{executor: slurm}", "key 'partition' is missing"),
        ("executor: local\nworker: 2\n", ":2: unknown key 'worker'; did you mean 'workers'?"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_text(text)
    with pytest.raises(RecipeError) as caught:
        read_executor(str(tmp_path / "cluster.yaml"))
    assert message in str(caught.value)


def test_the_command_line_takes_an_executor(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text("{executor: local, workers: 2, rows: 30}")
    command = [sys.executable, "-m", "curate.cli", "build", "recipe.yaml", "--limit", "50", "--out", "run"]
    done = subprocess.run([*command, "--executor", "two.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "data:   run/data" in done.stdout
    wrong = subprocess.run([*command, "--executor", "slrm"], cwd=tmp_path, capture_output=True, text=True)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "error: --executor slrm: no such executor; did you mean 'slurm'?" in wrong.stderr


def test_without_datatrove_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datatrove.executor.slurm", None)
    with pytest.raises(UsageError, match=r"pip install 'curate-posttrain\[slurm\]'"):
        SlurmSettings(executor="slurm", partition="cpu").open()
