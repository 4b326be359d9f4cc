"""Examples are read as models write them, and nothing that stands in one is taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.growing.examples import Example, broken, is_closed, read_examples

LINES = st.text("abc :-.`#*1", min_size=1, max_size=12).map(str.strip).filter(lambda text: text and "```" not in text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sure!\n\nExample 1\nInput: a\nOutput: b\n\nExample 2\nInput: c\nOutput: d", [("a", "b"), ("c", "d")]),
        ("**Input:** a\n**Output:** b", [("a", "b")]),
        ("### Example 1\n- Input: a\n- Output: b", [("a", "b")]),
        ("1. Input: a\n   Output: b\n2. Input: c\n   Output: d", [("a", "b"), ("c", "d")]),
        ("Input 1: a\nOutput 1: b", [("a", "b")]),
        ("Input:\na\nb\n\nOutput:\nc", [("a\nb", "c")]),
        ("Input: none\nOutput: b", [("", "b")]),
        ("Input: N/A\nOutput: b", [("", "b")]),
        ("Output: b", [("", "b")]),
        ("Input: a\nInput: c\nOutput: d", [("a", None), ("c", "d")]),
        ("Input:\n```\nInput: not one\n```\nOutput: b", [("```\nInput: not one\n```", "b")]),
        ("The input: of all is unknown. I cannot.", []),
        ("", []),
    ],
)
def test_an_answer_is_read_into_its_examples(text: str, found: list[tuple[str | None, str | None]]) -> None:
    assert read_examples(text) == [Example(*one) for one in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Output: good\nInput: a\nOutput: bad\nInput: b", [("a", "good"), ("b", "bad")]),
        ("Class label: good\nInput: a\nInput: b\nLabel: bad\nInput: c", [("a", "good"), ("b", "good"), ("c", "bad")]),
        ("Output: good", [(None, "good")]),
        ("Output: good\nOutput: bad\nInput: b", [(None, "good"), ("b", "bad")]),
    ],
)
def test_of_a_classification_the_output_comes_first(text: str, found: list[tuple[str | None, str]]) -> None:
    assert read_examples(text, output_first=True) == [Example(*one) for one in found]


@given(st.lists(st.tuples(LINES, LINES), min_size=1, max_size=5))
def test_what_is_written_in_the_form_is_read_back(pairs: list[tuple[str, str]]) -> None:
    pairs = [(f"q{one}", f"r{other}") for one, other in pairs]  # a bare field name would be one
    text = "\n\n".join(f"Example {n}\nInput: {one}\nOutput: {other}" for n, (one, other) in enumerate(pairs, 1))
    assert read_examples(text) == [Example(*pair) for pair in pairs]


def test_an_example_that_breaks_a_rule_says_which() -> None:
    earlier = [Example("a", "b")]
    assert broken(Example("c", "d"), earlier) is None
    assert broken(Example("a", "b"), earlier) == "the same input as before"
    assert broken(Example("a", "c"), earlier) == "the same input as before, with another output"
    assert broken(Example("a", ""), []) == "no output in the example"
    assert broken(Example(None, "a"), []) == "no input in the example"
    assert broken(Example("a", "a"), []) == "the output is the input"
    assert broken(Example("", "once"), []) is None


def test_yes_and_no_are_read_and_nothing_else() -> None:
    said = ["Yes", "no.", "**Yes**, it has two labels", "No, yes", "", "Perhaps", "42"]
    assert [is_closed(one) for one in said] == [True, False, True, False, None, None, None]
