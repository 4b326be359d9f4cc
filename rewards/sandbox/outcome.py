"""How a solution did, in words for a person."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from typing import Any

from rewards.sandbox.running import Check


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a solution did. total: tests planned. why: the first failure, empty when all passed.

    decided: False when the tests judge nothing (they cannot be run here).
    """

    passed: int
    total: int
    why: str
    decided: bool = True
    evidence: dict[str, Any] = field(default_factory=dict)


class Tally:
    """Tests as they are done: how many passed, and the first failure."""

    def __init__(self, total: int, partial: bool) -> None:
        self.total, self.partial = total, partial
        self.passed = self.done = 0
        self.why = ""

    def finished(self, problem: str) -> bool:
        """Count one test; whether to stop."""
        self.note(problem)
        self.done += 1
        self.passed += not problem
        return bool(problem) and not self.partial

    def note(self, problem: str) -> None:
        """Keep the first problem."""
        if problem and not self.why:
            self.why = f"test {min(self.done + 1, self.total)} of {self.total}: {problem}"

    def outcome(self) -> Outcome:
        """What came of all."""
        return Outcome(self.passed, self.total, self.why)


def said_error(answer: Any) -> str:
    """What a reply says went wrong, in the solution's own words."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, list) or len(error) != 2 or not all(isinstance(part, str) for part in error):
        return "the solution broke its channel"
    kind, message = error
    text = message if kind == "NotPlain" else f"{kind}: {message}" if message else kind
    return printable(text)


def printable(text: str) -> str:
    """A solution's words, cut and made printable."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:600])


def how_ended(check: Check | None) -> str:
    """How a process ended, unless it was ended by us."""
    status = check.ended.get("status", 0) if check else 0
    if not check or not status:
        return ""
    if not os.WIFSIGNALED(status):
        return f" (exit status {os.waitstatus_to_exitcode(status)})"
    number = os.WTERMSIG(status)
    ours = number == signal.SIGKILL and check.ended.get("ended") == "stopped"
    return "" if ours else f" ({signal.Signals(number).name})"
