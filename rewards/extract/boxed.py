r"""Boxes: `\boxed{...}` and its kin, with balanced braces."""

from __future__ import annotations

import re

from rewards.extract.endings import last_matches

_MAX_BOXES = 24
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*(\{|-?\d{1,40}(?:\.\d{1,40})?|\\?[A-Za-z])")


def boxes(text: str) -> list[tuple[int, int, str]]:
    r"""The last boxes as (start, end, content), in order. A box that is not closed is none.

    >>> boxes(r"\boxed{\frac{1}{2}}")
    [(0, 19, '\\frac{1}{2}')]
    """
    last = text.rfind("box")
    if last < 0:
        return []
    first = text.find("\\") if last else 0  # where it opens the box, no other box comes before
    if text.startswith("\\boxed{", last - 1) and (first == last - 1 or text.find("box") == last):  # most completions
        end = _closing(text, last + 5)
        return [(last - 1, end, text[last + 6 : end - 1])] if end > 0 else []
    found: list[tuple[int, int, str]] = []
    for match in last_matches(_BOX, text, _MAX_BOXES):
        if match.group(1) != "{":
            found.append((match.start(), match.end(), match.group(1)))
            continue
        end = _closing(text, match.end() - 1)
        if end > 0 and not (found and match.start() < found[-1][1]):
            found.append((match.start(), end, text[match.end() : end - 1]))
    return found


def last_boxed(text: str) -> str | None:
    r"""The content of the last box.

    >>> last_boxed(r"\boxed{70}? No: \boxed{73}")
    '73'
    """
    found = boxes(text)
    return found[-1][2] if found else None


def _closing(text: str, start: int) -> int:
    """Where the brace at `start` closes, one past it, or -1. Escaped braces do not count, as in LaTeX."""
    depth = 0
    for match in _BRACE.finditer(text, start):
        character = match.group()
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return match.end()
    return -1
