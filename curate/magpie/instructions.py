"""What a model wrote in the place of a user, and whether it is an instruction."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

TEMPLATE_MARKS = re.compile(
    r"<\|[\w-]{1,40}\|>|<｜[^｜<>]{1,40}｜>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS)\]|<</?SYS>>|</?(?:s|think)>|<(?:start|end)_of_turn>"
)
"""Marks of the chat templates in use, as text: the model ran on into another turn."""

MARKDOWN_START = re.compile(r"#{1,6}\s|#{2,6}|\*\*|---|===|```|\|")
"""A heading, bold text, a rule, a fence or a table: a document rather than somebody's words. Llama 3.1 begins so often
that Magpie forbids it these tokens at the start (`exp/gen_ins.py`); here such instructions are dropped."""


@dataclass
class Reader:
    """Reads instructions one after another; each is compared with those before it.

    stop: what ends a user's turn, where an engine left it in the text. max_words: longer ones are dropped.
    """

    stop: tuple[str, ...]
    max_words: int
    keep_markdown: bool
    _first: dict[str, str] = field(default_factory=dict)

    def read(self, row: str, text: str, finish_reason: str) -> tuple[str, str | None]:
        """The instruction of row `row`, and why it is dropped; None when it stays.

        >>> reader = Reader(("<|im_end|>",), max_words=3, keep_markdown=False)
        >>> reader.read("a", " Why is it so?<|im_end|>", "stop"), reader.read("b", "Why so?", "stop")
        (('Why is it so?', 'longer than 3 words'), ('Why so?', None))
        >>> reader.read("c", "why  SO?", "stop")[1], reader.read("d", "## Notes", "stop")[1]
        ('says the same as b', 'begins with markdown')
        """
        instruction = _cut(text, self.stop).strip()
        reason = self._wrong(instruction, finish_reason)
        if reason is None:
            first = self._first.setdefault(" ".join(instruction.casefold().split()), row)
            reason = None if first == row else f"says the same as {first}"
        return instruction, reason

    def _wrong(self, instruction: str, finish_reason: str) -> str | None:
        if not any(letter.isalnum() for letter in instruction):
            return "empty: no letter or number"
        if finish_reason == "length":
            return "not finished: cut off at max_tokens"
        if finish_reason not in ("stop", ""):
            return f"not finished: {finish_reason}"
        if TEMPLATE_MARKS.search(instruction):
            return "holds a mark of a chat template"
        if not self.keep_markdown and MARKDOWN_START.match(instruction):
            return "begins with markdown"
        if len(instruction.split()) > self.max_words:
            return f"longer than {self.max_words:,} words"
        return None


def _cut(text: str, stops: Iterable[str]) -> str:
    """The text up to the first of the stops."""
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else text
