"""The instructions of M-IFEval in Spanish that differ from IFEval's, or that only Spanish has.

Source: M-IFEval (arXiv 2502.04688), `instructions/es_instructions.py`. It cuts words and sentences with spaCy's
`es_core_news_sm`; here a word is a run of letters and digits with hyphens or dots inside it, and sentences are cut by
the rules of `rewards.instructions.sentences`, so counts near a threshold can differ.
"""

from __future__ import annotations

import re

from rewards.instructions import words
from rewards.instructions.casing import response_language
from rewards.instructions.layout import starred_lines
from rewards.instructions.words import compare

_WORD = re.compile(r"\w+(?:[-.'’/]\w+)*")
_FIXED_ANSWERS = ("Sí.", "No.", "Quizás.")
_AFTER_END = ' \t\n.!*_"'
_TILDES = frozenset("áéíóúÁÉÍÓÚ")


def _with(text: str, letters: frozenset[str]) -> int:
    return sum(not letters.isdisjoint(word) for word in _WORD.findall(text))


def _exactly(number: int, wanted: int, what: str) -> str:
    return "" if number == wanted else f"{number} {what}, not {wanted}"


def capital_word_frequency(text: str, *, capital_frequency: int, capital_relation: str) -> str:
    """The number of words all in capitals."""
    number = sum(word.isupper() for word in _WORD.findall(text))
    return compare(number, capital_relation, capital_frequency, "words in capitals")


def spanish_capital(text: str) -> str:
    """All in capitals, and Spanish (asked in small letters: langdetect takes capitals for other languages)."""
    return ("" if text.isupper() else "not all in capitals") or response_language(text.lower(), language="es")


def spanish_lowercase(text: str) -> str:
    """All in lower case, and Spanish."""
    return ("" if text.islower() else "not all in lower case") or response_language(text, language="es")


def number_words(text: str, *, num_words: int, relation: str) -> str:
    """The number of words."""
    return compare(len(_WORD.findall(text)), relation, num_words, "words")


def tildes(text: str, *, num_words: int, relation: str) -> str:
    """The number of words with an acute accent."""
    return compare(_with(text, _TILDES), relation, num_words, "words with an accent")


def enie(text: str, *, let_frequency: int) -> str:
    """Exactly so many words with ñ."""
    return _exactly(_with(text, frozenset("ñÑ")), let_frequency, "words with ñ")


def dieresis(text: str, *, let_frequency: int) -> str:
    """Exactly so many words with ü."""
    return _exactly(_with(text, frozenset("üÜ")), let_frequency, "words with ü")


def question_marks(text: str) -> str:
    """A question between its two marks."""
    return "" if _enclosed(text, "¿", "?") else "no ¿question?"


def exclamation_marks(text: str) -> str:
    """An exclamation between its two marks."""
    return "" if _enclosed(text, "¡", "!") else "no ¡exclamation!"


def _enclosed(text: str, opening: str, closing: str) -> bool:
    parts = [part.partition(closing) for part in text.split(opening)[1:]]
    return any(inside.strip() and closed for inside, closed, _ in parts)


def number_bullet_lists(text: str, *, num_bullets: int) -> str:
    """Exactly so many lines that start with `* ` (not `**`)."""
    return _exactly(starred_lines(text), num_bullets, "bullet points")


def constrained_response(text: str) -> str:
    """One of the fixed answers stands in the text."""
    return "" if any(answer in text for answer in _FIXED_ANSWERS) else "none of the fixed answers"


def postscript(text: str, *, postscript_marker: str) -> str:
    """A postscript with this marker stands somewhere, in any case."""
    marker = postscript_marker.strip()
    pattern = r"p\.\s?d\." if marker == "P.D." else re.escape(marker.lower())
    return "" if re.search(pattern, text.lower()) else f"no '{marker}'"


def end_checker(text: str, *, end_phrase: str) -> str:
    """The text ends with the given phrase, in any case, also inside of quotes, in bold or with a full stop."""
    ends = text.lower().rstrip(_AFTER_END).endswith(end_phrase.strip().lower().rstrip(_AFTER_END))
    return "" if ends else f"does not end with '{end_phrase.strip()}'"


def nth_paragraph_first_word(text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> str:
    """As IFEval's; the "word" may be a phrase."""
    if " " not in first_word.strip():
        return words.nth_paragraph_first_word(
            text, num_paragraphs=num_paragraphs, nth_paragraph=nth_paragraph, first_word=first_word
        )
    paragraphs = text.split("\n\n")
    number = sum(bool(paragraph.strip()) for paragraph in paragraphs)
    if number != num_paragraphs:
        return f"{number} paragraphs, not {num_paragraphs}"
    start = paragraphs[int(nth_paragraph) - 1].lstrip(" \n\"'").lower() if nth_paragraph <= number else ""
    return "" if start.startswith(first_word.strip().lower()) else f"does not start with '{first_word}'"
