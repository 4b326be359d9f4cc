"""The options of a question and which of them are right, in the forms data sets have them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewards.strings import TYPOGRAPHY, light

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
OWN_LABEL = re.compile(  # "A) Paris", "2: Rome"; "1.2 million" has none
    r"\s*[(\[]?([A-Za-z]|\d{1,2})\s*(?:[)\]]|[.:](?:(?!\d)|(?<=[A-Za-z][.:])))\s*"
)
WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm|sf)?|mathrm|mathbf|boxed|fbox|mbox|operatorname)\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
)
FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
DECORATION = re.compile(
    r"\*\*|__|`|\$|\\[()\[\],;! ]|[{}]|(?<!\d)(?<!\d )\*|\*(?! ?\d)|</?[a-z]{1,6}>|^[#>]+\s", re.MULTILINE
)

CONTINUES = re.compile(  # behind an option's text: it is part of another
    r"[\w%^/]|[.,]\d|\s?[+*\u00d7\u00b7^]\s?[\w(]|\s?[-\u2212]\s?\d"
)
NUMERAL = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Menu:
    """The options: their labels, their texts (empty when unknown), and whether the labels are given or assumed."""

    labels: tuple[str, ...]
    texts: tuple[str, ...] = ()
    given: bool = False

    def of_label(self, label: str) -> int | None:
        """The place of a label; without given labels, letters and numbers from 1 both count, unless one is a text."""
        if label.upper() in self.labels:
            return self.labels.index(label.upper())
        if self.given or not label.isdecimal() or any(_number(text) == int(label) for text in self.texts):
            return None
        return int(label) - 1 if self.texts and 1 <= int(label) <= len(self.labels) else None

    def of_text(self, text: str) -> int | None:
        """The place of the option with this text."""
        folded = fold(text)
        return next((place for place, option in enumerate(self.texts) if folded and option == folded), None)

    def at_start(self, text: str) -> tuple[int | None, int]:
        """The option whose text another starts with, the longest one, and how many characters it takes."""
        best: tuple[int | None, int] = (None, 0)
        quoted = text[:1] in "\"'" and bool(text)
        folded = text[quoted:].casefold()
        for place, option in enumerate(self.texts):
            if len(option) > best[1] and folded.startswith(option):
                best = (place, len(option)) if not CONTINUES.match(folded, len(option)) else best
        closed = quoted and best[1] > 0 and text[best[1] + 1 : best[1] + 2] == text[0]
        return best[0], best[1] + (quoted + closed if best[1] else 0)

    def name(self, place: int) -> str:
        """What an option is called."""
        return self.labels[place] if place < len(self.labels) else self.texts[place]


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
            tuple(str(label).strip().upper() for label in labels), tuple(fold(str(text)) for text in texts), True
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
    """The places of the right options; empty when the gold names none.

    >>> read_gold("A, C", Menu(("A", "B", "C")))
    frozenset({0, 2})
    """
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


def _number(text: str) -> float | None:
    return float(text) if NUMERAL.fullmatch(text) else None


def clean(text: str) -> str:
    r"""Without LaTeX wrappers and markdown.

    >>> clean(r"**\text{(B)}** is right"), clean(r"$\frac{1}{2}$")
    ('(B) is right', '1/2')
    """
    for _ in range(3):
        text = WRAPPER.sub(r"\1", text)
    return DECORATION.sub("", FRACTION.sub(r"\1/\2", text) if "frac" in text else text).strip()


def one_line(text: str) -> str:
    """A statement as options are compared: plain quotes and dashes, single spaces; its case stays."""
    return " ".join(unicodedata.normalize("NFC", text.translate(TYPOGRAPHY)).split())


def fold(text: str) -> str:
    """An option's text or an answer without what does not change it: markup, case, spaces, punctuation around it."""
    return light(clean(text))
