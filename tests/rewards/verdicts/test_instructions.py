"""Instructions that a program can check: one row is a response and one or several instructions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def row(
    verdict: float | None, response: str, *instructions: tuple[str, dict[str, Any]], prompt: str = ""
) -> tuple[Any, ...]:
    return verdict, response, [name for name, _ in instructions], [kwargs for _, kwargs in instructions], prompt


WORDS = "length_constraints:number_words"
SENTENCES = "length_constraints:number_sentences"
PARAGRAPHS = "length_constraints:number_paragraphs"
FIRST = "length_constraints:nth_paragraph_first_word"
BULLETS = "detectable_format:number_bullet_lists"
HIGHLIGHTS = "detectable_format:number_highlighted_sections"
SECTIONS = "detectable_format:multiple_sections"
PLACEHOLDERS = "detectable_content:number_placeholders"
FREQUENCY = "keywords:frequency"
LETTERS = "keywords:letter_frequency"
CAPITALS = "change_case:capital_word_frequency"

FOLLOWED = [
    row(1, "The sun rises. Birds sing. All is calm.", (SENTENCES, {"num_sentences": 3, "relation": "at least"})),
    row(0, "The sun rises. Birds sing.", (SENTENCES, {"num_sentences": 3, "relation": "at least"})),
    row(
        1, "Dr. Smith met Mr. Jones at 3.5 p.m. yesterday.", (SENTENCES, {"num_sentences": 2, "relation": "less than"})
    ),
    row(1, "one two three four", (WORDS, {"num_words": 4, "relation": "at least"})),
    row(0, "one two three", (WORDS, {"num_words": 4, "relation": "at least"})),
    row(1, "one two three", (WORDS, {"num_words": 4, "relation": "less than"})),
    row(0, "one two three four", (WORDS, {"num_words": 4, "relation": "less than"})),
    row(1, "First part.\n***\nSecond part.", (PARAGRAPHS, {"num_paragraphs": 2})),
    row(0, "First part.\n\nSecond part.", (PARAGRAPHS, {"num_paragraphs": 2})),
    row(0, "First part.\n***\nSecond part.\n***\nThird.", (PARAGRAPHS, {"num_paragraphs": 2})),
    row(1, "Alpha one.\n\nBeta two.", (FIRST, {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "beta"})),
    row(0, "Alpha one.\n\nGamma beta.", (FIRST, {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "beta"})),
    row(0, "Beta one.", (FIRST, {"num_paragraphs": 2, "nth_paragraph": 1, "first_word": "beta"})),
    row(1, "* one\n* two\n* three", (BULLETS, {"num_bullets": 3})),
    row(1, "Some:\n- one\n- two", (BULLETS, {"num_bullets": 2})),
    row(0, "* one\n* two", (BULLETS, {"num_bullets": 3})),
    row(0, "1. one\n2. two\n3. three", (BULLETS, {"num_bullets": 3})),
    row(1, "This is *very* and *truly* so.", (HIGHLIGHTS, {"num_highlights": 2})),
    row(1, "This is **very** and *truly* so.", (HIGHLIGHTS, {"num_highlights": 2})),
    row(0, "This is ** ** and *truly* so.", (HIGHLIGHTS, {"num_highlights": 2})),
    row(1, "SECTION 1\nText.\nSECTION 2\nText.", (SECTIONS, {"section_spliter": "SECTION", "num_sections": 2})),
    row(0, "SECTION 1\nText.", (SECTIONS, {"section_spliter": "SECTION", "num_sections": 2})),
    row(1, "Dear [name], see you in [city].", (PLACEHOLDERS, {"num_placeholders": 2})),
    row(0, "Dear [name], see you.", (PLACEHOLDERS, {"num_placeholders": 2})),
    row(1, "Bye.\n\nP.S. I like cake.", ("detectable_content:postscript", {"postscript_marker": "P.S."})),
    row(0, "Bye. I like cake.", ("detectable_content:postscript", {"postscript_marker": "P.S."})),
    row(1, "Bye.\nP.P.S more", ("detectable_content:postscript", {"postscript_marker": "P.P.S"})),
    row(1, "<<My Poem>>\nlines", ("detectable_format:title", {})),
    row(0, "My Poem\nlines", ("detectable_format:title", {})),
    row(0, "<<>>\nlines", ("detectable_format:title", {})),
    row(1, '{"a": 1}', ("detectable_format:json_format", {})),
    row(1, '```json\n{"a": 1}\n```', ("detectable_format:json_format", {})),
    row(0, "a: 1", ("detectable_format:json_format", {})),
    row(1, "My answer is yes.", ("detectable_format:constrained_response", {})),
    row(0, "Yes!", ("detectable_format:constrained_response", {})),
    row(1, "The red fox and the green tree", ("keywords:existence", {"keywords": ["fox", "green"]})),
    row(0, "The red wolf and the green tree", ("keywords:existence", {"keywords": ["fox", "green"]})),
    row(1, "The red wolf", ("keywords:forbidden_words", {"forbidden_words": ["fox", "cat"]})),
    row(0, "The red FOX", ("keywords:forbidden_words", {"forbidden_words": ["fox", "cat"]})),
    row(1, "concatenate", ("keywords:forbidden_words", {"forbidden_words": ["cat"]})),
    row(1, "tea, tea, and tea", (FREQUENCY, {"keyword": "tea", "frequency": 3, "relation": "at least"})),
    row(0, "tea and tea", (FREQUENCY, {"keyword": "tea", "frequency": 3, "relation": "at least"})),
    row(1, "banana", (LETTERS, {"letter": "a", "let_frequency": 3, "let_relation": "at least"})),
    row(0, "banana", (LETTERS, {"letter": "a", "let_frequency": 3, "let_relation": "less than"})),
    row(1, "NASA and ESA met", (CAPITALS, {"capital_frequency": 2, "capital_relation": "at least"})),
    row(0, "Nasa and Esa met", (CAPITALS, {"capital_frequency": 2, "capital_relation": "at least"})),
    row(1, "THE DOG RUNS IN THE PARK.", ("change_case:english_capital", {})),
    row(0, "The dog runs in the park.", ("change_case:english_capital", {})),
    row(1, "the dog runs in the park.", ("change_case:english_lowercase", {})),
    row(0, "The dog runs in the park.", ("change_case:english_lowercase", {})),
    row(1, "No pause here; none at all.", ("punctuation:no_comma", {})),
    row(0, "Well, no.", ("punctuation:no_comma", {})),
    row(1, "So it ends. The end.", ("startend:end_checker", {"end_phrase": "The end."})),
    row(0, "The end. Or is it?", ("startend:end_checker", {"end_phrase": "The end."})),
    row(1, '"All of it in quotes."', ("startend:quotation", {})),
    row(0, 'Some "in quotes".', ("startend:quotation", {})),
    row(1, "Yes.\n******\nNo.", ("combination:two_responses", {})),
    row(0, "Yes.\nNo.", ("combination:two_responses", {})),
    row(0, "Yes.\n******\nYes.", ("combination:two_responses", {})),
    row(1, "Name a fish.\nA trout.", ("combination:repeat_prompt", {"prompt_to_repeat": "Name a fish."})),
    row(0, "A trout. Name a fish.", ("combination:repeat_prompt", {"prompt_to_repeat": "Name a fish."})),
    row(1, "Guten Tag, wie geht es Ihnen heute?", ("language:response_language", {"language": "de"})),
    row(0, "Good day, how are you today?", ("language:response_language", {"language": "de"})),
    # several at once, thinking, nothing at all
    row(
        1,
        "<think>a, b, c</think>no pause",
        ("punctuation:no_comma", {}),
        (WORDS, {"num_words": 2, "relation": "at least"}),
    ),
    row(0, "no pause", ("punctuation:no_comma", {}), (WORDS, {"num_words": 3, "relation": "at least"})),
    row(0, "", ("punctuation:no_comma", {})),
    row(0, "   ", (WORDS, {"num_words": 4, "relation": "less than"})),
    row(0, "<think>one two three four five", (WORDS, {"num_words": 4, "relation": "at least"})),
    row(None, "text", ("no_such:instruction", {})),
    row(None, "text", (WORDS, {"relation": "at least"})),
    row(None, "text", (WORDS, {"num_words": None, "relation": "at least"})),
]

BENCH = [
    row(1, "I saw 3 cats and 14 dogs", ("count:numbers", {"N": 2})),
    row(0, "I saw 3 cats", ("count:numbers", {"N": 2})),
    row(1, "alpha beta gamma", ("count:unique_word_count", {"N": 3})),
    row(0, "alpha alpha beta", ("count:unique_word_count", {"N": 3})),
    row(1, "one two three four", ("count:word_count_range", {"min_words": 3, "max_words": 5})),
    row(0, "one two", ("count:word_count_range", {"min_words": 3, "max_words": 5})),
    row(1, "nowhitespace", ("format:no_whitespace", {})),
    row(0, "some white space", ("format:no_whitespace", {})),
    row(1, "one\ntwo\nthree", ("format:newline", {})),
    row(0, "one two three", ("format:newline", {})),
    row(0, "", ("format:no_whitespace", {})),
]

SPANISH = [
    row(1, "¿Qué tal? ¡Muy bien!", ("es:punctuation:question_marks", {})),
    row(0, "Que tal?", ("es:punctuation:question_marks", {})),
    row(1, "EL PERRO CORRE EN EL PARQUE Y LA NIÑA MIRA.", ("es:change_case:spanish_capital", {})),
    row(0, "El perro corre en el parque.", ("es:change_case:spanish_capital", {})),
]


PLAIN = [
    (1, "I think. You act.", ["length_constraints:number_sentences"], [{"num_sentences": 3, "relation": "less than"}]),
    (0, "One. Two. Three.", ["length_constraints:number_sentences"], [{"num_sentences": 3, "relation": "less than"}]),
    (1, "Dogs run, cats sleep, and birds sing daily.", ["keywords:existence"], [{"keywords": ["cats", "birds"]}]),
    (0, "Dogs run.", ["keywords:existence"], [{"keywords": ["cats"]}]),
    (1, "the sky is blue and calm", ["change_case:english_lowercase"], [{}]),
    (0, "the Sky is blue", ["change_case:english_lowercase"], [{}]),
    (1, "- a\n- b\n- c\n- d", ["detectable_format:number_bullet_lists"], [{"num_bullets": 4}]),
    (0, "- a\n- b\n  - c", ["detectable_format:number_bullet_lists"], [{"num_bullets": 2}]),
    (1, "Ends well.\nThat is all!", ["startend:end_checker"], [{"end_phrase": "That is all!"}]),
    (0, "That is all! Almost.", ["startend:end_checker"], [{"end_phrase": "That is all!"}]),
    (0, "", ["startend:quotation"], [{}]),
    (0, '"', ["startend:quotation"], [{}]),
    (0, "[a][b]", ["detectable_content:number_placeholders"], [{"num_placeholders": 3}]),
    (1, "Q Q q", ["keywords:letter_frequency"], [{"letter": "q", "let_frequency": 3, "let_relation": "at least"}]),
    (0, "<think>cats</think>dogs", ["keywords:existence"], [{"keywords": ["cats"]}]),
    (1, "x", ["punctuation:no_comma"], [None]),
]

COLUMNS = ["instruction_id_list", "kwargs", "prompt"]


def test_instructions_of_ifeval(agree: Callable[..., None]) -> None:
    agree("ifeval", COLUMNS, FOLLOWED + PLAIN)


def test_instructions_of_ifbench_and_in_spanish(agree: Callable[..., None]) -> None:
    agree("ifeval", COLUMNS, BENCH + SPANISH)
