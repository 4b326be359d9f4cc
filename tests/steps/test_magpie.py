"""Instructions are drawn until there are enough, each is another one, and nothing is bought twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.building import build
from curate.engines.base import Completion, Request
from curate.engines.settings import FakeSettings, Price
from curate.errors import DataError, EngineDown, InvalidInput, RecipeError
from curate.plan import make_plan
from curate.recipe import load_recipe
from curate.responses import Journal
from curate.step import Context, Progress
from curate.steps.magpie import Magpie
from curate.store import check_rows
from tests.runs import asked, files, kill_build

PREQUERY = "<|im_start|>user\n"
STEERED = "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n"


class Writer:
    """An engine whose n-th answer is what a function makes of n and the request."""

    identity: Mapping[str, Any] = {"model": "writer"}

    def __init__(self, write: Callable[[int, Request], Any]) -> None:
        self.write, self.asked = write, list[Request]()

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        for request in requests:
            self.asked.append(request)
            said = self.write(len(self.asked) - 1, request)
            yield [said if isinstance(said, Completion) else Completion(request.key, said, completion_tokens=4)]

    def close(self) -> None:
        pass


def context(tmp: Path, engine: Writer, said: list[str] | None = None, limit: int | None = None) -> Context:
    settings = {"m": FakeSettings(engine="fake", price=Price(prompt=1, completion=2))}
    say = Progress(say=said.append if said is not None else lambda _: None)
    return Context(0, tmp, lambda _: engine, lambda _: engine.identity, settings, Journal(tmp / "j.jsonl"), say, limit)


def magpie(**more: Any) -> Magpie:
    return Magpie.model_validate(
        {"step": "magpie", "engine": "m", "rows": 4, "prequery": PREQUERY, "stop": ("<|im_end|>",)} | more
    )


def failed(request: Request) -> Completion:
    return Completion(request.key, None, error="HTTP 500", finish_reason="", retriable=True)


def test_as_the_first_step_it_needs_no_rows(tmp_path: Path) -> None:
    engine = Writer(lambda number, _: f"Question {number}?")
    result = magpie().run(pl.DataFrame(), context(tmp_path, engine))
    assert result.kept["prompt"].to_list() == [f"Question {number}?" for number in range(4)]
    assert set(result.kept["source"]) == {"magpie"}
    assert {(request.prefix, request.messages) for request in engine.asked} == {(PREQUERY, ())}
    assert len({request.seed for request in engine.asked}) == 4
    assert engine.asked[0].sampling.stop == ("<|im_end|>",)
    assert result.notes["prequery"] == PREQUERY
    assert (result.usage.requests, result.usage.cost_usd) == (4, pytest.approx(4 * 4 * 2 / 1e6))
    assert check_rows("00-x", pl.DataFrame(), result) == 4


def test_as_many_as_are_missing_are_drawn_again(tmp_path: Path) -> None:
    texts = ["A?", "a?", "", "B?", "C?", "A?", "D?"]
    engine = Writer(lambda number, _: texts[number])
    result = magpie().run(pl.DataFrame(), context(tmp_path, engine))
    assert result.kept["prompt"].to_list() == ["A?", "B?", "C?", "D?"]
    assert result.notes["rounds"] == [4, 2, 1]
    first = result.kept["id"][0]
    assert result.dropped["reason"].to_list() == [
        f"says the same as {first}", "empty: no letter or number", f"says the same as {first}",
    ]  # fmt: skip


def test_tries_are_a_bound_and_the_build_says_what_is_missing(tmp_path: Path) -> None:
    said: list[str] = []
    engine = Writer(lambda *_: "Always the same?")
    result = magpie(tries=3).run(pl.DataFrame(), context(tmp_path, engine, said))
    assert (result.kept.height, len(engine.asked), result.notes["short"]) == (1, 12, 3)
    assert "3 instructions fewer than wanted after 12 requests" in said[0]


def test_every_row_steers_its_own_draws(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {"id": ["x", "y", "z"], "topic": ["birds", "rain", None], "messages": [[{"role": "user", "content": "?"}]] * 3}
    )
    engine = Writer(
        lambda number, request: f"{number}: {request.prefix[:40]}".replace("<|im_start|>", "").replace("<|im_end|>", "")
    )
    step = magpie(rows=2, prequery=STEERED, system="You help with {{ topic }}.")
    result = step.run(rows, context(tmp_path, engine))
    assert result.kept["id"].to_list() == ["x/0", "x/1", "y/0", "y/1"]
    assert result.kept["parent"].to_list() == ["x", "x", "y", "y"]
    assert result.kept["system"].to_list()[1:3] == ["You help with birds.", "You help with rain."]
    assert {request.prefix for request in engine.asked} == {
        f"<|im_start|>system\nYou help with {topic}.<|im_end|>\n<|im_start|>user\n" for topic in ("birds", "rain")
    }
    assert "messages" not in result.kept.columns
    assert (result.failed["id"].to_list(), result.failed["reason"].to_list()) == (
        ["z"],
        ["cannot be asked: topic is null"],
    )
    assert set(result.kept.columns) == step.after(frozenset(rows.columns))
    check_rows("01-x", rows, result)


def test_no_two_rows_get_the_same_instruction(tmp_path: Path) -> None:
    engine = Writer(lambda number, _: ["A?", "A?", "B?"][number])
    result = magpie(rows=1).run(pl.DataFrame({"id": ["x", "y"]}), context(tmp_path, engine))
    assert dict(zip(result.kept["id"], result.kept["prompt"], strict=True)) == {"x/0": "A?", "y/1": "B?"}
    assert result.dropped["reason"].to_list() == ["says the same as x/0"]


def test_a_draw_that_fails_is_a_failed_row_and_another_takes_its_place(tmp_path: Path) -> None:
    engine = Writer(lambda number, request: failed(request) if number in (1, 4) else f"{number}?")
    result = magpie().run(pl.DataFrame(), context(tmp_path, engine))
    assert result.kept["prompt"].to_list() == ["0?", "2?", "3?", "5?"]
    assert (result.failed["reason"].to_list(), result.retriable) == (["HTTP 500"] * 2, 2)
    check_rows("00-x", pl.DataFrame(), result)


def test_an_engine_that_answers_nothing_is_down_after_one_round(tmp_path: Path) -> None:
    engine = Writer(lambda _, request: failed(request))
    with pytest.raises(EngineDown, match="all 4 requests failed; the first says: HTTP 500"):
        magpie().run(pl.DataFrame(), context(tmp_path, engine))
    assert len(engine.asked) == 4


def test_a_last_round_that_fails_is_no_end(tmp_path: Path) -> None:
    engine = Writer(lambda number, request: "" if number < 4 else failed(request))
    result = magpie().run(pl.DataFrame(), context(tmp_path, engine))
    assert (result.kept.height, result.dropped.height, result.failed.height) == (0, 4, 4)


def test_a_limit_bounds_it_as_it_bounds_a_source(tmp_path: Path) -> None:
    engine = Writer(lambda number, _: f"{number}?")
    assert magpie().run(pl.DataFrame(), context(tmp_path, engine, limit=2)).kept.height == 2


def test_no_rows_that_come_in_are_no_questions(tmp_path: Path) -> None:
    rows = pl.DataFrame(schema={"id": pl.String, "topic": pl.String})
    result = magpie().run(rows, context(tmp_path, engine := Writer(lambda *_: "?")))
    assert (result.kept.height, len(engine.asked)) == (0, 0)
    assert {"prompt", "parent"} <= set(result.kept.columns)


RECIPE = """\
name: drawn
license: mit
engines:
  m: {engine: fake, text: lorem, tokens: 1, batch: 3, latency_s: LATENCY, log: asked.jsonl}
steps:
  - {step: magpie, engine: m, rows: 9, tries: 12, prequery: "<user>", stop: [</s>]}
  - {step: generate, engine: m, temperature: 0, max_tokens: 20}
"""


def write(folder: Path, text: str = RECIPE, latency_s: float = 0.0) -> Path:
    (folder / "r.yaml").write_text(text.replace("LATENCY", str(latency_s)))
    return folder / "r.yaml"


def test_a_plan_is_an_upper_bound_and_knows_what_is_stored(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path))
    before = make_plan(recipe, tmp_path / "run")
    run = build(recipe, tmp_path / "run")
    drawn, answered = run.ledger
    assert before["steps"][0]["requests"] == 9 * 12 >= drawn.created == drawn.requests
    assert (drawn.out, drawn.dropped) == (9, drawn.created - 9)
    assert before["total"]["requests"] == 9 * 12 + 9
    after = make_plan(recipe, tmp_path / "run")
    assert (after["steps"][0]["requests"], after["steps"][0]["stored"]) == (0, drawn.created)
    assert asked(tmp_path) == drawn.created + answered.requests
    build(recipe, tmp_path / "run", fresh=True)
    assert asked(tmp_path) == drawn.created + answered.requests


@pytest.mark.parametrize("seed", range(6))
def test_a_build_killed_between_the_rounds_ends_byte_identical(seed: int, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    build(load_recipe(write(whole, latency_s=0.02)), whole / "run")
    recipe = write(killed, latency_s=0.02)
    kill_build(recipe, killed / "run", lambda: asked(killed), random.Random(seed).random() * 0.2)
    build(load_recipe(recipe), killed / "run")
    assert files(killed / "run") == files(whole / "run")
    assert asked(killed) - asked(whole) <= 3  # the bundle in flight


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        ('prequery: "<user>", ', "", DataError, "engine 'm': engine 'fake' has no chat template"),
        ("engine: m, rows", "engine: n, rows", RecipeError, "unknown engine 'n'"),
        ("rows: 9, ", "", RecipeError, "rows"),
        ('"<user>"', '"{system}<user>"', RecipeError, "go together"),
        ("rows: 9,", "rows: 9, system: '{{ topic }}',", RecipeError, "go together"),
        ("temperature: 0,", "prompt: '{{ question }}',", InvalidInput, "column 'question' will not be there"),
    ],
)  # fmt: skip
def test_a_wrong_recipe_is_told_before_anything_is_asked(
    old: str, new: str, error: type[Exception], words: str, tmp_path: Path
) -> None:
    path = write(tmp_path, RECIPE.replace(old, new))
    for what in (make_plan, build):
        with pytest.raises(error, match=words):
            what(load_recipe(path), tmp_path / "run")
    assert asked(tmp_path) == 0


def test_the_model_that_ships_with_curate_is_asked_by_its_own_template(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the extra [train]")
    (tmp_path / "r.yaml").write_text("""\
name: house
license: mit
engines: {m: {engine: transformers, model: house}}
steps:
  - {step: magpie, engine: m, rows: 3, max_tokens: 24, tries: 4}
""")
    entry = build(load_recipe(tmp_path / "r.yaml"), tmp_path / "run").ledger[0]
    assert (entry.notes["prequery"], entry.notes["stop"]) == (PREQUERY, ["<|im_end|>"])
    assert entry.created == entry.requests == entry.out + entry.dropped <= 12
    assert entry.prompt_tokens == 5 * entry.requests  # <|im_start|>, and "user" and a line break in pieces
