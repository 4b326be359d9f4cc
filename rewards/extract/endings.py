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
    r"|\d\$?,? or \$?[a-z] ?= ?"
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
    r"\s?\^(?!\s?\{?\s?\\circ)|\s?\\(?:pi|sqrt|cdot|times)(?![A-Za-z])|[\u03c0\u221a(]|\s[*+/\u00d7]\s?\S|[a-bd-fi-kn-z](?![A-Za-z])"
)
_SET_ASIDE = re.compile(
    r"[\s$*)]*(?:is|was|being|as)\s(?:an?\s)?(?:\w+ly\s)?(?:extraneous|rejected|discarded|excluded|invalid|inadmissible)",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"\b(?:[Uu]p to|[Aa]t (?:most|least)|[Oo]ver|[Uu]nder|[Ll]et \$?\w{1,3} =|upper bound of|lower bound of)\s\$?\Z"
)
_NOT_THE_OTHER = re.compile(r",\s(?:and\s)?not\s(?:\w+\s)?\$?\Z")
_LETTER = re.compile(r"(?<![A-Za-z\\'])\(?([A-J])\)?(?![A-Za-z'])")
_ARTICLE = re.compile(r"A (?!(?:is|was|because|since|as|seems|fits|works|and|or)\b)[a-z]")
_OTHER_LETTER = re.compile(r"(?<![A-Za-z])\(?[A-J]\)?[\s,;&]{0,3}(?:or|and|/)?\s?\(?\Z")
_OR_LETTER = re.compile(
    r"[)\s]{0,2}(?:[,;&/]|\bor\b|\band\b)[\s,]?(?:or\s|and\s)?(?:(?:option|choice|h+m+|maybe|perhaps|or),?\s){0,3}"
    r"\(?[A-J](?![\w'’])(?! (?!and\b|or\b)[a-z])"
)
_LETTER_CHOSEN = re.compile(  # before a letter that is the answer
    r"(?:\b(?:options?|choices?|answers?|letter|alternative|pick|picked|choose|chose|chosen|select|selected|mark"
    r"|go(?:ing)? with|is|be|it['’]s|leaves|so|therefore|thus|hence|finally|ans)|^|[.!?:;]\s)[\s:,=$*#_>({\[\"'-]*\Z",
    re.IGNORECASE,
)
_NOT_CHOSEN = re.compile(
    r"(?:n['’]t|\bnot|\bnever|\bneither|\bunless|\bif|\bwhether|\bdoubt)\s(?:[a-z]+\s){0,3}\(?\Z", re.IGNORECASE
)
_CHOSEN_BEHIND = re.compile(
    r"[\s$*_)}\]\"'’]*\bis (?:(?:indeed|therefore|thus|clearly|the|a|only|most|best|valid|logical|likely)\s)*"
    r"(?:answer|option|choice|correct|right|true|best|it)\b",
    re.IGNORECASE,
)
_LETTER_STANDS = re.compile(  # behind a letter that is the answer
    r"[\s$*_)}\]\"'’]*(?:\Z|[.,;:!)(\u2013\u2014-]|(?:because|since|as|for|with|among|from|in this case)\b)",
    re.IGNORECASE,
)
_LETTER_LABEL = re.compile(r"[\s*#>-]*\(?([A-J])(?:[).:]\s*\S|[).:*\s]*\Z)")
_MATH = re.compile(r"\$\$([^$]+)\$\$|\$([^$\n]+)\$|\\\((.{1,500}?)\\\)|\\\[(.{1,500}?)\\\]", re.DOTALL)
_STRONG = re.compile(r"(?<![\w)])\*\*([^*]+)\*\*(?![\w(])")  # and not x**2
_GIVES_UP = re.compile(  # behind the last number: there is no answer
    r"\b(?:needs? (?:more|further|additional)|not enough|insufficient|no idea|(?:do not|don't) know|not sure"
    r"|giv(?:e|ing) up|(?:cannot|can't|can not|could not|couldn't|unable to|impossible to) (?:be )?"
    r"(?:determine|solve|tell|say|find|compute|decide|work|answer|know))",
    re.IGNORECASE,
)
_ONLY_IF = re.compile(r"(?:^|[.!?\n]\s*)(?:If|Had|Were|Unless)\b[^.!?\n]{1,120}\bwould\b[^.!?\n]{0,40}\Z")
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
    if _GIVES_UP.search(text, match.end()) or _ONLY_IF.search(text, max(0, match.start() - 200), match.start()):
        return None
    before = text[max(0, match.start() - 60) : match.start()]
    if (
        _HEDGED.search(before)
        or _BOUND.search(before)
        or _SET_ASIDE.match(text, match.end())
        or denied(before, text[match.end() : match.end() + 30])
    ):
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
    """The letter that the last line says to be the answer; None where it says several, or denies it.

    A letter alone in its line, or before its text, is said to be it. In a sentence, words around it say so.

    >>> found = _last_letter("I choose B since A is wrong.")
    >>> found.text, _last_letter("C is too large."), _last_letter("Everything except A.")
    ('B', None, None)
    """
    lines = [line for line in text[-_TAIL:].splitlines() if line.strip()]
    line = lines[-1][-400:]
    found = [match for match in _LETTER.finditer(line) if not _ARTICLE.match(line, match.start())]
    label = _LETTER_LABEL.match(line)
    if label is not None and len(found) == 1:
        listed = len(lines) > 1 and _LETTER_LABEL.match(lines[-2]) is not None
        return None if listed else Found(label[1], "last letter")
    said = {match[1] for match in found if _is_chosen(line[: match.start()][-60:], line[match.end() :])}
    return Found(said.pop(), "last letter") if len(said) == 1 else None


def _is_chosen(before: str, behind: str) -> bool:
    """Whether the words around a letter say that it is the answer, alone."""
    if _NOT_CHOSEN.search(before) or _OTHER_LETTER.search(before) or _OR_LETTER.match(behind):
        return False
    if _CHOSEN_BEHIND.match(behind):
        return True
    chosen = _LETTER_CHOSEN.search(before) is not None and _LETTER_STANDS.match(behind) is not None
    return chosen and not denied(before, behind[:30])
