"""Days of a calendar as people write them: `March 15th`, `15 Mar`, `2023-12-25`, `Monday, December 25, 2023`.

>>> same_day("December 25, 2023", "25th of Dec. 2023"), same_day("March 15", "March 16"), same_day("15", "March 15")
(True, False, None)
"""

from __future__ import annotations

import re

from rewards.mathematics.wording import WEEKDAYS, without_markup

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
_MAX_CHARS = 60
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
