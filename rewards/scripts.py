"""Scripts of Unicode and words in them; prose without code, mathematics and markup."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

RANGES = {
    "Latin": "A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ", "Greek": "Ͱ-Ͽἀ-῿", "Cyrillic": "Ѐ-ԯᲀ-᲏", "Armenian": "Ա-֏",
    "Hebrew": "א-ת", "Arabic": "ؠ-يٮ-ۓۺ-ۿݐ-ݿࢠ-ࣇ", "Devanagari": "ऀ-ॿ", "Bengali": "ঀ-৾", "Gurmukhi": "ਁ-੶",
    "Gujarati": "ઁ-૿", "Oriya": "ଁ-୷", "Tamil": "ஂ-௺", "Telugu": "ఀ-౿", "Kannada": "ಀ-ೲ", "Malayalam": "ഀ-ൿ",
    "Sinhala": "ං-෴", "Thai": "ก-ฺเ-๎", "Lao": "ກ-ໟ", "Tibetan": "ༀ-࿚", "Myanmar": "က-႟", "Georgian": "Ⴀ-ჿ",
    "Ethiopic": "ሀ-᎙", "Khmer": "ក-៳", "Mongolian": "ᠠ-ᡸ", "Hangul": "ᄀ-ᇿ㄰-㆏가-힣",
    "Kana": "ぁ-ゖゝ-ゟァ-ヺヽ-ヿㇰ-ㇿ", "Han": "㐀-䶿一-鿿豈-﫿\U00020000-\U000323af",
}  # fmt: skip
UNSPACED = frozenset(("Thai", "Lao", "Tibetan", "Myanmar", "Khmer", "Kana", "Han"))
CHARS_A_WORD = {"Han": 1.5, "Kana": 3, "Thai": 4, "Lao": 4, "Tibetan": 3, "Myanmar": 4, "Khmer": 4}

WORD = re.compile("|".join(f"(?P<{name}>[{chars}](?:[{chars}]|['’](?=[{chars}]))*)" for name, chars in RANGES.items()))
FENCE = re.compile(r"^\s*(```|~~~)[^`~]*$|(```|~~~)[\w+#.-]*\s*$")  # at the beginning of a line, or at its end
# Each pattern stops at the next opening of its own kind, so that unclosed ones cost no second look.
NOT_PROSE = (
    re.compile(r"</?[A-Za-z][\w-]{0,30}(?:\s[^<>]{0,200})?/?>|<\|[\w▁]{1,40}\|>"),
    re.compile(r"\\begin\{(\w{1,20}\*?)\}[^\\]{0,2000}(?:\\(?!begin|end)[^\\]{0,2000}){0,400}\\end\{\1\}"),
    re.compile(r"\$\$[^$]{1,4000}\$\$|\$[^$\n]{1,1000}\$"),
    re.compile(r"\\\[[^\\]{0,2000}(?:\\(?![\[\]])[^\\]{0,2000}){0,400}\\\]"),
    re.compile(r"\\\([^\\]{0,2000}(?:\\(?![()])[^\\]{0,2000}){0,200}\\\)"),
    re.compile(r"`[^`\n]{1,500}`|\bhttps?://\S{1,500}|\bwww\.\S{1,500}|(?<![\w.+-])[\w.+-]{1,64}@\S{1,100}"),
    re.compile(r"\\[A-Za-z]{1,30}(?:\{[^{}\n]{0,200}\}){0,3}"),
    re.compile(r"(?<![!-~])(?:(?![_^=\\{}|0-9])[!-~])*+[_^=\\{}|0-9][!-~]*+"),  # identifiers, formulas left bare
)


def prose(text: str) -> str:
    r"""A text without fenced code, LaTeX, addresses, tags and identifiers, in composed form (NFC).

    >>> " ".join(prose("Let $x=1$ be `int`, so \\(x\\) is\n```py\nx = 1\n```\nsmall.").split())
    'Let be , so is small.'
    """
    text = without_code(unicodedata.normalize("NFC", text))
    for pattern in NOT_PROSE:
        text = pattern.sub(" ", text)
    return text


def without_code(text: str) -> str:
    r"""A text without its fenced blocks; one may begin at the end of a line of prose.

    >>> without_code("So: ```py\nx = 1\n```\nIt is ```x```.")
    'So: \nIt is ```x```.'
    """
    if "```" not in text and "~~~" not in text:
        return "\n".join(text.splitlines())
    kept: list[str] = []
    inside = ""
    for line in text.splitlines():
        if inside:
            if line.lstrip().startswith(inside):
                inside = ""
        elif (opening := FENCE.search(line)) and line.count(opening[1] or opening[2]) % 2:
            inside = opening[1] or opening[2]
            kept.append(line[: opening.start()])
        else:
            kept.append(line)
    return "\n".join(kept)


def words_of(text: str, script: str) -> list[str]:
    """The words of one script, in order."""
    return [found.group() for found in WORD.finditer(text) if found.lastgroup == script]


def words_by_script(text: str) -> Counter[str]:
    """How many words of each script; where no spaces are written, characters are counted as shares of words.

    >>> words_by_script("Hello wide world, 世界你好吗呀")
    Counter({'Han': 4.0, 'Latin': 3})
    """
    counts: Counter[str] = Counter()
    for found in WORD.finditer(text):
        script = found.lastgroup or ""
        per_word = CHARS_A_WORD.get(script)
        counts[script] += len(found.group()) / per_word if per_word else 1  # type: ignore[assignment]
    return counts
