"""Rounds of critique and revision over many rows at a time: what to ask next, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.constitution.chats import Chat, critique_chat, revision_chat
from curate.constitution.principles import Example, Principle
from curate.result import ID, REASON, Result


@dataclass
class Revised:
    """An answer on its way through the rounds.

    principles: one a round. chat: what was asked last. said: a critique whose revision is not there yet.
    rounds: what `critiques` holds in the end. last: the row of `generate` with the last revision.
    reason: why it cannot go on. is_cut: its last revision was cut off, so it does not.
    """

    question: Chat
    answer: str
    principles: Sequence[Principle]
    chat: Chat = ()
    said: Mapping[str, Any] = field(default_factory=dict)
    rounds: list[dict[str, str]] = field(default_factory=list)
    last: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    is_cut: bool = False


@dataclass
class Revising:
    """All rows of a step. Every round is two phases: all critiques, then all revisions."""

    rows: Mapping[str, Revised]
    rounds: int
    examples: Sequence[Example] = ()
    phase: int = 0

    @property
    def left(self) -> int:
        """Phases that are not over."""
        return 2 * self.rounds - self.phase

    def next(self) -> dict[str, Chat]:
        """The chats of this phase, by row; none when all is over."""
        live = {} if not self.left else {row: it for row, it in self.rows.items() if not (it.reason or it.is_cut)}
        for revised in live.values():
            principle = revised.principles[self.phase // 2]
            if self.phase % 2:
                revised.chat = revision_chat(revised.chat, revised.said["completion"], principle)
            else:
                revised.chat = critique_chat(revised.question, revised.answer, principle, self.examples)
        return {row: revised.chat for row, revised in live.items()}

    def take(self, result: Result) -> None:
        """The answers of this phase, as `generate` reads them."""
        number, part = self.phase // 2 + 1, "revision" if self.phase % 2 else "critique"
        for row, reason in result.failed.select(ID, REASON).iter_rows():
            self.rows[row].reason = f"round {number}, {part}: {reason}"
        for answer in result.kept.iter_rows(named=True):
            revised = self.rows[answer[ID]]
            if not answer["completion"].strip():
                revised.reason = f"round {number}: the {part} is empty{_why_empty(answer)}"
            elif part == "critique":
                revised.said = answer
            else:
                _revise(revised, answer, revised.principles[number - 1])
        self.phase += 1


def _why_empty(answer: Mapping[str, Any]) -> str:
    """What an answer without a text was instead, as far as it shows."""
    if answer["finish_reason"] == "length":
        return ", cut off at max_tokens"
    if answer["finish_reason"] not in ("stop", ""):
        return f", with finish_reason {answer['finish_reason']}"
    return ", all of the answer is thinking" if answer["thinking"] else ""


def _revise(revised: Revised, answer: Mapping[str, Any], principle: Principle) -> None:
    revised.answer, revised.last = answer["completion"].strip(), answer
    revised.is_cut = answer["finish_reason"] == "length"
    revised.rounds.append({
        "principle": principle.text,
        "critique": revised.said["completion"].strip(),
        "revision": revised.answer,
        "critique_response": revised.said["response"],
        "revision_response": answer["response"],
    })  # fmt: skip
