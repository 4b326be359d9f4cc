"""Times of day and years as people write them: `3:45 p.m.` is `15:45`, noon is 12:00 PM, 44 BC is not 44.

>>> same_time("3:45 p.m.", "15:45"), same_time("noon", "12:00 am"), same_time("3:45", "4:45")
(True, False, None)
"""

from __future__ import annotations

import re

_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:\s*:\s*(?P<minute>\d\d)(?:\s*:\s*(?P<second>\d\d))?)?\s*"
    r"(?:(?P<half>[ap])\.?\s?m\.?|(?P<word>noon|midnight))?\s*(?:o'clock)?"
)
_NAMED = {"noon": "12:00 pm", "midnight": "12:00 am"}
_MARKUP = re.compile(r"\\(?:text|mathrm|textrm|textbf)\b|\\[!,;: ]|[{}$~]|\b(?:at|in the)\b")
_ERA = re.compile(r"(?:\b(?:AD|A\.D\.)\s?)?\b(?P<year>\d{1,4})(?P<era>\s?(?:AD|A\.D\.|BCE?|B\.C\.(?:E\.)?|CE|C\.E\.))?")
_HALF_DAY = 12 * 3600


def same_time(gold: str, pred: str) -> bool | None:
    """Whether two times of day are one; None unless both are times and one says which half of the day it means.

    A time without its half of the day (`3:45`) may be either, as a unit may be left out; `15:45` is the afternoon.
    """
    if not (_says_half(gold) or _says_half(pred)):
        return None
    ours, theirs = _seconds(gold), _seconds(pred)
    if ours is None or theirs is None:
        return None
    if ours[1] and theirs[1]:
        return ours[0] == theirs[0]
    return ours[0] % _HALF_DAY == theirs[0] % _HALF_DAY


def without_era(gold: str, pred: str) -> str | None:
    """The predicted year without its AD or BC, or None where it is another year: before Christ, and the gold is not."""
    if not pred.rstrip("}$. ").endswith(("D", "C", "E")) and "AD" not in pred and "A.D" not in pred:
        return pred
    match = _ERA.fullmatch(_MARKUP.sub("", pred).strip())
    if match is None:
        return pred
    before = "B" in (match["era"] or "")
    return None if before and "B" not in gold.upper() else match["year"] if not before else pred


def _says_half(text: str) -> bool:
    return len(text) < 60 and ("m" in text.lower() or "noon" in text.lower())


def _seconds(text: str) -> tuple[int, bool] | None:
    """Seconds since midnight, and whether the half of the day is sure."""
    plain = " ".join(_MARKUP.sub(" ", text).lower().split()).rstrip(" ")
    match = _CLOCK.fullmatch(_NAMED.get(plain.rstrip("."), plain))
    if match is None:
        return None
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    half = {"noon": "p", "midnight": "a"}.get(match["word"] or "") or match["half"]
    if minute > 59 or second > 59 or hour > (12 if half else 24) or (half and not hour):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif match["minute"] is None:
        return None  # a bare number
    return hour * 3600 + minute * 60 + second, bool(half) or hour > 12
