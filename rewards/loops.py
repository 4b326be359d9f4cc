"""Texts that run in circles."""

from __future__ import annotations

from rewards.strings import PIECES

LOOP_CHARS, LOOP_TIMES = 400, 5  # a text that ends in so many repeats of one piece, together at least so long
GRAM, MIN_GRAMS, MAX_REPEATED = 16, 300, 0.5  # words; more than half of the 16-grams said before is a loop
TAIL = 8_000  # characters at the end in which a period is looked for


def looping(text: str) -> str:
    """A text that ends in repeats of one piece, or that mostly repeats itself."""
    if said := repeats(text):
        return said
    words: list[str] = PIECES.findall(text)
    total = len(words) - GRAM + 1
    if total >= MIN_GRAMS:
        unique = len({hash(tuple(words[start : start + GRAM])) for start in range(total)})
        if 1 - unique / total > MAX_REPEATED:
            return f"{1 - unique / total:.0%} of its {GRAM}-word pieces were said before"
    return ""


def repeats(text: str) -> str:
    """A text that ends in repeats of one piece; a loop in the thinking may have been closed by force."""
    period, times = _ending_period(text.rstrip()[-TAIL:])
    if times < LOOP_TIMES or period * times < LOOP_CHARS:
        return ""
    return f"ends in {times} times '{' '.join(text.rstrip()[-period:].split())[:60]}'"


def _ending_period(text: str) -> tuple[int, int]:
    """The period in which a text ends most often, and how many times: Knuth-Morris-Pratt on the reversed text.

    >>> _ending_period("well, " + "so it is. " * 7)
    (10, 7)
    """
    backwards = text[::-1]
    border = [0] * len(backwards)
    best = (0, 0)
    matched = 0
    for place in range(1, len(backwards)):
        while matched and backwards[place] != backwards[matched]:
            matched = border[matched - 1]
        matched += backwards[place] == backwards[matched]
        border[place] = matched
        period = place + 1 - matched
        times = (place + 1) // period
        if times >= 2 and times * period > best[0] * best[1]:
            best = (period, times)
    return best
