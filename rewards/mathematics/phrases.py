r"""Phrases and marks around answers as mathematics: `1 in 3`, `21st`, `17 R 2`, `all reals except 2`, `(a) 3 (b) 5`.

>>> as_written("21st"), as_written(r"\text{7B}_{16}"), as_written("1 in 3")
('21', '7B_{16}', '1/3')
>>> parts_of("(a) 3, (b) 5"), parts_of(r"\text{(i) } 12 \text{ (ii) } 20"), parts_of("(a) (b + c)")
(('3', '5'), ('12', '20'), ())
"""

from __future__ import annotations

import re

from rewards.mathematics.wording import unmarked

_EXCEPT = re.compile(  # "all real numbers except 2 and 3"
    r"\A\s*(?:\\text\{\s*)?(?:all|any) real(?: numbers?|s)?(?: \w)?,? except(?: for)?:?"
    r"\s*\}?\s*(?:\w\s?=\s?)?(.{1,200}?)\s*\Z",
    re.IGNORECASE,
)
_NUMERAL = re.compile(  # \text{7B}_{16}, (7B)_{16}
    r"(?:\\(?:text|mathrm|textrm|mathtt|texttt)\s*\{|\()\s*([0-9A-F]{1,60})\s*[)}](?=\d*\s*_)"
)
_REMAINDER = re.compile(
    r"(\d{1,12})(?:\s|\\[ ,;]|\\text\s*\{|,)*(?:R\b|remainder)(?:\s|\\[ ,;]|\}|of)*(\d{1,12})\s*\}?"
)
_CURRENCY = re.compile(r"\\(?:text)?(euro|pounds|sterling|yen)(?![A-Za-z])(?:\{\})?")
_SIGNS = {"euro": "€", "pounds": "£", "sterling": "£", "yen": "¥"}
_ONE_IN = re.compile(r"\A(\d{1,9})  ?(?:in|out of)  ?(\d{1,9})\Z")  # a chance
_DERIVATIVE = re.compile(r"(?<![A-Za-z\\])(d[a-z])/(d[a-z])(?![A-Za-z])")
_OLD_ROMAN = re.compile(r"\{\s*\\rm\s+([^{}]*)\}")
_FEET = re.compile(r"(\d{1,6})\s*'\s*(\d{1,6})\s*(?:\"|'')")
_ENDINGS = frozenset({"st", "nd", "rd", "th"})
_ENDING = r"(?:st|nd|rd|th)"
_ORDINAL = re.compile(
    rf"(?:the\s+)?(\d{{1,6}})(?:{_ENDING}|\^\{{{_ENDING}\}}|(?:\^\s*\{{?\s*)?\\(?:text|mathrm|textrm)\{{\s*{_ENDING}\s*\}}\}}?)"
    r"(\s[A-Za-z ]{2,40})?"
)
_COMPARED = re.compile(  # "all real numbers greater than or equal to 1"
    r"\s*(?:\\text\{\s*)?(?:all |any |every )?(?:real )?numbers? (?:\$?[a-z]\$? )?(?:that are )?"
    r"(?P<than>greater|larger|more|less|smaller) than (?P<equal>or equal to )?\s*\}?\s*(?P<bound>[^A-Za-z]{1,80})",
    re.IGNORECASE,
)


def as_formula(text: str) -> str:
    """Sets in words as formulas; any other text as it is.

    >>> as_formula("all real numbers greater than 1")
    'x > 1'
    """
    if "except" in text:
        text = _EXCEPT.sub(r"\\mathbb{R}\\setminus\\{\1\\}", text)
    if " than " in text and (said := _COMPARED.fullmatch(text)):
        sign = ("<" if said["than"].lower() in ("less", "smaller") else ">") + ("=" if said["equal"] else "")
        text = f"x {sign} {said['bound']}"
    return text


def as_written(text: str) -> str:
    """Numbers with what belongs to them."""
    if ":}" in text or ".}" in text:
        text = text.replace("{:}", ":").replace("{.}", ".")
    if text[:1].isdigit() and ("R" in text or "rem" in text):
        text = _REMAINDER.sub(r"(\1, \2)", text) if _REMAINDER.fullmatch(text) else text
    if text[-1:].isdigit() and (" in " in text or "out of" in text):
        text = _ONE_IN.sub(r"\1/\2", unmarked(text))
    if "dy/d" in text or "dx/d" in text:
        text = _DERIVATIVE.sub(r"\\frac{\1}{\2}", text)
    if "\\euro" in text or "\\pounds" in text or "sterling" in text or "yen" in text:
        text = _CURRENCY.sub(lambda sign: _SIGNS[sign[1]], text)
    if "\\rm" in text:
        text = _OLD_ROMAN.sub(r"\\text{\1}", text)
    if "'" in text and (feet := _FEET.fullmatch(text)):
        text = f"{feet[1]} ft {feet[2]} in"
    if "_" in text:
        text = _NUMERAL.sub(r"\1", text)
    text = unmarked(text) if text.startswith("\\text{") and text[-3:-1] in _ENDINGS else text
    if (text[:1].isdigit() or text.startswith("the ")) and ("t" in text or "d" in text):
        text = _ORDINAL.sub(r"\1\2", text) if _ORDINAL.fullmatch(text) else text
    return text


_LABEL = re.compile(r"(?:\bpart\s?)?\((?P<label>[a-h]|i{1,3}|iv|vi?|[1-8])\)[\s:.=~]*", re.IGNORECASE)
_BETWEEN = "\\,;. \n$~"
_SERIES = [labels.split() for labels in ("a b c d e f g h", "i ii iii iv v vi", "1 2 3 4 5 6 7 8")]
_MAX_CHARS = 1_000


def parts_of(text: str) -> tuple[str, ...]:
    """What stands behind each label, in their order; () where there are no labels one after another."""
    if "(" not in text or len(text) > _MAX_CHARS:
        return ()
    plain = unmarked(text).strip(_BETWEEN)
    found = list(_LABEL.finditer(plain))
    labels = [label["label"].lower() for label in found]
    if len(found) < 2 or found[0].start() or not any(labels == known[: len(labels)] for known in _SERIES):
        return ()
    ends = [label.start() for label in found[1:]] + [len(plain)]
    said = tuple(plain[label.end() : end].strip(_BETWEEN) for label, end in zip(found, ends, strict=True))
    return tuple(part.removesuffix(" and").strip(_BETWEEN) for part in said) if all(said) else ()
