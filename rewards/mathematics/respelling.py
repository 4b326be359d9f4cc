r"""Rare spellings as the LaTeX that means the same: letters for signs, sympy's `&`, braces of systems, all of Unicode.

>>> respelled("6 x 10²³"), respelled("(0,1) U (2,3)")
('6*10^{23}', '(0,1) \\cup (2,3)')
"""

from __future__ import annotations

import re
import unicodedata

from rewards.mathematics.vocabulary import UNICODE, may_be_product

_SUPERSCRIPT = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_SUBSCRIPT = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
_UNION = re.compile(r"([)\]}]\s*)U(?=\s*(?:\\left\s*)?[(\[\]{\\])")  # (0,1) U (2,3)
_TIMES_TEN = re.compile(r"(\d)\s?x\s?(?=10\s?(?:\^|\*\*|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]))")  # 6 x 10^23
_LEFT_BRACE = re.compile(  # a system, as those write it who have no \\begin{cases}
    r"\\left\s*\\(?:\{|lbrace)\s*\\begin\s*\{(array|aligned|matrix|split|gathered)\}(?:\s*\{[^{}]*\})?(.*?)"
    r"\\end\s*\{\1\}\s*\\right\s*(?:\.|\Z)",
    re.DOTALL,
)
_JOINED = re.compile(r"\)\s?[&|]\s?\(")
_TWO_LETTERS = re.compile(r"(?<![A-Za-z\\])(?<!\d )[A-Za-z]{2}(?![A-Za-z])")  # 7 ft are feet
_FORMULA = re.compile(r"[\\^=+(]")
_LONG_WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{4}")
_ROMAN = ("\\text", "\\mathrm", "\\operatorname", "\\mbox", "\\rm")


def letters_apart(text: str) -> str:
    r"""A formula in which two letters that spell a unit or a word are a product: `\frac{mg}{k}` holds no milligrams.

    >>> letters_apart(r"\frac{mg}{k}"), letters_apart(r"5\text{ mg}")
    ('\\frac{m g}{k}', '5\\text{ mg}')
    """
    if _TWO_LETTERS.search(text) is None or any(macro in text for macro in _ROMAN):
        return text
    formula = _FORMULA.search(text) is not None and _LONG_WORD.search(text) is None
    return _TWO_LETTERS.sub(lambda run: " ".join(run[0]) if may_be_product(run[0], formula=formula) else run[0], text)


def respelled(text: str) -> str:
    """Letters that stand for signs, and all that is not ASCII, as LaTeX."""
    text = _UNION.sub(r"\1\\cup", _TIMES_TEN.sub(r"\1*", text))
    if "begin" not in text:  # (0 < x) & (x < 1), as sympy prints it
        text = _JOINED.sub(lambda match: ") and (" if "&" in match.group() else ") or (", text)
    elif "right" in text:
        text = _LEFT_BRACE.sub(r"\\begin{cases}\2\\end{cases}", text)
    if text.isascii():
        return text
    text = text.translate({0x2212: "-"})
    text = _SUPERSCRIPT.sub(lambda match: "^{" + unicodedata.normalize("NFKC", match.group()) + "}", text)
    text = _SUBSCRIPT.sub(lambda match: "_{" + unicodedata.normalize("NFKC", match.group()) + "}", text)
    return unicodedata.normalize("NFKC", text.translate(UNICODE)).translate(UNICODE)
