r"""The reward for multiple choice: which option a completion settles on, by letter, number or text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewards.base import Score
from rewards.extract import final_answer, strip_thinking
from rewards.strings import light

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
TAIL = 8_000  # characters at the end of an answer that are searched
OWN_LABEL = re.compile(r"\s*[(\[]?([A-Za-z]|\d{1,2})\s*[)\].:]\s*")
WRAPPER = re.compile(r"\\(?:text(?:bf|it|rm|sf)?|mathrm|mathbf|boxed|fbox|mbox|operatorname)\s*\{([^{}]*)\}")
DECORATION = re.compile(r"\*\*|__|`|\$|\\[()\[\],;! ]|[{}]")
LEAD = re.compile(  # what may come before the option in a statement
    r"(?:(?:the|it|that|this|i|we|i'd|i'll|we'd|say|looks like|think|believe|so|thus|hence|therefore|only|just|either|"
    r"both|is|are|it's|that's|options?|choices?|letters?|answers?|statements?|most|likely|probably|definitely|clearly)"
    r"\b(?!['’]\w)[\s:,]*)*",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"""[(\["'“‘]?\s*(?P<label>[A-Za-z]|\d{1,2})\s*(?:[)\]"'”’]|[.:](?!\d))?(?![\w’+#^=<>-]|'\w)(?![.,]\d)"""
)
SEPARATOR = re.compile(
    r"\s*(?P<word>,?\s*(?:\bor\b|/|\||\band/or\b)|,?\s*(?:\band\b|&)|[,;+]|\s)\s*(?:also\s|even\s)?(?:options?\s|choices?\s)?",
    re.IGNORECASE,
)
REASON = re.compile(r"\b(?:because|since|as|while|whereas|which|so|due|for)\b|[.\n]", re.IGNORECASE)
DOUBT = re.compile(
    r"\b(?:or|and/or|maybe|perhaps|possibly|alternatively|(?:could|might|may)(?: also)? be)\b"
    r"[\s,]*(?:also|even|option|choice)?\s*",
    re.IGNORECASE,
)
OR_ELSE = re.compile(r"[\s,]*\bor\s+(?:any|some|another|none|neither|maybe|perhaps)\w*\b", re.IGNORECASE)
CHOSEN = re.compile(
    r"(?:\bnot\s+[(\[]?[A-Z][)\]]?,?\s+but\b|;\s*it(?:'s| is)\b"
    r"|\b(?:must|should|has to|would) be|\b(?:choos|pick|select)(?:e|ing)?\b|\bchose\b"
    r"|\bgo(?:ing)? with|\bopt for|\bsettle on|\b(?:answer|option|choice)\s*(?:is|:|=)|选择?"
    r"|\b(?:so|thus|hence|therefore)\b,?(?=\s*[(\[]?[A-Z\d]\d?[)\]]?[.!]?\s*$))\s*:?\s*",
    re.IGNORECASE | re.MULTILINE,
)
CORRECT = re.compile(
    r"(?:\b(?:option|choice|answer|statement)\s+)?[(\[]?(?<![\w'’])(?P<label>[A-Z]|\d{1,2})[)\].:]?(?:\s+is|,)\s+"
    r"(?:clearly |definitely |indeed )?(?:the )?(?:most |only |single )?(?:correct|right|best|true)\b",
)
WRONG = re.compile(  # behind an option: "C is wrong", "C cannot be right"
    r"[\s:,]*(?:(?:is|are|was|would be|must be|seems|looks)\s+(?:\w+ly\s+|also\s+|just\s+)?"
    r"(?:not|wrong|incorrect|false|impossible|ruled|eliminated|excluded|out|too|(?:my |a )?second (?:choice|best))\b|\?"
    r"|(?:isn't|wasn't|can't|cannot|can not|won't|doesn't|does not|fails)\b)",
    re.IGNORECASE,
)
NOT_IT = re.compile(
    r"(?:\bnot|n't|\bnever|\brather than|\binstead of|(?:any|every)thing but|\bexcept(?: for)?|\bother than|\bnor)"
    r"\s+(?:the |a |an )?\Z"
)
UNTRUE = re.compile(
    r"(?:\bnot|n't|\bnever|\bwhether|\bif|\bfalse that|\bwrong that|\bdoubt|\bcannot)\b[^.\n]{0,40}\Z", re.IGNORECASE
)
ARTICLES = frozenset("AaI")
CONNECTORS = frozenset(
    ("because", "since", "as", "is", "and", "or", "with", "which", "due", "for", "so", "but", "in", "seems")
)


@dataclass(frozen=True, slots=True)
class Menu:
    """The options: their labels, their texts (empty when unknown), and whether the labels are given or assumed."""

    labels: tuple[str, ...]
    texts: tuple[str, ...] = ()
    given: bool = False

    def of_label(self, label: str) -> int | None:
        """The place of a label; without given labels, letters and numbers from 1 both count."""
        if label.upper() in self.labels:
            return self.labels.index(label.upper())
        if not self.given and label.isdecimal() and self.texts and 1 <= int(label) <= len(self.labels):
            return int(label) - 1
        return None

    def of_text(self, text: str) -> int | None:
        """The place of the option with this text."""
        folded = fold(text)
        return next((place for place, option in enumerate(self.texts) if folded and option == folded), None)


def choice(completion: str, answer: Any, options: Any = None) -> Score:
    r"""The option the completion settles on is the gold, or all of them and no other.

    Accepted: B, (b), "B.", \boxed{\text{B}}, "the answer is B because ...", "B is correct", "it must be B", the number
    of the option, its text, label and text together, and for several golds "A, C", "AC", "A and C". The last statement
    counts, what stands in the thinking does not. Rejected: two options where one is right, "A or B", "B, or maybe C",
    a label with the text of another option, a letter that is a word ("A dog"), and an answer that is not stated at all.

    answer: a label ("B", "(B)", "2"), several (["A", "C"], "A, C", "AC"), the text of an option, or an integer: the
    place in `options` counted from 0, as MMLU's class label. options: texts in order (they may carry labels:
    "A) 21"), a mapping label -> text, or {"label": [...], "text": [...]} (ARC). Without options a letter gold
    has lettered options, a number gold numbered ones, and any other gold is a text (yes/no/maybe: give the options, so
    that hedging is seen). Range: 0 or 1; None when the gold is none of the options.

    >>> choice("The answer is (B) because it is large.", "B").value
    1.0
    >>> choice("It is either A or B.", "B").why
    'several options: A or B.'
    >>> choice("So it's Rome.", 1, ["Paris", "Rome"]).value
    1.0
    """
    menu = read_menu(options, answer)
    gold = read_gold(answer, menu)
    if not gold:
        return Score(None, f"the gold {str(answer)[:40]!r} is none of the options")
    said, how = said_options(completion, menu)
    names = "+".join(_name(menu, place) for place in sorted(said))
    if not said:
        return Score(0.0, how)
    evidence = {"answer": names, "how": how}
    if said == gold:
        return Score(1.0, f"chose {names}", evidence)
    return Score(0.0, f"chose {names}, not {'+'.join(_name(menu, place) for place in sorted(gold))}", evidence)


def read_menu(options: Any, answer: Any) -> Menu:
    """The options in whatever form they come; what the gold shows of them where there are none.

    >>> read_menu(["A)21", "B)24"], "A")
    Menu(labels=('A', 'B'), texts=('21', '24'), given=True)
    """
    if isinstance(options, str):
        options = json.loads(options) if options.lstrip()[:1] in ("[", "{") else options.splitlines()
    if isinstance(options, Mapping):
        labels, texts = list(options), list(options.values())
        if set(options) == {"label", "text"}:
            labels, texts = options["label"], options["text"]
        return Menu(
            tuple(str(label).strip().upper() for label in labels), tuple(light(str(text)) for text in texts), True
        )
    if options is not None and len(options):
        texts = [str(option) for option in options]
        own = [OWN_LABEL.match(text) for text in texts]
        labels = [found[1].upper() for found in own if found]
        if len(labels) == len(texts) and labels in (
            list(LETTERS[: len(labels)]),
            [str(n + 1) for n in range(len(labels))],
        ):
            rest = (text[found.end() :] for text, found in zip(texts, own, strict=True) if found)
            return Menu(tuple(labels), tuple(fold(text) for text in rest), True)
        return Menu(LETTERS[: len(texts)], tuple(fold(text) for text in texts))
    shown = re.sub(r"[()\[\]'\"]", "", str(answer[0] if isinstance(answer, (list, tuple)) and answer else answer))
    shown = shown.strip(" .:")
    if shown.isdecimal():
        return Menu(tuple(str(number) for number in range(100)))
    if re.fullmatch(r"[A-Z](?:[\s,;&+/]*(?:and\s+)?[A-Z])*|[a-z]", shown):
        return Menu(LETTERS)
    return Menu((), (fold(shown),))


def read_gold(answer: Any, menu: Menu) -> frozenset[int]:
    """The places of the right options; empty when the gold names none."""
    if isinstance(answer, bool) or answer is None:
        return frozenset()
    if isinstance(answer, (list, tuple)):
        parts = [read_gold(part, menu) for part in answer]
        return frozenset().union(*parts) if all(parts) else frozenset()
    if isinstance(answer, (int, float)) and menu.texts and not (menu.given and menu.labels[0].isdigit()):
        return frozenset((int(answer),)) if answer == int(answer) and 0 <= answer < len(menu.texts) else frozenset()
    text = str(answer).strip()
    bare = re.sub(r"\A(?:option|choice|answer)?[\s(\[]*|[\s)\].:]*\Z", "", text, flags=re.IGNORECASE)
    place = menu.of_text(text) if bare.isdecimal() and not menu.given else None
    place = menu.of_label(bare) if place is None else place
    place = menu.of_text(text) if place is None else place
    if place is not None:
        return frozenset((place,))
    labelled = OWN_LABEL.match(text)
    if labelled and menu.texts and (place := menu.of_text(text[labelled.end() :])) is not None:
        return frozenset((place,))
    parts_of = re.split(r"[\s,;/&+]+|\band\b", bare.strip("[]'\""))
    labels = [part.strip("'\"()") for part in parts_of if part.strip("'\"()")]
    if len(labels) == 1:
        labels = list(labels[0]) if labels[0].isupper() else []
    places = [menu.of_label(label) for label in labels]
    return frozenset(place for place in places if place is not None) if None not in places else frozenset()


def said_options(completion: str, menu: Menu) -> tuple[frozenset[int], str]:
    """The options a completion settles on, and how it says so; none with the reason."""
    text = strip_thinking(completion).strip()
    marked = final_answer(completion)
    if marked is not None:
        if not marked.text:
            return frozenset(), marked.how
        start = text.rfind(marked.text) if marked.how == "marker" else -1
        line = text[start : start + 400].partition("\n")[0] if start >= 0 else marked.text
        said, problem = read_statement(clean(line), menu)
        if said or problem:
            return said, problem or marked.how
        if marked.how != "marker":
            return frozenset(), f"no option: {marked.text[:60]}"
    text = clean(text[-TAIL:])
    said, problem = _chosen(text, menu)
    if said or problem:
        return said, problem or "stated"
    lines = [line for line in text.splitlines() if line.strip()]
    for line in lines[-1:] + lines[:1]:
        said, problem = read_statement(line.strip(), menu, loose=len(lines) == 1)
        if said or problem:
            return said, problem or "a line of its own"
    return frozenset(), "no option is stated" if text else "no answer"


def read_statement(text: str, menu: Menu, *, loose: bool = True) -> tuple[frozenset[int], str]:
    """The options named at the start of a statement, or the one option whose text it holds; else a problem or nothing.

    loose: a text anywhere in the statement counts. Otherwise it must start with the option.
    """
    bare = text.strip(" .")
    place = menu.of_text(text)
    if place is not None and not ((bare.isupper() or menu.given) and menu.of_label(bare) is not None):
        return frozenset((place,)), ""
    start = LEAD.match(text)
    whole, body = text, text[start.end() :] if start else text
    place, length = _text_at_start(whole, menu)
    if place is not None:
        body = whole
    else:
        place, length = _text_at_start(body, menu)
    if place is not None and WRONG.match(body, length):
        return frozenset(), f"an option that is denied: {body[:60]}"
    if place is not None and length > 1:
        return _unless_doubted(frozenset((place,)), body, length, menu)
    places, length, joined = _labels(body, menu, alone=len(body.strip(" .)([]:")) == 1)
    if places:
        if joined:
            return frozenset(), f"several options: {body[:length].strip()[:40]}"
        if WRONG.match(body, length):
            return frozenset(), f"an option that is denied: {body[:60]}"
        rest = re.sub(r"\A[\s.:)]*(?:[-–—]\s+)?", "", body[length:])
        other, other_length = _text_at_start(rest, menu)
        if len(places) == 1 and other is not None and other_length > 1 and other not in places:
            return frozenset(), f"label and text of different options: {body[:60]}"
        return _unless_doubted(places, body, len(body) - len(rest) + (other_length if other in places else 0), menu)
    if place is not None:
        return _unless_doubted(frozenset((place,)), body, length, menu)
    letters = re.fullmatch(r"[A-Z]{2,10}", body.strip(" ."))
    if (
        letters
        and len(set(letters[0])) == len(letters[0])
        and all(menu.of_label(letter) is not None for letter in letters[0])
    ):
        return frozenset(menu.labels.index(letter) for letter in letters[0]), ""
    return _text_within(text, menu) if loose else (frozenset(), "")


def clean(text: str) -> str:
    r"""Without LaTeX wrappers and markdown.

    >>> clean(r"**\text{(B)}** is right")
    '(B) is right'
    """
    for _ in range(3):
        text = WRAPPER.sub(r"\1", text)
    return DECORATION.sub("", text).strip()


def fold(text: str) -> str:
    """An option's text or an answer without what does not change it: markup, case, spaces, punctuation around it."""
    return light(clean(text))


def _labels(body: str, menu: Menu, *, alone: bool) -> tuple[frozenset[int], int, bool]:
    """The labels a text starts with, where they end, and whether an "or" joins them."""
    places: list[int] = []
    position = end = 0
    joined = False
    while found := LABEL.match(body, position):
        label = found["label"]
        place = menu.of_label(label)
        bare = found.group().strip() == label
        if place is None or (label.islower() and bare and not alone):
            break
        following = re.match(r"\s+([a-z]+)", body[found.end() :])
        if label in ARTICLES and bare and following and following[1] not in CONNECTORS:
            break  # "A dog", "I think"
        places.append(place)
        end = found.end()
        separator = SEPARATOR.match(body, end)
        if separator is None:
            break
        word = separator["word"].strip().lower()
        more = LABEL.match(body, separator.end())
        if (
            not more
            or menu.of_label(more["label"]) is None
            or (not word and not (found.group()[0] == more.group()[0] == "("))
        ):
            break
        joined |= bool(re.search(r"or|/|\|", word))
        position = separator.end()
    return frozenset(places), end, joined


def _text_at_start(body: str, menu: Menu) -> tuple[int | None, int]:
    """The option whose text a statement starts with, the longest one, and how many characters it takes."""
    best: tuple[int | None, int] = (None, 0)
    folded = body.casefold()
    for place, option in enumerate(menu.texts):
        if len(option) > best[1] and folded.startswith(option) and not re.match(r"[\w%^/]|[.,]\d", body[len(option) :]):
            best = (place, len(option))
    return best


def _text_within(text: str, menu: Menu) -> tuple[frozenset[int], str]:
    folded = " ".join(text.casefold().split())
    found = [place for place, option in enumerate(menu.texts) if option and _has(folded, option)]
    found = [
        place for place in found if not any(place != more and menu.texts[place] in menu.texts[more] for more in found)
    ]
    if len(found) == 1:
        before = folded.partition(menu.texts[found[0]])[0]
        after = folded[len(before) + len(menu.texts[found[0]]) :]
        if NOT_IT.search(before) or WRONG.match(after):
            return frozenset(), ""
        return frozenset(found), ""
    if len(found) > 1:
        return frozenset(), "several options: " + ", ".join(menu.texts[place][:30] for place in found[:4])
    return frozenset(), ""


def _has(text: str, option: str) -> bool:
    start = text.find(option)
    while start >= 0:
        before, after = text[max(0, start - 1) : start], text[start + len(option) :]
        if not (before.isalnum() or (before and before in "-.")) and not re.match(r"\w|[.,/]\d", after):
            return True
        start = text.find(option, start + 1)
    return False


def _unless_doubted(places: frozenset[int], body: str, end: int, menu: Menu) -> tuple[frozenset[int], str]:
    """The places, unless the sentence goes on to another option with an "or", "maybe", "could also be"."""
    reason = REASON.search(body, end)
    rest = body[end : reason.start() if reason else end + 120]
    if OR_ELSE.match(rest):
        return frozenset(), f"an option or something else: {body[:60]}"
    for doubt in DOUBT.finditer(rest):
        after = rest[doubt.end() :]
        label = LABEL.match(after)
        other = menu.of_label(label["label"]) if label and not label["label"].islower() else None
        other = _text_at_start(after, menu)[0] if other is None else other
        if other is not None and other not in places:
            return frozenset(), f"several options: {body[:60]}"
    return places, ""


def _chosen(text: str, menu: Menu) -> tuple[frozenset[int], str]:
    """The last "it must be B", "I choose B", "B is correct" of a text."""
    best: tuple[int, frozenset[int], str] = (-1, frozenset(), "")
    for found in CHOSEN.finditer(text):
        if UNTRUE.search(text, max(0, found.start() - 60), found.start()):
            continue
        said, problem = read_statement(text[found.end() : found.end() + 200].partition("\n")[0], menu, loose=False)
        if said or problem:
            best = (found.start(), said, problem)
    for found in CORRECT.finditer(text):
        place = menu.of_label(found["label"])
        untrue = UNTRUE.search(text, max(0, found.start() - 60), found.start())
        if place is not None and found.start() > best[0] and not untrue:
            best = (found.start(), frozenset((place,)), "")
    return best[1], best[2]


def _name(menu: Menu, place: int) -> str:
    return menu.labels[place] if place < len(menu.labels) else menu.texts[place]
