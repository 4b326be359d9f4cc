"""Keywords, letters, counts of words and paragraphs, language: what is said and how much of it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence

from rewards.instructions.sentences import split_sentences

_WORD = re.compile(r"\w+")
_RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "at least": operator.ge,
    "less than": operator.lt,
    "al menos": operator.ge,
    "como máximo": operator.le,
}


def compare(number: int, relation: str, threshold: int, what: str) -> str:
    """The two relations of IFEval, and the two of M-IFEval in Spanish.

    >>> compare(3, "at least", 5, "words")
    '3 words, not at least 5'
    """
    if relation not in _RELATIONS:
        raise ValueError(f"relation is one of {', '.join(_RELATIONS)}, not '{relation}'")
    holds = _RELATIONS[relation](number, threshold)
    return "" if holds else f"{number} {what}, not {relation} {threshold}"


def existence(text: str, *, keywords: Sequence[str]) -> str:
    """Every keyword stands somewhere, also inside of a longer word, in any case."""
    missing = [keyword for keyword in keywords if not re.search(re.escape(keyword), text, re.IGNORECASE)]
    return f"not there: {', '.join(missing)}" if missing else ""


def frequency(text: str, *, keyword: str, frequency: int, relation: str) -> str:
    """How often a keyword stands, also inside of longer words, in any case."""
    found = len(re.findall(re.escape(keyword.strip()), text, re.IGNORECASE))
    return compare(found, relation, frequency, f"times '{keyword.strip()}'")


def forbidden_words(text: str, *, forbidden_words: Sequence[str]) -> str:
    """None of the words stands as a whole word, in any case."""
    found = [word for word in forbidden_words if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)]
    return f"forbidden: {', '.join(found)}" if found else ""


def letter_frequency(text: str, *, letter: str, let_frequency: int, let_relation: str) -> str:
    """How often a letter stands, in any case."""
    letter = letter.strip().lower()
    return compare(text.lower().count(letter), let_relation, let_frequency, f"times '{letter}'")


def number_words(text: str, *, num_words: int, relation: str) -> str:
    """The number of runs of word characters: "don't" counts as two."""
    return compare(len(_WORD.findall(text)), relation, num_words, "words")


def number_sentences(text: str, *, num_sentences: int, relation: str) -> str:
    """The number of sentences as nltk's Punkt counts them (`rewards.instructions.sentences`)."""
    return compare(len(split_sentences(text)), relation, num_sentences, "sentences")


def number_paragraphs(text: str, *, num_paragraphs: int) -> str:
    """Exactly so many paragraphs between `***`; an empty one is allowed only at the ends."""
    paragraphs = text.split("***")
    if any(not paragraph.strip() for paragraph in paragraphs[1:-1]):
        return "an empty paragraph between two ***"
    number = sum(bool(paragraph.strip()) for paragraph in paragraphs)
    return "" if number == num_paragraphs else f"{number} paragraphs, not {num_paragraphs}"


def nth_paragraph_first_word(text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> str:
    """So many paragraphs between blank lines, the n-th (counted with empty ones, as the reference does) starts so."""
    paragraphs = text.split("\n\n")
    number = sum(bool(paragraph.strip()) for paragraph in paragraphs)
    if number != num_paragraphs:
        return f"{number} paragraphs, not {num_paragraphs}"
    words = paragraphs[int(nth_paragraph) - 1].split() if nth_paragraph <= number else []
    if not words:
        return f"paragraph {nth_paragraph} is empty"
    word = re.split("[.,?!'\"]", words[0].lstrip("'").lstrip('"').lower(), maxsplit=1)[0]
    return "" if word == first_word.lower() else f"paragraph {nth_paragraph} starts with '{word}', not '{first_word}'"
