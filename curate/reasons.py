"""Why rows left, as people read it: reasons that differ only in what they name are one kind."""

from __future__ import annotations

import re
from collections import Counter

ALIKE = 3
_WORD = re.compile(r"(?<=\s)\S+")
_DIGIT = re.compile(r"\d")
_QUOTED = re.compile(r"“.*”", re.DOTALL)  # to the last one: what is quoted may quote


def kinds_of(reasons: list[str]) -> list[str]:
    """For each reason its kind: itself, or, where more than `ALIKE` differ only in words with digits, those as dots.

    So is what stands “in quotes”. The first word stays: it says which rule it was (`top_3gram: 0.2 of characters`).

    `same prompt as gsm8k-0c5f31b2a9de` is another text for each row that left, and one kind of reason.

    >>> kinds_of(["same as a1", "same as b2", "same as c3", "same as d4", "score.math == 1"])
    ['same as …', 'same as …', 'same as …', 'same as …', 'score.math == 1']
    """
    bare = [_QUOTED.sub("“…”", reason) for reason in reasons]
    masks = [_WORD.sub(lambda word: "…" if _DIGIT.search(word[0]) else word[0], reason) for reason in bare]
    different = Counter(mask for mask, _ in set(zip(masks, reasons, strict=True)))
    alike: dict[str, list[str]] = {}
    for mask, reason in zip(masks, bare, strict=True):
        alike.setdefault(mask, []).append(reason)
    kinds = {mask: _shared(group) for mask, group in alike.items() if different[mask] > ALIKE}
    return [kinds.get(mask, reason) for mask, reason in zip(masks, reasons, strict=True)]


def _shared(reasons: list[str]) -> str:
    """Reasons of as many words as one, the words in which they differ as dots."""
    return " ".join(words[0] if len(set(words)) == 1 else "…" for words in zip(*map(str.split, reasons), strict=True))
