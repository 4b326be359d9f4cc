"""Stopping early changes which answers are bought, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.building import build
from curate.engines.base import Completion, Request
from curate.engines.settings import FakeSettings, Price
from curate.errors import EngineDown, RecipeError
from curate.recipe import load_recipe
from curate.responses import Journal
from curate.result import Result
from curate.step import Context
from curate.steps.generate import Generate
from curate.steps.grade import Grade
from curate.steps.keep import Keep
from curate.steps.pass_rate import PassRate
from curate.steps.sample import Sample
from curate.store import check_rows

N = 6
RULES = ["0 < pass_rate < 1", "0.2 < pass_rate < 0.8", "passed >= 1", "passed >= 2 and pass_rate < 1"]


class Table:
    """An engine that answers from a table of outcomes: right, wrong, no verdict possible, or an error."""

    identity: Mapping[str, Any] = {"model": "table"}

    def __init__(self, outcomes: list[str]) -> None:
        self.outcomes, self.asked = outcomes, list[Request]()

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        for request in requests:
            self.asked.append(request)
            outcome = self.outcomes[int(request.row[1:])][request.sample]
            if outcome == "e":
                yield [Completion(request.key, None, error="HTTP 400", finish_reason="")]
            else:
                text = {"r": "\\boxed{4}", "w": "\\boxed{5}"}[outcome]
                yield [Completion(request.key, text, prompt_tokens=7, completion_tokens=3, max_tokens=1024)]

    def close(self) -> None:
        pass


def context(tmp: Path, engine: Any) -> Context:
    entry = {"m": FakeSettings(engine="fake", price=Price(prompt=1, completion=2))}
    return Context(0, tmp, lambda _: engine, lambda _: engine.identity, entry, Journal(tmp / "journal.jsonl"))


def table(outcomes: list[str]) -> pl.DataFrame:
    rows = [{"id": f"r{i}", "prompt": f"{i}: 2+2?", "answer": "4"} for i in range(len(outcomes))]
    return pl.DataFrame(rows, schema={"id": pl.String, "prompt": pl.String, "answer": pl.String})


def sample(rule: str, **more: Any) -> Sample:
    return Sample.model_validate_json(
        json.dumps({"step": "sample", "engine": "m", "n": N, "rewards": ["math"], "keep": rule} | more)
    )


def in_full(outcomes: list[str], rule: str, tmp: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All answers, judged; and the prompts that stay, by the steps generate, grade, pass_rate and keep."""
    made = context(tmp, Table(outcomes))
    answers = Generate(step="generate", engine="m", n=N).run(table(outcomes), made).kept
    judged = Grade.model_validate_json('{"step": "grade", "rewards": ["math"]}').run(answers, made).kept
    rates = PassRate(step="pass_rate", score="score.math").run(judged, made).kept
    return judged, Keep(step="keep", where=(rule,)).run(rates, made).kept


OUTCOMES = st.lists(st.text("rrwwe", min_size=N, max_size=N), min_size=1, max_size=6).filter(
    lambda rows: any(row[0] in "rw" for row in rows)  # an engine of which every request failed is down
)


@settings(max_examples=25)
@given(outcomes=OUTCOMES, rule=st.sampled_from(RULES), at_once=st.integers(1, N))
def test_the_prompts_that_stay_are_those_of_all_answers(
    outcomes: list[str], rule: str, at_once: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    judged, prompts = in_full(outcomes, rule, tmp_path_factory.mktemp("full"))
    stay = judged.filter(pl.col("parent").is_in(prompts["parent"].implode()))
    for curtail in ("never", "dropped", "decided"):
        made = context(tmp_path_factory.mktemp("some"), engine := Table(outcomes))
        result = sample(rule, curtail=curtail, at_once=at_once).run(table(outcomes), made)
        check_rows("01-sample", table(outcomes), result)
        assert result.notes["asked"] == len(engine.asked)
        assert set(result.kept["parent"]) == set(prompts["parent"])
        if curtail == "decided":
            assert result.kept.equals(stay.filter(pl.col("id").is_in(result.kept["id"].implode())))
        else:
            assert result.kept.equals(stay)
        if curtail == "never":
            assert len(engine.asked) == N * len(outcomes)
            assert result.failed.height == sum(row.count("e") for row in outcomes)


def run(outcomes: list[str], rule: str, tmp: Path, **more: Any) -> tuple[Result, Table]:
    engine = Table(outcomes)
    return sample(rule, **more).run(table(outcomes), context(tmp, engine)), engine


def test_what_cannot_change_the_decision_is_not_asked_and_the_counts_say_so(tmp_path: Path) -> None:
    result, engine = run(["wwwwww", "rwrwrw", "rrrrrr"], "0 < pass_rate < 1", tmp_path)
    asked = {row: sum(request.row == row for request in engine.asked) for row in ("r0", "r1", "r2")}
    assert asked == {"r0": 6, "r1": 2, "r2": 6}
    assert result.notes["rounds"] == [6, 2, 2, 2, 2]
    assert set(result.dropped["reason"]) == {
        "not 0 < pass_rate < 1: 0 of 6 answers passed",
        "not 0 < pass_rate < 1: 6 of 6 answers passed",
    }
    assert (result.usage.requests, result.usage.cost_usd) == (14, pytest.approx((14 * 7 + 14 * 3 * 2) / 1e6))


def test_a_prompt_that_is_out_says_how_many_answers_were_spared(tmp_path: Path) -> None:
    result, _ = run(["wwwwww"], "pass_rate > 0.5", tmp_path)
    assert set(result.dropped["reason"]) == {"not pass_rate > 0.5: 0 of 3 answers passed, 3 not asked"}


def test_an_answer_that_fails_late_does_not_stop_the_build(tmp_path: Path) -> None:
    result, _ = run(["rrrrre"], "0 < pass_rate < 1", tmp_path)
    assert (result.kept.height, result.dropped.height, result.failed.height) == (0, 5, 1)


def test_an_engine_that_answers_nothing_is_down(tmp_path: Path) -> None:
    with pytest.raises(EngineDown, match="the first says: HTTP 400"):
        run(["eeeeee"], "0 < pass_rate < 1", tmp_path)


def test_rows_that_cannot_be_asked_fail_with_the_reason(tmp_path: Path) -> None:
    rows = table(["rrrrrr"]).with_columns(prompt=pl.lit(None, dtype=pl.String))
    result = sample("passed >= 1").run(rows, context(tmp_path, engine := Table(["rrrrrr"])))
    assert (result.failed.height, len(engine.asked)) == (N, 0)
    assert set(result.failed["reason"]) == {"cannot be asked: prompt is null"}


def test_no_prompts_are_no_questions(tmp_path: Path) -> None:
    result, engine = run([], "passed >= 1", tmp_path)
    assert (result.kept.height, len(engine.asked)) == (0, 0)
    assert {"completion", "score.math", "parent"} <= set(result.kept.columns)


def test_a_second_run_and_a_larger_n_buy_only_what_is_missing(tmp_path: Path) -> None:
    made = context(tmp_path, engine := Table(["rwrwrw", "rrrrrr"]))
    rows = table(engine.outcomes)
    first = sample("0 < pass_rate < 1").run(rows, made)
    bought = len(engine.asked)
    assert sample("0 < pass_rate < 1").run(rows, made).kept.equals(first.kept)
    assert len(engine.asked) == bought == 8
    Generate(step="generate", engine="m", n=N).run(rows, made)
    assert len(engine.asked) == 2 * N


class Stopping(Table):
    """An engine that is stopped from the keyboard after so many answers."""

    def __init__(self, outcomes: list[str], after: int) -> None:
        super().__init__(outcomes)
        self.after = after

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        for bundle in super().complete(requests):
            if len(self.asked) > self.after:
                self.asked.pop()
                raise KeyboardInterrupt
            yield bundle


@pytest.mark.parametrize("after", range(9))
def test_a_stopped_build_goes_on_in_mid_round_and_buys_nothing_twice(after: int, tmp_path: Path) -> None:
    outcomes = ["wwwwww", "rwrwrw", "rrwrrr"]
    whole, engine = run(outcomes, "0 < pass_rate < 1", tmp_path / "whole")
    made = context(tmp_path / "stopped", first := Stopping(outcomes, after))
    with pytest.raises(KeyboardInterrupt):
        sample("0 < pass_rate < 1").run(table(outcomes), made)
    made.journal.close()
    again = sample("0 < pass_rate < 1").run(table(outcomes), context(tmp_path / "stopped", second := Table(outcomes)))
    assert again.kept.equals(whole.kept)
    assert again.dropped.equals(whole.dropped)
    assert again.notes == whole.notes
    bought = [request.key for request in (*first.asked, *second.asked)]
    assert sorted(bought) == sorted(request.key for request in engine.asked)


RECIPE = """\
name: sampled
engines:
  m: {engine: fake, text: boxed}
steps:
  - step: load
    sources: [{procedural: arithmetic, rows: 4}]
  - {step: sample, engine: m, n: 4, rewards: %s, keep: %s}
"""


@pytest.mark.parametrize(
    ("rewards", "rule", "message"),
    [
        ("[math]", "0 < pas_rate", "a rule about a prompt knows no 'pas_rate'; did you mean 'pass_rate'?"),
        ("[mth]", "passed > 0", "sample: unknown rewards 'mth'; did you mean 'math'?"),
        ("[math]", "passed > 0, score: score.mth", "no reward writes 'score.mth'; did you mean 'score.math'?"),
        ("[]", "passed > 0", "rewards: "),
    ],
)
def test_a_wrong_setting_is_told_with_its_line(rewards: str, rule: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE % (rewards, rule))
    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "r.yaml")
    assert message in str(caught.value)
    assert "r.yaml:7" in str(caught.value)


@pytest.mark.slow
def test_the_house_model_keeps_the_same_prompts_for_fewer_tokens(tmp_path: Path) -> None:
    text = """\
name: house
seed: 17
engines: {m: {engine: transformers, model: house}}
steps:
  - step: load
    sources: [{procedural: countdown, rows: 6, split: train}, {procedural: equations, rows: 6, split: train}]
  - {step: sample, engine: m, n: 8, max_tokens: 200, rewards: [verifier], keep: 0.2 < pass_rate < 0.8, curtail: %s}
"""
    runs = {}
    for curtail in ("never", "dropped", "decided"):
        (tmp_path / "r.yaml").write_text(text % curtail)
        runs[curtail] = build(load_recipe(tmp_path / "r.yaml"), tmp_path / curtail)
    full, dropped, decided = (runs[name].splits()["train"] for name in ("never", "dropped", "decided"))
    assert full.height
    assert dropped.equals(full)
    assert decided.equals(full.filter(pl.col("id").is_in(decided["id"].implode())))
    assert decided["parent"].unique().sort().equals(full["parent"].unique().sort())
    tokens = {name: run.ledger[-1].completion_tokens for name, run in runs.items()}
    assert tokens["decided"] <= tokens["dropped"] < tokens["never"]


def test_real_answers_of_four_models_keep_the_same_problems(
    shared_data: Path, read_rows: Callable[[Path], Iterator[dict[str, Any]]], tmp_path: Path
) -> None:
    """GSM8K test problems, each with four recorded answers of real models."""
    rows = list(read_rows(shared_data / "math_gsm8k" / "model_solutions_labelled.jsonl.gz"))[:1200]
    with (tmp_path / "answers.jsonl").open("w") as answers:
        for row in rows:
            answers.write(json.dumps({"prompt": row["question"], "completion": row["solution"]}) + os.linesep)
    problems = {row["question"]: str(row["ground_truth"]) for row in rows}
    pl.DataFrame({"prompt": list(problems), "answer": list(problems.values())}).write_ndjson(tmp_path / "p.jsonl")
    text = """\
name: gsm8k
engines: {m: {engine: replay, file: answers.jsonl}}
steps:
  - {step: load, sources: [{file: p.jsonl, license: mit}]}
  - {step: sample, engine: m, n: 4, rewards: [math], keep: 0 < pass_rate < 1, curtail: %s}
"""
    kept, asked = {}, {}
    for curtail in ("never", "decided"):
        (tmp_path / "r.yaml").write_text(text % curtail)
        run = build(load_recipe(tmp_path / "r.yaml"), tmp_path / curtail)
        kept[curtail], asked[curtail] = set(run.splits()["train"]["parent"]), run.ledger[-1].notes["asked"]
    assert kept["decided"] == kept["never"]
    assert len(kept["never"]) > 20
    assert asked["decided"] < 0.85 * asked["never"]
