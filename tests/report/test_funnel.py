from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import DataError
from curate.reasons import kinds_of
from curate.report.funnel import by_source, funnel
from curate.report.scores import scores, siblings
from curate.report.sizes import CHARACTERS, COMPLETION, PROMPT, sizes
from curate.report.usage import usage
from curate.run import Run


def test_every_row_of_the_funnel_is_accounted_for(run: Run) -> None:
    for stage in funnel(run):
        assert stage.rows_in + stage.created == stage.out + stage.dropped + stage.failed
        assert sum(reason.rows for reason in stage.reasons) == stage.dropped + stage.failed


def test_reasons_that_name_a_row_are_told_as_one(pair_run: Run) -> None:
    (stage,) = [stage for stage in funnel(pair_run) if stage.word == "pairs"]
    told = {reason.text: reason.rows for reason in stage.reasons}
    assert set(told) == {
        "neither best nor worst of its prompt",
        "no two answers of this prompt differ by 1e-09 or more",
        "became the rejected side of …",
    }
    assert sum(told.values()) == stage.dropped


def test_rules_that_differ_in_a_number_stay_apart() -> None:
    rules = ["score.math >= 0.5", "score.math >= 0.9", "words(x) < 10"]
    assert kinds_of(rules) == rules


def test_reasons_of_one_kind_keep_the_words_they_share() -> None:
    quoted = [f"in math500 item {n} (span, {n} words): “a “very” {n}”" for n in range(5)]
    assert set(kinds_of(quoted)) == {"in math500 item … (span, … words): “…”"}
    assert kinds_of([f"refusal: “I am “sorry”, {word}”" for word in "abcd"])[0] == "refusal: “…”"


def test_sources_are_followed_through_the_steps(run: Run) -> None:
    followed = {row.source: row.rows for row in by_source(run)}
    assert followed["plus"][0] == 30
    assert followed["times"][0] == 20
    assert followed["plus"][-1] + followed["times"][-1] == sum(part.height for part in run.splits().values())


def test_scores_count_every_judged_row_also_those_dropped_later(run: Run) -> None:
    graded = run.kept("02-grade")
    found = {score.source: score for score in scores(run)}
    assert set(found) == {None, "plus", "times"}
    whole = found[None]
    assert (whole.rows, whole.judged) == (graded.height, graded.height - graded["score.math"].null_count())
    assert whole.passed == pytest.approx(graded["score.math"].mean())
    assert sum(whole.histogram) == whole.judged
    assert found["plus"].rows + found["times"].rows == whole.rows


def test_answers_to_one_prompt_are_counted_together(run: Run) -> None:
    (found,) = siblings(run)
    judged = run.kept("02-grade").filter(pl.col("score.math").is_not_null())
    groups = judged.group_by("parent").agg(pl.len(), pl.col("score.math").sum())
    groups = groups.filter(pl.col("len") > 1)
    assert found.prompts == groups.height == sum(found.counts)
    assert found.passed_any == pytest.approx((groups["score.math"] > 0).mean())
    assert found.passed_one == pytest.approx((groups["score.math"] / groups["len"]).mean())


def test_a_reward_outside_0_to_1_has_no_pass_rate(writer: Callable[..., Any], lock: dict[str, Any]) -> None:
    write = writer()
    frame = pl.DataFrame({"id": ["a", "b", "c"], "score.length": [-3.0, 5.0, float("nan")]})
    write.step("grade", "map", frame)
    (found,) = scores(write.finish(lock))
    assert found.passed is None
    assert (found.low, found.high, found.judged) == (-3.0, 5.0, 2)


def test_a_second_grading_under_the_same_name_is_told_again(writer: Callable[..., Any], lock: dict[str, Any]) -> None:
    write = writer()
    settings = {"rewards": [{"reward": "math", "name": None}]}
    write.step("grade", "map", pl.DataFrame({"id": ["a", "b"], "score.math": [1.0, 0.0]}), settings=settings)
    write.step(
        "keep",
        "filter",
        pl.DataFrame({"id": ["a"], "score.math": [1.0]}),
        dropped=pl.DataFrame({"id": ["b"], "reason": ["x"]}),
    )
    write.step("grade", "map", pl.DataFrame({"id": ["a"], "score.math": [0.0]}), name="again", settings=settings)
    assert [(found.step, found.mean) for found in scores(write.finish(lock))] == [("00-grade", 0.5), ("02-again", 0.0)]


def test_lengths_are_tokens_where_the_engine_counted_them_else_characters(
    run: Run, writer: Callable[..., Any], lock: Any
) -> None:
    counted = sizes(run)
    assert counted is not None
    assert counted.unit == COMPLETION
    assert counted.groups[0][1].rows == sum(part.height for part in run.splits().values())
    write = writer("plain")
    frame = pl.DataFrame(
        {"id": ["a", "b"], "messages": [[{"role": "user", "content": "four"}], None], "prompt": ["12", None]}
    )
    write.step("load", "source", frame)
    plain = sizes(write.finish(lock, train=frame))
    assert plain is not None
    assert (plain.unit, plain.groups[0][1].total) == (CHARACTERS, 6)


def test_prompts_without_answers_are_as_long_as_their_prompts(writer: Callable[..., Any], lock: dict[str, Any]) -> None:
    write = writer()
    frame = pl.DataFrame(
        {"id": ["a"], "prompt": ["p"], "completion": ["c"], "prompt_tokens": [7], "completion_tokens": [90]}
    )
    write.step("generate", "map", frame)
    found = sizes(write.finish(lock, train=frame.select("id", "prompt")))
    assert found is not None
    assert (found.unit, found.groups[0][1].total) == (PROMPT, 7)


def test_models_are_told_with_what_they_took(run: Run) -> None:
    (line,) = usage(run)
    assert (line.engine, line.model, line.failed, line.cost_usd) == ("teacher", "house", 1, 0.0123)
    assert line.completion_tokens == run.kept("01-generate")["completion_tokens"].sum()
    assert line.cut is not None
    assert 0 < line.cut < 0.3


def test_a_damaged_table_is_named(run: Run) -> None:
    path = run.steps_folder / "02-grade.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"02-grade\.parquet: cannot be read"):
        scores(run)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not the folder of a finished run"):
        funnel(Run(tmp_path))


def test_a_folder_of_runs_a_part_of_one_and_a_file_are_named_as_such(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{}")
    given = {
        run.folder.parent: "it holds runs",
        run.data_folder: "it is a part of one",
        tmp_path / "rows.jsonl": "a file",
    }
    for path, said in given.items():
        with pytest.raises(DataError, match=said):
            funnel(Run(path))
