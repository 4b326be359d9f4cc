"""Where the final answer stands, and what is no final answer."""

from __future__ import annotations

import time

import pytest

from rewards.base import RewardError
from rewards.extract import boxes, final_answer, last_boxed, last_number, last_resort, strip_thinking


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>a</think>b", "b"),
        ("a</think>b", "b"),
        ("<think>a</think>b<think>c</think>d", "d"),
        ("<think>a", ""),
        ("<think>a</think>b<think>c", "b<think>c"),
        ("<|begin_of_thought|>a<|end_of_thought|>b", "b"),
        ("no tags", "no tags"),
    ],
)
def test_thinking_is_taken_off(text: str, answer: str) -> None:
    assert strip_thinking(text) == answer


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        (r"\boxed{1}", ["1"]),
        (r"\boxed{\frac{1}{2}} and \fbox{3}", [r"\frac{1}{2}", "3"]),
        (r"\boxed {1}", ["1"]),
        (r"\boxed5", ["5"]),
        (r"\boxed{\{1, 2\}}", [r"\{1, 2\}"]),
        (r"\boxed{1", []),
        (r"\boxed{1} \boxed{2", ["1"]),
        ("box of 12", []),
    ],
)
def test_boxes_have_balanced_braces(text: str, contents: list[str]) -> None:
    assert [content for _, _, content in boxes(text)] == contents
    assert last_boxed(text) == (contents[-1] if contents else None)


@pytest.mark.parametrize(
    ("text", "answer", "how"),
    [
        (r"\boxed{70}. That fails. So \boxed{73}", "73", "boxed"),
        (r"\boxed{1} or \boxed{2}", "1 or 2", "boxed"),
        (r"$\boxed{1}$, $\boxed{2}$ and $\boxed{3}$", "1, 2, 3", "boxed"),
        (r"\boxed{1} \boxed{1}", "1", "boxed"),
        (r"<answer>\boxed{5}</answer> \boxed{6}", "5", "answer tag"),
        ("<answer>5</answer>", "5", "answer tag"),
        ("It is 4.\n#### 5", "5", "####"),
        ("The answer is 5.", "5", "marker"),
        ("The answer is 3.14.", "3.14", "marker"),
        ("The answer is $x^2$. Done.", "x^2", "marker"),
        ("Final answer: **12**", "12", "marker"),
        ("The answer is 4. No, the answer is 5.", "5", "marker"),
        ("The answer is 5. Some say the answer is 4.", "5", "marker"),
        ("The answer is not 4 but 5.", "5", "marker"),
        ("## Final answer\n\n5", "5", "marker"),
        ("The answer is J. K. Rowling. She wrote it.", "J. K. Rowling", "marker"),
        ("The answer is Samuel L. Jackson.", "Samuel L. Jackson", "marker"),
        ("The answer is B. Paris is larger.", "B", "marker"),
        ("答えは5です。", "5", "marker"),
        ("结果是5。", "5", "marker"),
        ("The answer is (a) 5.", "5", "marker"),
        ("The answer is (a) 5 (b) 6.", "(a) 5 (b) 6", "marker"),
        ('{"steps": ["1+4"], "answer": 5}', "5", "the key of a JSON object"),
        ('```json\n{"answer": "x^2"}\n```', "x^2", "the key of a JSON object"),
    ],
)
def test_the_strongest_form_wins(text: str, answer: str, how: str) -> None:
    found = final_answer(text)
    assert found is not None
    assert (found.text, found.how) == (answer, how)


@pytest.mark.parametrize(
    "text",
    [
        "<answer>1</answer><answer>2</answer>",
        r"\boxed{1} The final answer is 2.",
        r"<think>\boxed{1}</think>",
        "",
        "####",
        "Suppose the answer is 1. Then 2 is odd.",
        "One could think the answer is 1.",
        "I do not think that the correct answer is 1.",
        "The answer is 1. Just kidding.",
        '{"answer": 1, "final_answer": 2}',
        'The form is {"answer": 1}',
        "La respuesta no es 1.",
    ],
)
def test_what_disagrees_or_is_missing_is_no_answer(text: str) -> None:
    found = final_answer(text)
    assert found is None or not found.text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"The answer is not \boxed{24}.", ""),
        (r"So $\boxed{12}$. The answer isn't $\boxed{24}$.", "12"),
        (r"The answer is \boxed{24}, not \boxed{25}.", "24"),
        (r"The value that $x$ cannot be is \boxed{7}.", "7"),
        (r"So $x \ne \boxed{7}$.", "7"),
    ],
)
def test_a_box_that_is_called_no_answer_is_none(text: str, answer: str) -> None:
    found = final_answer(text)
    assert found is not None
    assert found.text == answer


def test_a_markdown_heading_is_no_answer() -> None:
    assert final_answer("#### 3. Compute the sum\nIt is large.") is None
    assert final_answer("#### Result") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5 cats, 12 dogs.", "12"),
        ("She has 1,234.50 dollars.", "1,234.50"),
        ("a rise of 5%", "5%"),
        ("x = -5", "-5"),
        ("The sum is 36 cm, not 35 cm.", "36"),
        ("Total\n-----\n36", "36"),
        ("the area is 36 \\text{ cm}^2", "36"),
        (r"so the chance is $\frac34$", r"\frac34"),
        ("3 + 4 = 7", "7"),
        (r"so \frac{3}{4} remains", r"\frac{3}{4}"),
        ("in 3/4 of cases", "3/4"),
    ],
)
def test_the_last_number(text: str, number: str) -> None:
    found = last_number(text)
    assert found is not None
    assert found.text == number


@pytest.mark.parametrize(
    "text",
    [
        "Is 12 the answer?",
        "The number 12 does not work.",
        "12 or 13",
        "It is 12 or maybe 13.",
        "maybe 12, maybe 13",
        "Es 12 o 13.",
        "No es 12.",
        "none",
        "f(x)-5",
        "so it is 2x",
        r"so it is $12\pi$",
        "so x > 12",
        "we get 5 * 12",
        "we end with 12^3",
        "in the ratio 1:12",
        "we compute f(12)",
    ],
)
def test_candidates_and_denied_numbers_are_no_number(text: str) -> None:
    assert last_number(text) is None


@pytest.mark.parametrize(
    "text", ["12\n13\n14", "1. 12\n2. 13", "a) 12\nb) 13", "```\n12\n13\n```", "| guess |\n|---|\n| 12 |\n| 13 |"]
)
def test_a_list_of_numbers_settles_on_none(text: str) -> None:
    assert last_resort(text, letter=False, number=True) is None


def test_a_number_set_apart_is_the_answer_whatever_the_explanation_ends_with() -> None:
    found = last_resort("**24**\n\nHere 3 boxes hold 8 pencils each.", letter=False, number=True)
    assert found is not None
    assert found.text == "24"


def test_the_last_resort_depends_on_the_gold() -> None:
    text = "Option A is wrong and $x^2$ is 4, so it must be B"
    letter, number = last_resort(text, letter=True, number=False), last_resort(text, letter=False, number=True)
    formula = last_resort(text, letter=False, number=False)
    assert letter is not None
    assert number is not None
    assert formula is not None
    assert (letter.text, number.text, formula.text) == ("B", "4", "x^2")


def test_an_unknown_style_names_its_neighbour() -> None:
    with pytest.raises(RewardError, match="unknown style 'boxd'; did you mean 'boxed'"):
        final_answer("x", "boxd")


@pytest.mark.parametrize(
    "piece",
    [
        "\\boxed{", "\\boxed{1}", "<answer>", "</answer>", "<answer>1</answer>", "####", "answer is ", "answer to ",
        "$", "1,", "12 or ", " ", "\n", "1/", "A ", "(A", "{", "}", "\\", "<think>", "and ", "0", "- ", "\\frac{1",
        "A:\n",
        "\\(", "\\[", "****", ".", "1.", "x",
    ],
)  # fmt: skip
def test_hostile_repetition_is_searched_in_linear_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    start = time.process_time()
    for hostile in (text, "</answer>" + text, "The answer is " + text):
        for style in ("auto", "gsm8k", "answer_tag"):
            final_answer(hostile, style)
        last_resort(hostile, letter=True, number=True)
        last_resort(hostile, letter=False, number=True)
        last_resort(hostile, letter=False, number=False)
    assert time.process_time() - start < 3  # what is not linear takes minutes


def test_a_column_with_a_rule_above_its_sum_is_no_list() -> None:
    found = last_resort("12\n+24\n---\n36", letter=False, number=True)
    assert found is not None
    assert found.text == "36"
