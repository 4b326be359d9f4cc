"""The processes that train together, of which one speaks."""

from __future__ import annotations

import os
import sys


def is_main() -> bool:
    """Whether this process speaks and writes for all that train together."""
    return os.environ.get("RANK", "0") == "0"


def to_stderr(line: str) -> None:
    """Print a line where progress goes."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
