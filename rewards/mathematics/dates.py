"""Times of day, years and days of a calendar as people write them: `3:45 p.m.`, noon, 44 BC, `March 15th`.

>>> same_time("3:45 p.m.", "15:45"), same_time("noon", "12:00 am"), same_time("3:45", "4:45")
(True, False, None)
>>> same_year("1492", "1492 AD"), same_year("1492", "1492 BC"), same_year("1492", "1492")
(True, False, None)
>>> same_day("December 25, 2023", "25th of Dec. 2023"), same_day("March 15", "March 16"), same_day("15", "March 15")
(True, False, None)
"""

from __future__ import annotations

import re

from rewards.mathematics.wording import WEEKDAYS, without_markup

_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:\s*:\s*(?P<minute>\d\d)(?:\s*:\s*(?P<second>\d\d))?)?\s*(?P<clock>o'clock)?\s*"
    r"(?:(?P<half>[ap])\.?\s?m\.?|(?P<word>noon|midnight|morning|afternoon|evening))?"
)
_IN_SENTENCE = re.compile(r"(?<![\d:.])\d{1,2}:\d\d(?![\d:])(?:\s?[ap]\.?m\b\.?)?", re.IGNORECASE)
_AT = re.compile(r"(?:\b(?:at|is|was|be|about|=|:)|\A)\s?[*$]*\Z", re.IGNORECASE)
_NAMED = {"noon": "12:00 pm", "midnight": "12:00 am"}
_HALVES = {"noon": "p", "afternoon": "p", "evening": "p", "midnight": "a", "morning": "a"}
_MARKUP = re.compile(r"\\(?:text|mathrm|textrm|textbf)\b|\\[!,;: ]|[{}$~]|\b(?:at|in the)\b")
_YEAR = re.compile(
    r"(?:(?:the )?year |in )?(?P<first>A\.?D\.?)?\s?(?P<year>\d{1,4})\s?(?P<era>A\.?D\.?|B\.?C\.?(?:E\.?)?|C\.?E\.?)?"
)
_HALF = re.compile(r"[ap]\.? ?m|noon|midnight|morning|evening|o'clock", re.IGNORECASE)
_HALF_DAY = 12 * 3600
_MAX_CHARS = 60


def same_time(gold: str, pred: str) -> bool | None:
    """Whether two times of day are one; None unless both are times and one says which half of the day it means.

    A time without its half of the day (`3:45`) may be either, as a unit may be left out; `15:45` is the afternoon.
    """
    if not (_may_be_time(gold) and _may_be_time(pred) and (_HALF.search(gold) or _HALF.search(pred))):
        return None
    ours, theirs = _seconds(gold), _seconds(pred)
    if ours is None or theirs is None:
        return None
    if ours[1] and theirs[1]:
        return ours[0] == theirs[0]
    return ours[0] % _HALF_DAY == theirs[0] % _HALF_DAY


def time_said(gold: str, sentence: str) -> str:
    """The one time of day that a sentence says, where the gold is one too; "" for another gold or sentence.

    >>> time_said("2:45 PM", "The train arrives at 2:45 pm."), time_said("2:45 PM", "It ends after 2:45 pm.")
    ('2:45 pm.', '')
    """
    if _IN_SENTENCE.fullmatch(gold.strip("$ ")) is None:
        return ""
    times = list(_IN_SENTENCE.finditer(sentence[-400:]))
    alone = len(times) == 1 and _AT.search(sentence[-400:], max(0, times[0].start() - 12), times[0].start())
    return times[0].group() if alone and " not " not in sentence and "n't" not in sentence else ""


def is_clock(text: str) -> bool:
    """Whether a text is a time of day with minutes and its half of the day: `7:12 PM`, which is no 7/12."""
    return ":" in text and _may_be_time(text) and _HALF.search(text) is not None and _seconds(text) is not None


def same_year(gold: str, pred: str) -> bool | None:
    """Whether two years are one; None unless both are years and one says whether it is before or after Christ."""
    if not ("C" in gold or "D" in gold or "C" in pred or "D" in pred) or max(len(gold), len(pred)) > _MAX_CHARS:
        return None
    ours, theirs = (_YEAR.fullmatch(" ".join(_MARKUP.sub(" ", text).split())) for text in (gold, pred))
    if ours is None or theirs is None or not any(match["era"] or match["first"] for match in (ours, theirs)):
        return None
    before = [(match["era"] or "").startswith("B") for match in (ours, theirs)]
    left_out = before[0] and not theirs["era"] and not theirs["first"]  # the era may be left out, as a unit may
    return ours["year"] == theirs["year"] and (before[0] == before[1] or left_out)


def _may_be_time(text: str) -> bool:
    if len(text) > _MAX_CHARS:
        return False
    timed = text[:1].isdigit() and (":" in text or "m" in text or "M" in text or "'c" in text)
    return timed or "noon" in text or "idnight" in text or "Noon" in text


def _seconds(text: str) -> tuple[int, bool] | None:
    """Seconds since midnight, and whether the half of the day is sure."""
    plain = " ".join(_MARKUP.sub(" ", text).lower().split())
    match = _CLOCK.fullmatch(_NAMED.get(plain.rstrip("."), plain))
    if match is None:
        return None
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    half = _HALVES.get(match["word"] or "") or match["half"]
    if minute > 59 or second > 59 or hour > (12 if half else 24) or (half and not hour):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif match["minute"] is None and not match["clock"]:
        return None  # a bare number
    return hour * 3600 + minute * 60 + second, bool(half) or hour > 12 or match["hour"] in ("0", "00")


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:\s?(?:st|nd|rd|th))?"
_FORMS = [
    re.compile(form)
    for form in (
        rf"{_MONTH} (?:the )?{_DAY}(?:,? (?P<year>\d{{4}}))?",
        rf"(?:the )?{_DAY} (?:of )?{_MONTH}(?:,? (?P<year>\d{{4}}))?",
        rf"{_MONTH},? (?P<year>\d{{4}})",
        r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)",
    )
]
_MAY_BE = re.compile("|".join(_MONTHS) + r"|\d\d-\d\d-", re.IGNORECASE)
Day = tuple[str, int, int, int]
"""Weekday, year, month, day; empty or 0 where it is not said."""


def same_day(gold: str, pred: str) -> bool | None:
    """Whether two texts name one day, the gold no more fully; None unless both name a day or a month of a year."""
    ours = _day(gold)
    theirs = _day(pred) if ours else None
    return None if ours is None or theirs is None else ours[1:] == theirs[1:] and ours[0] in ("", theirs[0])


def _day(text: str) -> Day | None:
    if len(text) > _MAX_CHARS or _MAY_BE.search(text) is None:
        return None
    words = without_markup(text).lower().strip(" .").removeprefix("on ")
    parts = re.split(r"[\s,]+", words)
    weekday = next((part[:3] for part in (parts[0], parts[-1]) if part in WEEKDAYS), "")
    if weekday:
        words = " ".join(part for part in words.split() if part.strip(",.") not in WEEKDAYS).strip(" ,")
    for form in _FORMS:
        if found := form.fullmatch(words):
            said = found.groupdict()
            month = int(said["month"]) if said["month"].isdigit() else _MONTHS.index(said["month"][:3]) + 1
            return weekday, int(said["year"] or 0), month, int(said.get("day") or 0)
    return None
