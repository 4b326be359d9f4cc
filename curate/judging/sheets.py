"""Sheets: what is shown to the judge at a time, in which order, and the ratings that come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from math import ceil
from typing import Any

from curate.engines.base import Message
from curate.engines.content import content_text
from curate.judging.aspects import Rated, nonce, question, ratings


@dataclass
class Group:
    """The answers to one prompt. rows: place in the table, id and text of each that has one."""

    prompt: str
    rows: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """Answers to one prompt to rate by one aspect, in the order they are shown. rows: their places in the table."""

    aspect: int
    scale: str
    prompt: str
    rows: tuple[int, ...]
    answers: tuple[str, ...]

    @property
    def chat(self) -> tuple[Message, ...]:
        """The request."""
        return ({"role": "user", "content": question(self.prompt, self.answers, self.scale)},)

    def read(self, said: str) -> list[Rated]:
        """The ratings in the judge's answer, in the order shown."""
        return ratings(said, nonce(self.prompt, self.answers), len(self.rows))


def shown_prompt(row: Mapping[str, Any]) -> str:
    """What was asked, as the judge sees it: the prompt, or the turns of a chat one after the other."""
    if isinstance(row.get("prompt"), str):
        return str(row["prompt"])
    turns = row.get("messages") or []
    if len(turns) == 1:
        return content_text(turns[0])
    return "\n\n".join(f"{turn.get('role')}: {content_text(turn)}" for turn in turns)


def make_sheets(
    groups: Sequence[Group], aspects: Sequence[tuple[str, str]], at_once: int, seed: int
) -> Iterator[tuple[str, Sheet]]:
    """A sheet, and a name for it, for each aspect and group; more where a group has more than `at_once` answers.

    aspects: (name, scale). The order of the answers is drawn for each aspect and group, from the seed and their ids.
    """
    for group in groups:
        for place, (name, scale) in enumerate(aspects):
            order = sorted(group.rows, key=lambda row: sha256(_bytes(f"{seed}:{name}:{row[1]}")).digest())
            size = ceil(len(order) / max(1, ceil(len(order) / at_once)))
            for start in range(0, len(order), max(1, size)):
                part = order[start : start + size]
                sheet = Sheet(place, scale, group.prompt, tuple(row[0] for row in part), tuple(row[2] for row in part))
                yield f"{name}:{min(part)[1]}", sheet


@dataclass
class Ratings:
    """What every row got by every aspect."""

    rows: int
    aspects: int
    given: dict[tuple[int, int], Rated] = field(default_factory=dict)
    places: dict[int, list[float]] = field(default_factory=dict)

    def take(self, sheet: Sheet, said: str, *, is_cut: bool) -> None:
        """The judge's answer about a sheet. is_cut: it was cut off, so ratings may be missing."""
        for place, (row, rated) in enumerate(zip(sheet.rows, sheet.read(said), strict=True), 1):
            why = f"{rated[1]}: its answer was cut off" if rated[0] is None and is_cut else rated[1]
            self.given[row, sheet.aspect] = (rated[0], why)
            if rated[0] is not None:
                self.places.setdefault(place, []).append(rated[0])

    def fail(self, sheet: Sheet, reason: str) -> None:
        """The judge did not answer about a sheet."""
        self.given.update(dict.fromkeys(((row, sheet.aspect) for row in sheet.rows), (None, reason)))

    def of(self, aspect: int) -> list[Rated]:
        """The ratings by one aspect, a row after the other."""
        return [self.given.get((row, aspect), (None, "the completion is empty")) for row in range(self.rows)]

    def means(self, names: Sequence[str]) -> list[Rated]:
        """The mean over the aspects; None where one is missing, with its name."""
        found: list[Rated] = []
        for rated in zip(*(self.of(aspect) for aspect in range(self.aspects)), strict=True):
            values = [value for value, _ in rated if value is not None]
            lacking = [name for name, (value, _) in zip(names, rated, strict=True) if value is None]
            mean = None if lacking else sum(values) / len(values)
            found.append((mean, f"no rating for {', '.join(lacking)}" if lacking else ""))
        return found

    def by_place(self) -> dict[str, float]:
        """The mean rating of the answers shown first, second, ...: alike when the judge has no liking for a place."""
        return {str(place): round(sum(got) / len(got), 4) for place, got in sorted(self.places.items())}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
