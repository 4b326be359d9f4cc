"""Each row is answered by different engines, under drawn system messages, and no answer is bought twice."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from curate.building import build
from curate.errors import EngineDown, RecipeError
from curate.plan import make_plan
from curate.recipe import load_recipe
from curate.run import Run
from tests.runs import asked, files, kill_build

RECIPE = """\
name: many
license: mit
engines:
  a: {engine: fake, text: lorem, tokens: 4, log: asked.jsonl, price: {prompt: 1, completion: 1}}
  b: {engine: fake, text: lorem, tokens: 5, log: asked.jsonl}
  c: {engine: fake, text: lorem, tokens: 6, log: asked.jsonl, error_rate: RATE}
steps:
  - {step: load, sources: [{procedural: arithmetic, rows: 30}]}
  - step: panel
    engines: [a, b, c]
    n: 2
    systems: {kind: "Be kind about {{ kind }}.", short: Be short., true: Be right.}
"""


def write(folder: Path, text: str = RECIPE, rate: float = 0) -> Path:
    (folder / "r.yaml").write_text(text.replace("RATE", str(rate)))
    return folder / "r.yaml"


def run_of(folder: Path) -> Run:
    return build(load_recipe(write(folder)), folder / "run")


def test_siblings_come_from_different_engines_and_all_get_their_share(tmp_path: Path) -> None:
    assert make_plan(load_recipe(write(tmp_path)), tmp_path / "run")["total"]["requests"] == 60
    run = run_of(tmp_path)
    rows = run.kept("01-panel")
    assert rows["id"].to_list()[:4] == [
        f"{parent}/{k}" for parent in rows["parent"].unique(maintain_order=True)[:2] for k in (0, 1)
    ]
    assert rows["sample"].to_list() == [0, 1] * 30
    assert set(rows.group_by("parent").agg(pl.col("engine").n_unique())["engine"]) == {2}
    words = {row["engine"]: len(row["completion"].split()) for row in rows.iter_rows(named=True)}
    assert words == {"a": 4, "b": 5, "c": 6}
    assert all(10 < count < 30 for count in Counter(rows["engine"]).values())
    assert all(10 < count < 30 for count in Counter(rows["principle"]).values())
    entry = run.ledger[1]
    assert (entry.requests, entry.created, entry.notes["asked"]) == (
        60,
        30,
        dict(sorted(Counter(rows["engine"]).items())),
    )
    assert (entry.cost_usd, entry.notes["cost_usd"]["a"] > 0, entry.notes["cost_usd"]["b"]) == (None, True, None)
    assert set(run.lock["engines"]["b"]["identity"])
    build(load_recipe(tmp_path / "r.yaml"), tmp_path / "run", fresh=True)
    assert asked(tmp_path) == 60


def test_another_engine_leaves_most_answers_as_they_are(tmp_path: Path) -> None:
    run_of(tmp_path)
    text = RECIPE.replace("engines: [a, b, c]", "engines: [a, b, c, d]").replace(
        "steps:\n", "  d: {engine: fake, text: lorem, tokens: 9, log: asked.jsonl}\nsteps:\n"
    )
    build(load_recipe(write(tmp_path, text)), tmp_path / "run")
    assert 60 < asked(tmp_path) < 60 + 40


def test_the_drawn_system_message_stands_before_the_row_s_own_chat(tmp_path: Path) -> None:
    chat = [{"role": "system", "content": "old"}, {"role": "user", "content": "Why?"}]
    (tmp_path / "rows.jsonl").write_text(
        "\n".join(json.dumps({"messages": [*chat[:1], {"role": "user", "content": f"Why {n}?"}]}) for n in range(4))
    )
    text = RECIPE.replace("procedural: arithmetic, rows: 30", "file: rows.jsonl").replace(" about {{ kind }}", "")
    run = build(load_recipe(write(tmp_path, text.replace("text: lorem", "text: echo"))), tmp_path / "run")
    rows = run.kept("01-panel")
    assert rows.height == 8
    assert set(rows["completion"]) == {f"Why {n}?" for n in range(4)}
    assert set(rows["prompt_tokens"]) == {4}  # "Be short." and "Why 1?": the old system message gives way


def test_a_row_that_cannot_be_asked_and_an_answer_that_fails_are_failed_rows(tmp_path: Path) -> None:
    rows = [{"prompt": f"{n}?", "kind": None if n % 2 else "x"} for n in range(40)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    text = RECIPE.replace("procedural: arithmetic, rows: 30", "file: rows.jsonl")
    run = build(load_recipe(write(tmp_path, text, rate=0.5)), tmp_path / "run")
    reasons = Counter(reason.split(" (")[0].split(":")[0] for reason in run.failed("01-panel")["reason"])
    assert set(reasons) == {"cannot be asked", "fake"}
    assert run.ledger[1].balances()


def test_an_engine_that_answers_nothing_is_down(tmp_path: Path) -> None:
    with pytest.raises(EngineDown, match="engine 'c': fake"):
        build(load_recipe(write(tmp_path, rate=1)), tmp_path / "run")


JUDGED = (
    RECIPE
    + """\
  - {step: judge, engine: a, aspects: [helpfulness, truthfulness]}
"""
)


@pytest.mark.parametrize("seed", range(5))
def test_a_build_killed_among_its_engines_or_its_judge_ends_byte_identical(seed: int, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    text = JUDGED.replace("log: asked.jsonl", "log: asked.jsonl, batch: 4, latency_s: 0.02")
    build(load_recipe(write(whole, text)), whole / "run")
    recipe = write(killed, text)
    kill_build(recipe, killed / "run", lambda: asked(killed), random.Random(seed).random() * 0.8)
    build(load_recipe(recipe), killed / "run")
    assert files(killed / "run") == files(whole / "run")
    assert asked(killed) - asked(whole) <= 4  # the bundle in flight


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[a, b, c]", "[a, b, e]", "unknown engines 'e'"),
        ("[a, b, c]", "[a, b, a]", "an engine is named twice"),
        ("[a, b, c]", "[]", "give at least 1"),
        ("short: Be short.", "short: '{{ oops'", "r.yaml:12: systems.short: not a template"),
    ],
)
def test_a_wrong_setting_is_told_with_its_line(old: str, new: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(tmp_path, RECIPE.replace(old, new)))
    assert words in str(caught.value)
