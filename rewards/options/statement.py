"""The option a statement settles on: "(B) because ...", "B. Paris", "Paris, not Rome"."""

from __future__ import annotations

import re

from rewards.options.labels import labels_of, named
from rewards.options.menu import CONTINUES, Menu, one_line
from rewards.retractions import denied

Said = tuple[frozenset[int], str]
"""The places of the options that are settled on, or none and why; none and "" where no option is named."""

LEAD = re.compile(  # what may come before the option in a statement
    r"(?:(?:the|it|that|this|i|we|i'd|i'll|we'd|say|looks like|think|believe|so|thus|hence|therefore|only|just|either|"
    r"both|is|are|it's|that's|options?|choices?|letters?|answers?|statements?|most|likely|probably|definitely|clearly)"
    r"\b(?!['’]\w)[\s:,]*|\((?=(?:option|choice|answer)\b)|(?-i:(?:la|a|il|el|le|die|der|das)\s(?=[(\[]?[A-Z]\b)|l['’](?=[A-Z]\b)))*",
    re.IGNORECASE,
)
GAP = re.compile(r"[\s:,]+")
MAX_LEAD = 16  # words before an option
REASON = re.compile(r"\b(?:because|since|as|while|whereas|which|so|due|for)\b|[.\n]", re.IGNORECASE)
DOUBT = re.compile(
    r"\b(?:or|and/or|maybe|perhaps|possibly|alternatively|(?:could|might|may)(?: also)? be)\b"
    r"[\s,]*(?:also|even|option|choice)?\s*",
    re.IGNORECASE,
)
JOINED = re.compile(
    r"[\s.]*(?:(?:,\s*)?(?:\band\b|&|\bas well as\b|\bplus\b)|/|\+)\s*(?:also\s|even\s)?", re.IGNORECASE
)
AS_GOOD = re.compile(
    r"\b(?:(?:is|are|seems?|would be)\s(?:just as|equally|also|as)"
    r"|(?:could|may|might)(?:\s(?:also|well|equally|just))*\sbe)"
    r"\s(?:good|right|correct|valid|likely|plausible|true|it)\b",
    re.IGNORECASE,
)
LISTED = re.compile(r"[.\s]*,\s*")
GOES_ON = re.compile(r"\s*(?:,|\band\b|\bor\b|\.?\s*\Z)")
EXCEPT = re.compile(r"[\s,]*\b(?:except|excluding|save|minus)\b", re.IGNORECASE)
PART_OF_SUM = re.compile(r"[\w)]\s?[+*\u00d7\u00b7^]\s?\Z")  # before an option's text
OR_ELSE = re.compile(  # what is no option, too: "1918 or 1919"
    r"[\s,]*\bor\s+(?!(?:in other words|equivalently|rather|more\s\w+ly|simply|that is)\b)", re.IGNORECASE
)
IS_WRONG = (  # behind an option, as what follows
    r"[\s:,]*(?:(?:is|are|was|would be|must be|seems|looks)\s+(?:\w+ly\s+|also\s+|just\s+)?"
    r"(?:the\s|an?\s|one of the\s)?"
    r"(?:not|wrong|incorrect|false|impossible|ruled|eliminated|excluded|off|out|too|tempting"
    r"|(?:my |a )?second (?:choice|best)|distractor|trap|mistake)\b|\?"
    r"|can (?:safely )?be (?:excluded|eliminated|ruled out|discarded|rejected)\b"
)
WRONG_TEXT = re.compile(IS_WRONG + ")", re.IGNORECASE)
WRONG = re.compile(
    IS_WRONG + r"|(?:isn't|wasn't|can't|cannot|can not|won't|doesn't|does not|fails)\b)",
    re.IGNORECASE,
)
LABELLED = re.compile(r"\s?[(\[]([A-Z])[)\]]")  # behind an option's text
ASKED = re.compile(r"[^.!?\n]{0,60}\?")
BUT_WRONG = re.compile(  # "B is what most would say, but it is wrong"
    r"([^.!?;\n]{0,100}?)\b(?:but|yet)\s(?:it|that|this)(?:['’]s|\sis|\swas|\swould be)\s(?:\w+ly\s)?"
    r"(?:wrong|incorrect|false|mistaken|not\s(?:right|correct|true|it))\b",
    re.IGNORECASE,
)
MENTIONED = re.compile(  # behind a letter that is spoken of, and not chosen: "C is for cookie"
    r"\s+(?:is\s+for\b(?!\s(?:sure|certain))|stands\sfor\b|is\s+(?:\w+ly\s|just\s|only\s)?(?:an?|the)\s(?:\w+\s){0,3}?"
    r"(?:letter|vowel|consonant|article|pronoun|word|symbol|language|musical note|vitamin"
    r"|(?:option|choice|one)\s(?:in|on)\sth(?:e|is)\s(?:list|menu))\b|is\s(?:my|his|her|our|their)\s(?!(?:\w+\s)?(?:answer|choice|pick|guess|bet)\b))",
    re.IGNORECASE,
)
NOT_IT = re.compile(
    r"(?:\bneither|\bnor|\bnot|n't|\bnever|\brather than|\binstead of|(?:any|every)thing but|\bexcept(?: for)?"
    r"|\bother than)"
    r"\s+(?:the |a |an )?[\"']?\Z|\b(?:before|after|until)\s\Z",
    re.IGNORECASE,
)


def read_statement(text: str, menu: Menu, *, loose: bool = True) -> Said:
    """The options named at the start of a statement, or the one option whose text it holds; else a problem or nothing.

    loose: a text anywhere in the statement counts. Otherwise it must start with the option.

    >>> menu = Menu(("A", "B"), ("rome", "paris"))
    >>> read_statement("B. Paris", menu), read_statement("B or A", menu)
    ((frozenset({1}), ''), (frozenset(), 'several options: B or A'))
    """
    text = one_line(text)
    bare = text.strip(" .")
    place = menu.of_text(text)
    if place is not None and not ((bare.isupper() or menu.given) and menu.of_label(bare) is not None):
        return frozenset((place,)), ""
    body, place, length = _without_lead(text, menu)
    if place is not None and WRONG.match(body, length):
        return frozenset(), f"an option that is denied: {body[:60]}"
    if place is not None and length > 1:
        labelled = LABELLED.match(body, length)
        if labelled and menu.of_label(labelled[1]) not in (None, place):
            return frozenset(), f"label and text of different options: {body[:60]}"
        if ASKED.match(body, length):
            return frozenset(), f"a question: {body[:60]}"
        return _unless_doubted(frozenset((place,)), body, length, menu)
    places, length, joined = labels_of(body, menu, alone=len(body.strip(" .)([]:")) == 1)
    if places:
        return _labelled(places, joined, body, length, menu)
    if place is not None:
        return _unless_doubted(frozenset((place,)), body, len(menu.texts[place]), menu)
    letters = re.fullmatch(r"[A-Z]{2,10}", body.strip(" ."))
    if (
        letters
        and len(set(letters[0])) == len(letters[0])
        and all(menu.of_label(letter) is not None for letter in letters[0])
    ):
        return frozenset(menu.labels.index(letter) for letter in letters[0]), ""
    return _text_within(text, menu) if loose else (frozenset(), "")


def _without_lead(text: str, menu: Menu) -> tuple[str, int | None, int]:
    """A statement from its option on, the option whose text that is, and the length of the text.

    The longest text wins: in "so it is both A and B" the word "both" may be of the option.
    """
    lead = LEAD.match(text)
    end = lead.end() if lead else 0
    starts = [end, 0, *(gap.end() for gap in GAP.finditer(text, 0, end))][:MAX_LEAD]
    place, length, start = None, 0, end
    for each in starts:
        other, longer = menu.at_start(text[each:])
        if longer > length:
            place, length, start = other, longer, each
    return text[start:], place, length


def _labelled(places: frozenset[int], joined: bool, body: str, length: int, menu: Menu) -> Said:
    """What a statement that starts with labels settles on: the text behind one must be its own."""
    if joined:
        return frozenset(), f"several options: {body[:length].strip()[:40]}"
    rest = re.sub(r"\A\s*(?:[.:)](?!\d)\s*)*(?:-\s+|,?\s?(?:i\.e\.|that is|namely),?\s+)?", "", body[length:])
    other, other_length = menu.at_start(rest)
    if other is None and rest.startswith("("):
        rest = rest[1:]
        other, other_length = menu.at_start(rest)
    told = other is not None and (other_length > 1 or not rest[other_length:].strip(" .)"))
    if len(places) == 1 and told and other not in places:
        return frozenset(), f"label and text of different options: {body[:60]}"
    end = len(body) - len(rest) + other_length if other in places else length
    if (WRONG if end == length else WRONG_TEXT).match(body, end):
        return frozenset(), f"an option that is denied: {body[:60]}"
    if end == length and MENTIONED.match(body, end):
        return frozenset(), f"a letter that is only mentioned: {body[:60]}"
    if re.fullmatch(r"(?:\s+[A-Z])+[.\s]*", body[end:]):
        return frozenset(), f"the options are listed: {body[:60]}"
    return _unless_doubted(places, body, end, menu)


def _listed(body: str, end: int, menu: Menu) -> bool:
    """Whether what follows an option is another one with its own text: "A) Rome B) Paris"."""
    following = re.match(r"[\s.,;)]*[(\[]?([A-Z]|\d{1,2})[)\].:]\s*", body[end:])
    place = menu.of_label(following[1]) if following else None
    return place is not None and following is not None and menu.at_start(body[end + following.end() :])[0] == place


def _text_within(text: str, menu: Menu) -> Said:
    folded = " ".join(text.casefold().split())
    found = [place for place, option in enumerate(menu.texts) if option and _has(folded, option)]
    found = [
        place for place in found if not any(place != more and menu.texts[place] in menu.texts[more] for more in found)
    ]
    if len(found) > 1 and any(_or_another(folded, menu.texts[place], found, menu) for place in found):
        return frozenset(), f"several options: {folded[:60]}"
    found = [place for place in found if not _denied(folded, menu.texts[place])]
    if len(found) == 1:
        return frozenset(found), ""
    if len(found) > 1:
        return frozenset(), "several options: " + ", ".join(menu.texts[place][:30] for place in found[:4])
    return frozenset(), ""


def _denied(text: str, option: str) -> bool:
    before, _, after = text.partition(option)
    return bool(NOT_IT.search(before) or WRONG.match(after)) or denied(before, after)


def _or_another(text: str, option: str, others: list[int], menu: Menu) -> bool:
    """Whether "or" and another of the options follow an option at once: "may be green or yellow"."""
    after = text.partition(option)[2]
    joined = re.match(r"[\s,]*(?:and/)?or\s(?:an?\s|the\s)?", after)
    return joined is not None and any(after.startswith(menu.texts[other], joined.end()) for other in others)


def _has(text: str, option: str) -> bool:
    start = text.find(option)
    while start >= 0:
        before, after = text[max(0, start - 1) : start], text[start + len(option) :]
        whole = not (before.isalnum() or (before and before in "-.")) and not CONTINUES.match(after)
        if whole and not PART_OF_SUM.search(text, max(0, start - 4), start):
            return True
        start = text.find(option, start + 1)
    return False


def _unless_doubted(places: frozenset[int], body: str, end: int, menu: Menu) -> Said:
    """The places, unless the sentence goes on to another option: "and C", "or maybe C", "though C is just as good"."""
    if _listed(body, end, menu):
        return frozenset(), f"the options are listed: {body[:60]}"
    end += re.match(r"\.?", body[end:]).end()  # type: ignore[union-attr]  # of the option's own text
    reason = REASON.search(body, end)
    reach = reason.start() if reason else end + 120
    other = OR_ELSE.match(body, end, reach)
    if other and named(LEAD.sub("", body[other.end() :], count=1), menu)[0] not in places:
        return frozenset(), f"an option or something else: {body[:60]}"
    wrong = BUT_WRONG.match(body, end)
    if wrong and not re.search(r"\b[A-Z]\b", wrong[1]):
        return frozenset(), f"an option that is denied: {body[:60]}"
    if EXCEPT.match(body, end):
        return frozenset(), f"an option with an exception: {body[:60]}"
    joined = JOINED.match(body, end)
    others = [body[joined.end() :]] if joined else []
    others += [body[doubt.end() :] for doubt in DOUBT.finditer(body, end, reach)]
    if good := AS_GOOD.search(body, end, end + 120):
        others += [body[place : good.start()] for place in range(end, good.start()) if not body[place - 1].isalnum()]
    if comma := LISTED.match(body, end):
        next_one, length = named(body[comma.end() :], menu)
        others += [body[comma.end() :]] if next_one is not None and GOES_ON.match(body, comma.end() + length) else []
    if any(named(other, menu)[0] not in (None, *places) for other in others) or any(
        _holds_part(body[doubt.end() :], place, menu)
        for doubt in DOUBT.finditer(body, end, min(end + 12, reach))
        for place in set(range(len(menu.texts))) - places
    ):
        return frozenset(), f"several options: {body[:60]}"
    return places, ""


def _holds_part(text: str, place: int, menu: Menu) -> bool:
    """Whether a text goes on with the end of an option: "or stays the same" with "It stays the same"."""
    said = re.match(r"[\w' -]{4,60}", text)
    option = menu.texts[place]
    return said is not None and " " in option and option.endswith(" " + " ".join(said[0].casefold().split()))
