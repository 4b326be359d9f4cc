"""Rewards made of rewards: correctness stays first, ranges hold, nothing undecided is paid."""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewards
from rewards.base import Entry, Reward, RewardError, Score
from rewards.composing import Composed

BOXED = "So it is \\boxed{4}."
WRONG = "So it is \\boxed{5}."
PLAIN = "The answer is 4"

asked: list[str] = []


def share(completion: str) -> Score:
    """The number that is written in the completion."""
    asked.append(completion)
    return Score(float(completion), "as written")


def unsure(completion: str) -> Score:
    """Decides about digits only."""
    return Score(1.0, "a digit") if completion.isdigit() else Score(None, "no digit")


def broken(completion: str) -> Score:
    raise OSError("no disk")


def reward(function: object, name: str, low: float = 0.0, high: float = 1.0) -> Reward:
    return Reward(Entry(name, f"{__name__}:{getattr(function, '__name__', '')}", (), (low, high), "test"))


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are imported by path: let `module:function` find this one."""
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or pytest.importorskip(__name__))
    asked.clear()


def test_a_weighted_sum_is_the_sum_and_says_what_each_part_gave() -> None:
    both = rewards.weighted({rewards.math: 1.0, rewards.boxed_format: 0.25}, correct=rewards.math, name="mine")
    score = both.score(BOXED, answer="4")
    assert score.value == 1.25
    assert both.range == (0.0, 1.25)
    assert both.columns == ("answer",)
    assert both.name == both.__name__ == "mine"
    assert score.evidence["parts"]["math"]["value"] == 1.0
    assert "boxed_format 1: " in score.why
    assert both.score(WRONG, answer="4").value == 0.25


@pytest.mark.parametrize("weight", [1.0, 1.5, -1.0])
def test_shaping_that_could_outrank_correctness_is_refused_when_it_is_made(weight: float) -> None:
    with pytest.raises(RewardError, match="a wrong answer could outrank a right one"):
        rewards.weighted({"math": 1.0, "boxed_format": weight}, correct="math")


def test_many_small_rewards_together_count_as_one_large() -> None:
    styles = {rewards.boxed_format.named(f"style{number}"): 0.3 for number in range(4)}
    with pytest.raises(RewardError, match=r"move the sum by 1\.2"):
        rewards.weighted({rewards.math: 1.0, **styles}, correct=rewards.math)


def test_partial_credit_counts_by_its_step() -> None:
    rewards.weighted({"f1": 1.0, "boxed_format": 0.2}, correct="f1")
    with pytest.raises(RewardError, match="outrank"):
        rewards.weighted({"f1": 1.0, "boxed_format": 0.2}, correct="f1", step=0.1)


@pytest.mark.parametrize("weight", [0.0, float("nan"), float("inf")])
def test_a_weight_is_a_finite_number_that_counts(weight: float) -> None:
    with pytest.raises(RewardError, match="the weight of math"):
        rewards.weighted({"math": weight})


def test_wrong_parts_are_refused_with_what_to_do() -> None:
    with pytest.raises(RewardError, match="at least one"):
        rewards.weighted({})
    with pytest.raises(RewardError, match="rename one with"):
        rewards.cascade([rewards.math, rewards.get("math", style="gsm8k")])
    with pytest.raises(RewardError, match="not among the parts"):
        rewards.weighted({"math": 1.0}, correct="exact")
    with pytest.raises(RewardError, match="not function"):
        rewards.cap(lambda: 1)  # type: ignore[arg-type]
    with pytest.raises(RewardError, match="did you mean 'math'"):
        rewards.gate("maths", "exact")


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=2),
    st.tuples(st.floats(0.01, 0.5), st.floats(-0.45, -0.01)),
)
def test_no_style_lifts_a_wrong_answer_over_a_right_one(
    rows: list[tuple[float, float, float]], weights: tuple[float, float]
) -> None:
    parts = tuple(rewards.exact.named(name) for name in "abc")
    summed = rewards.weighted(dict(zip(parts, (1.0, *weights), strict=True)), correct=parts[0])
    from rewards.combining import score_weighted

    right, wrong = ((1.0, *rows[0][1:]), (0.0, *rows[1][1:]))
    table = {part.name: [Score(right[i], ""), Score(wrong[i], "")] for i, part in enumerate(parts)}
    scores = score_weighted(parts, lambda part: table[part.name], summed.range, weights=(1.0, *weights))
    assert scores[0].value is not None
    assert scores[1].value is not None
    assert scores[0].value > scores[1].value
    assert all(summed.range[0] <= (score.value or 0) <= summed.range[1] for score in scores)


def test_a_gate_asks_about_style_only_where_the_answer_is_right() -> None:
    gated = rewards.gate("math", reward(share, "share"), weight=0.5)
    assert [score.value for score in gated.score_batch(["1", "2"], answer=["1", "1"])] == [1.5, 0.0]
    assert asked == ["1"]
    assert "share" not in gated.score("2", answer="1").evidence["parts"]


def test_a_gate_gives_no_credit_for_a_part_of_the_answer() -> None:
    gated = rewards.gate("f1", "boxed_format")
    assert gated.score("\\boxed{red}", answer="red blue").value == 0.0
    assert rewards.gate("f1", "boxed_format", least=0.5).score("\\boxed{red}", answer="red blue").value > 1.0


def test_a_gate_whose_style_could_pull_right_down_to_wrong_is_refused() -> None:
    rewards.gate("math", "repetition", weight=0.5)
    with pytest.raises(RewardError, match="where a wrong one stands"):
        rewards.gate("math", "repetition")
    with pytest.raises(RewardError, match="least is 2"):
        rewards.gate("math", "exact", least=2)
    with pytest.raises(RewardError, match="finite"):
        rewards.gate("math", "exact", weight=float("nan"))


def test_undecided_parts_leave_the_row_undecided() -> None:
    for composed in (
        rewards.weighted({"math": 1.0, "boxed_format": 0.1}),
        rewards.gate("math", "boxed_format"),
        rewards.cap("math", 0.5),
        rewards.lexicographic(["math", "boxed_format"]),
        rewards.cascade(["math", "exact"]),
    ):
        score = composed.score(BOXED)
        assert score.value is None, composed
        assert "column 'answer' is missing" in score.why


def test_an_error_of_a_part_is_an_undecided_row_with_its_name() -> None:
    score = rewards.weighted({"exact": 1.0, reward(broken, "broken"): 0.1}).score("a", answer="a")
    assert score.value is None
    assert score.evidence["error"] == "OSError"


def test_a_cap_cuts_both_ends_and_declares_it() -> None:
    capped = rewards.cap("repetition", least=-0.2)
    assert capped.range == (-0.2, 0.0)
    assert capped.name == "repetition"
    assert capped.score("a b c " * 50).value == -0.2
    with pytest.raises(RewardError, match="nothing of math"):
        rewards.cap("math", -1)


def test_lexicographic_orders_by_the_first_then_the_next() -> None:
    order = rewards.lexicographic(["math", "boxed_format", reward(share, "share", 0, 9)])
    assert order.range == (0.0, 1.0)
    from rewards.combining import score_lexicographic

    rows = [(0, 0, 0), (0, 0, 9), (0, 1, 0), (0.99, 1, 9), (1, 0, 0), (1, 0, 9), (1, 1, 0), (1, 1, 9)]
    table = {part.name: [Score(row[i], "") for row in rows] for i, part in enumerate(order.parts)}
    scores = score_lexicographic(order.parts, lambda part: table[part.name], (0.0, 1.0), steps=1)
    values = [score.value for score in scores]
    assert values == sorted(values)
    assert len(set(values)) == len(values)
    assert (values[0], values[-1]) == (0.0, 1.0)


def test_lexicographic_refuses_what_a_number_cannot_hold() -> None:
    with pytest.raises(RewardError, match="do not fit"):
        rewards.lexicographic([rewards.exact.named(str(number)) for number in range(60)])
    with pytest.raises(RewardError, match="no finite range"):
        rewards.lexicographic([reward(share, "share", high=float("inf")), rewards.math])


def test_a_cascade_asks_the_next_only_where_the_one_before_is_undecided() -> None:
    first, then = reward(unsure, "unsure"), reward(share, "share")
    scores = rewards.cascade([first, then]).score_batch(["7", "0.5", "x"])
    assert [score.value for score in scores] == [1.0, 0.5, None]
    assert asked == ["0.5", "x"]
    assert [score.evidence.get("decided") for score in scores] == ["unsure", "share", None]
    assert scores[1].evidence["parts"]["unsure"]["why"] == "no digit"
    assert scores[2].evidence["error"] == "ValueError"


def test_a_cascade_of_different_ranges_is_refused() -> None:
    with pytest.raises(RewardError, match="the ranges differ"):
        rewards.cascade(["math", "repetition"])


def test_a_column_of_the_wrong_length_is_a_mistake_even_if_its_reader_is_not_asked() -> None:
    with pytest.raises(RewardError, match="one value per completion"):
        rewards.gate("math", "regex").score_batch(["1", "2"], answer=["2", "1"], pattern=["x"])


def test_compositions_nest_and_are_called_as_trl_calls() -> None:
    inner = rewards.gate(rewards.cascade(["math", "exact"], name="right"), "boxed_format", weight=0.1, name="inner")
    outer = rewards.weighted({inner: 1.0, "repetition": 0.05})
    extra: dict[str, list[object]] = {}
    values = outer(
        completions=[[{"role": "assistant", "content": text}] for text in (BOXED, WRONG, PLAIN)],
        prompts=["2+2?"] * 3,
        completion_ids=[[1]] * 3,
        answer=["4"] * 3,
        trainer_state=None,
        log_extra=lambda column, cells: extra.update({column: cells}),
        log_metric=lambda name, value: None,
    )
    assert values == pytest.approx([1.1, 0.0, 1.0])
    assert "right 1: math: " in str(extra["weighted.why"][0])


@pytest.mark.parametrize(
    "composed",
    [
        rewards.weighted({"math": 1.0, "boxed_format": 0.2}, correct="math", name="sum"),
        rewards.gate("math", "boxed_format", weight=0.2),
        rewards.cap("math", 0.5),
        rewards.lexicographic(["math", "boxed_format"]),
        rewards.cascade(["numeric", "math"]),
    ],
    ids=lambda composed: composed.entry.about,
)
def test_a_composition_pickles_renames_and_compares(composed: Composed) -> None:
    copy = pickle.loads(pickle.dumps(composed))
    assert copy == composed
    assert hash(copy) == hash(composed)
    assert copy.named("other").name == "other"
    assert copy.named("other").score(BOXED, answer="4") == composed.score(BOXED, answer="4")
    assert asyncio.run(copy.ascore(BOXED, answer="4")) == composed.score(BOXED, answer="4")


@pytest.mark.slow
def test_a_composition_gives_the_same_verdict_in_a_spawned_process() -> None:
    composed = rewards.gate("math", "boxed_format", weight=0.2)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(composed, ([BOXED, WRONG],), {"answer": ["4", "4"]}) == [1.2, 0.0]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: rewards.weighted(["math"]), "weighted: parts is .*give a mapping"),
        (lambda: rewards.weighted({"math": "1"}), "the weight of math is '1'; give a finite number"),
        (lambda: rewards.weighted({"math": None}), "the weight of math is None"),
        (lambda: rewards.gate("math", "boxed_format", weight="1"), "gate: the weight is '1'"),
        (lambda: rewards.gate("math", "boxed_format", least=math.nan), "gate: least is nan"),
        (lambda: rewards.cap("math", math.nan), "cap: an end is nan"),
        (lambda: rewards.lexicographic("math"), "lexicographic: give a list of rewards, got 'math'"),
        (lambda: rewards.cascade(rewards.math), "cascade: give a list of rewards"),
        (lambda: rewards.lexicographic(["math", "exact"], steps=1.5), "steps is 1.5; give a whole number"),
    ],
)
def test_what_cannot_be_composed_is_named(make: Callable[[], object], told: str) -> None:
    with pytest.raises(RewardError, match=told):
        make()
