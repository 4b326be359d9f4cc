from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.engines.base import Completion, Request
from curate.engines.settings import FakeSettings, Price
from curate.errors import DataError
from curate.responses import Journal
from curate.step import Context
from curate.steps.generate import Generate
from curate.store import check_rows


class Scripted:
    """An engine that answers from a function of the request: small, real, and it remembers what it was asked."""

    identity: Mapping[str, Any] = {"model": "scripted"}

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, list[Request]()

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        for request in requests:
            self.asked.append(request)
            yield [self.answer(request)]

    def close(self) -> None:
        pass


def says(text: str, **more: Any) -> Any:
    return lambda request: Completion(
        request.key, text, max_tokens=request.sampling.max_tokens, prompt_tokens=3, completion_tokens=5, **more
    )


def context(tmp: Path, engine: Scripted, price: Price | None = None) -> Context:
    settings = {"m": FakeSettings(engine="fake", price=price)}
    return Context(
        0, tmp, lambda _name: engine, lambda _name: engine.identity, settings, Journal(tmp / "journal.jsonl")
    )


CHAT = [
    {"role": role, "content": text}
    for role, text in (("user", "hi"), ("assistant", "yes?"), ("user", "go"), ("assistant", "old"))
]
ROWS = pl.DataFrame({"id": ["a", "b"], "prompt": ["1+1?", "2+2?"], "hint": ["add", None]})


def test_thinking_is_kept_apart_and_everything_about_the_answer_is_noted(tmp_path: Path) -> None:
    engine = Scripted(says("<think>\nadd\n</think>\n\nThe answer is 2.", finish_reason="length"))
    row = Generate(step="generate", engine="m").run(ROWS, context(tmp_path, engine)).kept.row(0, named=True)
    assert (row["thinking"], row["completion"], row["finish_reason"], row["model"]) == (
        "add",
        "The answer is 2.",
        "length",
        "scripted",
    )
    assert (row["id"], row["prompt_tokens"], row["completion_tokens"], row["sample"]) == ("a", 3, 5, 0)


def test_reasoning_a_server_keeps_apart_is_thinking_too(tmp_path: Path) -> None:
    engine = Scripted(says("2", reasoning="add"))
    assert Generate(step="generate", engine="m").run(ROWS, context(tmp_path, engine)).kept["thinking"].to_list() == [
        "add",
        "add",
    ]


def test_k_samples_are_children_with_seeds_of_their_own(tmp_path: Path) -> None:
    engine = Scripted(lambda request: Completion(request.key, str(request.seed)))
    result = Generate(step="generate", engine="m", n=3).run(ROWS, context(tmp_path, engine))
    assert result.kept["id"].to_list() == ["a/0", "a/1", "a/2", "b/0", "b/1", "b/2"]
    assert result.kept["parent"].to_list() == ["a"] * 3 + ["b"] * 3
    assert result.kept["completion"].n_unique() == 6
    assert check_rows("00-x", ROWS, result) == 4


def test_a_row_that_cannot_be_asked_fails_with_the_reason_and_the_others_go_on(tmp_path: Path) -> None:
    engine = Scripted(says("x"))
    step = Generate(step="generate", engine="m", prompt="{{ prompt }} ({{ hint }})", n=2)
    result = step.run(ROWS, context(tmp_path, engine))
    assert [request.messages[0]["content"] for request in engine.asked] == ["1+1? (add)"] * 2
    assert (result.kept["id"].to_list(), result.failed["id"].to_list()) == (["a/0", "a/1"], ["b/0", "b/1"])
    assert set(result.failed["reason"]) == {"cannot be asked: hint is null"}


def test_messages_are_sent_as_they_are_behind_the_system_prompt(tmp_path: Path) -> None:
    engine = Scripted(says("x"))
    rows = pl.DataFrame({"id": ["a"], "messages": [CHAT[:3]]})
    Generate(step="generate", engine="m", system="Be {{ id }}.").run(rows, context(tmp_path, engine))
    assert [message["role"] for message in engine.asked[0].messages] == ["system", "user", "assistant", "user"]
    assert engine.asked[0].messages[0]["content"] == "Be a."


def test_a_chat_that_ends_with_an_answer_is_answered_anew(tmp_path: Path) -> None:
    engine = Scripted(says("new"))
    rows = pl.DataFrame({"id": ["a", "b", "c"], "messages": [CHAT, CHAT[:3], CHAT], "completion": [None, None, "mine"]})
    step, made = Generate(step="generate", engine="m", n=2), context(tmp_path, engine)
    assert step.cost(rows, 3, made).requests == 4
    result = step.run(rows, made)
    assert [[message["content"] for message in request.messages] for request in engine.asked] == [
        ["hi", "yes?", "go"]
    ] * 4
    assert [len(turns) for turns in result.kept["messages"]] == [3] * 4
    assert result.kept["completion"].to_list() == ["new"] * 4
    reason = "cannot be asked: its messages end with an assistant's turn, beside the completion"
    assert result.failed["reason"].to_list() == [reason] * 2


def test_one_bad_row_is_a_failed_row_and_the_answers_are_stored_before_they_are_read(tmp_path: Path) -> None:
    def answer(request: Request) -> Completion:
        return (
            Completion(request.key, None, error="HTTP 400: too long", finish_reason="")
            if request.row == "a"
            else says("x")(request)
        )

    made = context(tmp_path, Scripted(answer))
    result = Generate(step="generate", engine="m").run(ROWS, made)
    assert (result.kept["id"].to_list(), result.failed["reason"].to_list(), result.retriable) == (
        ["b"],
        ["HTTP 400: too long"],
        0,
    )
    assert len(made.journal) == 2
    again = Scripted(says("never asked"))
    repeated = Generate(step="generate", engine="m").run(
        ROWS, context(tmp_path / "x", again)
    )  # another journal asks again
    assert len(again.asked) == 2
    assert repeated.kept.height == 2


def test_a_refusal_for_good_is_not_asked_again(tmp_path: Path) -> None:
    engine = Scripted(
        lambda request: (
            Completion(request.key, None, error="no", finish_reason="", max_tokens=1024)
            if request.row == "a"
            else says("x")(request)
        )
    )
    made = context(tmp_path, engine)
    step = Generate(step="generate", engine="m")
    step.run(ROWS, made)
    result = step.run(ROWS, made)
    assert len(engine.asked) == 2
    assert result.failed["id"].to_list() == ["a"]


def test_tokens_and_cost_are_counted(tmp_path: Path) -> None:
    result = Generate(step="generate", engine="m", n=2).run(
        ROWS, context(tmp_path, Scripted(says("x")), Price(prompt=1, completion=2))
    )
    usage = result.usage
    assert (usage.requests, usage.prompt_tokens, usage.completion_tokens) == (4, 12, 20)
    assert usage.cost_usd == pytest.approx((12 + 40) / 1e6)


def test_rows_without_anything_to_ask_are_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"neither prompt nor messages.*columns: \{prompt"):
        Generate(step="generate", engine="m").run(
            pl.DataFrame({"id": ["a"], "question": ["?"]}), context(tmp_path, Scripted(says("x")))
        )


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ prompt.__init__.__globals__ }}",
        "{{ 9**9**9 }}",
        "{{ 'a' * 10**9 }}",
        "{% for i in range(10) %}{% endfor %}",
    ],
)
def test_a_hostile_template_fails_its_rows_and_nothing_else(tmp_path: Path, template: str) -> None:
    engine = Scripted(says("x"))
    result = Generate(step="generate", engine="m", prompt=template).run(ROWS, context(tmp_path, engine))
    assert (result.kept.height, result.failed.height, len(engine.asked)) == (0, 2, 0)
