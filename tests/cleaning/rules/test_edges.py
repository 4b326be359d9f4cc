"""Texts at the edge of what a text is: nothing, a word, marks alone, scripts without spaces, one line of a megabyte."""

from __future__ import annotations

import random
import string

import polars as pl
import pytest

from curate import filter_rows
from curate.cleaning.rules import RULES, SETS, Texts

SOUND = {
    "a word": "Paris",
    "a number": "42",
    "a mark": "?",
    "a Chinese character": "好",
    "Chinese": "今天天气很好，我们去公园散步吧。明天可能会下雨，所以要记得带伞。后天是周末，大家都休息。",
    "Japanese": "昨日は友達と映画を見ました。とても面白かったです。帰りにラーメンを食べました。",
    "Thai": "วันนี้อากาศดีมาก เราจึงไปเดินเล่นริมแม่น้ำ แล้วกินข้าวเที่ยงด้วยกัน",
    "emoji": "🎉🚀👩‍👩‍👧",
    "combining marks": "Cafe\u0301 et the\u0301, s'il vous plai\u0302t.",
    "right to left": "كان الطقس رائعًا بالأمس، لذلك تمشينا على ضفاف النهر.",
    "tabs": "a\tb\tc\n1\t2\t3",
    "a formula": r"$$\int_0^1 x^2\,dx = \frac{1}{3}$$",
}


def flags(text: str | None, rules: list[str]) -> list[str]:
    rows = filter_rows(pl.DataFrame({"text": [text]}, schema={"text": pl.String}), rules).labelled
    return [name for name in rows.columns if name.startswith("flag.") and rows[name][0]]


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_a_short_or_foreign_text_is_sound(text: str) -> None:
    assert flags(text, ["default", "pii", "secrets"]) == []


@pytest.mark.parametrize("text", [None, "", " ", "\n\n", "\t", "\u3000"])
def test_nothing_is_flagged_as_empty_alone(text: str | None) -> None:
    assert flags(text, ["sft", "cot", "pii", "secrets"]) == ["flag.empty"]


PARAGRAPHS = [
    "Bees live in hives, and each hive has one queen.",
    "The workers gather nectar from flowers in spring.",
    "Honey keeps for years, since it holds little water.",
    "A swarm leaves when the old home becomes too small.",
    "Beekeepers wear white, because dark cloth alarms them.",
    "In winter the colony forms a ball and shivers for warmth.",
]


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n\n---\n\n", "\n\n```\n}\n```\n\n"])
def test_line_ends_of_windows_rules_and_brackets_are_no_loop(gap: str) -> None:
    assert flags(gap.join(PARAGRAPHS), ["default"]) == []


@pytest.mark.parametrize(
    "text", ["Yes\n" * 9, (PARAGRAPHS[0] + "\n\n") * 3, "\r\n".join([PARAGRAPHS[1]] * 4), "go on " * 30]
)
def test_a_loop_is_flagged_however_short_its_lines(text: str) -> None:
    assert any("repeated" in name for name in flags(text, ["default"]))


def test_a_line_of_a_megabyte_is_read_as_prose_is() -> None:
    draw = random.Random(0)
    words = ("".join(draw.choices(string.ascii_lowercase, k=draw.randint(2, 9))) for _ in range(160_000))
    assert flags(" ".join(words) + ".", ["default", "pii", "secrets"]) == []


@pytest.mark.parametrize("name", [name for name in RULES if name not in ("tokens", "prompt_echo", "language")])
def test_marks_alone_and_line_ends_of_windows_are_no_error(name: str) -> None:
    texts = [
        "... !!! ???",
        "\r\n",
        "a\r\n\r\nb\r\n",
        "- \n- \n",
        "#",
        "\u200d",
        "\ufeff",
        "{}",
        "<>",
        "``",
        "$",
        "\\",
        "|",
    ]
    values = RULES[name].values(Texts(pl.Series(texts)))
    assert len(values) == len(texts)


def test_a_set_names_rules_that_there_are() -> None:
    assert {name for names in SETS.values() for name in names} <= set(RULES)
