"""The labels that a text starts with: `B`, `(b)`, `A and C`; a letter that is a word is none."""

from __future__ import annotations

import re

from rewards.options.menu import Menu

LABEL = re.compile(
    r"""[(\["'“‘]?\s*(?P<label>[A-Za-z]|\d{1,2})\s*(?:[)\]"'”’]|[.:](?!\d))?"""
    r"(?![^\W\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]|[’+#^=<>*×·%-]|'\w)(?![.,/]\d)"
)
SEPARATOR = re.compile(
    r"\s*(?P<word>,?\s*(?:\bor\b|/|\||\band/or\b)|,?\s*(?:\band\b|&)|[,;+]|\s)\s*(?:also\s|even\s)?(?:options?\s|choices?\s|statements?\s)?",
    re.IGNORECASE,
)
ARTICLES = frozenset("AaI")
CONNECTORS = frozenset(
    ("because", "since", "as", "is", "and", "or", "with", "which", "due", "for", "so", "but", "in", "seems")
)


def labels_of(body: str, menu: Menu, *, alone: bool) -> tuple[frozenset[int], int, bool]:
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
        if (label in ARTICLES or label.isdecimal()) and bare and following and following[1] not in CONNECTORS:
            break  # "A dog", "I think", "4 of 8"
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


def named(text: str, menu: Menu) -> tuple[int | None, int]:
    """The option another text starts with, by label or text, and how many characters it takes."""
    place, length = menu.at_start(text)
    labels, end, _ = labels_of(text, menu, alone=False)
    return (place, length) if length > 1 or not labels else (min(labels), end)
