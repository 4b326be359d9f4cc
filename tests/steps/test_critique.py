"""Answers are criticised and written anew by drawn principles; every word of it is kept, and bought once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.building import build
from curate.constitution.principles import CRITIQUE, REVISION, Principle, default_principles, drawn, read_principles
from curate.engines.base import Completion, Request
from curate.engines.settings import FakeSettings, Price
from curate.errors import DataError, EngineDown, RecipeError
from curate.plan import make_plan
from curate.recipe import load_recipe
from curate.responses import Journal
from curate.step import Context
from curate.steps.critique import Critique
from curate.store import check_rows
from tests.runs import asked, files, kill_build

POLITE = "Be polite."
ROWS = pl.DataFrame({"id": ["a", "b"], "prompt": ["1+1?", "2+2?"], "completion": ["Two, fool.", "Four."]})


class Model:
    """An engine that answers the last message by a function, and remembers what it was asked."""

    identity: Mapping[str, Any] = {"model": "scripted"}

    def __init__(self, answer: Callable[[Request], Any]) -> None:
        self.answer, self.asked = answer, list[Request]()

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        for request in requests:
            self.asked.append(request)
            said = self.answer(request)
            yield [said if isinstance(said, Completion) else told(request, said)]

    def close(self) -> None:
        pass


def told(request: Request, text: str, **more: Any) -> Completion:
    limit = request.sampling.max_tokens
    return Completion(request.key, text, max_tokens=limit, prompt_tokens=10, completion_tokens=5, **more)


def last(request: Request) -> str:
    return str(request.messages[-1]["content"])


def critic(request: Request) -> str:
    """Takes `fool` out of an answer, and says so."""
    if last(request) == REVISION:
        answer = str(request.messages[-4]["content"])
        return answer.replace(", fool", "") + "!"
    return "It insults." if "fool" in str(request.messages[-2]["content"]) else "Nothing breaks it."


def context(tmp: Path, engine: Model) -> Context:
    settings = {"m": FakeSettings(engine="fake", price=Price(prompt=1, completion=2))}
    return Context(0, tmp, lambda _: engine, lambda _: engine.identity, settings, Journal(tmp / "journal.jsonl"))


def critique(**more: Any) -> Critique:
    return Critique.model_validate({"step": "critique", "engine": "m", "principles": [POLITE]} | more)


def test_the_answer_becomes_the_revision_and_the_original_stays(tmp_path: Path) -> None:
    result = critique().run(ROWS, context(tmp_path, engine := Model(critic)))
    row = result.kept.row(0, named=True)
    assert (row["original"], row["completion"], row["finish_reason"]) == ("Two, fool.", "Two.!", "stop")
    [made] = row["critiques"]
    assert (made["principle"], made["critique"], made["revision"]) == (POLITE, "It insults.", "Two.!")
    assert {made["critique_response"], made["revision_response"]} < {request.key for request in engine.asked}
    assert (row["model"], row["response"]) == ("scripted", made["revision_response"])
    assert result.usage.requests == 4
    assert result.usage.cost_usd == pytest.approx(4 * (10 + 5 * 2) / 1e6)
    assert set(result.kept.columns) == critique().after(frozenset(ROWS.columns))
    assert check_rows("00-x", ROWS, result) == 0


def test_the_chat_goes_on_turn_by_turn(tmp_path: Path) -> None:
    critique(system="Answer for {{ id }}.").run(ROWS, context(tmp_path, engine := Model(critic)))
    asked = {request.row: request.messages for request in engine.asked if last(request) == REVISION}["a"]
    assert [(turn["role"], turn["content"]) for turn in asked] == [
        ("system", "Answer for a."),
        ("user", "1+1?"),
        ("assistant", "Two, fool."),
        ("user", CRITIQUE.format(principle=POLITE)),
        ("assistant", "It insults."),
        ("user", REVISION),
    ]


def test_each_round_starts_from_the_answer_so_far(tmp_path: Path) -> None:
    result = critique(rounds=3, principles=["A.", "B."]).run(ROWS, context(tmp_path, engine := Model(critic)))
    assert result.kept["completion"].to_list() == ["Two.!!!", "Four.!!!"]
    rounds = result.kept["critiques"][0].to_list()
    assert [one["revision"] for one in rounds] == ["Two.!", "Two.!!", "Two.!!!"]
    assert len({one["principle"] for one in rounds[:2]}) == 2
    assert rounds[0]["principle"] == rounds[2]["principle"]
    assert max(len(request.messages) for request in engine.asked) == 5
    assert result.notes["rounds"] == 6


def test_principles_are_drawn_by_seed_and_row_and_come_all(tmp_path: Path) -> None:
    listed = default_principles()
    first = Counter(drawn(listed, 1, 0, f"r{number}")[0].text for number in range(4000))
    assert set(first) == {one.text for one in listed}
    assert max(first.values()) < 1.25 * min(first.values())
    assert drawn(listed, 8, 0, "r") != drawn(listed, 8, 1, "r") != drawn(listed, 8, 1, "s")
    assert len({one.text for one in drawn(listed, 8, 0, "r")}) == 8
    longer = (*listed, Principle(principle="Be new."))
    moved = sum(drawn(listed, 1, 0, f"r{number}") != drawn(longer, 1, 0, f"r{number}") for number in range(1000))
    assert moved < 200


def test_a_principle_may_bring_its_own_requests_and_examples_come_first(tmp_path: Path) -> None:
    own = {"critique": "What is rude?", "revision": "Now politely."}
    shown = {"prompt": "Hi", "completion": "Go.", "principle": "Be kind.", "critique": "Rude.", "revision": "Hello."}
    step = critique(principles=[own], examples=[shown], system="S")

    def answer(request: Request) -> str:
        return "Rude." if last(request) == "What is rude?" else "Two."

    result = step.run(ROWS, context(tmp_path, engine := Model(answer)))
    turns = [turn["content"] for turn in engine.asked[-1].messages]
    assert turns[:3] == ["S", "Hi", "Go."]
    assert turns[4:] == ["Rude.", REVISION, "Hello.", "2+2?", "Four.", "What is rude?", "Rude.", "Now politely."]
    assert result.kept["critiques"][0][0]["principle"] == "What is rude?"


def test_thinking_is_kept_apart_and_belongs_to_its_answer(tmp_path: Path) -> None:
    rows = ROWS.with_columns(thinking=pl.lit("one and one"))
    engine = Model(lambda request: f"<think>\nhm\n</think>\n\n{critic(request)}")
    result = critique(pair=True).run(rows, context(tmp_path, engine))
    row = result.kept.row(0, named=True)
    assert (row["thinking"], row["original_thinking"]) == ("hm", "one and one")
    assert (row["chosen"], row["rejected"]) == (row["completion"], row["original"]) == ("Two.!", "Two, fool.")
    assert (row["chosen_thinking"], row["rejected_thinking"]) == ("hm", "one and one")
    assert not any("think" in str(turn["content"]) for turn in engine.asked[-1].messages)
    assert set(result.kept.columns) == critique(pair=True).after(frozenset(rows.columns))


@pytest.mark.parametrize("when", ["critique", "revision"])
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "round 1: the {} is empty"),
        ("<think>\nwhat is", "round 1: the {} is empty, cut off at max_tokens"),
        ("<think>\nwhat is</think>", "round 1: the {} is empty, all of the answer is thinking"),
        (None, "round 1, {}: HTTP 500"),
    ],
)
def test_a_round_that_cannot_be_had_is_a_failed_row(tmp_path: Path, when: str, said: str | None, reason: str) -> None:
    def answer(request: Request) -> Any:
        if request.row == "b" or (last(request) == REVISION) != (when == "revision"):
            return critic(request)
        if said is None:
            return Completion(request.key, None, error="HTTP 500", finish_reason="", retriable=True)
        return told(request, said, finish_reason="length" if said == "<think>\nwhat is" else "stop")

    result = critique(rounds=2).run(ROWS, context(tmp_path, Model(answer)))
    assert result.kept["id"].to_list() == ["b"]
    assert result.failed["reason"].to_list() == [reason.format(when)]
    assert set(result.failed.columns) == {*ROWS.columns, "reason"}
    assert result.retriable == (said is None)


def test_a_critic_that_calls_a_tool_instead_is_told_by_its_finish_reason(tmp_path: Path) -> None:
    result = critique().run(ROWS, context(tmp_path, Model(lambda asked: told(asked, "", finish_reason="tool_calls"))))
    assert set(result.failed["reason"]) == {"round 1: the critique is empty, with finish_reason tool_calls"}


def test_a_last_row_that_fails_is_no_end_but_an_engine_that_answers_nothing_is(tmp_path: Path) -> None:
    def broken(request: Request) -> Any:
        return Completion(request.key, None, error="HTTP 400: too long", finish_reason="")

    late = Model(lambda request: broken(request) if last(request) == REVISION else "Bad.")
    assert critique().run(ROWS, context(tmp_path / "late", late)).failed.height == 2
    with pytest.raises(EngineDown, match="all 2 requests failed; the first says: HTTP 400: too long"):
        critique().run(ROWS, context(tmp_path / "at once", Model(broken)))


def test_a_revision_that_is_cut_off_ends_its_rounds_and_says_so(tmp_path: Path) -> None:
    def answer(request: Request) -> Any:
        is_cut = request.row == "a" and last(request) == REVISION
        return told(request, "Tw", finish_reason="length") if is_cut else critic(request)

    kept = critique(rounds=3).run(ROWS, context(tmp_path, engine := Model(answer))).kept
    assert kept["finish_reason"].to_list() == ["length", "stop"]
    assert kept["critiques"].list.len().to_list() == [1, 3]
    assert sum(request.row == "a" for request in engine.asked) == 2


def test_rows_without_an_answer_or_a_question_fail_with_the_reason(tmp_path: Path) -> None:
    chat = [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}], None, None, None]
    rows = pl.DataFrame(
        {"id": list("abcd"), "messages": chat, "prompt": ["?", "?", None, "?"], "completion": ["x", " ", "x", "ok"]}
    )
    result = critique().run(rows, context(tmp_path, Model(critic)))
    assert result.kept["id"].to_list() == ["d"]
    assert result.failed["reason"].to_list() == [
        "cannot be asked: its messages end with an assistant's turn, beside the completion",
        "the completion is empty",
        "cannot be asked: prompt is null",
    ]


def test_no_rows_are_no_questions(tmp_path: Path) -> None:
    result = critique().run(ROWS.clear(), context(tmp_path, engine := Model(critic)))
    assert (result.kept.height, len(engine.asked)) == (0, 0)
    assert set(result.kept.columns) == critique().after(frozenset(ROWS.columns))


def test_a_file_of_principles_is_read_and_its_mistakes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text('- Be kind.\n- {critique: "Rude?", revision: "Kinder."}\n')
    assert [one.text for one in read_principles(path)] == ["Be kind.", "Rude?"]
    made = context(tmp_path, Model(critic))
    before = critique(principles=[], principles_file="p.yaml").depends(made)
    path.write_text("- Be kind.\n")
    assert critique(principles=[], principles_file="p.yaml").depends(made) != before
    for text, words in {
        "a: b": "principles are a list",
        "[]": "give at least 1",
        '- {critique: "Rude?"}': r"p\.yaml:1: .*one sentence, or \{critique",
        "- {critiq: x}": "did you mean 'critique'",
        "- [": r"p\.yaml",
    }.items():
        path.write_text(text)
        with pytest.raises(DataError, match=words):
            critique(principles=[], principles_file="p.yaml").check(made)
    with pytest.raises(DataError, match=r"critique: principles_file: .*no file of principles there"):
        critique(principles=[], principles_file="none.yaml").check(made)


RECIPE = """\
name: critical
license: mit
engines:
  m: {engine: fake, text: lorem, tokens: 5, batch: 2, error_rate: 0.1, latency_s: LATENCY, log: asked.jsonl}
steps:
  - {step: load, sources: [{procedural: arithmetic, rows: 8}]}
  - {step: generate, engine: m}
  - {step: critique, engine: m, rounds: 2, pair: true}
  - {step: keep, where: chosen != rejected}
  - {step: format, to: preference}
"""


def write(folder: Path, text: str = RECIPE, latency_s: float = 0.0) -> Path:
    (folder / "r.yaml").write_text(text.replace("LATENCY", str(latency_s)))
    return folder / "r.yaml"


def test_a_whole_recipe_makes_pairs_and_the_plan_bounds_it(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, RECIPE.replace("error_rate: 0.1, ", "")))
    assert make_plan(recipe, tmp_path / "run")["total"]["requests"] == 8 + 8 * 4
    run = build(recipe, tmp_path / "run")
    assert asked(tmp_path) == 8 + 8 * 4
    assert {"prompt", "chosen", "rejected"} <= set(run.splits()["train"].columns)
    assert set(run.lock["prompts"]) == {
        "generate",
        *(f"critique ({part})" for part in ("critique", "revision", "principles")),
    }
    build(recipe, tmp_path / "run", fresh=True)
    assert asked(tmp_path) == 8 + 8 * 4
    step = recipe.steps[2]
    table = run.kept("01-generate")
    with Journal(run.journal_path, read_only=True) as journal:
        engine = recipe.engines["m"].open(tmp_path)
        made = Context(0, tmp_path, lambda _: engine, lambda _: engine.identity, recipe.engines, journal)
        cost = step.cost(table, table.height, made)
    assert (cost.requests, cost.stored) == (0, 32)


@pytest.mark.parametrize("seed", range(5))
def test_a_build_killed_between_critique_and_revision_ends_byte_identical(seed: int, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    text = RECIPE.replace("error_rate: 0.1, ", "")
    build(load_recipe(write(whole, text, latency_s=0.02)), whole / "run")
    recipe = write(killed, text, latency_s=0.02)
    kill_build(recipe, killed / "run", lambda: asked(killed), random.Random(seed).random() * 0.4)
    build(load_recipe(recipe), killed / "run")
    assert files(killed / "run") == files(whole / "run")
    assert asked(killed) - asked(whole) <= 2  # the bundle in flight


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("rounds: 2", "rounds: 2, principles: [x], principles_file: y", "not both"),
        ("rounds: 2", "rounds: 2, principles: [{critique: x}]", "one sentence, or {critique"),
        ("rounds: 2", "rounds: 2, principls: [x]", "did you mean 'principles'?"),
        ("critique, engine: m", "critique, engine: n", "unknown engine 'n'"),
    ],
)
def test_a_wrong_setting_is_told_with_its_line(old: str, new: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(tmp_path, RECIPE.replace(old, new)))
    assert words in str(caught.value)
    assert "r.yaml:8" in str(caught.value)
