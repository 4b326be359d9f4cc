"""What stands last in a completion that declares no answer: a letter, a number, a formula."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rewards.extract.thinking import strip_thinking
from rewards.retractions import denied

_NUMBER = re.compile(
    r"(?<![\w.^])(?<!\^\{)(?<!\d,)(?:(?<!-)[-+\u2212][^\S\n]?)?\$?"
    r"(?:\\[dt]?frac\s?(?:\{-?\d{1,30}\}|\d)\s?(?:\{\d{1,30}\}|\d)"
    r"|(?:\d{1,3}(?:,\d{3})+|\d{1,400})(?:\.\d{1,400})?(?:\s?/\s?\d{1,30})?|\.\d{1,400})"
    r"(?:\s?\\?%)?(?!\d)"
)
_HEDGED = re.compile(
    r"(?:\d[\d.,/]*\s?\$?\s?(?:or|and/or|o|ou|oder|of|или|或)\s?(?:maybe\s|perhaps\s|even\s|else\s|possibly\s)?"
    r"|\b(?P<hedge>maybe|perhaps|possibly) \$?[-+]?\d[\d.,/]*[,;]? (?:or )?(?P=hedge) )\$?\s?[-+]?\Z",
    re.IGNORECASE,
)
_ONLY_NUMBER = re.compile(r"[\s|>*+-]*(?:\(?(?:\d{1,2}|[a-zA-Z])[.)]\s+)?[*$`]*(-?\d[\d.,/]*)[*$`.,;\s|]*")
_EMPHASISED = re.compile(r"^[ \t]*(?:\*\*|__)\s?\$?(-?\d[\d.,/]*?)\$?[.\s]?(?:\*\*|__)[.\s]*$", re.MULTILINE)
_TABLE_RULE = re.compile(r"[\s:-]*\|[\s|:-]*|\s*`+\w*\s*")
_PART_BEFORE = re.compile(  # of a term, a comparison or a ratio that the last number only ends
    r"(?:[\d)\]}]\$?\s?(?:[*/\u00d7\u00b7:^+]|-|\u2212)|\b[A-Za-z]\s?[*/^+\u2212-]|\\(?:cdot|times|[lg]eq?|[lg]t|neq?)"
    r"|[<>\u2264\u2265]=?|\b[A-Za-z]\()\s?\$?\Z"
)
_PART_BEHIND = re.compile(
    r"\s?\^|\s?\\(?:pi|sqrt|cdot|times)(?![A-Za-z])|[\u03c0\u221a(]|\s[*+/\u00d7]\s?\S|[a-bd-fi-kn-z](?![A-Za-z])"
)
_NOT_THE_OTHER = re.compile(r",\s(?:and\s)?not\s(?:\w+\s)?\$?\Z")
_LETTER = re.compile(r"(?<![A-Za-z\\'])\(?([A-J])\)?(?![A-Za-z'])")
_ARTICLE = re.compile(r"A [a-z]")
_OTHER_LETTER = re.compile(r"(?<![A-Za-z])\(?[A-J]\)?[\s,;&]{0,3}(?:or|and|/)?\s?\(?\Z")
_MATH = re.compile(r"\$\$([^$]+)\$\$|\$([^$\n]+)\$|\\\((.{1,500}?)\\\)|\\\[(.{1,500}?)\\\]", re.DOTALL)
_STRONG = re.compile(r"(?<![\w)])\*\*([^*]+)\*\*(?![\w(])")  # and not x**2
_SHORT = 80
_TAIL = 2_000


@dataclass(frozen=True, slots=True)
class Found:
    """A final answer as written, how it was marked, and all boxes there were."""

    text: str
    how: str
    boxes: tuple[str, ...] = ()


def last_resort(text: str, *, letter: bool, number: bool, words: bool = False) -> Found | None:
    """What stands last where nothing is declared: a letter, a number, a formula or a line of words, as the gold is."""
    text = strip_thinking(text).strip()
    if not text:
        return None
    if len(text) <= _SHORT and "\n" not in text and (not letter or len(text) <= 4):
        said = sum(len(word) > (1 if number else 3) and word.strip(",;:.").isalpha() for word in text.split())
        if said <= (0 if number else 1):
            return Found(_STRONG.sub(r"\1", text), "whole text")
    if letter:
        return _last_letter(text)
    if number:
        emphasised = last_matches(_EMPHASISED, text, 1)
        return Found(emphasised[0][1], "emphasised") if emphasised else None if _lists(text) else last_number(text)
    last = text.splitlines()[-1]
    formulas = [] if words and len(last) <= _SHORT else list(_MATH.finditer(text[-_TAIL:]))
    if formulas:
        content = next(group for group in formulas[-1].groups() if group is not None)
        return Found(content, "last formula")
    return Found(last, "last line") if len(last) <= _SHORT else None


def is_number(text: str) -> bool:
    """Whether the text is one number, as `last_number` finds them.

    >>> is_number("1/2"), is_number("$3.50"), is_number("2x")
    (True, True, False)
    """
    return _NUMBER.fullmatch(text.strip()) is not None


def last_number(text: str) -> Found | None:
    """The last number, unless it is one of several ("3 or 4"), part of a formula (2x), denied or a label ("step 4").

    >>> last_number("5 cats and 12 dogs.").text
    '12'
    >>> last_number("It is 12 or 13.") is None
    True
    """
    found = last_matches(_NUMBER, text, 1)
    if found and (other := _NOT_THE_OTHER.search(text, max(0, found[0].start() - 60), found[0].start())):
        text = text[: other.start()]  # "36 cm, not 35 cm"
        found = last_matches(_NUMBER, text, 1)
    if not found:
        return None
    match = found[-1]
    before = text[max(0, match.start() - 60) : match.start()]
    if _HEDGED.search(before) or denied(before, text[match.end() : match.end() + 30]):
        return None
    value = match.group().replace("\u2212", "-").replace("$", "").replace(" ", "")
    signed = before + value[0] if value[0] in "+-" else before
    if _PART_BEFORE.search(signed) or _PART_BEHIND.match(text, match.end()):
        return None
    return Found(value, "last number")


def last_matches(pattern: re.Pattern[str], text: str, count: int, window: int = 1_000) -> list[re.Match[str]]:
    """The last `count` matches: looked for in the end of the text first, since answers stand there."""
    start = max(0, len(text) - window)
    found = list(pattern.finditer(text, start))
    if len(found) < count and start:
        found = list(pattern.finditer(text))
    elif start and found and found[0].start() == start:
        found = list(pattern.finditer(text))  # the window may have cut the first match in two
    return found[-count:]


def _lists(text: str) -> bool:
    """Whether a text ends in a list of different numbers, one a line: it settles on none of them."""
    lines = [line for line in text[-_TAIL:].splitlines() if line.strip() and not _TABLE_RULE.fullmatch(line)]
    last = [_ONLY_NUMBER.fullmatch(line) for line in lines[-2:]]
    return len(last) == 2 and all(last) and len({found[1] for found in last if found}) == 2


def _last_letter(text: str) -> Found | None:
    """The last option letter of the last line, unless it is one of two joined by "or"."""
    line = text.splitlines()[-1][-400:]
    found = [match for match in _LETTER.finditer(line) if not _ARTICLE.match(line, match.start())]
    if not found or _OTHER_LETTER.search(line[: found[-1].start()]):
        return None
    return Found(found[-1].group(1), "last letter")
