"""Errors a user can meet, as results: a worker says what is wrong, and the build says it as if it had been here."""

from __future__ import annotations

import json

from curate import errors
from curate.errors import CurateError

MARK = b"curate-error\n"


def to_bytes(error: CurateError) -> bytes:
    """An error as the result of a part."""
    return MARK + json.dumps([type(error).__name__, str(error)]).encode()


def raised(result: bytes) -> bytes:
    """The result, or the error it stands for, raised."""
    if not result.startswith(MARK):
        return result
    name, message = json.loads(result[len(MARK) :])
    kind = getattr(errors, name, CurateError)
    if not (isinstance(kind, type) and issubclass(kind, CurateError)) or kind is errors.RecipeError:
        kind = CurateError
    raise kind(message)
