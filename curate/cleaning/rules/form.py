r"""Form of an answer: thinking tags, boxes, code fences.

Source: the format checks of Open-R1, OpenThoughts and open-instruct's `filter_cots`; here with the project's own
parsers (`curate.text.thinking`, `rewards.extract`). What finds nothing to look at is decided for the whole column at
once; only texts with a tag, a box or a fence are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from curate.cleaning.rules.texts import Texts, having
from curate.text.thinking import TAGS, split_thinking
from rewards.extract import boxes

TAG = "(?i)" + "|".join(re.escape(tag) for tag in (*TAGS, *TAGS.values()))


def thinking_tags(texts: Texts) -> pl.Series:
    """What is wrong with the thinking: it never closes, nothing follows it, or a tag is left in the answer."""
    return _parsed(texts.text, TAG, _thinking_fault)


def no_box(texts: Texts) -> pl.Series:
    r"""Whether the answer has no closed `\boxed{...}` outside its thinking; for tasks that ask for one."""
    found = _parsed(texts.answer, r"\\f?box(?:ed)?\s*\{?", _has_box)
    return pl.select(pl.when(pl.lit(texts.text).is_not_null()).then(pl.lit(found).is_null())).to_series()


def code_fences(texts: Texts) -> pl.Series:
    """The fence that opens a code block which never closes (CommonMark: as many marks or more, nothing after them)."""
    places = having(texts.text, ["```", "~~~"])
    return _read(texts.text, places, open_fence)


def open_fence(text: str) -> str | None:
    r"""The first code fence of a text that is not closed, or None.

    >>> open_fence("```py\nx = 1"), open_fence("```py\nx = 1\n```")
    ('```py', None)
    """
    opened: tuple[str, int, str] | None = None
    listed = _LIST.search(text) is not None
    for line in text.split("\n"):
        bare = line.lstrip(" \t>")
        mark = bare[:1]
        if mark not in ("`", "~") or (opened is None and line.startswith(("    ", "\t")) and not listed):
            continue  # an indented line is code without fences, where there is no list for it to belong to
        size = len(bare) - len(bare.lstrip(mark))
        rest = bare[size:].strip()
        if size < 3 or (mark == "`" and "`" in rest):  # inline code
            continue
        if opened is None:
            opened = (mark, size, bare.strip())
        elif mark == opened[0] and size >= opened[1] and not rest:
            opened = None
    return opened[2][:60] if opened else None


_LIST = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]", re.MULTILINE)


def _has_box(text: str) -> str | None:
    """Whether something stands in a box; a word after the bare command is text about it."""
    told = (_BOXED.search(box) and not (box.isalpha() and text[end : end + 1].isalpha()) for _, end, box in boxes(text))
    return "box" if any(told) else None


_BOXED = re.compile(r"[^\s{}$~\\,;]")
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)


def _thinking_fault(text: str) -> str | None:
    split = split_thinking(text)
    if not split.closed:
        return "thinking never closes"
    if split.thinking is not None and not split.answer.strip():
        return "no answer after the thinking"
    again = split_thinking(CODE.sub("", split.answer))  # code may be about tags
    if split.thinking is not None and again.thinking is not None:
        return "a second thinking block"
    return None


def _parsed(text: pl.Series, pattern: str, read: Callable[[str], str | None]) -> pl.Series:
    """What `read` says of the texts in which a pattern is found; null for the others."""
    return _read(text, text.str.contains(pattern).fill_null(value=False).arg_true(), read)


def _read(text: pl.Series, places: pl.Series, read: Callable[[str], str | None]) -> pl.Series:
    told = pl.Series([None], dtype=pl.String).new_from_index(0, len(text))
    if not len(places):
        return told
    return told.scatter(places, pl.Series([read(one) for one in text.gather(places)], dtype=pl.String))
