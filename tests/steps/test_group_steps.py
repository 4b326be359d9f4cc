"""Steps that look at siblings: dedupe, pairs, pass_rate, split. And keep, which does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import dedupe
from curate.errors import DataError
from curate.responses import Journal
from curate.result import Result
from curate.step import Context, Step
from curate.steps.dedupe import Dedupe
from curate.steps.keep import Keep
from curate.steps.pairs import Pairs
from curate.steps.pass_rate import PassRate
from curate.steps.split import Split
from curate.store import check_rows

TEXT = st.none() | st.text(alphabet="abAB \n", max_size=4)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "parent": st.none() | st.sampled_from("pqr"),
            "prompt": TEXT,
            "completion": st.text(alphabet="xy", max_size=3),
            "score.math": st.none() | st.sampled_from([0.0, 0.5, 1.0]),
        }
    ),
    max_size=12,
)
SCHEMA = {"id": pl.String, "parent": pl.String, "prompt": pl.String, "completion": pl.String, "score.math": pl.Float64}


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{"id": f"r{i}"} | row for i, row in enumerate(rows)], schema=SCHEMA)


def context(tmp: Path = Path(), seed: int = 0) -> Context:
    def nothing(name: str) -> Any:
        raise AssertionError(f"{name} was asked for an engine")

    return Context(seed, tmp, nothing, nothing, {}, Journal(tmp / "none.jsonl", read_only=True))


def run(step: Step, rows: list[dict[str, Any]], seed: int = 0) -> Result:
    return step.run(frame(rows), context(seed=seed))


STEPS = [
    Dedupe(step="dedupe"),
    Dedupe(step="dedupe", on=("prompt", "completion"), prefer="highest score.math"),
    Keep(step="keep", where=("score.math > 0.2", "length(completion) < 3")),
    Pairs(step="pairs", score="score.math"),
    Pairs(step="pairs", score="score.math", margin=0.75, prefer="longest", min_chosen=1.0),
    PassRate(step="pass_rate", score="score.math"),
    Split(step="split", parts={"train": 0.6, "test": 0.4}),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.step}")
@given(rows=ROWS)
def test_every_row_is_in_one_place_with_a_reason_if_it_left(step: Step, rows: list[dict[str, Any]]) -> None:
    table = frame(rows)
    result = step.run(table, context())
    assert check_rows("00-x", table, result) == 0
    assert set(result.kept["id"]).isdisjoint(result.dropped["id"] if result.dropped.width else [])
    if result.dropped.height:
        assert result.dropped["reason"].null_count() == 0
        assert set(result.dropped["reason"]).isdisjoint({""})


@given(rows=ROWS)
def test_deduping_twice_changes_nothing_and_no_two_are_equal(rows: list[dict[str, Any]]) -> None:
    step = Dedupe(step="dedupe")
    once = run(step, rows).kept
    assert step.run(once, context()).kept.equals(once)
    forms = [" ".join(text.lower().split()) for text in once["prompt"] if text is not None]
    assert len(forms) == len(set(forms))


def test_dedupe_names_the_row_it_kept_and_obeys_prefer() -> None:
    rows = [
        {"prompt": "A  b", "score.math": 0.0},
        {"prompt": " a B\n", "score.math": 1.0},
        {"prompt": None},
        {"prompt": None},
    ]
    first = run(Dedupe(step="dedupe"), rows)
    assert (first.kept["id"].to_list(), first.dropped["reason"].to_list()) == (
        ["r0", "r2", "r3"],
        ["same prompt as r0"],
    )
    assert run(Dedupe(step="dedupe", prefer="highest score.math"), rows).kept["id"].to_list() == ["r1", "r2", "r3"]
    assert run(Dedupe(step="dedupe", prefer="lowest score.math"), rows).kept["id"].to_list() == ["r0", "r2", "r3"]
    assert run(Dedupe(step="dedupe", normal="exact"), rows).kept.height == 4


def test_a_pair_is_the_best_and_the_worst_and_the_others_say_why_not() -> None:
    scores = [0.5, 1.0, 0.0, None, 1.0]
    rows = [{"parent": "p", "completion": "x" * (i + 1), "score.math": score} for i, score in enumerate(scores)]
    result = run(Pairs(step="pairs", score="score.math"), rows)
    pair = result.kept.row(0, named=True)
    assert (pair["id"], pair["chosen"], pair["rejected"], pair["rejected_id"]) == ("r1", "xx", "xxx", "r2")
    assert dict(zip(result.dropped["id"], result.dropped["reason"], strict=True)) == {
        "r0": "neither best nor worst of its prompt",
        "r2": "became the rejected side of r1",
        "r3": "score.math could not be judged",
        "r4": "neither best nor worst of its prompt",
    }
    longest = run(Pairs(step="pairs", score="score.math", prefer="longest"), rows)
    assert longest.kept["chosen"].to_list() == ["xxxxx"]


def test_siblings_that_score_alike_make_no_pair() -> None:
    result = run(Pairs(step="pairs", score="score.math"), [{"parent": "p", "score.math": 1.0}] * 2)
    assert (result.kept.height, set(result.dropped["reason"])) == (
        0,
        {"no two answers to its prompt differ in score.math"},
    )


def test_a_pass_rate_counts_only_what_was_judged() -> None:
    rows = [{"parent": "p", "score.math": score} for score in (1.0, 0.0, None, 1.0)] + [
        {"parent": "q", "score.math": None}
    ]
    kept = run(PassRate(step="pass_rate", score="score.math"), rows).kept
    assert kept.select("id", "passed", "judged", "pass_rate").rows() == [("r0", 2, 3, 2 / 3), ("r4", 0, 0, None)]


@given(rows=ROWS, more=ROWS)
def test_a_group_stays_together_and_never_moves_when_rows_come(
    rows: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    step = Split(step="split", parts={"train": 0.5, "test": 0.5})
    before, after = run(step, rows).kept, run(step, rows + more).kept
    assert after.head(before.height)["split"].to_list() == before["split"].to_list()
    by_prompt = (
        after.filter(pl.col("prompt").is_not_null())
        .group_by(pl.col("prompt").str.to_lowercase())
        .agg(pl.col("split").n_unique())
    )
    assert set(by_prompt["split"]) <= {1}


def test_shares_are_met_on_many_groups_and_another_seed_splits_otherwise() -> None:
    rows = [{"prompt": str(number)} for number in range(2000)]
    parts = {"train": 0.8, "valid": 0.1, "test": 0.1}
    one, other = (run(Split(step="split", parts=parts), rows, seed).kept["split"] for seed in (1, 2))
    assert abs((one == "train").mean() - 0.8) < 0.03
    assert one.to_list() != other.to_list()


def test_a_rule_that_cannot_be_told_says_which_column_is_null() -> None:
    result = run(
        Keep(step="keep", where=("score.math == 1",)), [{"score.math": 1.0}, {"score.math": 0.0}, {"score.math": None}]
    )
    assert result.kept["id"].to_list() == ["r0"]
    assert result.dropped["reason"].to_list() == ["score.math == 1", "score.math == 1 (score.math is null)"]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Keep(step="keep", where=("scor.math == 1",)), "no column 'scor.math'.*did you mean 'score.math'"),
        (Keep(step="keep", where=("length(score.math) == 1",)), "does not fit its columns"),
        (Dedupe(step="dedupe", on=("promt",)), "did you mean 'prompt'"),
        (Pairs(step="pairs", score="score.maths"), "did you mean 'score.math'"),
        (PassRate(step="pass_rate", score="score.maths"), "did you mean 'score.math'"),
        (Split(step="split", by="promt"), "did you mean 'prompt'"),
    ],
)
def test_a_column_that_is_not_there_is_one_clear_error(step: Step, words: str) -> None:
    with pytest.raises(DataError, match=words):
        run(step, [{"prompt": "x"}])


@pytest.mark.parametrize("by", ["exact", "minhash", "semantic"])
def test_rows_leave_for_an_index_to_which_a_build_adds_nothing(by: Any, tmp_path: Path) -> None:
    index, here = tmp_path / "seen", context(tmp_path)
    step = Dedupe(step="dedupe", by=by, index="seen")
    with pytest.raises(DataError, match="seen"):
        step.depends(here)
    texts = ["What is the capital of France, and why?", "How high is the highest hill of Denmark?"]
    dedupe(frame([{"prompt": texts[0]}]).with_columns(id=pl.lit("old")), "prompt", by=by, index=index)
    before = step.depends(here)
    for _ in range(2):
        result = step.run(frame([{"prompt": text} for text in texts]), here)
        assert (result.kept["id"].to_list(), result.dropped["kept_id"].to_list()) == (["r1"], ["old"])
        assert step.depends(here) == before
    dedupe(frame([{"prompt": texts[1]}]), "prompt", by=by, index=index)
    assert step.depends(here) != before
