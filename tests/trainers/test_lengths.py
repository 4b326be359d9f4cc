"""No row is cut or dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from curate.errors import DataError
from curate.report.tokens import count
from curate.table import write_parquet
from curate.text.tokenizer import load_tokenizer
from trainers.config import make_config
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]


def built(settings: dict[str, Any]) -> tuple[Any, Any]:
    config, _ = make_config(settings)
    job = prepare(config)
    return job, build(job)


@pytest.mark.parametrize("method", ["sft", "dpo", "kto", "reward", "orpo", "simpo"])
def test_a_row_that_is_too_long_is_an_error_unless_said(method: str, settings: Make) -> None:
    config, _ = make_config(settings(method, {"max_length": 100}))
    job = prepare(config)
    with pytest.raises(
        DataError, match=r"rows \(train\) are longer than max_length 100 \(the longest has 1\d\d tokens"
    ):
        build(job)
    assert job.model is not None  # told before a step, by the trainer's own tokens


@pytest.mark.parametrize("method", ["sft", "dpo", "kto", "reward", "orpo"])
def test_what_is_left_out_is_counted(method: str, settings: Make) -> None:
    job, trainer = built(settings(method, {"max_length": 100}, too_long="drop"))
    long = next(line for line in job.notes.lines if "are longer than" in line)
    number, total = (int(word.replace(",", "")) for word in long.split(" rows")[0].split(" of "))
    assert 0 < number < total
    assert len(trainer.train_dataset) == total - number
    assert long.endswith("they are left out (too_long: drop)")


def test_a_prompt_is_as_long_as_its_template_is_asked_to_make_it(settings: Make, tmp_path: Any) -> None:
    """Options of the template count: here a sentence for thinking models."""
    (tmp_path / "t.jinja").write_text(
        "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}{% if slow %}{{ 'Think. ' * 1000 }}{% endif %}"
    )
    options = {"chat_template_kwargs": {"slow": True}}
    with pytest.raises(DataError, match="32 of 32 prompts"):
        built(settings("grpo", options, chat_template=str(tmp_path / "t.jinja")))


def test_the_count_agrees_with_curate_profile(settings: Make) -> None:
    job, _ = built(settings("sft", {"max_length": 100}, too_long="drop"))
    expected = int((count(job.rows.train, load_tokenizer("house")).total > 100).sum())
    assert any(line.startswith(f"{expected} of 32 rows") for line in job.notes.lines)


def test_rows_with_nothing_left_to_learn_go_and_are_told(settings: Make, tmp_path: Any) -> None:
    """TRL drops them with a progress bar's title as its only word."""
    long = "How many is it? " * 60
    rows = pl.DataFrame({"prompt": [long, "1 + 1"], "completion": ["2", "It is 2. " * 40]})
    write_parquet(rows, tmp_path / "x.parquet")
    job, trainer = built(settings("sft", {"max_length": 64}, too_long="truncate", data=str(tmp_path / "x.parquet")))
    assert len(trainer.train_dataset) == 1
    assert len(trainer.train_dataset[0]["input_ids"]) == 64
    assert any(line.endswith("and 1 with nothing left to learn go") for line in job.notes.lines)
    with pytest.raises(DataError, match="no row is left"):
        built(settings("sft", {"max_length": 2}, too_long="truncate", data=str(tmp_path / "x.parquet")))


def test_nothing_is_cut_at_1024_because_nobody_said_so(settings: Make) -> None:
    """TRL's silent default; here the model's own context holds unless a length is given."""
    config, _ = make_config(settings("sft"))
    job = prepare(config)
    assert job.arguments.max_length == 1024  # what the house model reads
    build(job)
    assert any(line.startswith("no row is cut (train): the longest has 1") for line in job.notes.lines)


def test_packing_holds_every_token(settings: Make) -> None:
    _, plain = built(settings("sft"))
    _, packed = built(settings("sft", {"packing": True, "max_length": 256}))
    tokens = [sum(map(len, trainer.train_dataset["input_ids"])) for trainer in (plain, packed)]
    assert tokens[0] == tokens[1]
    assert len(packed.train_dataset) < len(plain.train_dataset)


def test_only_completions_are_learned(settings: Make) -> None:
    job, trainer = built(settings("sft"))
    row = trainer.train_dataset[0]
    learned = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
    text = job.tokenizer.decode(learned)
    assert text.strip().endswith("<|im_end|>")  # the end token is learned
    assert text.startswith("<think>")
    assert job.rows.train["prompt"][0][0]["content"] not in text


def test_only_the_assistants_turns_are_learned(settings: Make, problems: pl.DataFrame, tmp_path: Any) -> None:
    turns = pl.concat_list(
        pl.struct(role=pl.lit("user"), content="prompt"), pl.struct(role=pl.lit("assistant"), content="completion")
    )
    write_parquet(problems.select(messages=turns), tmp_path / "x.parquet")
    data = {"data": str(tmp_path / "x.parquet")}
    _, whole = built(settings("sft", {"completion_only_loss": False}, **data))
    _, answers = built(settings("sft", {"assistant_only_loss": True}, out=str(tmp_path / "b"), **data))
    counts = [sum(label != -100 for label in trainer.train_dataset[0]["labels"]) for trainer in (whole, answers)]
    assert counts[1] < counts[0] == len(whole.train_dataset[0]["input_ids"])


@pytest.mark.parametrize("method", ["grpo", "rloo"])
def test_prompts_must_leave_room_for_an_answer(method: str, settings: Make) -> None:
    config, _ = make_config(settings(method, {"max_completion_length": 1000}))
    job = prepare(config)
    with pytest.raises(DataError, match=r"prompts \(train\) have more than 24 tokens"):
        build(job)
    job, trainer = built(settings(method, {"max_completion_length": 974}, too_long="drop"))
    assert 2 <= len(trainer.train_dataset) < 32
    with pytest.raises(DataError, match="leaves no room for a prompt: house reads 1,024 tokens"):
        built(settings(method, {"max_completion_length": 1024}))
