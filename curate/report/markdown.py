"""Text of strangers as literal markdown: no row can begin a heading, close a fence or forge the card's own block."""

from __future__ import annotations

import re
from typing import Final

from curate.text.shown import clip, one_line, visible

# What starts markup inside a line; an underscore inside a word does not. And what starts a block at its beginning.
_MARKDOWN: Final = re.compile(r"[\\`*\[\]<>|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BLOCK: Final = re.compile(r"^(\s*)([#+=-]|\d{1,9}(?=[.)](?:\s|$)))")
_FENCES: Final = re.compile(r"`{3,}")


class Markdown(str):
    """Text that already is markdown: the card's template leaves it as it is, and escapes every other string."""

    __slots__ = ()


def inline(text: str, limit: int = 300) -> Markdown:
    r"""The text as literal words of one markdown line or table cell.

    >>> print(inline("a|b <script> max_tokens _x_"))
    a\|b \<script\> max_tokens \_x\_
    >>> print(inline("# 1"), inline("1. x"))
    \# 1 1\. x
    """
    line = _MARKDOWN.sub(r"\\\g<0>", one_line(text, limit))
    return Markdown(_BLOCK.sub(_not_a_block, line))


def _not_a_block(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"


def fence(text: str, language: str = "text", limit: int = 2_000) -> Markdown:
    """The text as a fenced block that nothing in it can close, cut at `limit` characters with a note.

    The opening of an HTML comment is parted, so that no text can forge the markers of the card's own block.
    """
    shown, more = clip(text, limit)
    shown = visible(shown).replace("<!--", "<! --").rstrip("\n")
    longest = max((len(run) for run in _FENCES.findall(shown)), default=2)
    ticks = "`" * (longest + 1)
    note = f"\n\n({more:,} more characters)" if more else ""
    return Markdown(f"{ticks}{language}\n{shown}\n{ticks}{note}")
