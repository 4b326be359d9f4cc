from __future__ import annotations

from contextlib import suppress

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.rules import RuleError, read_rule

ROWS = pl.DataFrame(
    {
        "score.math": [1.0, 0.0, None],
        "finish_reason": ["stop", "length", "stop"],
        "text": ["a b", "", "Xy"],
        "n": [1, 2, 3],
    }
)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("score.math == 1", [True, False, None]),
        ("score.math is not None and n < 3", [True, True, False]),
        ("0 < n <= 2", [True, True, False]),
        ("finish_reason in ['stop']", [True, False, True]),
        ("finish_reason not in ['stop', 'tool_calls']", [False, True, False]),
        ("not (n == 1 or n == 3)", [False, True, False]),
        ("n in [-1, 2]", [False, True, False]),
        ("words(text) == 2", [True, False, False]),
        ("length(text) * 2 >= 4", [True, False, True]),
        ("matches(lower(text), '^x')", [False, False, True]),
        ("contains(text, ' ')", [True, False, False]),
        ('column("score.math") >= -1', [True, True, None]),
        ("max(n, 2) == 2", [True, True, False]),
        ("n % 2 == 1", [True, False, True]),
    ],
)
def test_a_rule_means_what_it_says(rule: str, holds: list[bool | None]) -> None:
    assert ROWS.select(read_rule(rule).expression())[:, 0].to_list() == holds


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "n",
        "n +",
        "x.upper() == 1",
        "__import__('os').system('true')",
        "open('x') == 1",
        "[n for n in (1,)]",
        "lambda: 1",
        "n[0] == 1",
        "n == (yield)",
        "(n := 1) == 1",
        "f'{n}' == '1'",
        "n is 3",
        "n in text",
        "matches(text, '(')",
        "words() == 1",
        "n ** n == 1",
        "-" * 3000 + "n == 1",
        "(" * 300 + "n" + ")" * 300 + " == 1",
        "n == 1 if n else 2",
        "n == b'x'",
    ],
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    if rule == "n":
        assert read_rule(rule).columns == ("n",)  # a column of truth values is a rule
        return
    with pytest.raises(RuleError):
        read_rule(rule)


@pytest.mark.parametrize("rule", ["n = 1", "score.math=1 and n > 2", "n => 1"])
def test_who_writes_one_equal_sign_is_told_of_two(rule: str) -> None:
    with pytest.raises(RuleError, match="equal is written =="):
        read_rule(rule)


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_fail_otherwise(text: str) -> None:
    with suppress(RuleError):
        read_rule(text)


def test_a_regular_expression_that_blows_up_elsewhere_is_linear_here() -> None:
    rows = pl.DataFrame({"text": ["a" * 50_000 + "!"]})
    assert rows.select(read_rule("matches(text, '(a+)+$')").expression())[:, 0].to_list() == [False]
