"""Text that was broken on its way: characters that replace others, control characters, UTF-8 read as cp1252."""

from __future__ import annotations

import polars as pl

from curate.cleaning.rules.texts import Texts

CONTROL = r"\x00-\x08\x0b\x0e-\x1f\x7f\x{80}-\x{84}\x{86}-\x{9f}"
_SIGN = "‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™š›œžŸ¡-¿"  # what the bytes 80 to BF are in cp1252, where they do not end words too
_ANY = _SIGN + "€…‘’“”–—\\x{a0}"
BROKEN = "|".join(
    (
        rf"[\x{{fffd}}{CONTROL}\x{{fffe}}\x{{ffff}}]",
        r"Ã[\x{a0}-\x{bf}Ÿœ™šž‰Š‡€„]|Ã[“”–—…]\p{Ll}|Â[\x{a0}-\x{bf}’œ]|Ì[€‚ƒ„…†‡ˆ]",  # é, ß, £, marks above
        r"ï»¿|ðŸ|锟斤拷",  # a byte order mark, emoji; what GBK makes of U+FFFD
        rf"â(?:€[™œ“”¦˜¢\x{{9d}}\p{{Ll}}]|[‚„†‡ˆ‰Šœ˜–—][{_ANY}])|á[º»][{_SIGN}]",  # ’ “ … → ✓, ệ
        # ř, and two letters in a row of Slavic, Greek, Hebrew, Arabic
        rf"[ÅÄ](?:[‚ƒ„†‡ˆ‰Š™š›œžŸ¼¾¯]|[{_SIGN}]\p{{Ll}})|[ÐÑ][{_ANY}][ÐÑ]|[ÎÏ][{_ANY}][ÎÏ]|×[{_ANY}]×[{_ANY}]|[ØÙ][{_ANY}][ØÙ]",
        rf"(?:[à-ï][{_ANY}][{_ANY} ]){{2}}|(?:ã[{_ANY}]{{1,2}}){{3}}",  # Chinese, Japanese, Korean, Hindi, Thai
        "‚Ä[ôúùìî¶¢]|√©",  # ’ and é in Mac Roman
    )
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
