"""All rules that ship, and the sets that a recipe names in one word."""

from __future__ import annotations

from curate.cleaning.rules import fineweb, gopher, length, repetition
from curate.cleaning.rules.rule import Measure, Rule

_GOPHER = "Gopher (arXiv 2112.11446, A1.1); verdicts of datatrove's GopherQualityFilter"
_REPEAT = "Gopher (arXiv 2112.11446, table A1); verdicts of datatrove's GopherRepetitionFilter"
_FINEWEB = "FineWeb (arXiv 2406.17557, section 3.6); verdicts of datatrove's FineWebQualityFilter"


def _ngrams(name: str, measure: Measure, n: int, high: float) -> Rule:
    return Rule(name.format(n=n), measure, "of characters", _REPEAT, high=high, options={"n": n})


_ALL = (
    # length
    Rule("empty", length.empty, "no text", "a row without text teaches nothing", kind="sign"),
    Rule("characters", length.characters, "characters", "set your own limits", over="sum"),
    Rule("words", length.words, "words", "set your own limits", over="sum"),
    Rule("tokens", length.tokens, "tokens", "set your own limits", over="sum", tuned=("tokenizer",)),
    # gopher
    Rule("gopher_words", gopher.gopher_words, "words", _GOPHER, low=50, high=100_000),
    Rule("gopher_word_length", gopher.gopher_word_length, "characters a word", _GOPHER, low=3, high=10),
    Rule("gopher_hashes", gopher.gopher_hashes, "# a word", _GOPHER, high=0.1),
    Rule("gopher_ellipses", gopher.gopher_ellipses, "ellipses a word", _GOPHER, high=0.1),
    Rule("gopher_bullet_lines", gopher.gopher_bullet_lines, "of lines begin with a bullet", _GOPHER, high=0.9),
    Rule("gopher_ellipsis_lines", gopher.gopher_ellipsis_lines, "of lines end in an ellipsis", _GOPHER, high=0.3),
    Rule("gopher_alpha_words", gopher.gopher_alpha_words, "of words have a letter", _GOPHER, low=0.8),
    Rule("gopher_stop_words", gopher.gopher_stop_words, "different stop words", _GOPHER, low=2),
    # repetition
    Rule("repeated_lines", repetition.repeated_lines, "of lines", _REPEAT, high=0.3),
    Rule("repeated_paragraphs", repetition.repeated_paragraphs, "of paragraphs", _REPEAT, high=0.3),
    Rule("repeated_line_characters", repetition.repeated_line_characters, "of characters", _REPEAT, high=0.2),
    Rule("repeated_paragraph_characters", repetition.repeated_paragraph_characters, "of characters", _REPEAT, high=0.2),
    *(_ngrams("top_{n}gram", repetition.top_ngram, n, high) for n, high in ((2, 0.20), (3, 0.18), (4, 0.16))),
    *(
        _ngrams("repeated_{n}grams", repetition.repeated_ngrams, n, high)
        for n, high in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
    ),
    # fineweb
    Rule("fineweb_ended_lines", fineweb.fineweb_ended_lines, "of lines end a sentence", _FINEWEB, low=0.12),
    Rule("fineweb_short_lines", fineweb.fineweb_short_lines, "of lines are short", _FINEWEB, high=0.67),
    Rule("fineweb_repeated_characters", fineweb.fineweb_repeated_characters, "of characters", _FINEWEB, high=0.01),
    Rule("fineweb_breaks", fineweb.fineweb_breaks, "line breaks a word", _FINEWEB, high=0.3),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _ALL}

REPETITION = tuple(rule.name for rule in _ALL if rule.source == _REPEAT)

SETS: dict[str, tuple[str, ...]] = {
    "gopher_quality": tuple(rule.name for rule in _ALL if rule.source == _GOPHER),
    "gopher_repetition": REPETITION,
    "gopher": (*(rule.name for rule in _ALL if rule.source == _GOPHER), *REPETITION),
    "fineweb": tuple(rule.name for rule in _ALL if rule.source == _FINEWEB),
    "default": ("empty", "repeated_lines", "repeated_paragraphs", *(f"repeated_{n}grams" for n in range(5, 11))),
}
