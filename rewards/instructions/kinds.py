"""The table of instructions: IFEval's 25, M-IFEval's in Spanish, IFBench's that need no tagger, word list or emoji."""

from __future__ import annotations

from collections.abc import Callable

from rewards.instructions import bench_layout, bench_words, casing, layout, spanish, words

Checker = Callable[..., str]

IFEVAL: dict[str, Checker] = {
    "change_case:capital_word_frequency": casing.capital_word_frequency,
    "change_case:english_capital": casing.english_capital,
    "change_case:english_lowercase": casing.english_lowercase,
    "combination:repeat_prompt": layout.repeat_prompt,
    "combination:two_responses": layout.two_responses,
    "detectable_content:number_placeholders": layout.number_placeholders,
    "detectable_content:postscript": layout.postscript,
    "detectable_format:constrained_response": layout.constrained_response,
    "detectable_format:json_format": layout.json_format,
    "detectable_format:multiple_sections": layout.multiple_sections,
    "detectable_format:number_bullet_lists": layout.number_bullet_lists,
    "detectable_format:number_highlighted_sections": layout.number_highlighted_sections,
    "detectable_format:title": layout.title,
    "keywords:existence": words.existence,
    "keywords:forbidden_words": words.forbidden_words,
    "keywords:frequency": words.frequency,
    "keywords:letter_frequency": words.letter_frequency,
    "language:response_language": casing.response_language,
    "length_constraints:nth_paragraph_first_word": words.nth_paragraph_first_word,
    "length_constraints:number_paragraphs": words.number_paragraphs,
    "length_constraints:number_sentences": words.number_sentences,
    "length_constraints:number_words": words.number_words,
    "punctuation:no_comma": layout.no_comma,
    "startend:end_checker": layout.end_checker,
    "startend:quotation": layout.quotation,
}

IFBENCH: dict[str, Checker] = {
    "count:conjunctions": bench_words.conjunctions,
    "count:keywords_multiple": bench_words.keywords_multiple,
    "count:numbers": bench_words.numbers,
    "count:pronouns": bench_words.pronouns,
    "count:punctuation": bench_words.punctuation,
    "count:unique_word_count": bench_words.unique_word_count,
    "count:word_count_range": bench_words.word_count_range,
    "count:words_japanese": bench_words.words_japanese,
    "custom:character_reverse": bench_layout.character_reverse,
    "custom:csv_city": bench_layout.csv_city,
    "custom:date_format_list": bench_layout.date_format_list,
    "custom:multiples": bench_layout.multiples,
    "custom:sentence_alphabet": bench_layout.sentence_alphabet,
    "format:line_indent": bench_layout.line_indent,
    "format:list": bench_layout.separator_list,
    "format:newline": bench_layout.newline,
    "format:no_bullets_bullets": bench_layout.no_bullets_bullets,
    "format:no_whitespace": bench_layout.no_whitespace,
    "format:options": bench_layout.options,
    "format:output_template": bench_layout.output_template,
    "format:parentheses": bench_layout.parentheses,
    "format:quote_unquote": bench_layout.quote_unquote,
    "format:quotes": bench_layout.quotes,
    "format:sub-bullets": bench_layout.sub_bullets,
    "format:thesis": bench_layout.thesis,
    "ratio:overlap": bench_words.overlap,
    "ratio:sentence_balance": bench_words.sentence_balance,
    "ratio:sentence_type": bench_words.sentence_type,
    "ratio:sentence_words": bench_words.sentence_words,
    "repeat:repeat_change": bench_words.repeat_change,
    "repeat:repeat_span": bench_words.repeat_span,
    "sentence:alliteration_increment": bench_words.alliteration_increment,
    "sentence:increment": bench_words.sentence_increment,
    "sentence:keyword": bench_words.sentence_keyword,
    "words:alphabet": bench_words.alphabet,
    "words:consonants": bench_words.consonants,
    "words:keywords_specific_position": bench_words.keyword_position,
    "words:last_first": bench_words.last_first,
    "words:no_consecutive": bench_words.no_consecutive,
    "words:palindrome": bench_words.palindrome,
    "words:paragraph_last_first": bench_words.paragraph_last_first,
    "words:prime_lengths": bench_words.prime_lengths,
    "words:repeats": bench_words.repeats,
    "words:vowel": bench_words.vowel,
    "words:words_position": bench_words.words_position,
}

SPANISH: dict[str, Checker] = {
    "change_case:capital_word_frequency": spanish.capital_word_frequency,
    "change_case:spanish_capital": spanish.spanish_capital,
    "change_case:spanish_lowercase": spanish.spanish_lowercase,
    "detectable_content:postscript": spanish.postscript,
    "detectable_format:constrained_response": spanish.constrained_response,
    "detectable_format:number_bullet_lists": spanish.number_bullet_lists,
    "length_constraints:nth_paragraph_first_word": spanish.nth_paragraph_first_word,
    "length_constraints:number_words": spanish.number_words,
    "punctuation:exclamation_marks": spanish.exclamation_marks,
    "punctuation:question_marks": spanish.question_marks,
    "special_character:dieresis": spanish.dieresis,
    "special_character:enie": spanish.enie,
    "special_character:tildes": spanish.tildes,
    "startend:end_checker": spanish.end_checker,
}
"""M-IFEval's instructions in Spanish, where they are not IFEval's."""

_ENGLISH_ONLY = frozenset({"change_case:english_capital", "change_case:english_lowercase"})
KINDS = IFEVAL | IFBENCH
KINDS |= {f"es:{name}": checker for name, checker in (IFEVAL | SPANISH).items() if name not in _ENGLISH_ONLY}

REFUSED = {
    "count:person_names": "it counts names of a fixed list",
    "custom:csv_quotes": "a single prompt of the benchmark",
    "custom:csv_special_character": "a single prompt of the benchmark",
    "custom:european_capitals_sort": "a single prompt of the benchmark",
    "custom:mcq_count_length": "a single prompt of the benchmark",
    "custom:reverse_newline": "a single prompt of the benchmark",
    "custom:word_reverse": "a single prompt of the benchmark",
    "format:emoji": "it needs a table of emoji",
    "format:title_case": "the reference lets most mixed words pass",
    "ratio:stop_words": "it needs nltk's list of stop words",
    "repeat:repeat_simple": "a single prompt of the benchmark",
    "words:odd_even_syllables": "it needs syllapy's dictionary",
    "words:start_verb": "it needs a part-of-speech tagger",
}
"""IFBench's other instructions, and why they are not judged here."""
