"""The instructions of IFBench that are judged: each accepts, each rejects, and the others are refused with a reason."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewards
from rewards.instructions.kinds import IFBENCH, REFUSED
from rewards.instructions.tokens import tokenise

FIVE = {f"keyword{at}": word for at, word in enumerate(("one", "two", "three", "five", "seven"), 1)}
FIVE_TEXT = "one" + " two" * 2 + " three" * 3 + " five" * 5 + " seven" * 7
PALINDROMES = "level radar civic refer madam kayak rotor stats tenet solos"

EXAMPLES: dict[str, tuple[dict[str, Any], str, str]] = {  # arguments, a response that follows, one that does not
    "count:conjunctions": ({"small_n": 3}, "Cats and dogs, but for once.", "Cats and dogs and cows."),
    "count:keywords_multiple": (FIVE, FIVE_TEXT, FIVE_TEXT + " one"),
    "count:numbers": ({"N": 2.0}, "From 1,000 to 20.", "Only 7."),
    "count:pronouns": ({"N": 3}, "I'm told she likes it.", "The cat likes milk."),
    "count:punctuation": ({}, "Well, this: yes; what?! Really? Fine! OK.", "Well, this: yes; what? Fine."),
    "count:unique_word_count": ({"N": 3}, "a b c", "a, b. A b"),
    "count:word_count_range": ({"min_words": 2, "max_words": 3}, "two words", "here are four words"),
    "count:words_japanese": ({"N": 2}, "one 二 three 四", "one two"),
    "custom:character_reverse": ({}, "elgae dlab ehT", "The bald eagle"),
    "custom:csv_city": ({}, "ID,Country,City,Year,Count\n" + "1,a,b,2,3\n" * 7, "ID,Country,City\n1,a,b"),
    "custom:date_format_list": ({}, "1769-08-15, 1804-12-02", "1804-13-02"),
    "custom:multiples": ({}, "14, 21, 28, 35, 42, 49", "7, 14, 21"),
    "custom:sentence_alphabet": (
        {},
        " ".join(f"{letter.upper()}nd so it goes on." for letter in "abcdefghijklmnopqrstuvwxyz"),
        "And so it goes. But why?",
    ),
    "format:line_indent": ({}, "a\n b\n  c", "a\n b\n c"),
    "format:list": ({"sep": "!?!?"}, "!?!? a\n!?!? b", "- a\n- b"),
    "format:newline": ({}, "each\nword\nalone", "two words\nalone"),
    "format:no_bullets_bullets": ({}, "One is. Two are.\n* a\n* b", "* a\n* b"),
    "format:no_whitespace": ({}, "OneWord", "two words"),
    "format:options": ({"options": "yes/no/maybe"}, "Yes.", "Yes, because"),
    "format:output_template": ({}, "My Answer: a My Conclusion: b Future Outlook: c", "My Answer: a"),
    "format:parentheses": ({}, "a (b [c {d (e [f] g) h} i] j) k", "a (b (c (d (e)))"),
    "format:quote_unquote": ({}, 'He said "so" and meant it', 'He said "so"'),
    "format:quotes": ({}, "\"a 'b \"c\" d' e\"", "'a' \"b\""),
    "format:sub-bullets": ({}, "* a\n  - b\n* c\n  - d", "* a\n  - b\n* c"),
    "format:thesis": ({}, "<i>Cats are best.</i> They purr.", "<i>Cats are best.</i>"),
    "ratio:overlap": ({"percentage": 100, "reference_text": "abcdef"}, "abcdef", "abcxyz"),
    "ratio:sentence_balance": ({}, "It is. Is it? Wow!", "It is. It was."),
    "ratio:sentence_type": ({}, "It is. It was. Is it?", "It is. Is it?"),
    "ratio:sentence_words": ({}, "One cat. Two dog. Ten hen.", "One cat. Two dogs. Ten hen."),
    "repeat:repeat_change": ({"prompt_to_repeat": "Write a poem now"}, "Sing a poem now", "Write a poem now"),
    "repeat:repeat_span": ({"prompt_to_repeat": "explain it", "n_start": 0, "n_end": 6}, "Explain", "explain it"),
    "sentence:alliteration_increment": ({}, "It was odd. Big bears run.", "Big bears run. It was odd."),
    "sentence:increment": ({"small_n": 1}, "Go now. Go right now.", "Go now. Go on."),
    "sentence:keyword": ({"word": "cat", "N": 2}, "One dog. A cat!", "A cat. One dog."),
    "words:alphabet": ({}, "Yes, zebras always bite.", "Zebras bite always."),
    "words:consonants": ({}, "Strong winds blow", "I blow"),
    "words:keywords_specific_position": ({"keyword": "cat", "n": 2, "m": 3}, "Hi. See, a, Cat!", "See a cat. No."),
    "words:last_first": ({}, "I saw Tom. Tom ran.", "I saw Tom. He ran."),
    "words:no_consecutive": ({}, "one two four", "two three"),
    "words:palindrome": ({}, PALINDROMES, PALINDROMES[6:]),
    "words:paragraph_last_first": ({}, "Tom saw Tom.\nCats like cats.", "Tom saw cats."),
    "words:prime_lengths": ({}, "the big tiger", "this tiger"),
    "words:repeats": ({"small_n": 2}, "a b a b", "a b a, A"),
    "words:vowel": ({}, "A bee sat", "A bee is out"),
    "words:words_position": ({"keyword": "cat"}, "The cat saw a cat too.", "A cat saw the cat."),
}  # fmt: skip


def judge(response: str, name: str, arguments: dict[str, Any]) -> rewards.Score:
    return rewards.ifeval.score(response, instruction_id_list=[name], kwargs=[arguments])


def test_the_examples_cover_all_kinds() -> None:
    assert set(EXAMPLES) == set(IFBENCH)


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_kind_accepts_and_rejects(name: str) -> None:
    arguments, good, bad = EXAMPLES[name]
    accepted, rejected = judge(good, name, arguments), judge(bad, name, arguments)
    assert (accepted.value, rejected.value) == (1.0, 0.0), (accepted, rejected)
    assert judge("", name, arguments).value == 0.0


@pytest.mark.parametrize("name", REFUSED)
def test_the_others_are_refused_with_a_reason(name: str) -> None:
    score = judge("anything", name, {})
    assert score.value is None
    assert REFUSED[name] in score.why


@pytest.mark.parametrize("name", EXAMPLES)
def test_hostile_text_takes_linear_time(name: str) -> None:
    for text in (
        "(" * 50_000,
        '"' * 50_000,
        "a " * 25_000,
        "*\n" * 25_000,
        "<i>" * 20_000,
        "?!" * 25_000,
        "1," * 25_000,
    ):
        started = time.process_time()
        assert judge(text, name, EXAMPLES[name][0]).value in (0.0, 1.0)
        assert time.process_time() - started < 5, (name, text[:10])


@given(st.text(max_size=80), st.sampled_from(sorted(EXAMPLES)))
def test_any_text_gets_a_verdict(text: str, name: str) -> None:
    assert judge(text, name, EXAMPLES[name][0]).value in (0.0, 1.0)


@given(st.text(max_size=80))
def test_tokens_keep_all_but_white_space(text: str) -> None:
    assert "".join(tokenise(text)) == "".join(text.split())
