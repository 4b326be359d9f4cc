r"""Where a completion says its final answer.

Thinking is taken off first: what stands inside it is never an answer. Then the strongest form wins:

    <answer>...</answer>    \boxed{...}    #### ...    "the answer is ..."    the whole text if it is short    the last
    number, letter or formula, by what the gold is

Of several boxes the last counts (people correct themselves), but boxes side by side or joined by "or" are one joint
answer: naming every candidate does not pay. Answer tags that disagree, and a later explicit answer that contradicts
the box, are no answer at all. An answer that is taken back ("No, sorry, it is 9") is the one given in its place
(`rewards.retractions`).

Every search is linear in the length of the completion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rewards.base import RewardError, did_you_mean
from rewards.retractions import denied, restated, without_other

STYLES = ("auto", "boxed", "answer_tag", "gsm8k", "last_number")
THINKING_TAGS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[THINK]", "[/THINK]"),
)

_MAX_BOXES = 24
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*(\{|-?\d{1,40}(?:\.\d{1,40})?|\\?[A-Za-z])")
_MARKER = re.compile(
    r"(?:\banswers?\s{0,20}(?:(?:is|are)\b(?!\s?n['’]t)|:|=(?!=)|\bto\b[^.\n:]{0,80}\bis\b|\*\*\s?(?::|is)|\s+would\s+be)"
    r"|^[ \t]{0,8}\*{0,2}A[ \t]{0,4}:|答案[是为\uff1a:])\s{0,20}:?",
    re.IGNORECASE | re.MULTILINE,
)
_MARKER_ELSEWHERE = re.compile(
    r"(?:\b(?:respuesta|resposta|risposta|r[ée]ponse|antwort|ответ)(?:\s\w{1,12})?"
    r"(?:\s(?:es|é|è|est|ist|lautet)\b|\s?\*{0,2}:)|答え[はが:])\s{0,20}",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"[rR](?:espuesta|esposta|isposta|[ée]ponse)|[aA]ntwort|твет|答え")
_GLUE = re.compile(
    r"(?:[\s$,;&*]|\\(?:text|mathrm|mbox)\s*\{\s*(?:and|or)\s*\}|\\q?quad|\\[()\[\]]|"
    r"\b(?:and|or|either|maybe|perhaps|possibly|alternatively|else)\b)*",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(r"\b(?:or|maybe|perhaps|possibly|alternatively|either)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?<![\w.])(?<!\d,)[-+\u2212]?\s?\$?"
    r"(?:\\[dt]?frac\s?\{-?\d{1,30}\}\s?\{\d{1,30}\}"
    r"|(?:\d{1,3}(?:,\d{3})+|\d{1,400})(?:\.\d{1,400})?(?:\s?/\s?\d{1,30})?|\.\d{1,400})"
    r"(?:\s?\\?%)?(?!\d)"
)
_HEDGED = re.compile(
    r"\d[\d.,/]*\s?\$?\s?(?:or|and/or)\s(?:maybe\s|perhaps\s|even\s|else\s|possibly\s)?\$?\s?[-+]?\Z", re.IGNORECASE
)
_PLAIN = re.compile(r"[\s$*(]*(?:(?P<number>-?\d[\d,]*(?:\.\d+)?)|(?P<letter>[A-J]))[\s$.*)]*")
_NOTHING = re.compile(
    r"[\s.,;$*]*(?:(?:so|or|and|also|thus|hence|the|final|correct|my|maybe|perhaps|possible|first|second|"
    r"third|other|another|next|alternatively|else|equivalently)\b[\s,*]*)*",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?<![A-Za-z\\'])\(?([A-J])\)?(?![A-Za-z'])")
_ARTICLE = re.compile(r"A [a-z]")
_OTHER_LETTER = re.compile(r"(?<![A-Za-z])\(?[A-J]\)?[\s,;&]{0,3}(?:or|and|/)?\s?\(?\Z")
_MATH = re.compile(r"\$\$([^$]+)\$\$|\$([^$\n]+)\$|\\\((.{1,500}?)\\\)|\\\[(.{1,500}?)\\\]", re.DOTALL)
_FULL_STOP = re.compile(r"(?<=\S)\.(?:\s|$)|\u3002")
_REMARK = re.compile(r"\s[-\u2013\u2014]\s(?=[A-Za-z]{2,}[\s,.])")  # "96 - see above"
_PRICE = re.compile(r"\$\d[\d,.]*\s")
_STARTS_NUMBER = re.compile(r"[-+$\\(]*\.?\d")
_SHORT = 80
_TAIL = 2_000
_NEAR = 120  # characters before a stated answer in which another one would stand beside it


@dataclass(frozen=True, slots=True)
class Found:
    """A final answer as written, how it was marked, and all boxes there were."""

    text: str
    how: str
    boxes: tuple[str, ...] = ()


def strip_thinking(text: str) -> str:
    """What comes after the thinking; nothing when the thinking never ends.

    >>> strip_thinking("<think>5?</think> It is 6.")
    ' It is 6.'
    >>> strip_thinking("<think>5")
    ''
    """
    if "<" not in text and "[" not in text:  # one character is found ten times faster than a word
        return text
    if "hink" not in text and "HINK" not in text and "thought" not in text:
        return text
    for opening, closing in THINKING_TAGS:
        end = text.rfind(closing)
        if end >= 0:
            text = text[end + len(closing) :]
        elif opening in text:
            return ""
    return text


def boxes(text: str) -> list[tuple[int, int, str]]:
    r"""The last boxes as (start, end, content), in order. A box that is not closed is none.

    >>> boxes(r"\boxed{\frac{1}{2}}")
    [(0, 19, '\\frac{1}{2}')]
    """
    last = text.rfind("box")
    if last < 0:
        return []
    first = text.find("\\") if last else 0  # where it opens the box, no other box comes before
    if text.startswith("\\boxed{", last - 1) and (first == last - 1 or text.find("box") == last):  # most completions
        end = _closing(text, last + 5)
        return [(last - 1, end, text[last + 6 : end - 1])] if end > 0 else []
    found: list[tuple[int, int, str]] = []
    for match in _last_matches(_BOX, text, _MAX_BOXES):
        if match.group(1) != "{":
            found.append((match.start(), match.end(), match.group(1)))
            continue
        end = _closing(text, match.end() - 1)
        if end > 0 and not (found and match.start() < found[-1][1]):
            found.append((match.start(), end, text[match.end() : end - 1]))
    return found


def last_boxed(text: str) -> str | None:
    r"""The content of the last box.

    >>> last_boxed(r"\boxed{70}? No: \boxed{73}")
    '73'
    """
    found = boxes(text)
    return found[-1][2] if found else None


def final_answer(text: str, style: str = "auto") -> Found | None:
    r"""The explicit final answer of a completion, thinking included, or None when it declares none.

    Raises RewardError for an unknown style.

    >>> final_answer("<think>7?</think> The answer is 8.").text
    '8'
    >>> final_answer(r"Either \boxed{12} or \boxed{13}.").text
    '12 or 13'
    """
    if style not in STYLES:
        raise RewardError(f"unknown style '{style}'{did_you_mean(style, STYLES)}")
    text = strip_thinking(text)
    if style == "boxed":
        return _boxed(text)
    if style == "answer_tag":
        return _tagged(text)
    if style == "gsm8k":
        return _hashes(text, anywhere=True) or _marked(text)
    if style == "last_number":
        return last_number(text)
    return _tagged(text) or _boxed(text) or _hashes(text, anywhere=False) or _marked(text)


def last_resort(text: str, *, letter: bool, number: bool) -> Found | None:
    """What stands last where nothing is declared: a letter, a number or a formula, as the gold is."""
    text = strip_thinking(text).strip()
    if not text:
        return None
    if len(text) <= _SHORT and "\n" not in text and (not letter or len(text) <= 4):
        words = sum(len(word) > (1 if number else 3) and word.strip(",;:.").isalpha() for word in text.split())
        if words <= (0 if number else 1):
            return Found(text, "whole text")
    if letter:
        return _last_letter(text)
    if number:
        return last_number(text)
    formulas = list(_MATH.finditer(text[-_TAIL:]))
    if formulas:
        content = next(group for group in formulas[-1].groups() if group is not None)
        return Found(content, "last formula")
    return Found(text.splitlines()[-1], "last line") if len(text.splitlines()[-1]) <= _SHORT else None


def is_number(text: str) -> bool:
    """Whether the text is one number, as `last_number` finds them.

    >>> is_number("1/2"), is_number("$3.50"), is_number("2x")
    (True, True, False)
    """
    return _NUMBER.fullmatch(text.strip()) is not None


def last_number(text: str) -> Found | None:
    """The last number, unless it is one of several candidates joined by "or", denied ("not 4") or a label ("step 4").

    >>> last_number("5 cats and 12 dogs.").text
    '12'
    >>> last_number("It is 12 or 13.") is None
    True
    """
    found = list(_last_matches(_NUMBER, text, 1))
    if not found:
        return None
    match = found[-1]
    before = text[max(0, match.start() - 60) : match.start()]
    if _HEDGED.search(before) or denied(before, text[match.end() : match.end() + 30]):
        return None
    value = match.group().replace("\u2212", "-").replace("$", "").replace(" ", "")
    if value[0] in "+-" and match.start() and (text[match.start() - 1].isalnum() or text[match.start() - 1] in ")]}"):
        value = value[1:]  # a difference, not a sign
    return Found(value, "last number")


def _tagged(text: str) -> Found | None:
    if "<" not in text or "</answer>" not in text:
        return None
    blocks = [block.partition("</answer>") for block in text.split("<answer>")[1:]]
    contents = [content.strip() for content, closed, _ in blocks if closed and content.strip()]
    if not contents:
        return None
    if any(content != contents[0] for content in contents):
        return Found("", "answer tags that disagree")
    inner = _boxed(contents[-1]) or _marked(contents[-1])
    return Found(inner.text if inner else contents[-1], "answer tag")


def _boxed(text: str) -> Found | None:
    found = boxes(text)
    if not found:
        return None
    parts, joined = [found[-1][2]], ","
    for index in range(len(found) - 1, 0, -1):
        between = text[found[index - 1][1] : found[index][0]]
        if len(between) > 60 or not _GLUE.fullmatch(between):
            break
        if _ALTERNATIVE.search(between):
            joined = "or"
        if found[index - 1][2] not in parts:
            parts.insert(0, found[index - 1][2])
    contents = tuple(dict.fromkeys(content for _, _, content in found))
    answer = parts[0] if len(parts) == 1 else f" {joined} ".join(parts) if joined == "or" else ", ".join(parts)
    rest = text[found[-1][1] :].lstrip("\\$]}). \n*")
    if len(rest) > 3:
        later = _marked(rest) if "nswer" in rest or "案" in rest else None
        if later is not None and _contradict(answer, later.text):
            return Found("", "two different final answers", contents)
        again = restated(rest)
        if again is not None:
            return Found(again, "restated" if again else "an answer that is taken back", contents)
    return Found(answer, "boxed", contents)


def _contradict(first: str, second: str) -> bool:
    """Whether two answers are plain numbers that differ, or two letters."""
    a, b = _PLAIN.fullmatch(first), _PLAIN.fullmatch(second)
    if not (a and b):
        return False
    if a["letter"] or b["letter"]:
        return a["letter"] != b["letter"]
    return float(a["number"].replace(",", "")) != float(b["number"].replace(",", ""))


def _hashes(text: str, *, anywhere: bool) -> Found | None:
    start = text.rfind("####")
    if start < 0:
        return None
    answer, _, rest = text[start + 4 :].strip().partition("\n")
    if not answer or (not anywhere and (rest.strip() or not _STARTS_NUMBER.match(answer))):
        return None  # a markdown heading
    return Found(answer.strip(), "####")


def _marked(text: str) -> Found | None:
    marker = _last_marker(text)
    if marker is None:
        return None
    rest = marker.string[marker.end() :].lstrip(" \t\n*:_")
    answer, end = _first_statement(rest)
    if not answer:
        return None
    if _side_by_side(marker.string[max(0, marker.start() - _NEAR) : marker.start()], answer):
        return Found("", "several answers side by side")
    again = restated(rest[end:])
    return Found(answer, "marker") if again is None else Found(again, "marker" if again else "taken back")


def _last_marker(text: str) -> re.Match[str] | None:
    """The last "the answer is", looked for from the last word "answer" on: a search of all the text takes longer."""
    start = max(text.rfind("nswer"), text.rfind("A:"))
    found = list(_MARKER.finditer(text, max(0, start - 9))) if start >= 0 else []
    found = found[-1:] or _last_matches(_MARKER, text, 1)
    if not found and _ELSEWHERE.search(text, max(0, len(text) - _TAIL)):
        found = _last_matches(_MARKER_ELSEWHERE, text, 1)
    return found[0] if found else None


def _side_by_side(before: str, answer: str) -> bool:
    """Whether an answer comes at once after another one: "The answer is 8. The answer is 9." settles on none."""
    if "nswer" not in before:
        return False
    between = before[max((found.end() for found in _MARKER.finditer(before)), default=len(before)) :].lstrip(" \t\n*:_")
    first, end = _first_statement(between)
    return _NOTHING.fullmatch(between, end) is not None and _contradict(first, answer)


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
    sentence = _REMARK.split(_FULL_STOP.split(line, maxsplit=1)[0], maxsplit=1)[0]
    return without_other(sentence.strip().strip("*").strip()), len(sentence)


def _last_letter(text: str) -> Found | None:
    """The last option letter of the last line, unless it is one of two joined by "or"."""
    line = text.splitlines()[-1][-400:]
    found = [match for match in _LETTER.finditer(line) if not _ARTICLE.match(line, match.start())]
    if not found or _OTHER_LETTER.search(line[: found[-1].start()]):
        return None
    return Found(found[-1].group(1), "last letter")


def _last_matches(pattern: re.Pattern[str], text: str, count: int, window: int = 1_000) -> list[re.Match[str]]:
    """The last `count` matches: looked for in the end of the text first, since answers stand there."""
    start = max(0, len(text) - window)
    found = list(pattern.finditer(text, start))
    if len(found) < count and start:
        found = list(pattern.finditer(text))
    elif start and found and found[0].start() == start:
        found = list(pattern.finditer(text))  # the window may have cut the first match in two
    return found[-count:]


def _closing(text: str, start: int) -> int:
    """Where the brace at `start` closes, one past it, or -1. Escaped braces do not count, as in LaTeX."""
    depth = 0
    for match in _BRACE.finditer(text, start):
        character = match.group()
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    return -1
