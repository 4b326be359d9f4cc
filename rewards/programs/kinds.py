"""What the tests of a row are, whatever shape they came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Unreadable(ValueError):
    """Tests that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Standard input and expected standard output of each run."""

    runs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of one function: positional and named arguments, and the result.

    boxed: a result may stand in a list of its own (APPS).
    """

    entry_point: str
    cases: tuple[tuple[list[Any], dict[str, Any], Any], ...]
    boxed: bool = False


@dataclass(frozen=True, slots=True)
class Asserts:
    """Test programs, each a test of its own.

    setup: code before them. prompt: code the solution continues. entry_point: what `check` is called with.
    """

    sources: tuple[str, ...]
    setup: str = ""
    prompt: str = ""
    entry_point: str = ""


Tests = Programs | Calls | Asserts
