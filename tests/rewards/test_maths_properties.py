"""What holds for every answer: rewriting keeps the verdict, changing flips it, gold and answer can change places."""

from __future__ import annotations

import json
import time
from fractions import Fraction
from pathlib import Path

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rewards.extract import final_answer, last_resort
from rewards.mathematics.answers import read
from rewards.mathematics.compare import compare
from rewards.mathematics.surds import Surd, divide, power

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "rewards" / "math.jsonl"

whole = st.integers(-10_000, 10_000)
fractions = st.fractions(-1_000, 1_000, max_denominator=500)
radicands = st.integers(2, 400)


def frac(value: Fraction, macro: str = "frac") -> str:
    sign = "-" if value < 0 else ""
    return rf"{sign}\{macro}{{{abs(value.numerator)}}}{{{value.denominator}}}"


def polynomial(coefficients: list[int], name: str = "x") -> str:
    return "+".join(f"({c}){name}^{{{n}}}" for n, c in enumerate(coefficients))


def same(gold: str, pred: str) -> bool | None:
    forward, backward = compare(gold, pred).equal, compare(pred, gold).equal
    assert forward == backward, f"{gold} and {pred}: the order changes the verdict"
    return forward


# rewrites that keep the value


@given(fractions, st.integers(1, 50))
def test_spellings_of_a_fraction_are_equal(value: Fraction, factor: int) -> None:
    spelled = frac(value)
    top, bottom = value.numerator * factor, value.denominator * factor
    for other in (
        frac(value, "dfrac"),
        f"{top}/{bottom}",
        rf"\left(\tfrac{{{top}}}{{{bottom}}}\right)",
        f"${spelled}$",
    ):
        assert same(spelled, other) is True, other


@given(st.decimals(-10_000, 10_000, places=3, allow_nan=False))
def test_spellings_of_a_decimal_are_equal(value: object) -> None:
    text = f"{value:.3f}"
    for other in (text + "00", "+" * (text[0] != "-") + text, frac(Fraction(text)), f" {text} ", rf"{text}\,"):
        assert same(text, other) is True, other


@given(st.integers(1_000, 10**12))
def test_separators_of_thousands_change_nothing(value: int) -> None:
    for separator in (",", r"\,", "{,}", r"\ ", r",\!", " "):
        assert same(str(value), f"{value:,}".replace(",", separator)) is True


@given(st.lists(whole, min_size=1, max_size=6, unique=True), st.randoms())
def test_sets_have_no_order_and_points_have_one(values: list[int], rng: object) -> None:
    shuffled = list(values)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    gold, other = ", ".join(map(str, values)), ",".join(map(str, shuffled))
    assert same(rf"\{{{gold}\}}", rf"\left\{{{other}\right\}}") is True
    if len(values) > 1:
        assert same(f"({gold})", f"({other})") is (values == shuffled)


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=5), st.integers(-9, 9))
def test_an_expanded_product_is_the_product(coefficients: list[int], shift: int) -> None:
    product = [0] * (len(coefficients) + 1)
    for power_of, c in enumerate(coefficients):
        product[power_of] -= shift * c
        product[power_of + 1] += c
    gold = rf"(x-({shift}))\left({polynomial(coefficients)}\right)"
    assert same(gold, polynomial(product)) is True
    assert same(gold, polynomial([product[0] + 1, *product[1:]])) is False


@given(whole, whole, radicands)
def test_a_rationalised_fraction_is_the_fraction(a: int, b: int, n: int) -> None:
    assume(a and a * a != b * b * n)
    gold = rf"\frac{{1}}{{{a}+({b})\sqrt{{{n}}}}}"
    assert same(gold, rf"\frac{{{a}-({b})\sqrt{{{n}}}}}{{{a * a - b * b * n}}}") is True


@given(whole, whole)
def test_an_interval_is_its_inequality(a: int, b: int) -> None:
    assume(a < b)
    assert same(f"[{a}, {b})", rf"{a} \le x < {b}") is True
    assert same(f"[{a}, {b})", rf"{b} > x \ge {a}") is True
    assert same(f"[{a}, {b})", rf"{a} < x < {b}") is False
    assert same(rf"(-\infty,{a})\cup({b},\infty)", rf"x < {a} \text{{ or }} x > {b}") is True


# changes that must not go unnoticed


@given(fractions, fractions)
def test_two_numbers_are_equal_exactly_when_they_are(a: Fraction, b: Fraction) -> None:
    assert same(frac(a), frac(b)) is (a == b)


@given(st.integers(0, 10**30), st.integers(1, 9))
def test_no_digit_of_a_large_number_is_lost(value: int, change: int) -> None:
    assert same(str(value), str(value + change)) is False
    assert same(rf"\frac{{1}}{{{value + 1}}}", rf"\frac{{1}}{{{value + 1 + change}}}") is False


@given(st.integers(1, 60), st.integers(1, 60))
def test_tiny_numbers_stay_apart(a: int, b: int) -> None:
    assert same(rf"10^{{-{a}}}", rf"10^{{-{b}}}") is (a == b)
    assert same(rf"e^{{-{a}}}", rf"e^{{-{b}}}") is (a == b)
    assert same("0", rf"10^{{-{a}}}") is False


@given(st.integers(2, 50), st.integers(2, 12))
def test_a_decimal_is_no_root(n: int, places: int) -> None:
    assume(round(n**0.5) ** 2 != n)
    assert compare(rf"\sqrt{{{n}}}", f"{n**0.5:.{places}f}").equal is False


@given(whole, whole)
def test_naming_two_candidates_does_not_pay(a: int, b: int) -> None:
    assume(a != b)
    for hedge in (f"{a} or {b}", rf"{a} \text{{ or }} {b}", f"{a}, {b}", rf"{a} \text{{ and }} {b}"):
        assert compare(str(a), hedge).equal is False
    found = final_answer(rf"It is \boxed{{{a}}} or \boxed{{{b}}}.")
    assert found is not None
    assert compare(str(b), found.text).equal is False


# exact numbers


@given(fractions, fractions, radicands, radicands)
def test_surds_are_a_field(a: Fraction, b: Fraction, m: int, n: int) -> None:
    x, y = a + Surd.sqrt(m), b * Surd.sqrt(n) + 1
    assert x * y == y * x
    assert (x + y) * (x + y) == x * x + 2 * (x * y) + y * y
    if y != 0:
        assert divide(x, y) * y == x
    assert power(Surd.sqrt(-n), 2) == -n


# any text at all

PIECES = r"""
    \frac \sqrt \left \right \cup \infty \pi \text{ } { } ( ) [ ] \{ \} | < > = , ; : ^ _ ! ' % \% \circ + - * / \pm
    \cdot 1 2 3/4 0.5 12 1,234 x y AB e i sin \sin log \log_2 and or cm km/h \begin{pmatrix} \end{pmatrix} & \\ \in
    \lfloor \rfloor \binom \overline \bar ... \dots $ \boxed{ √ ² π é \int \sum \mathbb{R} \mod 3 \le \ne !! ^^
"""
pieces = st.sampled_from(PIECES.split())
texts = st.lists(pieces, max_size=14).map("".join) | st.lists(pieces, max_size=14).map(" ".join) | st.text(max_size=40)


@settings(max_examples=400, deadline=None)
@given(texts, texts)
@example("1" * 4_000, "+" * 3_999)
@example("{" * 4_000, "(" * 4_000)
@example("1+" * 1_999 + "1", "2^" * 1_900 + "2")
def test_any_text_gets_a_verdict_in_bounded_time(gold: str, pred: str) -> None:
    start = time.process_time()
    verdict = compare(gold, pred)
    assert time.process_time() - start < 2
    assert verdict.equal in (True, False, None)
    assert verdict.why
    assert compare(gold, pred) == verdict
    itself = compare(gold, gold)
    assert itself.equal is (True if read(gold).text else None)


@settings(max_examples=300, deadline=None)
@given(texts.map(lambda text: text * 40))
def test_any_completion_is_searched_in_bounded_time(text: str) -> None:
    start = time.process_time()
    for style in ("auto", "boxed", "answer_tag", "gsm8k", "last_number"):
        final_answer(text, style)
    last_resort(text, letter=True, number=True)
    last_resort(text, letter=False, number=False)
    assert time.process_time() - start < 1


def test_the_golden_pairs_are_judged_alike_in_both_directions() -> None:
    """A rounded gold, a gold in a base, a gold of two readings (`100,200`): no others."""
    rows = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
    asymmetric = []
    for row in rows:
        found = final_answer(row["completion"], "boxed") if isinstance(row["completion"], str) else None
        if found is None or not isinstance(row["answer"], str) or not found.text or not row["answer"]:
            continue
        forward, backward = compare(row["answer"], found.text), compare(found.text, row["answer"])
        if {forward.equal, backward.equal} == {True, False}:
            asymmetric.append((row["answer"], found.text))
    rounded = {("1/3", "0.333333"), (r"\frac{1}{3}", "0.3333"), ("4.243", r"3\sqrt{2}"), ("0.3333", r"\frac{1}{3}")}
    based = {("10101", "10101_2")}  # a question in base 2 is answered by 10101, not the other way round
    assert set(asymmetric) == rounded | based | {("3.1416", r"\pi"), ("100,200", "100, 200")}
