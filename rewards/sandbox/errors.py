"""Inside the sandbox: how the tests of a data set learn that something went wrong on the solution's side."""

from __future__ import annotations

import builtins
import contextlib
from typing import NoReturn

_SPECIAL = (StopIteration, StopAsyncIteration, AssertionError, ImportError)


class SolutionError(Exception):
    """The solution raised something the tests cannot name."""


class Ended(BaseException):
    """No more can be asked: the solution hangs, died or broke the channel. `why` is for a person."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Unsupported(BaseException):
    """The tests do what this sandbox cannot carry, so that they judge nothing."""


def raise_again(kind: str, message: str, *, base: str = "") -> NoReturn:
    """Raise what the solution raised: by its own class for an ordinary built-in exception, else SolutionError.

    base: the built-in class that a class of its own derives from, so that the tests can catch it by that.
    Not StopIteration, which would end a loop of the tests early; not ImportError, which says that the tests cannot be
    run; not what is no Exception.
    """
    text = f"{kind}: {message}" if kind != "NotPlain" else message
    error: Exception | None = None
    with contextlib.suppress(TypeError):  # UnicodeDecodeError wants more than a message
        if known := _ordinary(kind):
            error = known(message)
        elif known := _ordinary(base):
            error = type("SolutionError", (SolutionError, known), {})(text)
    error = error or SolutionError(text)
    error.theirs = True  # type: ignore[attr-defined]  # so that it passes for none of the tests' own
    raise error


def _ordinary(name: str) -> type[Exception] | None:
    known = getattr(builtins, name, None)
    usual = isinstance(known, type) and issubclass(known, Exception) and not issubclass(known, _SPECIAL)
    return known if usual else None
