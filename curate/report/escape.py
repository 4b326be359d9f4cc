"""Text of strangers, made safe to show: control and direction characters become visible, long text is cut with a note.

HTML escaping is jinja's (autoescape); markdown escaping is here. Both run `visible` first, so that no row can reverse
the direction of the page, hide words or end it with a NUL.
"""

from __future__ import annotations

import re
from typing import Final

# C0 and C1 controls but tab and newline; bidi embeddings, overrides and isolates (Trojan Source, CVE-2021-42574);
# invisible tag characters; lone surrogates and noncharacters, which no UTF-8 file or HTML page may hold.
UNSAFE: Final = re.compile(
    r"[\x00-\x08\x0b-\x0d\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
# What starts markup inside a line; an underscore inside a word does not. And what starts a block at its beginning.
_MARKDOWN: Final = re.compile(r"[\\`*\[\]<>|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BLOCK: Final = re.compile(r"^(\s*)([#+=-]|\d{1,9}(?=[.)](?:\s|$)))")
_SPACE: Final = re.compile(r"\s+")
_FENCES: Final = re.compile(r"`{3,}")


def visible(text: str) -> str:
    r"""The text with every character that could hide or disturb others written out.

    A Windows or old Mac line end becomes a newline.

    >>> visible("a\u202eb\x00\r\n")
    'a<U+202E>b<U+0000>\n'
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return UNSAFE.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def clip(text: str, limit: int) -> tuple[str, int]:
    """The first `limit` characters, and how many were left out.

    >>> clip("abcdef", 4)
    ('abcd', 2)
    """
    return text[:limit], max(0, len(text) - limit)


def one_line(text: str, limit: int = 200) -> str:
    r"""The text as one line of at most `limit` characters.

    >>> one_line("a  b\nc", 4)
    'a b…'
    """
    line = _SPACE.sub(" ", visible(text[: limit * 4]))
    return line if len(line) <= limit else line[: limit - 1] + "…"


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
