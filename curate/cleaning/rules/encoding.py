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
    text = texts.text
    may = text.str.len_bytes() != text.str.len_chars()
    may |= text.str.contains(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
    places = may.fill_null(value=False).arg_true()
    places = places.filter(text.gather(places).str.contains(BROKEN))
    found = pl.Series([None], dtype=pl.String).new_from_index(0, len(text))
    told = text.gather(places).str.extract(rf"([^\n]{{0,10}}(?:{BROKEN})[^\n]{{0,10}})", 1)
    return found.scatter(places, told) if len(places) else found
