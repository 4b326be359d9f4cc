"""The contract of every reward: TRL's call, one score per completion, errors as data, picklable."""

from __future__ import annotations

import asyncio
import json
import pickle
from typing import Any

import pytest

import rewards
from rewards.base import Entry, OptionError, Reward, RewardError, Score, UnknownOptionError, messages_of, text_of


def length(completion: str, limit: int, unit: str = "characters", *, scale: float = 1.0) -> Score:
    """A small reward for these tests: 1 when a completion keeps to its limit."""
    if completion == "boom":
        raise RuntimeError("it broke")
    if completion == "far out":
        return Score(7.0, "outside the range")
    size = len(completion.split()) if unit == "words" else len(completion)
    return Score(scale if size <= limit else 0.0, f"{size} {unit}", {"size": size})


def shares(completions: list[str], limit: list[int]) -> list[Score]:
    """A reward that sees the whole batch."""
    if "boom" in completions:
        raise RuntimeError("it broke")
    longest = max(len(completion) for completion in completions)
    return [Score(len(completion) / longest, "share of the longest") for completion in completions]


def calls(completion: str, messages: list[dict[str, Any]], prompt: str = "") -> Score:
    """A reward that reads tool calls and the prompt."""
    return Score(float(bool(messages[-1].get("tool_calls"))), prompt)


LENGTH = Reward(Entry("length", f"{__name__}:length", ("limit",)))
SHARES = Reward(Entry("shares", f"{__name__}:shares", ("limit",)))
CALLS = Reward(Entry("calls", f"{__name__}:calls"))


def test_it_is_called_the_way_trl_calls_it() -> None:
    seen: dict[str, Any] = {}
    values = LENGTH(
        prompts=["p", "q"],
        completions=[[{"role": "assistant", "content": "abc"}], [{"role": "assistant", "content": "abcdef"}]],
        completion_ids=[[1], [2]],
        limit=[4, 4],
        unrelated=["x", "y"],
        trainer_state=object(),
        log_extra=seen.__setitem__,
        log_metric=seen.__setitem__,
    )
    assert values == [1.0, 0.0]
    assert seen == {"length.why": ["3 characters", "6 characters"], "length.undecided": 0.0, "length.errors": 0.0}


def test_asyncgrpo_and_a2po_leave_arguments_out() -> None:
    assert LENGTH(completions=["abc"], limit=[4]) == [1.0]
    assert LENGTH(prompts=["p"], completions=["abc"], completion_ids=[[1]], limit=[4]) == [1.0]


def test_an_exception_is_none_with_its_reason_and_costs_only_its_row() -> None:
    logged: dict[str, float] = {}
    assert LENGTH(completions=["boom", "a"], limit=[1, 1], log_metric=logged.__setitem__) == [None, 1.0]
    assert logged == {"length.undecided": 1.0, "length.errors": 1.0}
    score = LENGTH.score("boom", limit=1)
    assert score == Score(None, "error: it broke", {"error": "RuntimeError"})


def test_a_value_outside_the_declared_range_is_none() -> None:
    score = LENGTH.score("far out", limit=99)
    assert score.value is None
    assert "outside its range" in score.why


@pytest.mark.parametrize("columns", [{}, {"limit": None}, {"limits": 3}])
def test_a_missing_or_null_column_is_none_and_named(columns: dict[str, Any]) -> None:
    score = LENGTH.score("abc", **columns)
    assert score.value is None
    assert "'limit'" in score.why


def test_a_batch_that_nobody_can_judge_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    assert LENGTH(completions=["a", "b"], limits=[1, 1]) == [None, None]
    assert [record.getMessage() for record in caplog.records] == [
        "rewards.length judged none of 2 completions: column 'limit' is missing (got: limits)"
    ]
    caplog.clear()
    assert LENGTH(completions=["a", "boom"], limit=[1, 1]) == [1.0, None]
    assert LENGTH(completions=[], limit=[]) == []
    assert not caplog.records


@pytest.mark.parametrize("content", [b"4", 4, {"text": "4"}])
def test_a_message_whose_content_is_no_text_is_no_wrong_answer(content: Any) -> None:
    score = LENGTH.score([{"role": "assistant", "content": content}], limit=9)
    assert (score.value, "content" in score.why) == (None, True)


def test_a_null_in_one_row_costs_one_row() -> None:
    assert LENGTH(completions=["a", "a", None], limit=[1, None, 1]) == [1.0, None, None]


def test_a_null_in_an_optional_column_leaves_the_default() -> None:
    assert LENGTH.score("a b c", limit=4, unit=None).why == "5 characters"
    assert LENGTH.score("a b c", limit=4, unit="words").why == "3 words"


def test_a_column_of_another_length_raises_before_anything_is_scored() -> None:
    with pytest.raises(RewardError, match=r"'limit' needs one value per completion \(2\), got 1"):
        LENGTH(completions=["a", "b"], limit=[1])
    with pytest.raises(RewardError, match="got '12'"):
        LENGTH.score_batch(["a", "b"], limit="12")


def test_options_are_checked_and_can_fix_a_column() -> None:
    fixed = Reward(LENGTH.entry, {"limit": 2, "scale": 0.5})
    assert fixed.columns == ()
    assert fixed(completions=["a", "abc"]) == [0.5, 0.0]
    assert fixed(completions=["a", "abc"], limit=[99, 99]) == [0.5, 0.0]
    with pytest.raises(UnknownOptionError, match="no option 'scal'; did you mean 'scale'"):
        Reward(LENGTH.entry, {"scal": 1})


def test_a_batch_reward_sees_all_completions_and_fails_as_one() -> None:
    assert SHARES(completions=["a", "abcd"], limit=[1, 1]) == [0.25, 1.0]
    assert SHARES(completions=["boom", "abcd"], limit=[1, 1]) == [None, None]
    assert SHARES.score("abc", limit=1).value == 1.0
    assert SHARES(completions=["a", "abcd"], limit=[None, 1]) == [None, 1.0]


def test_messages_and_prompts_reach_the_reward_that_asks_for_them() -> None:
    asked = [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]
    answer = [{"role": "assistant", "content": None, "tool_calls": [{"name": "f"}]}]
    score = CALLS.score_batch([answer, "text"], prompt=[asked, "plain"])
    assert [(s.value, s.why) for s in score] == [(1.0, "hi"), (0.0, "plain")]


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        ("plain", "plain"),
        ([{"role": "assistant", "content": "a"}], "a"),
        ([{"role": "assistant", "content": "a"}, {"role": "tool", "content": "t"}], "a"),
        ([{"role": "tool", "content": "t"}], ""),
        ([{"role": "assistant", "content": "", "tool_calls": []}, {"role": "tool", "content": "\\boxed{4}"}], ""),
        ([{"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}], "ab"),
        ([{"role": "assistant", "content": None}], ""),
        ([{"role": "assistant", "content": "2", "reasoning_content": "1+1"}], "<think>1+1</think>2"),
        ([], ""),
    ],
)
def test_the_text_of_a_completion(completion: Any, text: str) -> None:
    assert text_of(completion) == text
    assert isinstance(messages_of(completion), list)


def test_a_completion_of_another_type_costs_only_its_row() -> None:
    assert LENGTH(completions=[3, "a"], limit=[1, 1]) == [None, 1.0]


@pytest.mark.parametrize("reward", [LENGTH, rewards.math, rewards.get("math", style="gsm8k").named("gsm8k")])
def test_it_survives_pickle_with_its_name_and_options(reward: Reward) -> None:
    copy = pickle.loads(pickle.dumps(reward))
    assert copy == reward
    assert (copy.__name__, copy.options, copy.range) == (reward.__name__, reward.options, reward.range)


def test_the_async_forms_give_the_same_scores() -> None:
    async def both() -> tuple[Score, list[Score]]:
        return await LENGTH.ascore("abc", limit=4), await LENGTH.ascore_batch(["abc"], limit=[4])

    one, many = asyncio.run(both())
    assert [one] == many == [LENGTH.score("abc", limit=4)]


def test_no_completions_give_no_scores() -> None:
    assert LENGTH(completions=[], limit=[]) == []
    assert rewards.math(completions=[], answer=[]) == []


def test_an_option_that_fixes_a_column_holds_for_every_row_of_a_batch() -> None:
    fixed = rewards.get("math", answer="2")
    assert [score.value for score in fixed.score_batch(["\\boxed{2}", "\\boxed{3}", "\\boxed{2}"])] == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("name", "option", "value", "told"),
    [
        ("exact", "normalise", "ligth", "did you mean 'light'"),
        ("language", "part", None, "known: all, answer, thinking"),
        ("regex", "where", "begin", "known: full, search"),
        ("regex", "whole", "yes", "give true or false"),
        ("units", "missing", "no", "known: allowed, wrong"),
        ("units", "min_figures", True, "give a whole number"),
        ("code", "memory_mb", "512", "give a whole number"),
        ("code", "timeout_s", -7, "above 0"),
        ("code", "modules", "numpy", "give a list"),
        ("math", "tolerance", float("nan"), "give a number"),
        ("sql", "tolerance", -1.0, "from 0 on"),
        ("judge", "scale", 4.5, "give a whole number"),
        ("judge", "canaries", "none", "give a list"),
        ("knights", "roles", ["a"], "give a list of 2"),
    ],
)
def test_an_option_of_another_kind_is_refused_before_anything_is_judged(
    name: str, option: str, value: Any, told: str
) -> None:
    """Most of these were used as they were: every row earned 0, or the option did nothing."""
    with pytest.raises(OptionError, match=f"rewards.{name}: the option '{option}' is .*{told}"):
        rewards.get(name, **{option: value})


def test_options_of_a_file_and_of_numpy_are_what_they_say() -> None:
    import numpy as np

    assert rewards.get("knights", roles=["knight", "knave"]).options["roles"] == ["knight", "knave"]
    assert rewards.get("math", tolerance=np.float64(0.1), timeout_s=2).score("1.05", answer="1").value == 1.0
    assert rewards.get("math", tolerance=None).score("1", answer="1").value == 1.0


def test_a_mapping_that_is_no_message_is_no_completion() -> None:
    assert rewards.math.score({"answer": "4"}, answer="4").value is None
    assert rewards.math.score({"role": "assistant", "content": "4"}, answer="4").value == 1.0


def test_columns_of_pandas_and_numpy_are_read_as_lists_are() -> None:
    """numpy's 1 was the text "1" for `choice`, an array of golds one text for `exact`, a NaN a gold for all."""
    import numpy as np
    import pandas as pd

    rows = pd.DataFrame({"said": ["4", "5", "4", None], "answer": [4.0, 5.0, np.nan, 4.0]})
    assert rewards.math(completions=rows.said, answer=rows.answer) == [1.0, 1.0, None, None]
    assert rewards.choice(completions=["B"], answer=np.array([1]), options=[np.array(["x", "y"])]) == [1.0]
    assert rewards.exact(completions=np.array(["Paris"]), answer=[np.array(["paris", "lutetia"])]) == [1.0]


def test_lists_may_be_columns_of_text() -> None:
    two = json.dumps(["punctuation:no_comma", "change_case:english_lowercase"])
    assert (
        rewards.ifeval.score("this is a sentence about the weather", instruction_id_list=two, kwargs="[{}, {}]").value
        == 1.0
    )
    assert rewards.xml.score("<a>1</a><b>2</b>", tags='["a", "b"]').value == 1.0
    assert rewards.syllables.score("An old silent pond", counts="[5]").value == 1.0
    assert rewards.knights.score("Zoey is a knave.", solution="[false]", names='["Zoey"]').value == 1.0


def test_a_prompt_that_is_neither_text_nor_messages_is_named() -> None:
    with pytest.raises(RewardError, match=r"rewards.chain_monitor: a prompt is a text or a list of messages, got 5"):
        rewards.chain_monitor(prompts=[5], completions=["x"])
