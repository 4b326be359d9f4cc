r"""Answers in words, and letters of options: what they say without markup, articles and synonyms."""

from __future__ import annotations

import re

from rewards.mathematics.quantities import word_set
from rewards.mathematics.vocabulary import GREEK

_TEXT_MACRO = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mbox|textsf|operatorname|mathbf)\s*\{([^{}]*)\}")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2013\u2014\u2212"), "-")
_MARKUP = re.compile(  # all macros but those that name something
    r"\\(?!(?:" + "|".join(sorted(GREEK)) + r")(?![A-Za-z]))[A-Za-z]+|\\[^A-Za-z]|[\\${}*_`\"“”]"
)
_OPTION = re.compile("[A-J]")
_ONE_OPTION = re.compile(
    r"(?i:(?:the\s+)?(?:correct\s+)?(?:answer|option|choice)(?:\s+is)?:?\s*)?"
    r"(?:(?:\((?P<bracketed>[A-J])\)|(?P<marked>[A-J])[).:])(?:\s*(?P<rest>.{1,200}))?|(?P<bare>[A-J]))",
    re.DOTALL,
)
_OPERATOR = re.compile(  # A \cup B is no A, B
    r"\\(?:cup|cap|setminus|times|cdot|to|in|land|lor|wedge|vee|perp|parallel|sim|cong|iff|implies|(?:sub|sup)set\w*|\w*arrow)"
    r"(?![A-Za-z])"
)
_OTHER_OPTION = re.compile(r"\([A-J]\)|\b[B-J]\b|\bor\b")
_SEVERAL_OPTIONS = re.compile(r"\(?[A-J]\)?(?:(?:[\s,;&]|and)*\(?[A-J]\)?)+")
_SYNONYMS = {
    "no solution": "none", "no solutions": "none", "no real solution": "none", "no real solutions": "none",
    "empty set": "none", "the empty set": "none",
    "dne": "undefined", "does not exist": "undefined", "not defined": "undefined",
    "the limit does not exist": "undefined",
    "infinitely many solutions": "infinitely many", "infinite solutions": "infinitely many",
    "infinite number of solutions": "infinitely many", "infinite number": "infinitely many",
    "an infinite number": "infinitely many", "an infinite number of solutions": "infinitely many",
    "infinite": "infinitely many", "divergent": "diverges", "convergent": "converges",
    "the series diverges": "diverges", "the series converges": "converges", "the integral diverges": "diverges",
    "the integral converges": "converges", "the sequence diverges": "diverges", "the sequence converges": "converges",
    "all integers": "integers", "the integers": "integers", "all rational numbers": "rational numbers",
    "diverges to infinity": "infinity", "positive real numbers": "positive reals",
    "all positive real numbers": "positive reals",
    "all positive reals": "positive reals", "all real numbers": "reals", "all reals": "reals", "real numbers": "reals",
    "any real number": "reals", "every real number": "reals", "no solution exists": "none",
    "no solutions exist": "none", "none exist": "none", "y": "yes", "t": "true",
}  # fmt: skip
_EXISTS = re.compile(r"^(?:there (?:is|are)|(?:it|the (?:equation|system|problem)) has) ")
_ARTICLE = re.compile(r"^(?:(?:a|an|the|on|in|at|by|all) )+(?=\w)")
_NO_SUCH = re.compile(
    r"no (?:such |real |integer |positive |possible |valid )*(?:[a-z]|solutions?|integers?|numbers?|values?|pairs?"
    r"|triples?|functions?|polynomials?|triangles?)(?: [a-z])?(?: exists?)?"
)
_ORDINAL = re.compile(r"\b(\d{1,4})(?:st|nd|rd|th)\b")
_UNSAID = word_set("is are and all any every the a an for that with if when real")
WEEKDAYS = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
)


def folded(text: str) -> str:
    r"""The bare words in small letters, without a leading article or preposition, by one name for each thing.

    >>> folded(r"\text{The Cat.}"), folded("the 3rd")
    ('cat', '3')
    """
    words = _MARKUP.sub(" ", unmarked(text).translate(_DASHES))
    words = " ".join(re.sub(r"[^\w\s'+-]", " ", words.casefold()).split())
    words = _EXISTS.sub("", words)
    words = "none" if _NO_SUCH.fullmatch(words) else _SYNONYMS.get(words, words)
    words = _ORDINAL.sub(r"\1", _ARTICLE.sub("", words))
    return words[:3] if words in WEEKDAYS else words  # "Tue" is Tuesday


def gist(words: str) -> tuple[str, ...]:
    """The words that count in a phrase; () unless it has several and one of them is a word of English letters.

    >>> gist("n is odd") == gist("odd n"), gist("5 adults and 7 children"), gist("145solution")
    (True, ('5', 'adults', '7', 'children'), ())
    """
    found = tuple(word for word in words.split() if word not in _UNSAID)
    if len(found) < 2 or not any(len(word) > 2 and word.isalpha() for word in found):
        return ()
    return found if any(word.isdigit() for word in found) else tuple(sorted(found))


def letters_of(text: str) -> tuple[str, ...]:
    """The options a text names, in order; () when it names none.

    >>> letters_of("(B) 12"), letters_of("A and C"), letters_of("(B) or (C)")
    (('B',), ('A', 'C'), ())
    """
    if _OPTION.search(text) is None:
        return ()
    plain = re.sub(r"\\[a-z]+|\\.|[${}*]", " ", unmarked(text)).strip() if len(text) < 300 else ""
    if _SEVERAL_OPTIONS.fullmatch(plain) and _OPERATOR.search(text) is None:
        found = re.findall(r"[A-J]", plain)
        if len(set(found)) == len(found):
            return tuple(sorted(found))
    match = _ONE_OPTION.fullmatch(plain)
    if match is None or _OTHER_OPTION.search(match.group("rest") or ""):
        return ()
    return (match.group("bracketed") or match.group("marked") or match.group("bare"),)


def without_markup(text: str) -> str:
    r"""The words of `\text{red} and \text{blue}`, with their commas."""
    return " ".join(re.sub(r"\\[A-Za-z]+|\\.|[${}*_`\"“”]", " ", unmarked(text)).split())


def unmarked(text: str) -> str:
    r"""What `\text{...}` and the like hold, in place of them."""
    for _ in range(3 if "{" in text else 0):
        text = _TEXT_MACRO.sub(r" \1 ", text)
    return text.strip()
