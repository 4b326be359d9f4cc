"""What a model wrote in a user's place: an instruction, or the reason why it is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.magpie.instructions import Reader


def reader(**more: object) -> Reader:
    return Reader(("<|im_end|>",), **({"max_words": 10, "keep_markdown": False} | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "finish", "reason"),
    [
        ("Why is the sky blue?", "stop", None),
        ("Was ist 2 + 2?\n\n- a\n- b", "stop", None),
        ("#hashtags: what are they?", "stop", None),
        ("为什么天空是蓝色的？", "stop", None),
        ("", "stop", "empty: no letter or number"),
        (" \n.?!", "length", "empty: no letter or number"),
        ("<|im_end|>I am an answer", "stop", "empty: no letter or number"),
        ("Why is the sky", "length", "not finished: cut off at max_tokens"),
        ("Why is the sky", "content_filter", "not finished: content_filter"),
        ("Why?<|im_start|>assistant\nBecause", "stop", "holds a mark of a chat template"),
        ("Why?<｜Assistant｜>Because", "stop", "holds a mark of a chat template"),
        ("Why? [/INST] Because", "stop", "holds a mark of a chat template"),
        ("Why?<end_of_turn>", "stop", "holds a mark of a chat template"),
        ("<think>\nhm\n</think>\n\nWhy?", "stop", "holds a mark of a chat template"),
        ("# A page", "stop", "begins with markdown"),
        ("**Bold**", "stop", "begins with markdown"),
        ("```python\nx\n```", "stop", "begins with markdown"),
        ("word " * 11, "stop", "longer than 10 words"),
    ],
)
def test_what_is_no_instruction_is_told(text: str, finish: str, reason: str | None) -> None:
    assert reader().read("a", text, finish)[1] == reason


def test_the_end_of_the_turn_is_cut_off_where_a_server_left_it() -> None:
    assert reader().read("a", "Why?<|im_end|>\n<|im_start|>assistant\nBecause", "stop") == ("Why?", None)


def test_markdown_may_stay() -> None:
    assert reader(keep_markdown=True).read("a", "# A page", "stop") == ("# A page", None)


def test_a_repetition_names_the_first_and_a_dropped_one_is_no_first() -> None:
    read = reader()
    assert read.read("a", "Why?", "length")[1] is not None
    assert read.read("b", "Why?", "stop") == ("Why?", None)
    assert read.read("c", " why?\n", "stop") == ("why?", "says the same as b")


@given(st.lists(st.text(max_size=40), max_size=8))
def test_whatever_is_written_the_kept_ones_differ_and_end_before_the_stop(texts: list[str]) -> None:
    read = reader(max_words=5)
    found = [read.read(str(number), text, "stop") for number, text in enumerate(texts)]
    kept = [text for text, reason in found if reason is None]
    assert len({" ".join(text.casefold().split()) for text in kept}) == len(kept)
    assert all("<|im_end|>" not in text and 0 < len(text.split()) <= 5 for text in kept)
