"""Answers that are stated: "the answer is ...", "Answer: ...", in a few languages.

A statement that is only supposed ("suppose the answer is 8", "some say the answer is 8") states nothing; one that is
taken back is replaced or gone (`rewards.retractions`).
"""

from __future__ import annotations

import re

from rewards.extract.endings import Found, last_matches
from rewards.retractions import restated, without_other

_MARKER = re.compile(
    r"(?:\banswers?\s{0,20}(?:(?:is|are)\b(?!\s?n['’]t)|:|=(?!=)|\bto\b[^.\n:]{0,80}\bis\b|\*\*\s?(?::|is)|\s+would\s+be)"
    r"|^[ \t#*_]{0,12}(?:(?:final|correct)[ \t])?answer[ \t*_]{0,8}\n"
    r"|^[ \t]{0,8}\*{0,2}A[ \t]{0,4}:(?![^\n]{0,400}\n\s{0,8}\*{0,2}B[ \t]{0,4}:)"
    r"|(?:答案|结果)[是为\uff1a:])\s{0,20}[:\uff1a]?",
    re.IGNORECASE | re.MULTILINE,
)
_MARKER_ELSEWHERE = re.compile(
    r"(?:\b(?:respuesta|resposta|risposta|r[ée]ponse|antwort|antwoord|ответ)(?:\s(?!n[oe]n?\b|não\b|ni\w*t\b|не\b)\w{1,12})?"
    r"(?:\s(?:es|é|è|est|ist|is|lautet)\b|\s?\*{0,2}:)|答え[はが:])\s{0,20}",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"[rR](?:espuesta|esposta|isposta|[ée]ponse)|[aA]nt(?:wort|woord)|твет|答え")
_SUPPOSED = re.compile(
    r"(?:\b(?:suppos(?:e|ing)|assum(?:e|ing)|imagine|pretend|if|unless|whether|doubt|(?:nobody|no one)(?:\s\w+){1,2}"
    r"|(?:people|they|students?|others|who|some|many|someone|everyone)\s(?:\w+\s)?(?:say|think|claim|believe|argue)s?"
    r"|(?:says|claims|thinks|believes|argues|(?<!\bI\s)(?:said|claimed)|told\s(?:me|us|you)|I\s(?:first\s)?thought)"
    r"|(?<!\bI\s)(?<!\bwe\s)(?:might|could|may|would)\s(?:think|say|claim|believe|guess|argue|assume|expect)"
    r"|(?:false|untrue|wrong|incorrect|not\s(?:true|clear)|unclear|impossible|unlikely)(?:\sto\s\w+)?\sthat)"
    r"|(?:n['’]t|\bnot|\bcannot|\bnever)\s(?:think|believe|say|claim|sure|certain|know)(?:\sif|\swhether)?)"
    r"(?:\sthat)?[\s,\"'“]*(?:(?:the|an|my|our|this|correct|final|right|true|real|best)\s)*\Z",
    re.IGNORECASE,
)
ONLY_SUPPOSED = "an answer that is only supposed"
_BEFORE = 80  # characters before a statement in which it may be called a supposition
_PLAIN = re.compile(r"[\s$*(]*(?:(?P<number>-?\d[\d,]*(?:\.\d+)?)|(?P<letter>[A-J]))[\s$.*)]*")
_NOTHING = re.compile(
    r"[\s.,;$*]*(?:(?:so|or|and|also|thus|hence|the|final|correct|my|maybe|perhaps|possible|first|second|"
    r"third|other|another|next|alternatively|else|equivalently)\b[\s,*]*)*",
    re.IGNORECASE,
)
_FULL_STOP = re.compile(r"(?<=\S)\.(?:\s|$)|\u3002")
_ABBREVIATED = re.compile(  # before a full stop that ends no sentence: titles and initials
    r"\b(?:(?:Drs?|Mr|Mrs|Ms|St|Prof|Mt|Gen|Gov|Sgt|Col|Rev|Lt|Capt|Sen)\.\s[A-Z]"
    r"|(?!Option|Choice|Answer|Case|Part|Group|Type|Class|Vitamin)[A-Z][a-z]+\s[A-Z]\.\s[A-Z][a-z]"
    r"|(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.\s\d"
    r"|[A-Z]\.\s?[A-Z]\.|(?<=[A-Z]\.\s)[A-Z]\.\s[A-Z][a-z])"
)
_REMARK = re.compile(r"\s[-\u2013\u2014]\s(?=[A-Za-z]{2,}[\s,.])")  # "96 - see above"
_RATHER = re.compile(r"\A(?:not|nicht)\s\S{1,40},?\s(?:but|sondern)\s(?:rather\s)?", re.IGNORECASE)
_PART = re.compile(r"\A\([a-e]\)\s+(?=[-$\\]?\d)(?!.*\()")  # "(a) 36" is 36
_COPULA = re.compile(r"\s?(?:です|である|だ|个|只|条|名)\Z")
_AGAIN = re.compile(r",?\s(?:i\.e\.|that is,|or equivalently)\s")  # "128, i.e. 2^7"
_BESIDE = re.compile(r"\s?[;,]\s(?:(?:and|or|also)\s)?(?:(?:the|my|another|other|second|correct|final)\s){0,3}\Z")
_REASON = re.compile(r",?\s(?:because|since)\s|,\s(?:as|for)\s(?=[A-Za-z(])")
_PRICE = re.compile(r"\$\d[\d,.]*\s")
_NEAR = 120  # characters before a stated answer in which another one would stand beside it
_TAIL = 2_000


def stated(text: str) -> Found | None:
    """The last answer that is stated; empty where it is taken back, only supposed, or one of several.

    >>> stated("So the answer is 8. Some say the answer is 9.").text
    '8'
    >>> stated("Suppose the answer is 9. Then 9 is odd.").text
    ''
    """
    markers = _last_markers(text)
    if not markers:
        return None
    real = [found for found in markers if not supposed(text, found.start())]
    if not real:
        return Found("", ONLY_SUPPOSED)
    marker = real[-1]
    rest = text[marker.end() :].lstrip(" \t\n*:_")
    answer, end = _first_statement(rest)
    if not answer:
        return None
    if _side_by_side(text[max(0, marker.start() - _NEAR) : marker.start()], answer):
        return Found("", "several answers side by side")
    again = restated(rest[end:])
    return Found(answer, "marker") if again is None else Found(again, "marker" if again else "taken back")


def supposed(text: str, start: int) -> bool:
    """Whether what is stated from a place on is only supposed, or said by others.

    >>> supposed("Some say the answer is 8", 13), supposed("I say the answer is 8", 10)
    (True, False)
    """
    return _SUPPOSED.search(text, max(0, start - _BEFORE), start) is not None


def contradict(first: str, second: str) -> bool:
    """Whether two answers are plain numbers that differ, or two letters.

    >>> contradict("1,000", "1000"), contradict("A", "B"), contradict("x", "y")
    (False, True, False)
    """
    a, b = _PLAIN.fullmatch(first), _PLAIN.fullmatch(second)
    if not (a and b):
        return False
    if a["letter"] or b["letter"]:
        return a["letter"] != b["letter"]
    return float(a["number"].replace(",", "")) != float(b["number"].replace(",", ""))


def _last_markers(text: str) -> list[re.Match[str]]:
    """The last "the answer is", looked for from the last word "answer" on: a search of all the text takes longer."""
    start = max(text.rfind("nswer"), text.rfind("A:"))
    found = list(_MARKER.finditer(text, max(0, start - 24))) if start >= 0 else []
    if not found or supposed(text, found[-1].start()):
        found = last_matches(_MARKER, text, 8)
    if not found and _ELSEWHERE.search(text, max(0, len(text) - _TAIL)):
        found = last_matches(_MARKER_ELSEWHERE, text, 1)
    return found


def _side_by_side(before: str, answer: str) -> bool:
    """Whether an answer comes at once after another one: "The answer is 8. The answer is 9." settles on none."""
    if "nswer" not in before:
        return False
    between = before[max((found.end() for found in _MARKER.finditer(before)), default=len(before)) :].lstrip(" \t\n*:_")
    between = _BESIDE.sub("", between)
    first, end = _first_statement(between)
    return _NOTHING.fullmatch(between, end) is not None and contradict(first, answer)


def _first_statement(text: str) -> tuple[str, int]:
    """The answer at the start of a text and where it ends: its formula, or the sentence without its full stop."""
    for left, right in (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)")):
        if text.startswith(left):
            end = text.find(right, len(left))
            if end > 0:
                return text[len(left) : end].strip(), end + len(right)
    line = text.partition("\n")[0]
    if line.startswith("$"):
        end = line.find("$", 1)
        rest = line[end + 1 :].strip(" *")
        if end > 0 and (not rest or rest[0] in ".,;") and not _PRICE.match(line):
            return line[1:end].strip(), end + 1
    line = _REASON.split(_AGAIN.split(line, maxsplit=1)[0], maxsplit=1)[0]
    sentence = _REMARK.split(line[: _sentence_end(line)], maxsplit=1)[0]
    said = _COPULA.sub("", _PART.sub("", _RATHER.sub("", sentence.strip().strip("*").strip())))
    return without_other(said), len(sentence)


def _sentence_end(line: str) -> int:
    """Where the first sentence of a line ends; the points of "St. Louis" and "J. K. Rowling" end none."""
    for stop in _FULL_STOP.finditer(line):
        place = stop.start()
        around = line[max(0, place - 20) : place + 4]
        if not any(
            found.start() < place - max(0, place - 20) <= found.end() for found in _ABBREVIATED.finditer(around)
        ):
            return place
    return len(line)
