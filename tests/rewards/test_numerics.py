from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewards
from rewards.figures import Number, agree, number, plain, read_number

SPELLINGS = [
    r"1.6\times10^{-19}",
    r"1.6 \cdot 10^{-19}",
    "1.6 x 10^-19",
    "1.6×10⁻¹⁹",
    "1.6 * 10**-19",
    "1.6*10^(-19)",
    "1.6e-19",
    "1.6E−19",
    "1.6×10-19",
    r"$1.6 \times 10^{-19}$",
]


def boxed(text: str) -> str:
    return f"So it is $\\boxed{{{text}}}$."


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_scientific_notation_is_read_in_every_spelling(spelling: str) -> None:
    found = number(spelling)
    assert found is not None
    assert (found.value, found.figures) == (Decimal("1.6e-19"), 2)
    assert rewards.numeric.score(boxed(spelling), answer="1.6e-19").value == 1
    assert rewards.numeric.score(boxed(spelling), answer="9.1e-31").value == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234,567", "1234567"),
        (r"1\,234\,567", "1234567"),
        ("1{,}234", "1234"),
        ("1 234 567", "1234567"),
        ("12,34,567", "1234567"),
        ("0{,}5", "0.5"),
        ("3,14", "3.14"),
        (".5", "0.5"),
        ("−3", "-3"),
        ("３", "3"),
        (r"\$1,234.50", "1234.5"),
        ("1.5 million", "1500000"),
        (r"3\frac{1}{2}", "3.5"),
        ("-3 1/2", "-3.5"),
        (r"-\frac{1}{4}", "-0.25"),
        (r"10^{-3}", "0.001"),
        ("9.8 ± 0.2", "9.8"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, value: str) -> None:
    found = number(text)
    assert found is not None
    assert found.value == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "x", "(1, 2)", "(1,234)", "5 or 6", "5 m", "nan", "inf", "2^{10}", "1e9999", "9" * 500]
)
def test_what_is_no_single_number_is_none(text: str) -> None:
    assert number(text) is None


@settings(deadline=None)
@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False))
def test_a_plain_decimal_is_read_back(value: Decimal) -> None:
    found = number(str(value))
    assert found is not None
    assert found.value == value
    assert number(f"{value:,}") == found


@settings(deadline=None)
@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert plain(plain(text)) is not None
    read = read_number(plain(text))
    assert read is None or isinstance(read[0], Number)


@settings(deadline=None)
@given(st.floats(1e-30, 1e30), st.integers(3, 8))
def test_a_correctly_rounded_answer_is_right_and_one_off_by_five_percent_wrong(value: float, figures: int) -> None:
    gold = number(f"{value:.9e}")
    rounded, wrong = number(f"{value:.{figures - 1}e}"), number(f"{value * 1.06:.{figures - 1}e}")
    assert None not in (gold, rounded, wrong)
    assert agree(rounded, gold)
    assert not agree(wrong, gold)


@pytest.mark.parametrize(
    ("said", "gold", "right"),
    [
        ("1.62e-19", "1.6e-19", True),
        ("1.66e-19", "1.6e-19", False),
        ("2.998e8", "3e8", True),  # one figure: within 5 %
        ("2.6e8", "3e8", False),
        ("479", "478.6", True),
        ("478.6", "479", True),
        ("480", "479", False),  # integers may be counts
        ("5.2", "5", False),
        ("0.333", "1/3", True),
        ("0.33", "1/3", False),  # too few figures
        ("1.98", "2.00", False),
        ("0.004", "0", False),
        ("0.004", "0.00", True),
        ("-72", "72", False),
    ],
)
def test_the_figures_of_the_gold_decide(said: str, gold: str, right: bool) -> None:
    assert rewards.numeric.score(boxed(said), answer=gold).value == right


def test_a_tolerance_is_relative_and_may_be_a_column_or_an_option() -> None:
    assert rewards.numeric.score(boxed("1.04e-19"), answer="1.0e-19", tolerance=0.05).value == 1
    assert rewards.numeric.score(boxed("1.06e-19"), answer="1.0e-19", tolerance=0.05).value == 0
    assert rewards.get("numeric", tolerance=0).score(boxed("2.01"), answer="2.0").value == 0
    assert rewards.get("numeric", absolute=0.5).score(boxed("2.4"), answer="2.0").value == 1


@pytest.mark.parametrize(
    ("said", "gold", "right"),
    [
        ("50\\%", "50", 1),
        ("50\\%", "0.5", 1),
        ("500\\%", "5", 0),
        ("50", "0.5", 0),
        ("50", "50%", 1),
        ("0.5", "50%", 1),
        ("900", "9", 0),
    ],
)
def test_percent_never_forgives_a_factor_of_a_hundred_between_bare_numbers(said: str, gold: str, right: int) -> None:
    assert rewards.numeric.score(boxed(said), answer=gold).value == right


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "I do not know.",
        boxed("5 or 6"),
        boxed("5, 6"),
        boxed("5 to 7"),
        boxed("5 m/s or 18 km/h"),
        boxed("x = 4 = 5"),
        "It is 4 or 5",
        "<think>5</think>",
        "<think>5</think>6",
        boxed("5 + x"),
        boxed("5x"),
        boxed("5!"),
        boxed("5^2"),
        boxed(r"5\pi"),
        boxed("nan"),
        boxed("9^{9^{9^{9}}}"),
        boxed("__import__('os')"),
    ],
)
def test_hedged_empty_and_hostile_answers_earn_nothing(completion: str) -> None:
    assert rewards.numeric.score(completion, answer="5").value == 0


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("The speed is 12.5 m/s^2.", "12.5"),
        (boxed("v = d/t = 100/10 = 10 m/s"), "10"),
        (boxed("e = 0.5"), "0.5"),
        (boxed(r"\frac{1}{3} \approx 0.333"), "1/3"),
        (boxed(r"10\sqrt{93}"), "96.4365"),
        (boxed(r"1/\sqrt{2}"), "0.70710678"),
        (boxed(r"5 \text{ apples}"), "5"),
        ("#### 1,234", "1234"),
        ("<answer>about 3.14</answer>", "3.14"),
    ],
)
def test_the_final_number_is_found(completion: str, gold: str) -> None:
    assert rewards.numeric.score(completion, answer=gold).value == 1


def test_a_pair_is_not_a_number_with_a_separator() -> None:
    assert rewards.numeric.score(boxed("(1,234)"), answer="1234").value == 0
    assert rewards.numeric.score(boxed("(1234)"), answer="1,234").value == 1


def test_a_gold_that_is_no_number_cannot_be_judged() -> None:
    for gold in ("red", "", True, "5 or 6", "x + 1"):
        assert rewards.numeric.score("5", answer=gold).value is None


HOSTILE = ["9" * 200_000, "1," * 90_000, "1e" * 90_000, "- " * 90_000, "1/" * 90_000, "\\frac{" * 50_000, "^{" * 80_000]
HOSTILE += ["$" * 200_000, "=" * 200_000, "( " * 90_000, "5 or " * 40_000, " " * 200_000]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_read_in_bounded_time(hostile: str) -> None:
    started = time.process_time()
    for text in (hostile, boxed(hostile), "1" + hostile, f"<answer>{hostile}"):
        assert rewards.numeric.score(text, answer="7").value == 0
        assert rewards.units.score(text, answer="7 m").value == 0
    assert time.process_time() - started < 4


def test_gsm8k_labels_are_reproduced(shared_data: Path, read_rows: Callable[[Path], Iterator[dict[str, Any]]]) -> None:
    rows = list(read_rows(shared_data / "math_gsm8k" / "model_solutions_labelled.jsonl.gz"))[::4]
    for row in rows:
        gold = row["ground_truth"].rpartition("A:")[2]
        assert rewards.numeric.score(row["solution"], answer=gold).value == row["is_correct"], row["solution"][-80:]


def test_the_numbers_of_scibench_agree_with_their_latex(
    shared_data: Path, read_rows: Callable[[Path], Iterator[dict[str, Any]]]
) -> None:
    rows = list(read_rows(shared_data / "sci_scibench" / "scibench.jsonl.gz"))
    values = [rewards.numeric.score(boxed(row["answer_latex"]), answer=row["answer_number"]).value for row in rows]
    assert None not in values
    assert sum(value == 1 for value in values) >= 0.97 * len(rows)  # the others are contradictions of the data


@pytest.mark.parametrize("completion", [r"\boxed{10101_2}", "10101_2", "The answer is 10101_{2}."])
def test_a_numeral_in_another_base_is_another_number(completion: str) -> None:
    assert rewards.numeric.score(completion, answer="10101").value == 0.0
    assert rewards.numeric.score("It is 10101.", answer="10101").value == 1.0
