"""A model evaluated for real: the house model on problems it was not trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import DataError, InvalidInput, UsageError
from curate.sources import procedural
from trainers.evaluating import Evaluation, compare, evaluate

KINDS = ("units", "countdown")


@pytest.fixture(scope="module")
def problems() -> pl.DataFrame:
    parts = [procedural.generate(kind, 6, seed=5, split="test").with_columns(source=pl.lit(kind)) for kind in KINDS]
    return pl.concat(parts, how="diagonal_relaxed")


@pytest.fixture(scope="module")
def evaluation(problems: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    folder = tmp_path_factory.mktemp("evaluation")
    return evaluate("house", problems, n=4, k=(1, 4), max_tokens=96, folder=folder)


def test_every_problem_is_answered_n_times_and_judged(evaluation: Evaluation, problems: pl.DataFrame) -> None:
    assert evaluation.rows.height == 4 * problems.height
    assert evaluation.problems["judged"].to_list() == [4] * problems.height
    overall, *sources = evaluation.table
    assert overall.problems == problems.height
    assert [row.source for row in sources] == list(KINDS)


def test_the_figures_are_those_of_the_rows(evaluation: Evaluation) -> None:
    mean = evaluation.rows["score.verifier"].mean()
    assert evaluation.overall.pass_at[1].value == pytest.approx(mean)
    assert evaluation.overall.pass_at[1].value <= evaluation.overall.pass_at[4].value
    assert sum(evaluation.pass_rates().values()) / 12 == pytest.approx(mean)


def test_the_same_evaluation_asks_nothing_twice(
    problems: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"n": 2, "k": (1,), "max_tokens": 64, "folder": tmp_path}
    first = evaluate("house", problems, **settings)
    from curate.engines.transformers_engine import TransformersEngine

    monkeypatch.setattr(TransformersEngine, "complete", lambda *_: pytest.fail("it was asked again"))
    again = evaluate("house", problems, **settings)
    assert again.rows.equals(first.rows)
    assert (tmp_path / "evaluation.json").is_file()


def test_a_model_is_not_better_than_itself(evaluation: Evaluation) -> None:
    same = compare(evaluation, evaluation)
    assert (same.won, same.lost, same.better) == (0, 0, False)
    assert same.pass_at[1].value == 0


def test_a_worse_sampling_loses_beyond_chance(evaluation: Evaluation, problems: pl.DataFrame) -> None:
    noise = evaluate("house", problems, n=4, k=(1, 4), max_tokens=96, temperature=5.0)
    comparison = compare(evaluation, noise)
    assert comparison.better
    assert "beyond chance" in str(comparison)


def test_a_table_is_printed_with_its_intervals(evaluation: Evaluation) -> None:
    first, head, *lines = str(evaluation).splitlines()
    assert first == "house: 12 problems, 4 answers each, judged by verifier"
    assert head.split()[:4] == ["source", "problems", "pass@1", "pass@4"]
    assert [line.split()[0] for line in lines] == ["all", *KINDS]


def test_one_answer_each_will_do(problems: pl.DataFrame) -> None:
    made = evaluate("house", problems.head(2), n=1, k=(1,), max_tokens=32)
    assert made.problems.height == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rewards": ["maths"]}, "did you mean 'math'"),
        ({"rewards": []}, "no rewards"),
        ({"k": (1, 8), "n": 4}, "between 1 and n"),
        ({"engine": {"engine": "vlm"}}, "did you mean 'vllm'"),
        ({"engine": {"engine": "transformers", "batchsize": 3}}, "batchsize"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], told: str, problems: pl.DataFrame) -> None:
    with pytest.raises(InvalidInput, match=told):
        evaluate("house", problems, **changes)


def test_rows_that_cannot_be_asked_or_judged_are_refused(problems: pl.DataFrame) -> None:
    with pytest.raises(DataError, match="no column 'prompt'"):
        evaluate("house", problems.rename({"prompt": "prompts"}))
    with pytest.raises(DataError, match="no problems"):
        evaluate("house", problems.clear())
    with pytest.raises(DataError, match="reads column 'answer', which the problems do not have"):
        evaluate("house", problems.select("prompt"), ["math"], n=1, k=(1,), max_tokens=8)


def test_prompts_as_messages_are_asked_as_text_is(problems: pl.DataFrame) -> None:
    """Rows that GRPO trains on are evaluated as they stand."""
    turns = pl.concat_list(pl.struct(role=pl.lit("user"), content="prompt"))
    settings: dict[str, Any] = {"n": 1, "k": (1,), "max_tokens": 64}
    text = evaluate("house", problems.head(4).with_columns(id=pl.int_range(pl.len()).cast(pl.String)), **settings)
    messages = evaluate(
        "house", problems.head(4).with_columns(id=pl.int_range(pl.len()).cast(pl.String), prompt=turns), **settings
    )
    assert messages.rows["completion"].to_list() == text.rows["completion"].to_list()


def test_a_column_that_is_missing_is_told_before_anything_is_asked(
    problems: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    from curate.engines.transformers_engine import TransformersEngine

    monkeypatch.setattr(TransformersEngine, "complete", lambda *_: pytest.fail("it was asked"))
    with pytest.raises(DataError, match=r"reads column 'verifier', .*\(they have: prompt\)\. Name another reward"):
        evaluate("house", problems.select("prompt"), n=1, k=(1,))


def test_models_that_cannot_answer_are_refused(problems: pl.DataFrame, tmp_path: Path) -> None:
    """A reward model would write noise; tokens before the prompt need PEFT's own generate."""
    from peft import PromptTuningConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    from trainers.models import find

    AutoModelForSequenceClassification.from_pretrained(find("house"), num_labels=1).save_pretrained(tmp_path / "judge")
    with pytest.raises(DataError, match=r"is a reward model \(Qwen3ForSequenceClassification\)"):
        evaluate(tmp_path / "judge", problems, n=1, k=(1,))
    base = AutoModelForCausalLM.from_pretrained(find("house"))
    config = PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=2)
    get_peft_model(base, config).save_pretrained(tmp_path / "prompt")
    with pytest.raises(UsageError, match="prompt_tuning puts tokens before the prompt"):
        evaluate(tmp_path / "prompt", problems, n=1, k=(1,))
