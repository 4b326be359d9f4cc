from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewards

CITIES = ["Paris", "Rome", "Berlin", "Madrid"]
STATED = [
    "{}",
    "({})",
    "{}.",
    "**{}**",
    "[{}]",
    r"\boxed{{{}}}",
    r"\boxed{{\text{{({})}}}}",
    "The answer is {}.",
    "The correct answer is ({}) because the others fail.",
    "**Answer:** {}",
    "Answer: Option {}",
    "<answer>{}</answer>",
    "I would go with {}.",
    "A is tempting, but it must be {}",
    "Let us think.\n\nSo, ({}).",
    "Option {} is correct.",
    "答案是{}",
    "<think>Perhaps A.</think>\n{}",
]


@pytest.mark.parametrize("form", STATED)
@pytest.mark.parametrize("options", [None, CITIES])
def test_the_letter_is_found_in_every_usual_form(form: str, options: list[str] | None) -> None:
    assert rewards.choice.score(form.format("C"), answer="C", options=options).value == 1
    assert rewards.choice.score(form.format("D"), answer="C", options=options).value == 0


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "I do not know.",
        "A or B",
        "A/B",
        "Either (A) or (B).",
        "The answer is A or B.",
        "The answer is B, or maybe C.",
        "It is B, but it could also be D.",
        "A, B, C, D",
        "ABCD",
        r"\boxed{A, B}",
        r"\boxed{A} or \boxed{B}",
        "The answer is not B.",
        "<think>The answer is B.</think>",
        "<think>B</think>A",
        "<think>B",
        "The answer is B. Paris",
        "B) Madrid",
        "<answer>A</answer><answer>B</answer>",
    ],
)
def test_hedges_lists_and_contradictions_earn_nothing(completion: str) -> None:
    assert rewards.choice.score(completion, answer="B", options=CITIES).value == 0


def test_a_word_is_no_letter() -> None:
    assert rewards.choice.score("The answer is A dog.", answer="A").value == 0
    assert rewards.choice.score("The answer is a dog.", answer="A").value == 0
    assert rewards.choice.score("I think so.", answer="I").value == 0
    assert rewards.choice.score("The answer is A because it barks.", answer="A").value == 1


@pytest.mark.parametrize("gold", ["B", "(B)", "b", "B.", "Option B", 1, "Rome", "2", ["B"], '["B"]'])
@pytest.mark.parametrize(
    "options",
    [
        CITIES,
        ["A) Paris", "B) Rome", "C) Berlin", "D) Madrid"],
        dict(zip("ABCD", CITIES, strict=True)),
        {"label": list("ABCD"), "text": CITIES},
        '["Paris", "Rome", "Berlin", "Madrid"]',
    ],
)
def test_gold_and_options_may_come_in_the_forms_of_the_public_data_sets(gold: Any, options: Any) -> None:
    if gold == "2" and options is not CITIES and not (isinstance(options, str)):
        pytest.skip("options with letters of their own have no numbers")
    assert rewards.choice.score("B", answer=gold, options=options).value == 1
    assert rewards.choice.score("It is Rome.", answer=gold, options=options).value == 1
    assert rewards.choice.score("A", answer=gold, options=options).value == 0
    assert rewards.choice.score("It is Paris.", answer=gold, options=options).value == 0


@pytest.mark.parametrize("gold", ["AC", "A, C", "A and C", ["A", "C"], "C,A", "(A), (C)"])
def test_several_right_options_must_all_be_named_and_no_other(gold: Any) -> None:
    for right in ("AC", "A, C", "A and C", "(A) and (C)", r"\boxed{A,C}", "The answers are A & C."):
        assert rewards.choice.score(right, answer=gold).value == 1, right
    for wrong in ("A", "C", "A, B, C", "ABC", "A or C", "B"):
        assert rewards.choice.score(wrong, answer=gold).value == 0, wrong


def test_a_number_is_the_text_of_an_option_before_it_is_its_place() -> None:
    options = ["5", "2", "7", "9"]
    assert rewards.choice.score("The answer is 2.", answer="B", options=options).value == 1
    assert rewards.choice.score("The answer is 3.", answer="C", options=options).value == 1
    assert rewards.choice.score("2", answer="2").value == 1
    assert rewards.choice.score("2 or 3", answer="2").value == 0
    assert rewards.choice.score("2.5", answer="2").value == 0


def test_longer_option_texts_win_over_shorter_ones_inside_them() -> None:
    options = ["blood", "blood pressure", "both blood and blood pressure", "$4", "-4", "C++"]
    for place, text in enumerate(options):
        for form in ("{}", "The answer is {}.", r"\boxed{{{}}}"):
            assert rewards.choice.score(form.format(text), answer=place, options=options).value == 1, text
            assert rewards.choice.score(form.format(text), answer=(place + 1) % 6, options=options).value == 0, text


@pytest.mark.parametrize(
    "completion",
    ["B is the second letter of the alphabet.", "B is for bread.", "B is a programming language.", "B stands for iron"],
)
def test_a_letter_that_is_only_spoken_of_is_not_chosen(completion: str) -> None:
    assert rewards.choice.score(completion, answer="B", options=["Rome", "Paris"]).value == 0.0
    assert rewards.choice.score("B is the best one.", answer="B", options=["Rome", "Paris"]).value == 1.0


def test_a_verdict_on_label_and_text_together_is_read() -> None:
    said, options = "(A) 2.5 m/s is wrong, (B) 5.0 m/s is right.", ["2.5 m/s", "5.0 m/s"]
    assert [rewards.choice.score(said, answer=gold, options=options).value for gold in "AB"] == [0.0, 1.0]
    assert rewards.choice.score("The answer is A, i.e. 5.0 m/s", answer="A", options=options).value == 0.0


def test_an_option_and_the_end_of_another_are_two() -> None:
    options = ["It rises", "It falls", "It stays the same"]
    assert rewards.choice.score("It falls or stays the same", answer="B", options=options).value == 0.0


def test_a_gold_that_is_no_option_cannot_be_judged() -> None:
    for gold in ("London", 7, -1, "E", True, []):
        assert rewards.choice.score("A", answer=gold, options=CITIES).value is None


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert rewards.choice.score(text, answer="B", options=CITIES).value in (0, 1)


def test_hostile_text_is_read_in_bounded_time() -> None:
    for hostile in (
        "A, " * 50_000,
        "the " * 50_000,
        "(" * 200_000,
        "answer is " * 30_000,
        "Paris" * 40_000,
        "so " * 60_000,
        "1. " * 30_000,
        "\n" * 60_000,
    ):
        start = process_time()
        assert rewards.choice.score(hostile, answer="B", options=CITIES).value == 0
        assert process_time() - start < 1.5


@pytest.mark.slow
def test_every_mmlu_question_is_judged_right_in_every_form(
    shared_data: Path, read_rows: Callable[[Path], Iterator[dict[str, Any]]]
) -> None:
    wrong = rows = 0
    for row in list(read_rows(shared_data / "sci_mmlu" / "mmlu_test.jsonl.gz"))[::5]:
        options, gold = [row[letter] for letter in "ABCD"], row["answer"]
        other = "ABCD"[("ABCD".index(gold) + 1) % 4]
        for form in ("({})", "The answer is {}.", "{}. " + row[gold]):
            rows += 1
            wrong += rewards.choice.score(form.replace("{}", gold), answer=gold, options=options).value != 1
        for form in ("({})", "The answer is {}.", "The answer is " + gold + " or {}.", "{}) " + row[gold]):
            rows += 1
            wrong += rewards.choice.score(form.replace("{}", other), answer=gold, options=options).value != 0
        if len({option.strip().lower() for option in options}) == 4:
            rows += 1
            wrong += rewards.choice.score(f"The answer is {row[gold]}", answer=gold, options=options).value != 1
    assert wrong <= rows * 0.002


def test_the_option_of_a_worked_solution_is_found_and_no_other(
    shared_data: Path, read_rows: Callable[[Path], Iterator[dict[str, Any]]]
) -> None:
    """AQuA's rationales end in every way people end them; four of them settle on nothing."""
    rows = list(read_rows(shared_data / "math_benchmarks" / "aqua.jsonl.gz"))
    earned = {
        (number, letter): rewards.choice.score(row["rationale"], answer=letter, options=row["options"]).value
        for number, row in enumerate(rows)
        for letter in "ABCDE"
    }
    right = {(number, row["correct"]) for number, row in enumerate(rows)}
    assert sum(earned[one] == 1 for one in right) >= 250
    assert not [one for one, value in earned.items() if value and one not in right]


@pytest.mark.parametrize("gold", ["²³", "½", "٣", "\x00"])
def test_a_gold_in_signs_that_only_look_like_digits_is_none_of_the_options(gold: str) -> None:
    score = rewards.choice.score("yes", answer=gold, options=["yes", "no"])
    assert score.value is None
    assert "error" not in score.evidence
