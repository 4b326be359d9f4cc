"""Refusals, identity, cutoff dates, set phrases: what is said is found; what is told, quoted or meant otherwise is not.

The sentences are ours, in `said/`: a file of what a rule should find, and one of what comes close.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.cleaning.rules import RULES, Texts

SAID = Path(__file__).parent / "said"


def found(rule: str, *texts: str) -> list[str | None]:
    return RULES[rule].values(Texts(pl.Series(texts))).to_list()


def sentences(name: str) -> list[str]:
    return [line.replace("\\n", "\n") for line in (SAID / f"{name}.txt").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("rule", ["refusal", "identity", "cutoff"])
def test_phrases_are_found_with_precision_and_recall_of_at_least_95_percent(rule: str) -> None:
    said, not_said = sentences(rule), sentences(f"not-{rule}")
    missed = [text for text, hit in zip(said, found(rule, *said), strict=True) if hit is None]
    false = [text for text, hit in zip(not_said, found(rule, *not_said), strict=True) if hit is not None]
    assert len(missed) <= 0.05 * len(said), missed
    assert len(false) <= 0.05 * (len(said) - len(missed) + len(false)), false


def test_a_refusal_later_in_a_long_answer_is_none() -> None:
    story = "The king rode out at dawn. " * 30 + "I'm sorry, but I can't help with that."
    assert found("refusal", story) == [None]


def test_a_refusal_thought_of_before_the_answer_is_none() -> None:
    assert found("refusal", "<think>I can't help with that.</think>Of course: press the button.") == [None]


@pytest.mark.parametrize(
    "text",
    [
        "Sure! Here is a list.", "Certainly! Below is the code.", "Of course! To bake bread, take flour.",
        "Great question! The sun is a star.", "The answer is 4. I hope this helps!",
        "Use a loop. Let me know if you have any questions.", "Done. Feel free to ask if anything is unclear.",
        "It is 7.\n\nIs there anything else I can help you with?",
    ],
)  # fmt: skip
def test_set_phrases_are_found_at_both_ends(text: str) -> None:
    assert found("boilerplate", text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "She said she was sure the train had left.", "Of course is spelled with an f.",
        "Dear Sir, please let me know if you have any questions.\n\nBest regards,\nAnna",
        "I hope this letter finds you well. The roof still leaks.", "Great Britain is an island.",
    ],
)  # fmt: skip
def test_words_that_are_no_set_phrases_are_not(text: str) -> None:
    assert found("boilerplate", text) == [None]


def test_a_megabyte_of_near_misses_takes_no_time_and_finds_nothing() -> None:
    from time import process_time

    text = "as an ai as an ai I am I'm sorry, sorry, but " * 25_000
    started = process_time()
    for rule in ("refusal", "identity", "cutoff", "boilerplate"):
        found(rule, text)
    assert process_time() - started < 10  # CPU-seconds; a backtracking engine takes hours
