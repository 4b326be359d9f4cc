"""The profiles of published recipes give the verdicts that their recipes give."""

from __future__ import annotations

import string
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import decontaminate
from curate.cleaning.contamination.ratio import text_ratio

SAID = "the A cat! sat, on — a	MAT... mat 3 x_1 don't été ß"
WORDS = st.lists(st.sampled_from(SAID.split(" ")), max_size=40)
TEXTS = st.lists(WORDS.map(" ".join), min_size=1, max_size=6)
ITEMS = st.lists(WORDS.filter(bool).map("  ".join), min_size=1, max_size=4)


def grams(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + n]) for place in range(len(words) - n + 1)]


def shares_a_gram(n: int, words: Callable[[str], list[str]]) -> Callable[[str, str], bool]:
    return lambda row, item: bool(set(grams(words(row), n)) & set(grams(words(item), n)))


def unpunctuated(text: str) -> list[str]:
    lower = str.maketrans(string.ascii_uppercase, string.ascii_lowercase, string.punctuation)
    return text.translate(lower).split()


RECIPES = {
    "open-r1": shares_a_gram(8, lambda text: text.lower().split()),
    "gpt3": shares_a_gram(13, unpunctuated),
    "openthoughts": lambda row, item: bool(row) and text_ratio(row, item) >= 0.95,
}


def hit_rows(rows: list[str], items: list[str], profile: str) -> list[int]:
    result = decontaminate(pl.DataFrame({"prompt": rows}), against={"exam": items}, profile=profile)
    return sorted(set(result.hits["row"]))


@pytest.mark.parametrize("profile", sorted(RECIPES))
@settings(max_examples=60)
@given(rows=TEXTS, items=ITEMS)
def test_verdicts_are_those_of_the_recipe(profile: str, rows: list[str], items: list[str]) -> None:
    expected = [number for number, row in enumerate(rows) if any(RECIPES[profile](row, item) for item in items)]
    assert hit_rows(rows, items, profile) == expected


def test_tulu3_wants_more_than_half_of_the_item() -> None:
    item = " ".join(f"w{n}" for n in range(20))
    half, more = " ".join(f"w{n}" for n in range(10)), " ".join(f"w{n}" for n in range(11))
    two = " ".join([*(f"w{n}" for n in range(8)), "and", *(f"w{n}" for n in range(12, 20))])
    assert hit_rows([half, more, two, item], [item], "tulu3") == [1, 2, 3]


def test_the_ratio_is_that_of_rapidfuzz() -> None:
    fuzz = pytest.importorskip("rapidfuzz.fuzz")

    @settings(max_examples=100)
    @given(st.text(max_size=60), st.text(max_size=60))
    def agree(one: str, other: str) -> None:
        assert text_ratio(one, other) * 100 == pytest.approx(fuzz.ratio(one, other))

    agree()


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_the_ratio_is_twice_the_common_subsequence(one: str, other: str) -> None:
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, left in enumerate(one):
        for j, right in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if left == right else max(table[i][j + 1], table[i + 1][j])
    total = len(one) + len(other)
    assert text_ratio(one, other) == (2 * table[-1][-1] / total if total else 1.0)


def test_bounds_rule_out_no_pair_that_is_alike() -> None:
    base = "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many?"
    edited = [base[:cut] + "#" * size + base[cut + size :] for cut in (0, 20, 90) for size in range(8)]
    longer = [base + "!" * size for size in range(16)]
    rows = [*edited, *longer, base[::-1], "", base.upper()]
    expected = [number for number, row in enumerate(rows) if row and text_ratio(row, base) >= 0.95]
    assert hit_rows(rows, [base, "something else"], "openthoughts") == expected
    assert 5 < len(expected) < len(rows)
