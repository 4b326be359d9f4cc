"""IFEval: the verdicts of the reference, and what must not pass."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewards
from rewards.instructions.casing import count_capital_words
from rewards.instructions.kinds import IFBENCH, IFEVAL
from rewards.instructions.sentences import split_sentences

Rows = Callable[[Path], Iterator[dict[str, Any]]]

EXAMPLES: dict[str, tuple[dict[str, Any], str, str]] = {  # arguments, a response that follows, one that does not
    "change_case:capital_word_frequency": ({"capital_frequency": 2, "capital_relation": "less than"}, "ONE two", "I'M"),
    "change_case:english_capital": ({}, "THE CAT SAT ON THE MAT AND LOOKED AT US.", "The cat sat on the mat."),
    "change_case:english_lowercase": ({}, "the cat sat on the mat and looked at us.", "The cat sat on the mat."),
    "combination:repeat_prompt": ({"prompt_to_repeat": "Say hi."}, "say hi. Hi!", "Hi! Say hi."),
    "combination:two_responses": ({}, "one\n******\ntwo", "one\n******\none"),
    "detectable_content:number_placeholders": ({"num_placeholders": 2}, "[a] [b]", "[a [b"),
    "detectable_content:postscript": ({"postscript_marker": "P.S."}, "Bye.\np. s. more", "Bye. PS more"),
    "detectable_format:constrained_response": ({}, "My answer is no.", "No."),
    "detectable_format:json_format": ({}, '```json\n{"a": [1]}\n```', 'Here: {"a": 1}'),
    "detectable_format:multiple_sections": (
        {"section_spliter": "Section", "num_sections": 2},
        "Section 1\na\nSection 2\nb",
        "Section one, Section two",
    ),
    "detectable_format:number_bullet_lists": ({"num_bullets": 2}, "* a\n- b", "* a\n- b\n* c"),
    "detectable_format:number_highlighted_sections": ({"num_highlights": 2}, "*a* and *b*", "*a* and b"),
    "detectable_format:title": ({}, "<<My Song>>\nla", "<< >>\nla"),
    "keywords:existence": ({"keywords": ["cat", "dog"]}, "Cats and DOGS", "Cats only"),
    "keywords:forbidden_words": ({"forbidden_words": ["cat"]}, "category", "a CAT!"),
    "keywords:frequency": ({"keyword": "cat", "frequency": 2, "relation": "at least"}, "cat, cats", "cat"),
    "keywords:letter_frequency": (
        {"letter": "E", "let_frequency": 2, "let_relation": "less than"},
        "Eat",
        "Eaten",
    ),
    "language:response_language": ({"language": "de"}, "Das ist ein ganz einfacher Satz.", "This is a plain sentence."),
    "length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "But"},
        'One.\n\n"But, two.',
        "One.\n\nTwo.",
    ),
    "length_constraints:number_paragraphs": ({"num_paragraphs": 2}, "a\n***\nb\n***", "a\n\nb"),
    "length_constraints:number_sentences": (
        {"num_sentences": 2, "relation": "less than"},
        "Dr. Smith saw it.",
        "A! B.",
    ),
    "length_constraints:number_words": ({"num_words": 3, "relation": "at least"}, "it's fine", "two words"),
    "punctuation:no_comma": ({}, "a; b", "a, b"),
    "startend:end_checker": ({"end_phrase": "The End."}, 'It was late. "the end."', "The end. Bye."),
    "startend:quotation": ({}, '"all of it"', '"half" of it'),
}


def judge(response: str, name: str, arguments: dict[str, Any], **options: Any) -> rewards.Score:
    return rewards.get("ifeval", **options).score(response, instruction_id_list=[name], kwargs=[arguments])


def test_the_examples_cover_the_25_kinds() -> None:
    assert len(EXAMPLES) == 25
    assert set(EXAMPLES) == set(IFEVAL)
    assert not set(IFEVAL) & set(IFBENCH)


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_kind_accepts_and_rejects(name: str) -> None:
    arguments, good, bad = EXAMPLES[name]
    assert judge(good, name, arguments).value == 1.0
    wrong = judge(bad, name, arguments)
    assert wrong.value == 0.0
    assert wrong.why.startswith(f"not followed: {name} (")
    assert judge(f"<think>{bad}</think>{good}", f"en:{name}", arguments).value == 1.0, "thinking is not the response"


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("response", ["", "  \n", "<think>all of it, in thoughts", "<think>a</think>"])
def test_an_empty_response_follows_nothing(name: str, response: str) -> None:
    assert judge(response, name, EXAMPLES[name][0]).value == 0.0
    assert judge(response, name, EXAMPLES[name][0], loose=True).value == 0.0


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_missing_argument_cannot_be_judged(name: str) -> None:
    arguments, good, _ = EXAMPLES[name]
    for key in arguments:
        score = judge(good, name, {**arguments, key: None})
        assert score.value is None
        assert key in score.why


def test_an_unknown_instruction_cannot_be_judged() -> None:
    score = judge("a", "punctuation:no_coma", {})
    assert score.value is None
    assert "did you mean 'punctuation:no_comma'" in score.why


def test_all_must_hold_and_partial_pays_the_share() -> None:
    ids = ["punctuation:no_comma", "startend:quotation", "detectable_format:title"]
    columns = {"instruction_id_list": ids, "kwargs": [{}, {"other": None}, None]}
    assert rewards.ifeval.score('"a; b"', **columns).value == 0.0
    partial = rewards.get("ifeval", partial=True).score('"a; b"', **columns)
    assert partial.value == pytest.approx(2 / 3)
    assert partial.evidence["followed"] == [[ids[0], True], [ids[1], True], [ids[2], False]]


def test_loose_forgives_an_introduction_a_farewell_and_asterisks() -> None:
    framed = 'Here you are:\n*"quoted"*\nAnything else?'
    assert judge(framed, "startend:quotation", {}).value == 0.0
    assert judge(framed, "startend:quotation", {}, loose=True).value == 1.0


def test_keywords_are_text_and_not_patterns() -> None:
    assert judge("C++ (sic", "keywords:existence", {"keywords": ["c++", "(sic"]}).value == 1.0
    assert judge("abc", "keywords:existence", {"keywords": ["a.c"]}).value == 0.0


HOSTILE = ["[" * 60_000, "* " * 30_000, "*" * 60_000, "\n" * 60_000, "<" * 60_000, "<<>" * 20_000, " " * 60_000 + "x"]
HOSTILE += [
    "." * 60_000,
    ". " * 30_000,
    "-" * 60_000,
    "p. " * 20_000,
    "a." * 30_000,
    '"' * 60_000,
    "[" * 30_000 + "]" * 30_000,
]
HOSTILE += [
    "Section " * 8_000,
    "a!" * 30_000,
    "\n*" * 30_000,
    "'" * 60_000,
    "1," * 30_000,
    "\t\r" * 30_000 + "*",
    "{" * 60_000,
]


@pytest.mark.parametrize("name", [name for name in EXAMPLES if "english" not in name and "language" not in name])
def test_hostile_text_takes_linear_time(name: str) -> None:
    arguments = EXAMPLES[name][0]
    for text in HOSTILE:
        started = time.process_time()
        judge(text, name, arguments)
        assert time.process_time() - started < 5, (name, text[:10])  # quadratic time would be minutes


@given(st.text(max_size=200))
def test_sentences_keep_all_text_but_white_space(text: str) -> None:
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())


@given(st.lists(st.sampled_from(["It rains.", "Really?", "No!", '"Go."', "(He went.)"]), min_size=1, max_size=9))
def test_plain_sentences_are_counted(sentences: list[str]) -> None:
    assert len(split_sentences(" ".join(sentences))) == len(sentences)


@given(st.text(alphabet="AB ab'.,\n", max_size=50))
def test_a_text_without_capitals_has_no_capital_words(text: str) -> None:
    assert count_capital_words(text.lower()) == 0


@pytest.mark.slow
def test_verdicts_equal_the_published_ones(shared_data: Path, read_rows: Rows) -> None:
    """Strict and loose, row by row. All differences are verdicts that the reference draws by chance.

    It replaces a "letter" that is no letter (`#`, `!`) by a random one, and langdetect is run without a seed: on three
    short or mixed texts another seed gives another language.
    """
    arguments = {row["prompt"]: row["kwargs"] for row in read_rows(shared_data / "if_ifeval/input_data_541.jsonl.gz")}
    differences: Counter[str] = Counter()
    judged = 0
    for path in sorted((shared_data / "if_ifeval").glob("eval_*.jsonl.gz")):
        rows = list(read_rows(path))
        for mode in ("strict", "loose"):
            scores = rewards.get("ifeval", loose=mode == "loose").score_batch(
                [row["response"] for row in rows],
                instruction_id_list=[row["instruction_id_list"] for row in rows],
                kwargs=[arguments[row["prompt"]] for row in rows],
            )
            for row, score in zip(rows, scores, strict=True):
                for (name, followed), published in zip(score.evidence["followed"], row[mode], strict=True):
                    judged += 1
                    if followed != published:
                        at = row["instruction_id_list"].index(name)
                        letter = arguments[row["prompt"]][at].get("letter")
                        differences[f"{name} {letter}" if letter else name] += 1
    assert judged == 5_004
    assert differences == {
        "en:keywords:letter_frequency #": 4,
        "en:keywords:letter_frequency !": 2,
        "en:change_case:english_lowercase": 1,
        "en:language:response_language": 1,
    }


SPANISH = {
    "es:special_character:enie": ({"let_frequency": 2}, "El niño soñó.", "El nino soñó."),
    "es:special_character:dieresis": ({"let_frequency": 1}, "Un pingüino.", "Un pinguino."),
    "es:special_character:tildes": ({"num_words": 1, "relation": "como máximo"}, "Sí.", "Sí, allí está."),
    "es:punctuation:question_marks": ({}, "¿Qué es?", "Qué es?"),
    "es:punctuation:exclamation_marks": ({}, "¡Hola!", "¡ !"),
    "es:length_constraints:number_words": ({"num_words": 3, "relation": "al menos"}, "uno dos tres", "uno dos"),
    "es:detectable_format:constrained_response": ({}, "Quizás.", "My answer is yes."),
    "es:detectable_format:number_bullet_lists": ({"num_bullets": 1}, "* uno\n- dos", "- uno"),
    "es:detectable_content:postscript": ({"postscript_marker": "P.D."}, "Hola. P. D. Adiós.", "Hola. P.S. Adiós."),
    "es:startend:end_checker": ({"end_phrase": "Un saludo"}, "Hola. **Un saludo.**", "Un saludo, Ana"),
    "es:change_case:spanish_capital": (
        {},
        "LA CASA DE MI ABUELA ES MUY GRANDE Y TIENE UN JARDÍN.",
        "THE HOUSE OF MY GRANDMOTHER IS VERY BIG AND HAS A GARDEN.",
    ),
    "es:length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "En mi opinión"},
        "Hola.\n\nEn mi opinión, no.",
        "En mi opinión.\n\nNo.",
    ),
}


@pytest.mark.parametrize("name", SPANISH)
def test_spanish_instructions_are_followed_and_broken(name: str) -> None:
    arguments, follows, breaks = SPANISH[name]
    for text, value in ((follows, 1.0), (breaks, 0.0)):
        assert rewards.ifeval.score(text, instruction_id_list=[name], kwargs=[arguments]).value == value, text


def test_published_spanish_verdicts_are_equal_but_for_sentences(shared_data: Path, read_rows: Rows) -> None:
    """M-IFEval cuts sentences with a trained parser of spaCy, which splits numbered lists otherwise."""
    inputs = {row["prompt"]: row["kwargs"] for row in read_rows(shared_data / "if_mifeval/es_input_data.jsonl.gz")}
    rows = list(read_rows(shared_data / "if_mifeval/es_eval_gpt-4o-mini.jsonl.gz"))
    differences: Counter[str] = Counter()
    judged = 0
    for mode in ("strict", "loose"):
        reward = rewards.get("ifeval", loose=mode == "loose")
        for row in rows:
            score = reward.score(
                row["response"], instruction_id_list=row["instruction_id_list"], kwargs=inputs[row["prompt"]]
            )
            for (name, followed), published in zip(score.evidence["followed"], row[mode], strict=True):
                judged += 1
                differences[name] += followed != published
    assert judged == 274
    assert {name: count for name, count in differences.items() if count} == {
        "es:length_constraints:number_sentences": 2
    }
