"""All rules that ship, and the sets that a recipe names in one word."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from curate.cleaning.rules import (
    assistant,
    c4,
    encoding,
    ending,
    fineweb,
    form,
    gopher,
    length,
    markup,
    private,
    repetition,
    tongue,
    turns,
)
from curate.cleaning.rules.rule import Measure, Rule

_GOPHER = "Gopher (arXiv 2112.11446, A1.1); verdicts of datatrove's GopherQualityFilter"
_REPEAT = "Gopher (arXiv 2112.11446, table A1); verdicts of datatrove's GopherRepetitionFilter"
_FINEWEB = "FineWeb (arXiv 2406.17557, section 3.6); verdicts of datatrove's FineWebQualityFilter"


_C4 = "C4 (arXiv 1910.10683, section 2.2); datatrove's C4QualityFilter, pages only"
_FORM = "format checks of Open-R1, OpenThoughts and open-instruct; our parsers"
_ASSISTANT = "keyword filters of Tulu 3 (arXiv 2411.15124) and the cleaned Alpaca sets; said, not quoted"
_LANGUAGE = "scripts, commonest words, lingua 2.1; among common languages unless `among` names others"
_PRIVATE = "kinds of Dolma, Presidio, detect-secrets; each value checked (Luhn, mod 97, context, entropy)"
_TEMPLATES = "special tokens and turns of the chat templates of Llama, Mistral, Gemma, Qwen, DeepSeek, Phi, gpt-oss"


def _ngrams(name: str, measure: Measure, n: int, high: float) -> Rule:
    return Rule(name.format(n=n), measure, "of characters", _REPEAT, high=high, options={"n": n})


def _private(kind: str, about: str) -> Rule:
    return Rule(kind, private.private, about, _PRIVATE, kind="found", options={"kind": kind})


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
    # c4
    Rule("c4_sentences", c4.c4_sentences, "sentences", _C4, low=5),
    Rule("c4_lorem_ipsum", c4.c4_lorem_ipsum, "it says lorem ipsum", _C4, kind="sign"),
    Rule("c4_curly_bracket", c4.c4_curly_bracket, "it has a {", _C4, kind="sign"),
    # form
    Rule("thinking_tags", form.thinking_tags, "faulty thinking", _FORM, kind="found"),
    Rule("no_box", form.no_box, "no closed box", _FORM, kind="sign"),
    Rule("code_fences", form.code_fences, "an open code fence", "CommonMark 0.31, section 4.5", kind="found"),
    Rule("unfinished", ending.unfinished, "a text that was cut off", _FORM, kind="found"),
    Rule("broken_text", encoding.broken_text, "broken text", "Unicode: U+FFFD, Cc; UTF-8 as cp1252", kind="found"),
    # language
    Rule("language", tongue.language, "language", _LANGUAGE, kind="word", tuned=("among",)),
    # assistant
    Rule("refusal", assistant.refusal, "a refusal", _ASSISTANT, kind="found"),
    Rule("identity", assistant.identity, "a model says what it is", _ASSISTANT, kind="found"),
    Rule("cutoff", assistant.cutoff, "a date to which knowledge reaches", _ASSISTANT, kind="found"),
    Rule("boilerplate", assistant.boilerplate, "a set phrase", _ASSISTANT, kind="found"),
    # markup
    Rule("special_tokens", markup.special_tokens, "special tokens", _TEMPLATES, kind="found"),
    Rule("next_turn", turns.next_turn, "another turn", _TEMPLATES, kind="found"),
    Rule("prompt_echo", markup.prompt_echo, "it repeats the prompt", _TEMPLATES, kind="sign", needs=("prompt",)),
    # private
    *(_private(kind, "personal data") for kind in private.PERSONAL),
    *(_private(kind, "a secret") for kind in private.SECRET),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _ALL}

REPETITION = tuple(rule.name for rule in _ALL if rule.source == _REPEAT)

# by characters: closing brackets, rules and blank lines of Windows are many lines of an answer, and little of it
_LOOPS = ("repeated_line_characters", "repeated_paragraph_characters", *(f"repeated_{n}grams" for n in range(5, 11)))
_WHOLE = ("empty", "broken_text", "special_tokens", "next_turn", "unfinished", "code_fences")

SETS: dict[str, tuple[str, ...]] = {
    "default": (*_WHOLE, *_LOOPS, "refusal", "identity"),
    "sft": (*_WHOLE, *_LOOPS, "refusal", "identity", "cutoff", "boilerplate"),
    "cot": (
        "empty",
        "broken_text",
        "special_tokens",
        "unfinished",
        "code_fences",
        "thinking_tags",
        *_LOOPS,
        "identity",
    ),
    "pii": private.PERSONAL,
    "secrets": private.SECRET,
    "gopher_quality": tuple(rule.name for rule in _ALL if rule.source == _GOPHER),
    "gopher_repetition": REPETITION,
    "gopher": (*(rule.name for rule in _ALL if rule.source == _GOPHER), *REPETITION),
    "fineweb": tuple(rule.name for rule in _ALL if rule.source == _FINEWEB),
    "c4": tuple(rule.name for rule in _ALL if rule.source == _C4),
}


@cache
def rules_hash() -> str:
    """A hash of the code and the phrases of all rules, and of what they read texts with."""
    folders = (files("curate") / "cleaning" / "rules", files("curate") / "text")
    found = sorted(
        path for folder in folders for path in Path(str(folder)).rglob("*") if path.suffix in (".py", ".txt")
    )
    digest = sha256()
    for path in found:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
