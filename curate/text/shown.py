"""Text of strangers, made safe to show: control and direction characters become visible, long text is cut with a note.

Pages, cards and terminals run `visible` first, so that no row can reverse the direction of a page, hide words, end it
with a NUL or steer a terminal. HTML escaping is jinja's (autoescape), markdown escaping `curate.report.markdown`.
"""

from __future__ import annotations

import re
from typing import Final

# C0 and C1 controls but tab and newline; bidi embeddings, overrides and isolates (Trojan Source, CVE-2021-42574);
# invisible tag characters; lone surrogates and noncharacters, which no UTF-8 file or HTML page may hold.
UNSAFE: Final = re.compile(
    r"[\x00-\x08\x0b-\x0d\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_SPACE: Final = re.compile(r"\s+")


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
