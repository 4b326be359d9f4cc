r"""Form: thinking tags, boxes, fences, cut-off ends, special tokens, other turns, echoes, broken characters."""

from __future__ import annotations

import polars as pl
import pytest

from curate.cleaning.rules import RULES, Texts, filter_rows


def found(rule: str, text: str | None, **columns: str | None) -> object:
    beside = pl.DataFrame({name: [value] for name, value in columns.items()}) if columns else None
    return RULES[rule].values(Texts(pl.Series([text], dtype=pl.String), beside)).to_list()[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<think>a</think>b", None),
        ("plain", None),
        ("a</think>b", None),
        ("<think>a", "thinking never closes"),
        ("<think>a</think>  ", "no answer after the thinking"),
        ("<think>a</think>b<think>c</think>d", "a second thinking block"),
        ("The tag <think> opens a block.", None),
        ("[THINK]a[/THINK]b", None),
        (None, None),
        ("", None),
    ],
)
def test_thinking_tags(text: str | None, fault: str | None) -> None:
    assert found("thinking_tags", text) == fault


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (r"\boxed{4}", False),
        (r"so $\boxed{\frac{1}{2}}$", False),
        (r"\boxed{4", True),
        ("four", True),
        (None, None),
        (r"<think>\boxed{3}</think>It is 3.", True),
    ],
)
def test_a_box_must_close_in_the_answer(text: str | None, missing: bool | None) -> None:
    assert found("no_box", text) is missing


@pytest.mark.parametrize(
    ("text", "fence"),
    [
        ("```py\nx\n```", None),
        ("```py\nx", "```py"),
        ("a ``` b ``` c", None),
        ("````\n```\n````", None),
        ("~~~\nx\n```", "~~~"),
        ("```\na\n```\n```\nb", "```"),
        ("  ```js\n  x\n  ```", None),
        ("> ```\n> x\n> ```", None),
        ("```inline``` code", None),
    ],
)
def test_code_fences(text: str, fence: str | None) -> None:
    assert found("code_fences", text) == fence


FINISHED = [
    "It is 4.",
    "Yes",
    "Paris",
    "- apples\n- pears",
    "# Title\n\nDone!",
    "x = 4",
    "$x = 4$",
    r"\[ x = 4 \]",
    "Best regards,\nAnna",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "See https://example.org/a/very/long/path/that/goes/on/and/on/and/on/for/ever",
    "“Quoted to the end.”",
    "这是一个完整的句子，它有一个句号。",
    "def f(x):\n    return x",
    "1. One\n2. Two",
    "He said: 'go.'",
    "",
]
CUT = [
    "The capital of France is",
    "We need to compute the sum of",
    "First, we have apples,",
    "The steps are as follows:",
    "It starts small. In this explanation we look at how the process works when the input is larger than any",
    "```python\nfor x in range(3):",
    "It follows that (",
    "这个问题我们需要从很多方面来考虑，包括经济的因素和社会的因素以及其他很多很多的因",
]


@pytest.mark.parametrize("text", FINISHED)
def test_what_ends_looks_finished(text: str) -> None:
    assert found("unfinished", text) is None


@pytest.mark.parametrize("text", CUT)
def test_what_breaks_off_looks_unfinished(text: str) -> None:
    assert found("unfinished", text)


def test_a_finish_reason_says_more_than_the_look() -> None:
    assert found("unfinished", "It is 4.", finish_reason="length") == "finish_reason is length"
    assert found("unfinished", "The capital of France is", finish_reason="stop") is None
    assert found("unfinished", "The capital of France is", finish_reason=None) is not None


@pytest.mark.parametrize(
    "text",
    [
        "a<|im_end|>",
        "<|im_start|>user",
        "<|eot_id|>",
        "<|start_header_id|>",
        "<|reserved_special_token_17|>",
        "hi<|endoftext|>",
        "<start_of_turn>model",
        "<end_of_turn>",
        "[INST] hi [/INST]",
        "<<SYS>>",
        "ok</s>",
        "<s>[INST]",
        "<｜begin▁of▁sentence｜>",
        "<｜User｜>",
        "<｜tool▁calls▁begin｜>",
        "<｜end▁of▁sentence｜>",
        "[TOOL_CALLS]",
        "<unused42>",
        "<extra_id_0>",
        "<pad>",
        "<bos>",
        "[MASK]",
        "<|channel|>final",
        "<|fim_prefix|>",
        "in code: `<|im_start|>`",
        "<0x0A>",
    ],
)
def test_special_tokens_are_found_wherever_they_stand(text: str) -> None:
    assert found("special_tokens", text)


@pytest.mark.parametrize(
    "text",
    [
        "a < b | c > d",
        "<html><body>",
        "x <| f |> y",
        "vec![1, 2]",
        "<s>struck</s> text",
        "[1] [2]",
        "a || b",
        "List<String>",
        "[INSERT]",
    ],
)
def test_code_and_markup_are_no_special_tokens(text: str) -> None:
    assert found("special_tokens", text) is None


def test_another_turn_is_found() -> None:
    assert found("next_turn", "Paris.\n\nHuman: And Spain?\nAssistant: Madrid.") == "Human:"
    assert found("next_turn", "4\n\n### Instruction:\nAdd 3") == "### Instruction:"
    assert found("next_turn", "The human: a study. Instruction matters.") is None


def test_an_echo_of_the_prompt() -> None:
    prompt = "Write a poem about the sea in spring"
    assert found("prompt_echo", f"  {prompt.upper()}\nBlue waves", prompt=prompt) is True
    assert found("prompt_echo", "Blue waves roll in", prompt=prompt) is False
    assert found("prompt_echo", "Hi there", prompt="Hi") is None
    chat = [{"role": "user", "content": prompt}, {"role": "assistant", "content": prompt + "!"}]
    assert filter_rows(pl.DataFrame({"messages": [chat]}), ["prompt_echo"]).kept["flag.prompt_echo"].to_list() == [True]


@pytest.mark.parametrize("text", ["a\ufffdb", "cafÃ©", "itâ€™s", "nul\x00", "Â£5", "\x1b[31mred"])
def test_broken_text_is_found(text: str) -> None:
    assert found("broken_text", text)


@pytest.mark.parametrize(
    "text", ["café £5 “quoted”", "tab\tand\nline\r\n", "SÃO PAULO", "مرحبا", "e\u0301", "👩‍👩‍👧", "ÂGE"]
)
def test_sound_text_is_not_broken(text: str) -> None:
    assert found("broken_text", text) is None


def test_rules_on_c4_count_the_lines_that_c4_keeps() -> None:
    good = "One two three four. Five six seven eight!\nNine ten eleven. Twelve is here? Yes it is.\nno end\nShort."
    assert found("c4_sentences", good) == 5
    assert found("c4_sentences", "We use cookies to serve you well.\nPlease enable Javascript to go on.") == 0
    assert found("c4_curly_bracket", "f{x}") is True
    assert found("c4_lorem_ipsum", "Lorem Ipsum dolor") is True
