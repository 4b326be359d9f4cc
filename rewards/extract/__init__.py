r"""Where a completion says its final answer.

    thinking    what is only thought
    endings     what stands last, where nothing is declared
    boxed       boxes
    stated      "the answer is ..."

Thinking is taken off first: what stands inside it is never an answer. Then the strongest form wins:

    <answer>...</answer>    \boxed{...}    #### ...    {"answer": ...}    "the answer is ..."    the whole text if it
    is short    the last number, letter or formula, by what the gold is

Of several boxes the last counts (people correct themselves), but boxes side by side or joined by "or" are one joint
answer: naming every candidate does not pay. Answer tags that disagree, and a later explicit answer that contradicts
the box, are no answer at all. An answer that is taken back ("No, sorry, it is 9") is the one given in its place
(`rewards.retractions`).

Every search is linear in the length of the completion.
"""

from __future__ import annotations

import json
import re
from typing import Literal, get_args

from rewards.base import RewardError, did_you_mean
from rewards.extract.boxed import boxes, last_boxed
from rewards.extract.endings import Found, is_number, last_number, last_resort
from rewards.extract.stated import ONLY_SUPPOSED, contradict, stated
from rewards.extract.thinking import THINKING_TAGS, strip_thinking
from rewards.retractions import called_no_answer, restated

__all__ = [
    "ONLY_SUPPOSED",
    "STYLES",
    "THINKING_TAGS",
    "Found",
    "Style",
    "boxes",
    "final_answer",
    "is_number",
    "last_boxed",
    "last_number",
    "last_resort",
    "strip_thinking",
]

Style = Literal["auto", "boxed", "answer_tag", "gsm8k", "last_number"]
STYLES = get_args(Style)
_GLUE = re.compile(
    r"(?:[\s$,;&*]|\\(?:text|mathrm|mbox)\s*\{\s*(?:and|or)\s*\}|\\q?quad|\\[()\[\]]|"
    r"\b(?:and|or|either|maybe|perhaps|possibly|alternatively|else)\b)*",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(r"\b(?:or|maybe|perhaps|possibly|alternatively|either)\b", re.IGNORECASE)
_HEDGE = re.compile(r"\b(?:or|maybe|perhaps|possibly|alternatively)[\s$\\(]{0,9}\Z", re.IGNORECASE)
_NO_BOX = re.compile(  # before a box: it is told from the answer
    r"\b(?:not|(?:wrong|incorrect|false|mistaken|trap|tempting)(?: \w+)?(?: is| would be)?)[\s:$(\\]*\Z", re.IGNORECASE
)
_SAID_BY_OTHERS = re.compile(  # before a box
    r"\b(?:people|they|students?|others|some|many|someone|everyone|one)\s(?:(?:might|may|would|could|will|often|even|still"
    r"|wrongly|mistakenly|incorrectly)\s){0,2}(?P<verb>say|think|claim|guess|believe|argue|answer|get|obtain|find)s?"
    r"(?:\sthat)?(?:\s(?:it|this)\sis|\sthe\sanswer\sis)?[\s:$\\(]*\Z",
    re.IGNORECASE,
)
_STARTS_NUMBER = re.compile(r"[-+$\\(]*\.?\d")
_OBJECT = re.compile(r"(?:```(?:json)?\s*)?(\{.*\})\s*(?:```)?\s*\Z", re.DOTALL)
_ANSWER_KEYS = ("answer", "final_answer")
_MAX_OBJECT = 4_000  # characters of a JSON object that is read as an answer


def final_answer(text: str, style: Style = "auto") -> Found | None:
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
        return _hashes(text, anywhere=True) or stated(text)
    if style == "last_number":
        return last_number(text)
    return _tagged(text) or _boxed(text) or _hashes(text, anywhere=False) or _keyed(text) or stated(text)


def _tagged(text: str) -> Found | None:
    if "<" not in text or "</answer>" not in text:
        return None
    blocks = [block.partition("</answer>") for block in text.split("<answer>")[1:]]
    contents = [content.strip() for content, closed, _ in blocks if closed and content.strip()]
    if not contents:
        return None
    if any(content != contents[0] for content in contents):
        return Found("", "answer tags that disagree")
    inner = _boxed(contents[-1]) or stated(contents[-1])
    return Found(inner.text if inner else contents[-1], "answer tag")


def _boxed(text: str) -> Found | None:
    every = boxes(text)
    if not every:
        return None
    found = [box for box in every if not _is_denied(text[max(0, box[0] - 60) : box[0]])]
    found = _without_others(text, found)
    if not found:
        return Found("", "a box that is denied", tuple(content for _, _, content in every))
    parts, joined = [found[-1][2]], ","
    for index in range(len(found) - 1, 0, -1):
        between = text[found[index - 1][1] : found[index][0]]
        if len(between) > 60 or not (_GLUE.fullmatch(between) or _HEDGE.search(between)):
            break
        if _ALTERNATIVE.search(between):
            joined = "or"
        if found[index - 1][2] not in parts:
            parts.insert(0, found[index - 1][2])
    contents = tuple(dict.fromkeys(content for _, _, content in found))
    answer = parts[0] if len(parts) == 1 else f" {joined} ".join(parts) if joined == "or" else ", ".join(parts)
    rest = text[found[-1][1] :].lstrip("\\$]}). \n*")
    if len(rest) > 3:
        later = stated(rest) if "nswer" in rest or "案" in rest else None
        if later is not None and contradict(answer, later.text):
            return Found("", "two different final answers", contents)
        again = restated(rest)
        if again is not None:
            return Found(again, "restated" if again else "an answer that is taken back", contents)
    return Found(answer, "boxed", contents)


def _is_denied(before: str) -> bool:
    return called_no_answer(before) or _NO_BOX.search(before) is not None


def _without_others(text: str, found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The boxes without those of somebody else: "some would say", and, beside another box, "many get"."""
    others = {box: _SAID_BY_OTHERS.search(text, max(0, box[0] - 80), box[0]) for box in found}
    kept = [box for box in found if others[box] is None]
    return kept or [box for box, said in others.items() if said and said["verb"].lower() in ("get", "obtain", "find")]


def _hashes(text: str, *, anywhere: bool) -> Found | None:
    start = text.rfind("####")
    if start < 0:
        return None
    answer, _, rest = text[start + 4 :].strip().partition("\n")
    if not answer or (not anywhere and (rest.strip() or not _STARTS_NUMBER.match(answer))):
        return None  # a markdown heading
    return Found(answer.strip(), "####")


def _keyed(text: str) -> Found | None:
    """The "answer" of a JSON object that is all of the text, or what its last fenced block holds."""
    start = max(0, len(text) - _MAX_OBJECT)
    place = text.find("{", start)
    if place < 0 or not any(f'"{key}"' in text[place:] for key in _ANSWER_KEYS):
        return None
    before = text[start:place].rstrip()
    written = _OBJECT.match(text, place)
    if written is None or (before and not before.endswith(("```", "```json"))):
        return None
    try:
        held = json.loads(written[1])
    except (ValueError, RecursionError):
        return None
    values = [held[key] for key in _ANSWER_KEYS if key in held]
    if len(values) != 1 or isinstance(values[0], (dict, list)) or values[0] is None:
        return None
    return Found(str(values[0]), "the key of a JSON object")
