"""Answers in words: `the function is even` says `even`, `red, blue` is `red and blue`."""

from __future__ import annotations

import re

from rewards.mathematics.answers import Answer, read
from rewards.mathematics.plain import Verdict, short
from rewards.mathematics.remarks import KINDS, said_in, subject_of
from rewards.mathematics.wording import without_markup

_JOINTS = re.compile(r"\s*(?:,\s*and\b|,|;|\band\b)\s*")
_YES_NO = {"yes": "no", "no": "yes", "true": "false", "false": "true"}
_ARTICLES = frozenset({"the", "this", "that"})  # an "a" may be the name of a quantity
_MAX_LIST = 200


def in_words(gold: Answer, pred: Answer) -> Verdict:
    """The verdict on two answers, at least one of them in words."""
    sentence = said_in(pred.words)
    wanted = {gold.words, read(said_in(gold.words)).words if " is " in gold.words else ""} - {""}
    said = not wanted.isdisjoint({pred.words, read(sentence).words if sentence else "", subject_of(pred.words)})
    said = said and not _other_subject(gold.words, pred.words)
    said = said or _listed(gold) == _listed(pred) != () or _answers(gold.words, pred.words)
    return verdict_in_words(gold, pred, said=said)


def _other_subject(gold: str, pred: str) -> bool:
    """Whether two sentences say it of different things: "quantity A is greater", "quantity B is greater"."""
    ours, theirs = ([word for word in text.split() if word not in _ARTICLES] for text in (gold, pred))
    differ = [place for place, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b and not KINDS & {a, b}]
    return len(ours) == len(theirs) and "is" in ours and len(differ) == 1 and differ[0] < ours.index("is")


def verdict_in_words(gold: Answer, pred: Answer, *, said: bool) -> Verdict:
    """The verdict, as a person reads it."""
    return Verdict(said, f"'{short(pred.text)}' {'is' if said else 'is not'} '{short(gold.text)}'", "words")


def _answers(gold: str, pred: str) -> bool:
    """Whether a sentence begins with the yes or no of the gold and holds not the other: "no, it is not"."""
    other = _YES_NO.get(gold)
    return other is not None and pred.split()[:1] == [gold] and other not in pred.split() and "or" not in pred.split()


def _listed(answer: Answer) -> tuple[str, ...]:
    """Several answers in words, in their order: `red, blue` is `red and blue`."""
    parts = _JOINTS.split(without_markup(answer.text)) if len(answer.text) < _MAX_LIST else []
    return tuple(read(part).words for part in parts) if len(parts) > 1 and all(parts) else ()
