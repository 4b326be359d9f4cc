"""The spine: a build reuses, resumes after kill -9, loses nothing and buys nothing twice."""

from __future__ import annotations

import errno
import json
import os
import random
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.building import build
from curate.errors import CurateError, DataError, EngineDown, InvalidInput, RunLocked, StepFailed, UsageError
from curate.holding import folder_lock, holder
from curate.lock import command, graded
from curate.plan import make_plan, plan_text
from curate.recipe import load_recipe
from curate.report.figures import rows
from curate.result import Result
from curate.run import Run
from curate.shipped import pipeline_names, recipe_folder
from curate.show import show_run, show_text
from curate.step import Progress
from curate.store import check_rows
from tests.runs import asked, files, kill_build
from tests.servers.writing import serving

RECIPE = """\
name: small
license: mit
seed: 3
engines:
  teacher: {engine: fake, text: boxed, length_rate: 0.2, error_rate: 0.0, latency_s: LATENCY, log: asked.jsonl}
steps:
  - step: load
    sources:
      - {procedural: arithmetic, rows: 12}
      - {procedural: equations, rows: 12}
  - step: dedupe
  - step: generate
    engine: teacher
    n: 3
    max_tokens: 100
  - step: grade
    rewards: [verifier, think_format]
  - step: keep
    where: finish_reason == "stop"
  - step: format
    to: prompt-completion
    thinking: tags
  - step: split
    parts: {train: 0.8, test: 0.2}
"""


def write(folder: Path, text: str = RECIPE, latency_s: float = 0.0) -> Path:
    path = folder / "small.yaml"
    path.write_text(text.replace("LATENCY", str(latency_s)))
    return path


def said(recipe: Path, out: Path, **options: Any) -> list[str]:
    lines: list[str] = []
    build(load_recipe(recipe), out, progress=Progress(say=lines.append), **options)
    return lines


def test_a_build_leaves_everything_it_promises(tmp_path: Path) -> None:
    run = build(load_recipe(write(tmp_path)), tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {
        "data",
        "steps",
        "responses",
        "README.md",
        "report.html",
        "recipe.yaml",
        "recipe.lock.json",
        "ledger.jsonl",
    }
    assert set(run.splits()) <= {"train", "test"}
    assert all(entry.balances() for entry in run.ledger)
    generated = run.ledger[2]
    assert (generated.rows_in, generated.created, generated.out) == (24, 48, 72)
    lock = json.loads(run.lock_path.read_text())
    assert lock["steps"][2]["temperature"] == 1.0  # every default is written out
    assert lock["engines"]["teacher"]["settings"]["engine"] == "fake"


def test_siblings_of_a_prompt_never_cross_splits(tmp_path: Path) -> None:
    splits = build(load_recipe(write(tmp_path)), tmp_path / "run").splits()
    prompts = {name: {str(prompt) for prompt in table["prompt"].to_list()} for name, table in splits.items()}
    assert not set.intersection(*prompts.values()) or len(prompts) == 1


@pytest.mark.parametrize("seed", range(20))
def test_a_build_killed_at_a_random_point_ends_byte_identical(
    tmp_path: Path, seed: int, whole: tuple[Path, int]
) -> None:
    recipe = write(tmp_path, latency_s=0.03)
    kill_build(recipe, tmp_path / "run", (tmp_path / "run" / "steps").exists, random.Random(seed).random() * 0.5)
    before = asked(tmp_path)
    assert build(load_recipe(recipe), tmp_path / "run")
    reference, requests = whole
    assert files(tmp_path / "run") == files(reference)
    assert asked(tmp_path) - requests <= min(before, 16)  # at most the bundle in flight is asked twice


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """An uninterrupted build of the same recipe, and how many requests it made."""
    folder = tmp_path_factory.mktemp("whole")
    build(load_recipe(write(folder, latency_s=0.03)), folder / "run")
    return folder / "run", asked(folder)


def test_a_second_build_asks_nothing_and_changes_nothing(tmp_path: Path) -> None:
    recipe = write(tmp_path)
    build(load_recipe(recipe), tmp_path / "run")
    first, requests = files(tmp_path / "run"), asked(tmp_path)
    lines = said(recipe, tmp_path / "run")
    assert (files(tmp_path / "run"), asked(tmp_path)) == (first, requests)
    assert sum("reused" in line for line in lines) == 7


def test_a_changed_later_step_asks_nothing_and_says_why(tmp_path: Path) -> None:
    build(load_recipe(write(tmp_path)), tmp_path / "run")
    requests = asked(tmp_path)
    changed = write(tmp_path, RECIPE.replace('where: finish_reason == "stop"', "where: score.verifier == 1"))
    lines = said(changed, tmp_path / "run")
    assert asked(tmp_path) == requests
    assert any(line.startswith("04-keep: again (where:") for line in lines)
    assert sum("reused" in line for line in lines) == 4


def test_a_long_setting_is_told_where_it_changed(tmp_path: Path) -> None:
    said(write(tmp_path), tmp_path / "run")
    lines = said(write(tmp_path, RECIPE.replace("think_format]", "think_format, repetition]")), tmp_path / "run")
    [why] = [line for line in lines if line.startswith("03-grade: again (rewards: ")]
    was, now = why.split(" -> ")
    assert "repetition" in now
    assert "repetition" not in was


def test_fresh_computes_again_but_buys_nothing(tmp_path: Path) -> None:
    recipe = write(tmp_path)
    build(load_recipe(recipe), tmp_path / "run")
    requests = asked(tmp_path)
    assert not any("reused" in line for line in said(recipe, tmp_path / "run", fresh=True))
    assert asked(tmp_path) == requests


def test_one_more_row_asks_for_that_row_only(tmp_path: Path) -> None:
    build(load_recipe(write(tmp_path)), tmp_path / "run")
    requests = asked(tmp_path)
    build(load_recipe(write(tmp_path, RECIPE.replace("equations, rows: 12", "equations, rows: 13"))), tmp_path / "run")
    assert asked(tmp_path) - requests == 3


def test_more_tokens_ask_only_for_answers_that_were_cut_off(tmp_path: Path) -> None:
    run = build(load_recipe(write(tmp_path)), tmp_path / "run")
    cut = run.kept("02-generate").filter(pl.col("finish_reason") == "length").height
    requests = asked(tmp_path)
    build(load_recipe(write(tmp_path, RECIPE.replace("max_tokens: 100", "max_tokens: 200"))), tmp_path / "run")
    assert 0 < cut == asked(tmp_path) - requests


def test_another_prompt_or_sampling_asks_for_everything(tmp_path: Path) -> None:
    build(load_recipe(write(tmp_path)), tmp_path / "run")
    requests = asked(tmp_path)
    changed = RECIPE.replace("    max_tokens: 100", "    max_tokens: 100\n    template: boxed")
    build(load_recipe(write(tmp_path, changed)), tmp_path / "run")
    assert asked(tmp_path) == 2 * requests
    build(load_recipe(write(tmp_path, changed.replace("n: 3", "n: 3\n    temperature: 0.5"))), tmp_path / "run")
    assert asked(tmp_path) == 3 * requests


def test_failed_requests_are_rows_with_a_reason_and_asked_again(tmp_path: Path) -> None:
    failing = write(tmp_path, RECIPE.replace("error_rate: 0.0", "error_rate: 0.3"))
    run = build(load_recipe(failing), tmp_path / "run")
    entry, requests = run.ledger[2], asked(tmp_path)
    assert entry.failed > 0
    assert entry.rows_in + entry.created == entry.out + entry.failed
    assert run.failed("02-generate")["reason"].null_count() == 0
    lines = said(failing, tmp_path / "run")
    assert f"02-generate: again (asking again for {rows(entry.failed)} that failed)" in lines
    assert asked(tmp_path) - requests == entry.failed


def test_when_every_request_fails_the_build_stops_resumably(tmp_path: Path) -> None:
    with pytest.raises(EngineDown, match="all 72 requests failed"):
        build(load_recipe(write(tmp_path, RECIPE.replace("error_rate: 0.0", "error_rate: 1.0"))), tmp_path / "run")
    assert (tmp_path / "run" / "steps" / "01-dedupe.json").exists()


def test_two_builds_in_one_folder_the_second_names_the_first(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path))
    with folder_lock(tmp_path / "run"), pytest.raises(RunLocked, match=f"process {os.getpid()}"):
        build(recipe, tmp_path / "run")
    assert build(recipe, tmp_path / "run")


def test_a_file_system_without_locks_is_not_called_another_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Lustre without `-o flock`, or NFS whose lock daemon is away; none of both is here."""

    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refused)
    with pytest.raises(UsageError, match="file system without locks"):
        build(load_recipe(write(tmp_path)), tmp_path / "run")
    assert holder(tmp_path / "run") == ""


def test_a_log_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    build(load_recipe(write(tmp_path)), tmp_path / "run", until="load")
    (tmp_path / "run" / "log.jsonl").unlink()
    (tmp_path / "run" / "log.jsonl").mkdir()
    with pytest.raises(StepFailed, match=r"log\.jsonl cannot be written"):
        build(load_recipe(write(tmp_path)), tmp_path / "run")


def test_the_command_that_makes_a_run_again_is_one_a_shell_reads_back(tmp_path: Path) -> None:
    sets = ('steps.keep.where=prompt != "it\'s $HOME; `id`"', "steps.generate.n=3", 'name=a"b')
    told = command(replace(load_recipe(write(tmp_path)), overrides=sets), limit=2)
    words = shlex.split(told)
    assert [words[place + 1] for place, word in enumerate(words) if word == "--set"] == [*sets]
    assert words[-2:] == ["--limit", "2"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path))
    theirs = tmp_path / "project"
    (theirs / "data").mkdir(parents=True)
    (theirs / "README.md").write_text("mine")
    (theirs / "data" / "mine.parquet").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"holds other files \(README.md, data\)"):
        build(recipe, theirs)
    assert sorted(path.name for path in theirs.rglob("*")) == ["README.md", "data", "mine.parquet"]
    (tmp_path / "empty").mkdir()
    with folder_lock(tmp_path / "empty"):  # as a build leaves it that was killed at once
        pass
    assert build(recipe, tmp_path / "empty").card_path.is_file()


def test_a_run_without_its_ledger_shows_how_far_it_is(tmp_path: Path) -> None:
    with pytest.raises(EngineDown):
        build(load_recipe(write(tmp_path, RECIPE.replace("error_rate: 0.0", "error_rate: 1.0"))), tmp_path / "run")
    shown = show_run(tmp_path / "run", rows=1)
    assert [line["step"] for line in shown["funnel"]] == ["00-load", "01-dedupe"]
    assert shown["count"] == 24
    assert show_text(shown).startswith(
        "Not finished: 2 steps are done, 72 responses are stored; `curate build` goes on"
    )
    with folder_lock(tmp_path / "run"):
        assert f"process {os.getpid()} on" in show_run(tmp_path / "run")["unfinished"]
    with pytest.raises(UsageError, match="did you mean '01-dedupe'"):
        show_run(tmp_path / "run", step="dedup")
    with pytest.raises(DataError, match="is not the folder of a finished run"):
        show_run(tmp_path / "elsewhere")


def test_a_reward_under_another_name_is_explained_under_that_name(tmp_path: Path) -> None:
    named = RECIPE.replace("[verifier, think_format]", "[{reward: math, name: right}, verifier, think_format]")
    about = graded(load_recipe(write(tmp_path, named)))
    assert list(about) == ["right", "think_format", "verifier"]
    assert about["right"].startswith("math: ")


def test_until_stops_after_that_step_and_the_build_goes_on_from_there(tmp_path: Path) -> None:
    recipe = write(tmp_path)
    run = build(load_recipe(recipe), tmp_path / "run", until="generate")
    assert [entry.step for entry in run.ledger] == ["00-load", "01-dedupe", "02-generate"]
    assert not (tmp_path / "run" / "data").exists()
    assert sum("reused" in line for line in said(recipe, tmp_path / "run")) == 3
    with pytest.raises(UsageError, match="did you mean 'generate'"):
        build(load_recipe(recipe), tmp_path / "run", until="generat")


def test_a_missing_column_is_told_before_anything_is_spent(tmp_path: Path) -> None:
    wrong = RECIPE.replace("rewards: [verifier, think_format]", "rewards: [{reward: math, columns: {answer: anser}}]")
    with pytest.raises(InvalidInput, match="column 'anser' will not be there; did you mean 'answer'"):
        build(load_recipe(write(tmp_path, wrong)), tmp_path / "run")
    assert asked(tmp_path) == 0


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("{step: format, to: preference}", "format: column 'rejected' will not be there"),
        ("{step: format, to: kto}", "format: column 'label' will not be there"),
        ("{step: pass_rate, score: completion_tokens}", r"It comes from generate with n: 2 or more"),
    ],
)
def test_what_a_step_cannot_do_without_is_told_before_anything_is_spent(tmp_path: Path, step: str, told: str) -> None:
    text = RECIPE[: RECIPE.index("    n: 3")] + f"  - {step}\n"
    with pytest.raises(InvalidInput, match=told):
        build(load_recipe(write(tmp_path, text)), tmp_path / "run")
    assert asked(tmp_path) == 0


@pytest.mark.parametrize(
    ("rule", "kind"),
    [("finish_reason == 1", "String"), ("completion", "String"), ("source in [1, 2]", "String"),
     ("words(score.verifier) > 2", "Float64"), ('score.verifier == "1"', "Float64")],
)  # fmt: skip
def test_a_rule_that_does_not_fit_is_told_before_anything_is_spent(tmp_path: Path, rule: str, kind: str) -> None:
    recipe = load_recipe(write(tmp_path, RECIPE.replace('finish_reason == "stop"', rule)))
    told = rf"keep: '{re.escape(rule)}' does not fit its columns \([\w.]+ is {kind}\): "
    with pytest.raises(InvalidInput, match=told):
        make_plan(recipe, tmp_path / "run")
    with pytest.raises(InvalidInput, match=told):
        build(recipe, tmp_path / "run")
    assert asked(tmp_path) == 0


def test_a_damaged_step_is_computed_again(tmp_path: Path) -> None:
    recipe = write(tmp_path)
    build(load_recipe(recipe), tmp_path / "run")
    first = files(tmp_path / "run")
    (tmp_path / "run" / "steps" / "03-grade.parquet").write_bytes(b"PAR1")
    build(load_recipe(recipe), tmp_path / "run")
    assert files(tmp_path / "run") == first


def test_a_flipped_bit_in_a_step_is_never_read_as_a_row(tmp_path: Path) -> None:
    recipe = write(tmp_path)
    build(load_recipe(recipe), tmp_path / "run")
    path = tmp_path / "run" / "steps" / "02-generate.parquet"
    whole = path.read_bytes()
    for place in (len(whole) // 7, len(whole) // 2):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DataError, match=r"02-generate\.parquet is damaged: it is not what was written.*--fresh"):
            build(load_recipe(recipe, "laptop", ("steps.grade.rewards=[think_format]",)), tmp_path / "run")
    assert build(load_recipe(recipe), tmp_path / "run", fresh=True)
    assert path.read_bytes() == whole


def test_a_plan_touches_nothing_and_counts_what_is_stored(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path))
    plan = make_plan(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert (plan["total"]["requests"], plan["total"]["stored"]) == (72, 0)
    build(recipe, tmp_path / "run")
    assert asked(tmp_path) == 72
    assert make_plan(recipe, tmp_path / "run")["total"]["requests"] == 0


def test_the_ledger_refuses_a_step_that_loses_a_row() -> None:
    came = pl.DataFrame({"id": ["a", "b"]})
    with pytest.raises(CurateError, match="1 rows vanished, for example b"):
        check_rows("01-x", came, Result(kept=came.head(1)))
    with pytest.raises(CurateError, match="stand for several rows"):
        check_rows("01-x", came, Result(kept=came, dropped=came.head(1)))


def test_an_unfinished_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="curate build"):
        _ = Run(tmp_path).ledger


@pytest.mark.parametrize("name", pipeline_names())
def test_every_shipped_recipe_builds_on_a_laptop(name: str, tmp_path: Path) -> None:
    run = build(load_recipe(recipe_folder() / f"{name}.yaml"), tmp_path / "run", limit=4)
    assert all(entry.balances() for entry in run.ledger)
    assert run.card_path.read_text().startswith("---\n")
    assert run.report_path.read_text().startswith("<!doctype html>")
    assert run.splits()


SERVED = """\
name: served
engines:
  teacher: {engine: server, url: "URL", model: m, api_key_env: CURATE_TEST_KEY}
  checker: {engine: server, url: "URL", model: m, api_key_env: CURATE_TEST_KEY}
  unasked: {engine: server, url: "URL", model: m, api_key_env: CURATE_OTHER_KEY}
steps:
  - {step: load, sources: [{procedural: arithmetic, rows: 3}]}
  - {step: generate, engine: teacher, max_tokens: 50}
  - {step: generate, name: again, engine: checker, max_tokens: 60}
"""
KEY_IS_MISSING = "engines teacher, checker: environment variable CURATE_TEST_KEY (api_key_env) is not set. Run: export"


def test_a_missing_key_is_told_by_the_plan_and_before_any_work_of_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, SERVED.replace("URL", "http://127.0.0.1:9/v1"))
    monkeypatch.delenv("CURATE_TEST_KEY", raising=False)
    told = [line for line in plan_text(make_plan(load_recipe(path))).splitlines() if "CURATE" in line]
    assert len(told) == 1
    assert told[0].startswith(f"Before a build: {KEY_IS_MISSING}")
    with pytest.raises(EngineDown, match=re.escape(f"Nothing was done yet: {KEY_IS_MISSING}")):
        build(load_recipe(path), tmp_path / "run")
    assert not (tmp_path / "run" / "steps").exists()
    build(load_recipe(path), tmp_path / "run", until="load")
    monkeypatch.setenv("CURATE_TEST_KEY", "k")
    assert make_plan(load_recipe(path))["lacking"] == ""


def test_what_is_stored_is_built_again_without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURATE_TEST_KEY", "k")
    with serving(tmp_path / "asked.jsonl") as url:
        path = write(tmp_path, SERVED.replace("URL", url))
        build(load_recipe(path), tmp_path / "run")
    monkeypatch.delenv("CURATE_TEST_KEY")
    assert make_plan(load_recipe(path), tmp_path / "run")["lacking"] == ""
    assert not [line for line in said(path, tmp_path / "run") if "CURATE" in line]
    fresh = said(path, tmp_path / "run", fresh=True)
    assert [line for line in fresh if "CURATE" in line] == [fresh[0]]
    assert fresh[0].startswith(f"stored answers are used, a new question ends the build: {KEY_IS_MISSING}")
    path.write_text(path.read_text().replace("max_tokens: 60", "max_tokens: 60, system: Be brief."))
    with pytest.raises(EngineDown, match="CURATE_TEST_KEY"):
        build(load_recipe(path), tmp_path / "run")
