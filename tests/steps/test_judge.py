"""Answers to one prompt are rated side by side; no place, no answer and no missing line gains by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.building import build
from curate.engines.base import Completion, Request
from curate.engines.settings import FakeSettings, Price
from curate.errors import DataError, EngineDown, RecipeError
from curate.plan import make_plan
from curate.recipe import load_recipe
from curate.responses import Journal
from curate.step import Context
from curate.steps.judge import Judge
from curate.steps.pairs import Pairs
from curate.store import check_rows

SHOWN = re.compile(r"<<<answer (\d+) (\w+)>>>\n(.*?)\n<<<end", re.DOTALL)


class Rater:
    """A judge that rates each answer it is shown by a function of its text and place."""

    identity: Mapping[str, Any] = {"model": "rater"}

    def __init__(self, rate: Callable[[str, int], object], finish: str = "stop") -> None:
        self.rate, self.finish, self.asked = rate, finish, list[Request]()

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        for request in requests:
            self.asked.append(request)
            lines = [
                f"Seen {text}.\nRATING {mark} {number}: {rating}"
                for number, mark, text in shown(request)
                if (rating := self.rate(text, int(number))) is not None
            ]
            said = "\n".join(lines)
            yield [Completion(request.key, said, self.finish, prompt_tokens=9, completion_tokens=4, max_tokens=1024)]

    def close(self) -> None:
        pass


def shown(request: Request) -> list[tuple[str, str, str]]:
    return SHOWN.findall(str(request.messages[0]["content"]))


def context(tmp: Path, engine: Any) -> Context:
    settings = {"m": FakeSettings(engine="fake", price=Price(prompt=1, completion=2))}
    return Context(0, tmp, lambda _: engine, lambda _: engine.identity, settings, Journal(tmp / "journal.jsonl"))


def judge(**more: Any) -> Judge:
    return Judge.model_validate({"step": "judge", "engine": "m", "aspects": ["honesty", "helpfulness"]} | more)


def answers(prompts: int, each: int) -> pl.DataFrame:
    rows = [
        {"id": f"p{p}/{k}", "parent": f"p{p}", "prompt": f"Question {p}?", "completion": f"{p}-{k}"}
        for p in range(prompts)
        for k in range(each)
    ]
    return pl.DataFrame(rows)


def by_number(text: str, _: int) -> int:
    """Answer k gets k + 1."""
    return int(text.split("-")[1]) + 1


def test_one_request_a_prompt_and_aspect_rates_all_its_answers(tmp_path: Path) -> None:
    rows = answers(3, 4)
    result = judge().run(rows, context(tmp_path, engine := Rater(by_number)))
    assert len(engine.asked) == 3 * 2
    for column in ("score.honesty", "score.helpfulness", "score.judge"):
        assert result.kept[column].to_list() == [1.0, 2.0, 3.0, 4.0] * 3
    assert result.kept["why.honesty"][1] == "Seen 0-1."
    assert "Question 0?" in str(engine.asked[0].messages[0]["content"])
    assert (result.usage.requests, result.usage.cost_usd) == (6, pytest.approx(6 * (9 + 4 * 2) / 1e6))
    assert set(result.kept.columns) == judge().after(frozenset(rows.columns))
    assert check_rows("00-x", rows, result) == 0
    paired = Pairs(step="pairs", score="score.judge").run(result.kept, context(tmp_path / "p", engine)).kept
    assert paired["chosen"].to_list() == ["0-3", "1-3", "2-3"]
    assert paired["rejected"].to_list() == ["0-0", "1-0", "2-0"]


def test_a_liking_for_a_place_is_spread_over_the_answers_and_told(tmp_path: Path) -> None:
    rows = answers(300, 4)
    result = judge().run(rows, context(tmp_path, Rater(lambda _, place: 6 - place)))
    assert result.notes["mean_by_place"] == {"1": 5.0, "2": 4.0, "3": 3.0, "4": 2.0}
    means = result.kept.group_by(pl.col("id").str.split("/").list.last()).agg(pl.col("score.judge").mean())
    assert means["score.judge"].max() - means["score.judge"].min() < 0.35  # in a fixed order: 3


def test_the_order_follows_from_the_seed_and_differs_by_aspect(tmp_path: Path) -> None:
    def orders(name: str, **more: Any) -> list[list[str]]:
        judge(**more).run(answers(20, 4), context(tmp_path / name, engine := Rater(by_number)))
        return [[text for _, _, text in shown(request)] for request in engine.asked]

    first = orders("a")
    assert first == orders("b")
    assert first != orders("c", seed=1)
    assert first[::2] != first[1::2]


def test_a_missing_rating_is_null_with_its_reason_and_has_no_mean(tmp_path: Path) -> None:
    rows = answers(1, 3).with_columns(completion=pl.Series(["0-0", "0-9", " "]))
    result = judge().run(rows, context(tmp_path, Rater(by_number, finish="length")))
    assert result.kept["score.judge"].to_list() == [1.0, None, None]
    assert result.kept["why.honesty"].to_list() == [
        "Seen 0-0.",
        "the judge wrote '10', not 1 to 5: its answer was cut off",
        "the completion is empty",
    ]
    assert result.kept["why.judge"][1] == "no rating for honesty, helpfulness"
    assert result.notes["unrated"] == {"honesty": 2, "helpfulness": 2, "judge": 2}


def test_a_judge_that_fails_for_one_prompt_leaves_its_rows_unrated(tmp_path: Path) -> None:
    class Failing(Rater):
        def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
            for request in requests:
                if "Question 0?" in str(request.messages[0]["content"]):
                    yield [Completion(request.key, None, error="HTTP 500", finish_reason="", retriable=True)]
                else:
                    yield from super().complete([request])

    result = judge().run(answers(2, 2), context(tmp_path, Failing(by_number)))
    assert result.kept["score.judge"].to_list() == [None, None, 1.0, 2.0]
    assert result.kept["why.honesty"][0] == "HTTP 500"
    assert result.retriable == 2
    with pytest.raises(EngineDown, match="all 2 requests failed; the first says: HTTP 500"):
        judge().run(answers(1, 2), context(tmp_path / "all", Failing(by_number)))


def test_many_answers_are_shown_in_parts_and_lone_ones_alone(tmp_path: Path) -> None:
    rows = pl.concat(
        [answers(1, 10), answers(1, 2).with_columns(id=pl.Series(["x", "y"]), parent=pl.lit(None, pl.String))]
    )
    result = judge(at_once=4, aspects=["honesty"]).run(rows, context(tmp_path, engine := Rater(lambda *_: 3)))
    assert sorted(len(shown(request)) for request in engine.asked) == [1, 1, 2, 4, 4]
    assert result.kept["score.judge"].to_list() == [3.0] * 12


def test_another_answer_asks_again_for_its_prompt_alone(tmp_path: Path) -> None:
    made = context(tmp_path, engine := Rater(by_number))
    judge().run(answers(4, 3), made)
    judge().run(answers(4, 3), made)
    assert len(engine.asked) == 8
    more = pl.concat(
        [
            answers(4, 3),
            pl.DataFrame({"id": ["p0/3"], "parent": ["p0"], "prompt": ["Question 0?"], "completion": ["0-3"]}),
        ]
    )
    cost = judge().cost(more, more.height, made)
    assert (cost.rows, cost.requests, cost.stored) == (13, 2, 6)
    judge().run(more, made)
    assert len(engine.asked) == 10


def test_a_chat_is_shown_turn_by_turn(tmp_path: Path) -> None:
    chat = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Why?"},
    ]
    rows = pl.DataFrame({"id": ["a"], "parent": ["p"], "messages": [chat], "completion": ["0-0"]})
    judge().run(rows, context(tmp_path, engine := Rater(by_number)))
    assert ">>>\nuser: Hi\n\nassistant: Yes?\n\nuser: Why?\n<<<" in str(engine.asked[0].messages[0]["content"])


def test_rows_that_cannot_be_judged_are_one_clear_error(tmp_path: Path) -> None:
    made = context(tmp_path, Rater(by_number))
    for rows, words in (
        (answers(1, 2).drop("parent"), "no column 'parent'"),
        (answers(1, 2).drop("prompt"), "neither prompt nor messages"),
        (answers(1, 2).with_columns(parent=pl.lit([1])), "holds List"),
    ):
        with pytest.raises(DataError, match=words):
            judge().run(rows, made)
    assert judge().run(answers(1, 2).clear(), made).kept.height == 0


RECIPE = """\
name: judged
license: mit
engines:
  m: {engine: fake, text: lorem, log: asked.jsonl}
steps:
  - {step: load, sources: [{procedural: arithmetic, rows: 5}]}
  - {step: generate, engine: m, n: 3}
  - {step: judge, engine: m, aspects: [honesty, {name: brevity, scale: "1 is far too long, 5 is as short as can be"}]}
"""


def test_a_recipe_plans_and_asks_for_every_prompt_and_aspect(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE)
    recipe = load_recipe(tmp_path / "r.yaml")
    assert make_plan(recipe, tmp_path / "run")["steps"][2]["requests"] >= 5 * 2
    run = build(recipe, tmp_path / "run")
    entry = run.ledger[-1]
    assert (entry.requests, entry.out, entry.notes["unrated"]["judge"]) == (10, 15, 15)  # lorem rates nothing
    assert {"judge (honesty)", "judge (brevity)"} <= set(run.lock["prompts"])
    build(recipe, tmp_path / "run", fresh=True)
    assert len((tmp_path / "asked.jsonl").read_text().splitlines()) == 15 + 10


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[honesty,", "[honestly,", "unknown aspects 'honestly'; did you mean 'honesty'?"),
        ("[honesty,", "[brevity,", "score.brevity would be written twice"),
        ("engine: m, aspects", "engine: n, aspects", "unknown engine 'n'"),
        ('"1 is far too long, 5 is as short as can be"', "short", "at least 20 characters"),
    ],
)
def test_a_wrong_setting_is_told_with_its_line(old: str, new: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE.replace(old, new))
    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "r.yaml")
    assert words in str(caught.value)
    assert "r.yaml:8" in str(caught.value)
