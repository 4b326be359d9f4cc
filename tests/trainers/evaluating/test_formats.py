"""MT-Bench and AlpacaEval files, there and back."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from curate.errors import DataError
from trainers.evaluating import formats


def test_mt_bench_turns_are_answered_with_what_was_said_before(tmp_path: Path) -> None:
    file = tmp_path / "question.jsonl"
    rows = [
        {"question_id": 81, "category": "writing", "turns": ["Write.", "Again, shorter."]},
        {"question_id": 82, "category": "math", "turns": ["1+1?"], "reference": ["2"]},
    ]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    questions = formats.read_mt_bench(file)
    assert questions["prompt"].to_list() == ["Write.", "1+1?"]
    assert questions["reference"].to_list() == [[], ["2"]]
    heard: list[list[dict[str, str]]] = []

    def answer(chats: object) -> list[str]:
        heard.extend(chats)  # type: ignore[call-overload]
        return [f"answer to {chat[-1]['content']}" for chat in chats]  # type: ignore[attr-defined]

    answers = formats.answer_turns(questions, answer)
    assert answers == [["answer to Write.", "answer to Again, shorter."], ["answer to 1+1?"]]
    assert [message["role"] for message in heard[-1]] == ["user", "assistant", "user"]
    out = tmp_path / "model_answer" / "mine.jsonl"
    formats.write_mt_bench(out, "mine", questions["id"].to_list(), answers, at=1.5)
    assert formats.read_mt_bench_answers(out) == {"81": answers[0], "82": answers[1]}
    first = json.loads(out.read_text().splitlines()[0])
    assert (first["question_id"], first["model_id"], first["tstamp"]) == (81, "mine", 1.5)
    assert first["choices"] == [{"index": 0, "turns": answers[0]}]


def test_alpaca_eval_there_and_back(tmp_path: Path) -> None:
    rows = pl.DataFrame({"prompt": ["a?", "b?"], "completion": ["é", "y"], "source": ["koala", None]})
    file = tmp_path / "model_outputs.json"
    formats.write_alpaca_eval(file, "mine", rows)
    made = json.loads(file.read_text(encoding="utf-8"))
    assert made[0] == {"dataset": "koala", "instruction": "a?", "output": "é", "generator": "mine"}
    assert made[1]["dataset"] == "curate"
    read = formats.read_alpaca_eval(file)
    assert read.select("prompt", "completion").equals(rows.select("prompt", "completion"))
    assert read["model"].to_list() == ["mine", "mine"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"question_id": 1}', "question.jsonl:1: no list of texts 'turns'"),
        ('{"question_id": 1, "turns": ["a"]}\n{"turns":', "question.jsonl:2: not JSON"),
        ("\xff", "not JSON"),
    ],
)
def test_a_broken_line_is_named(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "question.jsonl"
    file.write_text(text)
    with pytest.raises(DataError, match=told):
        formats.read_mt_bench(file)


def test_what_is_no_list_of_instructions_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"instruction": "a"}')
    with pytest.raises(DataError, match="not a list"):
        formats.read_alpaca_eval(file)
    with pytest.raises(DataError):
        formats.read_alpaca_eval(tmp_path / "missing.json")
