"""Words around a number: nouns that can be dropped, labels, opposites, currencies, and what takes a number back."""

from __future__ import annotations

import re
from functools import lru_cache

from rewards.mathematics.quantities import word_set

_NO_NOUNS = word_set(
    "or and not no nor is are isn't was be maybe perhaps possibly probably either else but never wrong incorrect false "
    "invalid unless instead alternatively otherwise anything any everything plus minus "
    "least most than squared cubed halves thirds zero"
)
_PAIRS = (
    "am/pm north/south east/west up/down left/right above/below profit/loss gain/loss increase/decrease more/less "
    "more/fewer faster/slower before/after older/younger taller/shorter longer/shorter higher/lower larger/smaller "
    "bigger/smaller heavier/lighter earlier/later clockwise/counterclockwise boys/girls men/women males/females "
    "heads/tails wins/losses north/east north/west south/east south/west"
)
_OPPOSITES = [frozenset(pair.split("/")) for pair in _PAIRS.split()]
_CURRENCY = re.compile(
    r"(?P<dollar>\\\$|\A[-+]?\$(?=\s?\d)(?!.*\$)|dollars?\b|usd\b|cents?\b|¢)|(?P<euro>€|euros?\b|eur\b)|(?P<pound>£|pounds?\b|gbp\b|sterling)"
    r"|(?P<yen>¥|yen\b|yuan|rmb)|(?P<rupee>₹|rupees?\b|inr\b|(?<![a-z])rs\b)|(?P<won>₩|(?<![a-z])won\b)",
    re.IGNORECASE,
)
_MONEY = (  # one of these is in every sign above, and is found ten times faster
    "$", "dollar", "usd", "cent", "¢", "eur", "€", "£", "pound", "gbp", "sterling", "¥", "yen", "yuan", "rmb", "₹",
    "rupee", "inr", "rs", "₩", "won",
)  # fmt: skip
_MAX_PRICE = 80
KINDS = word_set("function functions number numbers triangle angle sequence series matrix curve solution event events")
_DOUBTS = word_set("if whether unclear unknown nobody doubt only when unless claims says")
_WINS = re.compile(
    r"(\w{1,20}|(?:the )?(?:first|second) player) (?:wins|will win|can always win|has a winning strategy)"
)
_NOUN_POWER = re.compile(r"\^ ?\{? ?[23] ?\}?")  # units^2
_LETTERS = re.compile(r"[^\W\d_]+(?:['\u2019][a-z]+)?")


def is_noun(text: str) -> bool:
    """Whether what stands behind a number can be dropped: a noun, and nothing that takes the number back.

    >>> is_noun("red apples"), is_noun("or 6"), is_noun("is wrong")
    (True, False, False)
    """
    text = _NOUN_POWER.sub("", text)
    return not any(sign.isdigit() for sign in text) and _NO_NOUNS.isdisjoint(_LETTERS.findall(text.lower()))


def is_label(words: list[str]) -> bool:
    """Whether words before "is" only name what the number is: "the area", but not "x which or what".

    >>> is_label(["the", "number"]), is_label(["what", "nobody", "not"])
    (True, False)
    """
    return _NO_NOUNS.isdisjoint(words)


def said_in(words: str) -> str:
    """What a short sentence in small letters says: "the function is even" says "even"; "" where it doubts.

    >>> said_in("the function is even"), said_in("it is not even"), said_in("even function")
    ('even', 'not even', 'even')
    """
    before, copula, said = words.rpartition(" is ")
    for other in (" are ", " will be "):
        if not copula:
            before, copula, said = words.rpartition(other)
    if not copula and words.startswith("is "):
        return words[3:]
    if copula:
        found = before.split()
        sure = len(found) <= 6 and _NO_NOUNS.isdisjoint(found) and _DOUBTS.isdisjoint(found)
        return said if sure else ""
    first, _, rest = words.partition(" ")
    return first if rest in KINDS else ""


def subject_of(words: str) -> str:
    """Who or what a short sentence is about: "sam is the tallest" is about Sam; "" where it doubts.

    >>> subject_of("sam is the tallest"), subject_of("sam is the wrong answer")
    ('sam', '')
    """
    if winner := _WINS.fullmatch(words):
        return winner[1]
    before, _, after = words.partition(" is the ")
    found = {*before.split(), *after.split()}
    return before if after and _NO_NOUNS.isdisjoint(found) and _DOUBTS.isdisjoint(found) else ""


def are_other_currencies(a: str, b: str) -> bool:
    r"""Whether two amounts are in different money: `\$5` and 5 euros.

    >>> are_other_currencies("\\$5", "5 euros"), are_other_currencies("\\$5", "5")
    (True, False)
    """
    ours = _currencies(a)
    return bool(ours) and bool(theirs := _currencies(b)) and ours.isdisjoint(theirs)


@lru_cache(maxsize=4_096)
def _currencies(text: str) -> frozenset[str]:
    if len(text) > _MAX_PRICE:
        return frozenset()
    folded = text.lower()
    if not any(sign in folded for sign in _MONEY):
        return frozenset()
    return frozenset(match.lastgroup or "" for match in _CURRENCY.finditer(text))


def are_opposites(a: str, b: str) -> bool:
    """Whether two remarks behind a number exclude each other.

    >>> are_opposites("a.m.", "PM"), are_opposites("students", "people")
    (True, False)
    """
    if " per " in a and " per " in b:
        over, under = (tuple(word.strip().removesuffix("s") for word in text.split(" per ")) for text in (a, b))
        if over != under and over == under[::-1]:
            return True  # slices per person, persons per slice
    first, second = (_LETTERS.findall(text.lower().replace(".", "")) for text in (a, b))
    sides = [(pair & set(first), pair & set(second)) for pair in _OPPOSITES]
    return any(len(ours) == len(theirs) == 1 and ours != theirs for ours, theirs in sides)
