"""Data: what a method takes, what is said when it is something else, what is held out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import DataError
from curate.table import write_parquet
from trainers.config import make_config
from trainers.data import load_rows
from trainers.methods import METHODS, method_of
from trainers.preparing import build, prepare
from trainers.rows import hold_out, problems_of
from trainers.shaping import shape

Make = Callable[..., dict[str, Any]]


def refused(settings: dict[str, Any]) -> str:
    config, _ = make_config(settings)
    with pytest.raises(DataError) as told:
        prepare(config)
    return str(told.value)


def test_wrong_columns_name_the_adapter(settings: Make, tmp_path: Path) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_text('{"question": "1+1?", "answer": "It is two. #### 2"}\n')
    told = refused(settings("sft", data=str(path)))
    assert "'prompt' is missing (there is: question, answer)" in told
    assert "It looks like gsm8k" in told
    assert "{step: format, to: prompt-completion}" in told
    assert "columns: {...}" in told


ASKS = {"role": "user", "content": "1+1?"}
THINKS = {"role": "assistant", "content": "<think>\nsum\n</think>\n\n2"}


@pytest.mark.parametrize(
    ("method", "row", "dialect", "learned"),
    [
        ("sft", {"instruction": "1+1?", "output": "2", "text": "Q: 1+1? A: 2"}, "alpaca", ("completion", "2")),
        ("sft", {"question": "1+1?", "response": "2"}, "prompt_completion", ("completion", "2")),
        (
            "sft",
            {"conversations": [{"from": "human", "value": "1+1?"}, {"from": "gpt", "value": THINKS["content"]}]},
            "messages",
            ("completion", THINKS["content"]),
        ),
        ("sft", {"messages": [ASKS, {**THINKS, "role": "gpt"}]}, "messages", ("completion", THINKS["content"])),
        (
            "kd",
            {"conversations": [{"from": "human", "value": "1+1?"}, {"from": "gpt", "value": THINKS["content"]}]},
            "messages",
            ("completion", THINKS["content"]),
        ),
        ("dpo", {"chosen": [ASKS, THINKS], "rejected": [ASKS, {**THINKS, "content": "3"}]}, "conversations_apart",
         ("chosen", THINKS["content"])),
        ("dpo", {"chosen": "\n\nHuman: 1+1?\n\nAssistant: 2", "rejected": "\n\nHuman: 1+1?\n\nAssistant: 3"}, "hh",
         ("chosen", "2")),
        ("dpo", {"prompt": "1+1?", "chosen": [ASKS, THINKS], "rejected": [ASKS, {**THINKS, "content": "3"}]},
         "prompt_pair", ("chosen", THINKS["content"])),
        ("grpo", {"question": "1+1?", "answer": "It is two. #### 2"}, "gsm8k", ("answer", "2")),
    ],
)  # fmt: skip
def test_rows_of_another_dialect_are_read_and_that_is_said(
    method: str, row: dict[str, Any], dialect: str, learned: tuple[str, str], settings: Make, tmp_path: Path
) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n")
    config, _ = make_config(settings(method, data=str(tmp_path / "x.jsonl")))
    said: list[str] = []
    needs = {"grpo": ["answer"], "kd": ["completion"]}.get(method, [])
    (made,) = load_rows(config, method_of(method), chat=True, needs=needs, say=said.append).train.to_dicts()
    column, text = learned
    value = made[column]
    assert (value if isinstance(value, str) else value[-1]["content"]) == text
    asked = made["messages"][0] if column == "messages" else made["prompt"][-1]
    assert asked == ASKS
    assert said[0].startswith(f"{tmp_path / 'x.jsonl'} is read as {dialect}, from ")


def test_a_column_that_a_reward_reads_is_not_read_as_something_else(settings: Make, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"question": "1+1?", "response": "2"}\n')
    config, _ = make_config(settings("grpo", data=str(tmp_path / "x.jsonl")))
    with pytest.raises(DataError, match=r"columns: \{prompt: question\}"):
        load_rows(config, method_of("grpo"), chat=True, needs=["response"], say=lambda _: None)


def test_messages_as_json_text_are_refused(settings: Make, tmp_path: Path) -> None:
    """A file that holds text in one row and messages in another is read so: the model would learn to write JSON."""
    turns = '[{"role": "user", "content": "b?"}]'
    (tmp_path / "x.jsonl").write_text(
        f'{{"prompt": "a?", "completion": "1"}}\n{{"prompt": {turns}, "completion": "2"}}\n'
    )
    told = refused(settings("sft", data=str(tmp_path / "x.jsonl")))
    assert "'prompt' holds messages as JSON text in 1 of 2 rows, the first" in told
    (tmp_path / "y.jsonl").write_text('{"prompt": "[{1, 2}, [3]]", "completion": "[{}]"}\n')
    assert prepare(make_config(settings("sft", data=str(tmp_path / "y.jsonl")))[0]).train.num_rows == 1


def test_labels_of_0_and_1_are_labels(settings: Make, problems: pl.DataFrame, tmp_path: Path) -> None:
    for label, fits in ((pl.int_range(pl.len()) % 2, True), (pl.int_range(pl.len()), False)):
        write_parquet(problems.select("prompt", "completion", label=label), tmp_path / "x.parquet")
        config = settings("kto", data=str(tmp_path / "x.parquet"))
        if fits:
            assert prepare(make_config(config)[0]).rows.train["label"].dtype == pl.Boolean
        else:
            assert "'label' holds Int64, not true or false" in refused(config)


def test_answers_of_one_kind_are_told(settings: Make, problems: pl.DataFrame, tmp_path: Path) -> None:
    write_parquet(problems.select("prompt", "completion", label=pl.lit(value=True)), tmp_path / "x.parquet")
    job = prepare(make_config(settings("kto", data=str(tmp_path / "x.parquet")))[0])
    build(job)
    assert any(line.startswith("warning: every answer is good: KTO weighs") for line in job.notes.lines)


def test_a_held_out_part_that_is_neither_split_nor_file(settings: Make) -> None:
    told = refused(settings("sft", eval="tset"))
    assert told.startswith("eval: tset is no split of")


def test_a_curriculum_without_its_column_names_it(settings: Make) -> None:
    told = refused(settings("sft", curriculum={"order": "easy_first", "by": "dificulty"}))
    assert "curriculum: no column 'dificulty'; did you mean 'difficulty'?" in told


def test_a_split_of_a_single_file_is_an_error(settings: Make, files: dict[str, str]) -> None:
    told = refused(settings("sft", data={"path": files["rows"], "split": "test"}))
    assert "is one file, which has no split 'test'" in told


def test_answers_without_pairs_name_the_step_that_makes_them(settings: Make, files: dict[str, str]) -> None:
    assert "- {step: pairs" in refused(settings("dpo", data=files["rows"]))


def test_columns_are_mapped(settings: Make, problems: pl.DataFrame, tmp_path: Path) -> None:
    write_parquet(problems.select(question="prompt", reply="completion"), tmp_path / "x.parquet")
    changes = {"data": str(tmp_path / "x.parquet"), "columns": {"prompt": "question", "completion": "reply"}}
    config, _ = make_config(settings("sft", **changes))
    job = prepare(config)
    assert job.rows.contract == "prompt-completion"
    assert job.train[0]["prompt"][0] == {"role": "user", "content": problems["prompt"][0]}


def test_a_missing_gold_column_says_how_to_name_it(settings: Make, problems: pl.DataFrame, tmp_path: Path) -> None:
    write_parquet(problems.select("prompt", gold="answer"), tmp_path / "x.parquet")
    told = refused(settings("grpo", data=str(tmp_path / "x.parquet")))
    assert "a reward reads column 'answer', which is not there (there is: prompt, gold)" in told
    assert "rewards: [{reward: ..., columns: {answer: ...}}]" in told
    named = [{"reward": "math", "columns": {"answer": "gold"}}]
    config, _ = make_config(settings("grpo", data=str(tmp_path / "x.parquet"), rewards=named))
    assert prepare(config).train.num_rows == 32


def test_rows_that_cannot_be_learned_from_are_counted_aloud(settings: Make, tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "prompt": ["a?", "b?", None, "d?"],
            "completion": ["1", "", "3", "4"],
            "finish_reason": ["stop", "stop", "stop", "length"],
        }
    )
    write_parquet(rows, tmp_path / "x.parquet")
    config, _ = make_config(settings("sft", data=str(tmp_path / "x.parquet")))
    said: list[str] = []
    made = load_rows(config, method_of("sft"), chat=True, needs=(), say=said.append)
    assert made.train.height == 1
    assert sorted(said) == [
        "left out 1 of 4 rows: cut off before its end (finish_reason length)",
        "left out 1 of 4 rows: no completion",
        "left out 1 of 4 rows: no prompt",
    ]


def test_conversations_without_turns_are_left_out_of_those_with_one_answer(settings: Make, tmp_path: Path) -> None:
    rows = [{"messages": [ASKS, THINKS]}, {"messages": []}, {"messages": None}]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config, _ = make_config(settings("sft", data=str(tmp_path / "x.jsonl")))
    made = load_rows(config, method_of("sft"), chat=True, needs=(), say=lambda _: None)
    assert (made.contract, made.train.height, dict(made.left_out)) == ("prompt-completion", 1, {"no prompt": 2})


@pytest.mark.parametrize(
    ("method", "answers"),
    [("sft", ["completion"]), ("kd", ["completion"]), ("dpo", ["chosen", "rejected"]), ("dpo", ["rejected", "chosen"])],
)
def test_an_empty_answer_is_not_learned_when_it_is_a_message_either(
    method: str, answers: list[str], settings: Make, tmp_path: Path
) -> None:
    says = {name: [{**THINKS, "content": name}] for name in answers}
    blank = {**says, answers[0]: [{**THINKS, "content": " \n"}]}
    rows = [{"prompt": [ASKS], **says}, {"prompt": [ASKS], **blank}]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config, _ = make_config(settings(method, data=str(tmp_path / "x.jsonl")))
    needs = ["completion"] if method == "kd" else []
    assert load_rows(config, method_of(method), chat=True, needs=needs, say=lambda _: None).train.height == 1


def test_a_row_that_one_reward_can_judge_stays(settings: Make, tmp_path: Path) -> None:
    """Tasks of several kinds in one table, each with its own reward."""
    rows = pl.DataFrame(
        {"prompt": ["a?", "b?", "c?", " "], "answer": ["1", None, None, "4"], "tools": [None, "[]", None, None]}
    )
    write_parquet(rows, tmp_path / "x.parquet")
    config, _ = make_config(settings("grpo", data=str(tmp_path / "x.parquet"), rewards=["math", "tool_call"]))
    said: list[str] = []
    made = load_rows(config, method_of("grpo"), chat=True, needs=["answer", "tools"], say=said.append)
    assert made.train.height == 2
    assert sorted(said) == ["left out 1 of 4 rows: no answer and no tools", "left out 1 of 4 rows: no prompt"]


def test_a_run_that_was_not_built_is_no_data_set_on_the_hub(settings: Make) -> None:
    told = refused(settings("sft", data="runs/nothing-here"))
    assert told.startswith("runs/nothing-here is no run, file or folder here; a data set on the Hub is pinned")


@pytest.mark.parametrize("text", ["", '{"prompt": "a?", "completion": ""}\n'])
def test_no_rows_are_an_error(text: str, settings: Make, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(text)
    told = refused(settings("sft", data=str(tmp_path / "x.jsonl")))
    assert "x.jsonl" in told


def test_a_broken_line_is_not_passed_over(settings: Make, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"prompt": "a?", "completion": "1"}\n{"prompt": \n')
    assert "1 rows cannot be read, the first at" in refused(settings("sft", data=str(tmp_path / "x.jsonl")))


def test_text_stays_text_where_that_is_asked_for(settings: Make) -> None:
    config, _ = make_config(settings("grpo", format="text"))
    assert isinstance(prepare(config).train[0]["prompt"], str)


def test_plain_text_is_a_contract_of_sft(settings: Make, tmp_path: Path) -> None:
    write_parquet(pl.DataFrame({"text": ["one two", "three"]}), tmp_path / "x.parquet")
    config, _ = make_config(settings("sft", data=str(tmp_path / "x.parquet")))
    job = prepare(config)
    assert (job.rows.contract, job.train.column_names) == ("text", ["text"])


def test_every_contract_of_the_table_can_be_shaped(problems: pl.DataFrame) -> None:
    frame = problems.with_columns(
        chosen="completion", rejected=pl.lit("no"), label=pl.lit(value=True), text=pl.lit("x")
    ).with_columns(
        messages=pl.concat_list(
            pl.struct(role=pl.lit("user"), content="prompt"), pl.struct(role=pl.lit("assistant"), content="completion")
        )
    )
    for method in METHODS.values():
        for contract in method.contracts:
            made, left_out = shape(frame, contract, chat=True)
            assert made.height == 32
            assert not left_out


@given(
    st.lists(st.integers(0, 12), min_size=2, max_size=60).filter(lambda ids: len(set(ids)) > 1),
    st.floats(0.01, 0.99),
    st.integers(0, 5),
)
def test_problems_are_never_on_both_sides(ids: list[int], share: float, seed: int) -> None:
    frame = pl.DataFrame({"prompt": [f"problem {one}" for one in ids], "n": range(len(ids))})
    train, held_out = hold_out(frame, share, seed)
    assert not set(train["prompt"]) & set(held_out["prompt"])
    assert train.height + held_out.height == len(ids)
    assert train.height
    assert held_out.height
    _, again = hold_out(frame.reverse(), share, seed)
    assert set(again["prompt"]) == set(held_out["prompt"])  # the order of the rows does not matter


def test_a_conversation_is_held_out_by_what_it_asks() -> None:
    ask = [{"role": "user", "content": "1+1?"}]
    frame = pl.DataFrame({"messages": [[*ask, {"role": "assistant", "content": said}] for said in ("2", "two")]})
    assert len(set(problems_of(frame))) == 1
    with pytest.raises(DataError, match="a single problem"):
        hold_out(frame, 0.5, 0)


def test_a_split_or_a_file_is_held_out_and_overlap_is_said(settings: Make, files: dict[str, str]) -> None:
    config, _ = make_config(settings("sft", eval=files["rows"]))
    job = prepare(config)
    assert job.held_out.num_rows == 32
    assert "warning: 32 of the 32 held-out rows ask a problem that is trained on" in job.notes.lines
