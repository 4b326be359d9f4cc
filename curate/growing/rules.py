"""What counts as an instruction before it is compared with others: the rules of Self-Instruct."""

from __future__ import annotations

import re
from functools import cached_property
from string import punctuation
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from curate.text.words import UNSPACED_RANGES

BLACKLIST: Final = (
    "image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot",
    "go to",
)  # fmt: skip
"""Of `bootstrap_instructions.py`: what a model of text cannot see, read or do."""

_UNSPACED = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED_RANGES) + "]")


class Rules(BaseModel):
    """Rules an instruction must keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: tuple[int, int] = Field(default=(4, 150), description="At least and at most so many words.")
    blacklist: tuple[str, ...] = Field(default=BLACKLIST, description="Words that drop it, whole, in any case.")
    openings: tuple[str, ...] = Field(default=("Write a program",), description="What it must not begin with.")
    punctuation_start: bool = Field(default=False, description="It may begin with an ASCII punctuation mark.")
    non_ascii_start: bool = Field(default=False, description="It may begin with what is not ASCII.")

    @field_validator("words")
    @classmethod
    def _ordered(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= value[0] <= value[1]:
            raise ValueError("words is [least, most], at least 1 and in this order")
        return value

    @field_validator("blacklist", "openings")
    @classmethod
    def _not_empty(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not word.strip() for word in value):
            raise ValueError("an empty word is in every instruction; leave it out")
        return value

    def broken(self, text: str) -> str | None:
        """The rule that an instruction breaks, in words; None when it keeps all.

        >>> Rules().broken("Draw a map of Peru"), Rules().broken("Sort these numbers, please"), Rules().broken("Why?")
        ("holds 'draw'", None, 'fewer than 4 words')
        """
        least, most = self.words
        count = max(len(text.split()), len(_UNSPACED.findall(text)))
        if count < least:
            return f"fewer than {least:,} words" if count else "empty"
        if count > most:
            return f"more than {most:,} words"
        if (found := self._blacklisted.search(text)) is not None:
            return f"holds '{found[0].lower()}'"
        opening = next((one for one in self.openings if text.startswith(one)), None)
        if opening is not None:
            return f"begins with '{opening}'"
        if text[0] in punctuation and not self.punctuation_start:
            return "begins with a punctuation mark"
        if not text[0].isascii() and not self.non_ascii_start:
            return "begins with a character that is not ASCII"
        return None

    @cached_property
    def _blacklisted(self) -> re.Pattern[str]:
        listed = "|".join(re.escape(word) for word in self.blacklist) or r"(?!)"
        return re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE)
