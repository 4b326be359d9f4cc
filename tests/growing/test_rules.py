"""The rules of Self-Instruct, at their borders."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from curate.growing.rules import Rules


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Name three fruits", "fewer than 4 words"),
        ("Name three red fruits", None),
        (" ".join(["word"] * 150), None),
        (" ".join(["word"] * 151), "more than 150 words"),
        ("", "empty"),
        ("Plot these numbers for me", "holds 'plot'"),
        ("How do I go to Rome?", "holds 'go to'"),
        ("Describe the mapping of these drawers", None),
        ("Write a program that sorts words", "begins with 'Write a program'"),
        ("Please do not Write a program", None),
        ('"Sort these words," he said', "begins with a punctuation mark"),
        ("Éclairs are made of what?", "begins with a character that is not ASCII"),
        ("写一首关于春天的诗", "begins with a character that is not ASCII"),
    ],
)
def test_what_breaks_a_rule_is_told(text: str, reason: str | None) -> None:
    assert Rules().broken(text) == reason


def test_every_rule_can_be_turned_off() -> None:
    rules = Rules(words=(1, 999), blacklist=(), openings=(), punctuation_start=True, non_ascii_start=True)
    for text in ("Draw", "¿Qué?", "(a)", "Write a program"):
        assert rules.broken(text) is None


def test_a_listed_word_is_no_pattern() -> None:
    rules = Rules(blacklist=("c++", "a.b"))
    assert rules.broken("Please explain c++ to me") == "holds 'c++'"
    assert rules.broken("Please explain aXb to me") is None


@pytest.mark.parametrize("settings", [{"words": (9, 4)}, {"words": (0, 4)}, {"blacklist": ("",)}, {"openings": (" ",)}])
def test_rules_that_cannot_be_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rules.model_validate(settings)
