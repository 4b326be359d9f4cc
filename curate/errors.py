"""Every error a user can meet, and the exit code it ends the command with.

    CurateError                 1  (our bug, if it is ever raised bare)
    ├── UsageError              2  the command line is off
    ├── InvalidInput            3  the recipe or the data is wrong; fix it and run again
    │   ├── RecipeError         3  one or more mistakes, each with its place in the file
    │   └── DataError           3  a file, a column or a value that cannot be used
    ├── StepFailed              4  a step could not finish; what was done is kept, the same command resumes
    │   ├── EngineDown          4  the model cannot be reached or refuses us (401, 403, 404, dead server)
    │   └── RunLocked           4  another build holds the folder
    ├── GateFailed              5  a gate of the recipe did not hold
    └── Interrupted           130  stopped from the keyboard; the run is saved

What a file system refuses (no permission, a name that is too long) ends with 3 and the name of the file. Any other
exception that reaches the command line is our bug: exit code 1 and a traceback. A bad row is
never an exception: it is a row of `Result.failed`, with its reason.

A message says where, what, what was got, the nearest right thing, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 50
"""Mistakes of a recipe that its message lists; a file that is no recipe at all may have thousands."""


class CurateError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class UsageError(CurateError):
    """The command line asks for something that cannot be asked."""

    exit_code = 2


class InvalidInput(CurateError):
    """The recipe or the data is wrong."""

    exit_code = 3


class RecipeError(InvalidInput):
    """All mistakes of a recipe at once.

    mistakes: one line each, with its place (`recipes/x.yaml:4: unknown key ...`).
    """

    def __init__(self, source: str, mistakes: list[str]) -> None:
        self.source = source
        self.mistakes = mistakes
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        more = [f"and {len(mistakes) - SHOWN} more"] if len(mistakes) > SHOWN else []
        super().__init__(f"{source} has {count}:\n" + "\n".join(f"  {line}" for line in mistakes[:SHOWN] + more))

    def __reduce__(self) -> tuple[type[RecipeError], tuple[str, list[str]]]:
        return RecipeError, (self.source, self.mistakes)


class DataError(InvalidInput):
    """A file, a column or a value that cannot be used."""


class StepFailed(CurateError):
    """A step could not finish. What was done is kept; the same command resumes."""

    exit_code = 4


class EngineDown(StepFailed):
    """The model cannot be reached, or refuses every request."""


class RunLocked(StepFailed):
    """Another build works in this folder."""


class GateFailed(CurateError):
    """A gate of the recipe did not hold."""

    exit_code = 5


class Interrupted(CurateError):
    """Stopped from the keyboard; the run is saved."""

    exit_code = 130


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message: the nearest known word, or all of them.

    >>> did_you_mean("treshold", ["threshold", "column"])
    "; did you mean 'threshold'?"
    >>> did_you_mean("zzz", ["threshold", "column"])
    ' (known: column, threshold)'
    >>> did_you_mean("zzz", [])
    ''
    """
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f" (known: {', '.join(names)})" if names else ""
