"""Fixed forms, and syllables line by line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Score, did_you_mean
from rewards.prosody.meters import metre, readings
from rewards.prosody.rhymes import rhyme
from rewards.prosody.verse import lines_of, repetition, words_of


@dataclass(frozen=True, slots=True)
class Form:
    """What a form asks for: "" and () where it asks for nothing.

    syllables: (fewest, most) of each line.
    """

    lines: int
    scheme: str = ""
    metre: str = ""
    syllables: tuple[tuple[int, int], ...] = ()


FORMS = {
    "haiku": Form(3, syllables=((5, 5), (7, 7), (5, 5))),
    "tanka": Form(5, syllables=((5, 5), (7, 7), (5, 5), (7, 7), (7, 7))),
    "cinquain": Form(5, syllables=((2, 2), (4, 4), (6, 6), (8, 8), (2, 2))),
    "limerick": Form(5, "AABBA", syllables=((7, 10), (7, 10), (5, 7), (5, 7), (7, 10))),
    "sonnet": Form(14, "ABAB CDCD EFEF GG", "iambic pentameter"),
    "petrarchan sonnet": Form(14, "ABBA ABBA CDE CDE", "iambic pentameter"),
    "spenserian sonnet": Form(14, "ABAB BCBC CDCD EE", "iambic pentameter"),
    "rubai": Form(4, "AAXA", "iambic pentameter"),
    "ballad stanza": Form(4, "XAXA", "iambic tetrameter, iambic trimeter"),
    "heroic couplet": Form(2, "AA", "iambic pentameter"),
}


def poem_form(completion: str, form: str, *, allow_repeats: bool = False, strict: bool = False) -> Score:
    r"""The poem keeps a form: its number of lines, and the mean of rhyme, metre and syllables where it asks for them.

    "sonnet" is Shakespeare's. A limerick is judged by rhyme and length of lines, not by its anapests. See `FORMS`.
    Range: [0, 1]; 0 for another number of lines or a poem that repeats itself; None for an unknown form.
    strict: 1 only if all parts are perfect.

    >>> poem_form("An old silent pond\nA frog jumps into the pond\nSplash! Silence again", "haiku").value
    1.0
    >>> poem_form("too short", "haiku").why
    '1 lines, not 3'
    """
    name = " ".join(form.lower().replace("shakespearean", "").split())
    wanted = FORMS.get(name)
    if wanted is None:
        return Score(None, f"unknown form '{form}'{did_you_mean(name, list(FORMS))}")
    lines = lines_of(completion, wanted.lines)
    if len(lines) != wanted.lines:
        return Score(0.0, f"{len(lines)} lines, not {wanted.lines}")
    problem = "" if allow_repeats else repetition(lines)
    if problem:
        return Score(0.0, problem)
    poem = "\n".join(lines)
    parts: dict[str, Score] = {}
    if wanted.scheme:
        parts["rhyme"] = rhyme(poem, wanted.scheme, allow_repeats=True)
    if wanted.metre:
        parts["metre"] = metre(poem, wanted.metre, allow_repeats=True)
    if wanted.syllables:
        parts["syllables"] = syllables(poem, wanted.syllables, allow_repeats=True)
    values = {part: score.value or 0.0 for part, score in parts.items()}
    value = sum(values.values()) / len(values)
    why = "; ".join(score.why for score in parts.values() if score.value != 1) or f"a {name}"
    return Score(float(value == 1) if strict else value, why, values)


def syllables(
    completion: str,
    counts: Sequence[int | Sequence[int]] | str,
    *,
    tolerance: int = 0,
    allow_repeats: bool = False,
    strict: bool = False,
) -> Score:
    r"""The share of lines with the right number of syllables, by any pronunciation of their words.

    counts: for each line its number, or the fewest and the most; or their JSON text. tolerance: by how many a line may
    differ. strict: 1 only if all lines are right. Range: [0, 1]; 0 for another number of lines; None when the counts
    cannot be read.

    >>> syllables("An old silent pond\nA frog jumps into the pond\nSplash! Silence again", [5, 7, 5]).value
    1.0
    """
    try:
        counts = json.loads(counts) if isinstance(counts, str) else counts
        spans = [(count, count) if isinstance(count, int) else (int(count[0]), int(count[1])) for count in counts]
    except (TypeError, ValueError, IndexError):
        spans = []
    if not spans:
        return Score(None, "counts are numbers of syllables such as [5, 7, 5]")
    lines = lines_of(completion, len(spans))
    if len(lines) != len(spans):
        return Score(0.0, f"{len(lines)} lines, not {len(spans)}")
    problem = "" if allow_repeats else repetition(lines)
    if problem:
        return Score(0.0, problem)
    said = [syllable_counts(line) for line in lines]
    wrong = [
        f"line {at} has {_span(min(has), max(has))} syllables, not {_span(low, high)}"
        for at, (has, (low, high)) in enumerate(zip(said, spans, strict=True), 1)
        if not any(low - tolerance <= number <= high + tolerance for number in has)
    ]
    value = (len(lines) - len(wrong)) / len(lines)
    evidence = {"syllables": [sorted(has) for has in said]}
    return Score(float(not wrong) if strict else value, "; ".join(wrong) or "every line has its syllables", evidence)


def _span(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def syllable_counts(line: str) -> set[int]:
    """All numbers of syllables a line can have, slurred vowels left aside.

    >>> sorted(syllable_counts("every fire"))
    [3, 4, 5]
    """
    reached = {0}
    for word in words_of(line):
        lengths = {len(said) for said, cost in readings(word) if not cost} or {0}
        reached = {before + length for before in reached for length in lengths}
    return reached
