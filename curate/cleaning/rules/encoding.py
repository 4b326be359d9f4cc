"""Text that was broken on its way: characters that replace others, control characters, UTF-8 read as Latin-1."""

from __future__ import annotations

import polars as pl

from curate.cleaning.rules.texts import Texts

CONTROL = r"\x00-\x08\x0b\x0e-\x1f\x7f\x{80}-\x{84}\x{86}-\x{9f}"
BROKEN = (
    rf"[\x{{fffd}}{CONTROL}\x{{fffe}}\x{{ffff}}]"
    r"|Ã[\x{a0}-\x{bf}]|â€[™œ\x{9d}“”¦˜\x{a2}“]|Â[\x{a0}-\x{bf}]|ï»¿"
)


def broken_text(texts: Texts) -> pl.Series:
    """The first broken character with what stands around it."""
    return texts.text.str.extract(rf"([^\n]{{0,10}}(?:{BROKEN})[^\n]{{0,10}})", 1)
