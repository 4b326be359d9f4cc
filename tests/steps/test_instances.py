"""Tasks become examples with inputs and outputs; of a classification the outputs come first."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.building import build
from curate.engines.base import Completion, Request
from curate.errors import EngineDown, RecipeError
from curate.plan import make_plan
from curate.recipe import load_recipe
from curate.steps.instances import Instances
from curate.store import check_rows
from tests.runs import files, kill_build
from tests.servers.writing import serving
from tests.steps.test_self_instruct import Writer, context, lines, seeds

TASKS = ["Is this review good or bad?", "Add the two numbers.", "Tell a joke.", None]


def step(**more: Any) -> Instances:
    return Instances.model_validate({"step": "instances", "engine": "m"} | more)


def said(request: Request) -> str:
    text = str(request.messages[0]["content"])
    if "yes or no" in text:
        return "Yes." if "review" in text else "No."
    if "name an output first" in text:
        return "Example 1\nOutput: good\nInput: I like it.\n\nExample 2\nOutput: bad\nInput: I do not."
    if "numbers" in text:
        return "Input: 1 2\nOutput: 3\nInput: 1 2\nOutput: 4\nInput: 5 6\nOutput: 11\nInput: 7 8\nOutput: 1"
    return "Knock, knock."


def run(tmp_path: Path, answer: Any = said, **more: Any) -> Any:
    table = seeds(TASKS).with_columns(level=pl.Series([1, 2, 3, 4]))
    result = step(**more).run(table, context(tmp_path, Writer(lambda _, request: answer(request))))
    check_rows("01-x", table, result)
    assert set(result.kept.columns) == step().after(frozenset(table.columns))
    return result


def test_a_classification_is_asked_with_its_outputs_first_and_the_others_with_their_inputs(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.kept.select("id", "parent", "prompt", "completion", "is_classification", "level").rows() == [
        ("s0/0", "s0", f"{TASKS[0]}\n\nI like it.", "good", True, 1),
        ("s0/1", "s0", f"{TASKS[0]}\n\nI do not.", "bad", True, 1),
        ("s1/0", "s1", f"{TASKS[1]}\n\n1 2", "3", False, 2),
        ("s1/2", "s1", f"{TASKS[1]}\n\n5 6", "11", False, 2),
    ]
    assert dict(result.dropped.select("id", "reason").rows()) == {
        "s1/1": "the same input as before, with another output",
        "s1/3": "more than the 3 examples asked for",
        "s2/0": "no example in the answer",
    }
    assert result.failed.select("id", "reason").rows() == [("s3", "its prompt is empty")]
    assert result.notes["classification"] == {"yes": 1, "no": 2, "neither": 0}
    assert result.usage.requests == 6


def test_without_classify_every_task_is_asked_once(tmp_path: Path) -> None:
    result = run(tmp_path, classify=False)
    assert (result.usage.requests, result.kept["is_classification"].null_count()) == (3, result.kept.height)


def test_the_example_that_an_answer_breaks_off_in_is_dropped_and_whole_ones_stay(tmp_path: Path) -> None:
    def cut(request: Request) -> Completion | str:
        text = said(request)
        return Completion(request.key, text, "length", max_tokens=1024) if "Input" in text else text

    result = run(tmp_path, cut, n=9)
    assert result.kept["id"].to_list() == ["s0/0", "s1/0", "s1/2"]
    assert Counter(result.dropped["reason"])["not finished: length"] == 2


def test_a_request_that_fails_fails_its_task_and_all_failing_is_the_end(tmp_path: Path) -> None:
    def fails(request: Request) -> Completion | str:
        if "review" in str(request.messages[0]["content"]):
            return Completion(request.key, None, error="HTTP 500", finish_reason="", retriable=True)
        return said(request)

    result = run(tmp_path / "one", fails)
    assert dict(result.failed.select("id", "reason").rows())["s0"] == "HTTP 500"
    assert result.retriable == 1
    with pytest.raises(EngineDown, match="all 3 requests failed; the first says: HTTP 500"):
        run(tmp_path / "all", lambda r: Completion(r.key, None, error="HTTP 500", finish_reason="", retriable=True))


RECIPE = """\
name: examples
license: mit
engines:
  m: {engine: server, url: URL, model: m, retries: 0, concurrency: 2}
steps:
  - {step: load, sources: [{procedural: arithmetic, rows: 20}]}
  - {step: instances, engine: m}
  - {step: format, to: sft}
"""


def write(folder: Path, url: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "r.yaml").write_text(RECIPE.replace("URL", url))
    return folder / "r.yaml"


@pytest.mark.parametrize("seed", range(3))
def test_a_build_killed_at_any_time_ends_byte_identical(seed: int, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(log, latency_s=0.01) as url:
        recipe = load_recipe(write(tmp_path / "whole", url))
        assert make_plan(recipe, tmp_path / "whole" / "run")["total"]["requests"] == 40
        whole = build(recipe, tmp_path / "whole" / "run")
        assert make_plan(recipe, tmp_path / "whole" / "run")["total"]["stored"] == 40
        log.unlink()
        killed = write(tmp_path / "killed", url)
        kill_build(killed, tmp_path / "killed" / "run", lambda: lines(log), random.Random(seed).random() * 0.3)
        assert files(build(load_recipe(killed), tmp_path / "killed" / "run").folder) == files(whole.folder)
        assert whole.ledger[1].out > 20
        assert len(lines(log)) <= 40 + 6  # those in flight, or come and not stored yet


def test_a_wrong_engine_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE.replace("URL", "http://localhost/v1").replace("engine: m}", "engine: n}"))
    with pytest.raises(RecipeError, match=r"r\.yaml:7: instances: unknown engine 'n'"):
        load_recipe(tmp_path / "r.yaml")
