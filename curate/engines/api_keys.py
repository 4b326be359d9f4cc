"""API keys: each stands in an environment variable whose name a recipe gives, and nowhere else."""

from __future__ import annotations

import os
import re
from typing import Final

from curate.errors import EngineDown, InvalidInput

KEY_NAME: Final = r"[A-Z_][A-Z0-9_]{0,80}"  # upper case, as is the custom: a pasted key is no name


def require_name(variable: str | None) -> None:
    """Raise InvalidInput when `api_key_env` is no name. What was given is not shown: it may be the key."""
    if variable is not None and not re.fullmatch(KEY_NAME, variable):
        raise InvalidInput("api_key_env must be the name of an environment variable (as OPENAI_API_KEY), not the key")


def key_from(variable: str | None) -> str | None:
    """The API key in the environment variable of that name; None when no name is given.

    Raises EngineDown when it is not set, or cannot be a key.
    """
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        raise EngineDown(f"environment variable {variable} (api_key_env) is not set. Run: export {variable}=<your key>")
    if not (key.isascii() and key.isprintable()):
        raise EngineDown(f"environment variable {variable} (api_key_env) holds characters no key has. Set it anew.")
    return key
