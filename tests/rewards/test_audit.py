"""Verifiers against labels and against each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import rewards
from curate.cli import app
from rewards.agreement import rank_correlation, wilson
from rewards.audit import audit
from rewards.naming import parse
from rewards.tables import read_rows, renamed, write_rows

ROWS = [
    {"completion": "\\boxed{0.5}", "answer": "1/2", "ok": True},
    {"completion": "\\boxed{1/2}", "answer": "1/2", "ok": True},
    {"completion": "\\boxed{3}", "answer": "4", "ok": False},
    {"completion": "\\boxed{4}", "answer": "4", "ok": False},
    {"completion": "\\boxed{4}", "answer": "", "ok": True},
]


def test_the_confusion_is_counted_over_decided_rows() -> None:
    math = audit(ROWS, [rewards.math], label="ok").verdicts[0]
    assert (math.true_positive, math.false_positive, math.false_negative, math.true_negative) == (2, 1, 0, 1)
    assert math.undecided == 1
    assert (math.bad_golds.count, math.bad_golds.of) == (1, 5)


def test_why_rows_are_undecided_is_counted_and_a_gold_that_is_blamed_cannot_be_read() -> None:
    rows = [{"completion": "\\boxed{4}", "answer": gold} for gold in ("4", "3^^2", "")]
    found = audit(rows, [rewards.math])
    verdicts = found.verdicts[0]
    assert verdicts.undecided == sum(verdicts.reasons.values()) == 2
    assert verdicts.bad_golds.count == 2
    assert all(f"None, 1: {why}" in found.text() for why in verdicts.reasons)


def test_disagreements_name_the_row_and_both_reasons() -> None:
    found = audit(ROWS[:3], [rewards.math, rewards.exact])
    assert [one.row for one in found.disagreements] == [0]
    assert all(found.disagreements[0].why.values())
    assert found.pairs["math", "exact"].count == 2


def test_without_labels_three_verifiers_estimate_each_other() -> None:
    three = [rewards.math, rewards.exact, parse("other=exact()")]
    verdicts = {one.name: one for one in audit(ROWS[:3], three).verdicts}
    assert "estimate" in verdicts["math"].reference
    assert (verdicts["math"].false_positive, verdicts["math"].agreement.of) == (1, 3)
    assert audit(ROWS[:3], three[:2]).verdicts[0].reference == ""


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilsons_interval_holds_the_share_and_stays_in_range(count: int, more: int) -> None:
    low, high = wilson(count, count + more)
    assert 0 <= low <= count / (count + more) <= high <= 1


def test_the_command_maps_columns_and_writes_the_disagreements(tmp_path: Path) -> None:
    rows = [{"text": row["completion"], "gold": row["answer"], "ok": row["ok"]} for row in ROWS]
    write_rows(tmp_path / "rows.jsonl", rows)
    words = ["rewards", "audit", str(tmp_path / "rows.jsonl"), "--with", "math", "--with", "exact", "--label", "ok"]
    words += ["--column", "completion=text", "--column", "answer=gold", "--out", str(tmp_path / "out.parquet")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.exception
    assert "false positives  1 of 2 = 50.00%" in done.output
    assert "golds that cannot be read: 1 of 5" in done.output
    assert [row["row"] for row in read_rows(tmp_path / "out.parquet")] == [0, 3, 4]
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert told["verifiers"][0]["false_positives"]["count"] == 1


@pytest.mark.parametrize(("label", "message"), [("no", "no row has the label"), ("answer", "neither true nor false")])
def test_a_label_that_is_none_is_refused(label: str, message: str) -> None:
    with pytest.raises(rewards.RewardError, match=message):
        audit(ROWS, [rewards.math], label=label)


@pytest.mark.slow
def test_the_labels_of_gsm8k_are_reproduced(shared_data: Path) -> None:
    rows = read_rows(shared_data / "math_gsm8k" / "model_solutions_labelled.jsonl.gz")
    mapped = renamed(rows, {"completion": "solution", "answer": "ground_truth"})
    found = audit(mapped, [parse("math(style='gsm8k')")], label="is_correct").verdicts[0]
    assert found.agreement.count == found.agreement.of == 5276


def test_two_verifiers_of_one_name_are_refused() -> None:
    with pytest.raises(rewards.RewardError, match=r"two verifiers have one name \(math, math\)"):
        audit(ROWS, [rewards.math, rewards.get("math", style="boxed")], label="ok")


@pytest.mark.parametrize("written", ["math(style=gsm8k)", "math('gsm8k')", "math(**{'style': 'gsm8k'})"])
def test_options_that_cannot_be_read_say_how_to_write_them(written: str) -> None:
    with pytest.raises(rewards.RewardError, match="text in quotes as in style='boxed'"):
        parse(written)


def always(completion: str) -> float:
    """A stub that was left in."""
    return 1.0


def rambling(completion: str, answer: str) -> float:
    """Half of it for the gold anywhere, half for every 200 characters."""
    return 0.5 * (answer in completion) + 0.5 * min(1.0, len(completion) / 200)


def test_a_reward_that_tells_nothing_apart_or_pays_for_length_is_named() -> None:
    rows = [
        {"completion": "word " * size + said, "answer": "4", "ok": said == "4"} for size in range(12) for said in "45"
    ]
    one, other = (
        rewards.Reward(rewards.Entry(function.__name__, f"{__name__}:{function.__name__}", columns))
        for function, columns in ((always, ()), (rambling, ("answer",)))
    )
    found = audit(rows, [one, other, rewards.math], label="ok").verdicts
    assert [verdicts.constant for verdicts in found] == [1.0, None, None]
    assert found[0].by_length is None
    assert found[1].by_length == pytest.approx(1.0)
    assert "every row earns 1" in str(found[0])
    assert "longer completions earn more: rank correlation 1.00" in str(found[1])
    assert "longer" not in str(found[2])  # right answers earn, short or long
    assert audit(rows[:4], [other], label="ok").verdicts[0].by_length is None  # too few to say


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=20))
def test_a_rank_correlation_lies_in_its_range_and_turns_with_one_side(pairs: list[tuple[int, int]]) -> None:
    left, right = zip(*pairs, strict=True)
    found = rank_correlation(left, right)
    turned = rank_correlation(left, [-value for value in right])
    if found is None:
        assert turned is None
        assert len(set(left)) == 1 or len(set(right)) == 1
    else:
        assert -1 - 1e-9 <= found <= 1 + 1e-9
        assert turned == pytest.approx(-found, abs=1e-9)
