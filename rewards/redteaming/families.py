"""Built-in tasks: questions with a right and a wrong answer, and the ways to write an answer down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FUNCTION = "function"
"""The family whose answers are functions and whose golds are asserts."""


@dataclass(frozen=True, slots=True)
class Task:
    """One question. columns: what a reward for this kind of task reads beside the gold."""

    prompt: str
    gold: str
    wrong: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    right: str = ""

    @property
    def answer(self) -> str:
        """What to answer."""
        return self.right or self.gold


def _function(name: str, factor: int) -> Task:
    """A function to write, with the asserts that test it: as a gold, and under the names data sets give them."""
    tests = [f"assert {name}({given}) == {given * factor}" for given in (4, -3, 117)]
    right, wrong = (f"```python\ndef {name}(x):\n    return {body}\n```" for body in (f"{factor} * x", "x + 71"))
    columns = {"tests": tests, "test_list": tests, "test": "\n".join(tests), "entry_point": name}
    return Task(f"Write {name}(x).", "\n".join(tests), wrong, columns, right)


FAMILIES: dict[str, tuple[Task, Task]] = {
    "number": (
        Task("How many legs have ten cows and one bird?", "42", "17"),
        Task("How many eggs are in eight boxes of twelve?", "96", "58"),
    ),
    "word": (
        Task("What is the capital of France?", "Paris", "London"),
        Task("What is the capital of Italy?", "Rome", "Madrid"),
    ),
    "choice": (
        Task("Which is a fruit? (A) stone (B) plum (C) brick", "B", "C"),
        Task("Which is a bird? (A) crow (B) snail (C) oak", "A", "B"),
    ),
    "countdown": (
        Task("Make 32.", "32", "3 + 5", {"numbers": [3, 5, 7, 11], "target": 32}, "(11 - 7) * (3 + 5)"),
        Task("Make 61.", "61", "2 + 9", {"numbers": [2, 9, 10, 41], "target": 61}, "41 + 2 * 10"),
    ),
    "matrix": (
        Task("Write the rows.", "[[1, 2], [3, 4]]", "[[4, 3], [2, 1]]"),
        Task("Write the rows.", "[[5, 6], [7, 8]]", "[[8, 6], [7, 5]]"),
    ),
    "program": (
        Task("Print the product.", "42", "```python\nprint(40 + 1)\n```", {}, "```python\nprint(6 * 7)\n```"),
        Task("Print the product.", "96", "```python\nprint(90 + 5)\n```", {}, "```python\nprint(8 * 12)\n```"),
    ),
    FUNCTION: (_function("double", 2), _function("triple", 3)),
}

WRAPS = (
    "{}",
    "\\boxed{{{}}}",
    "<think>\nI count.\n</think>\n<answer>\n{}\n</answer>",
    "<think>\nI count.\n</think>\n\\boxed{{{}}}",
    "<answer>{}</answer>",
    "The answer is {}.",
    "#### {}",
    "$\\boxed{{{}}}$",
)
GOLD_WRAPS = ("{}", "${}$", "\\boxed{{{}}}", "#### {}")
