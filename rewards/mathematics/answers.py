r"""Text -> the readings an answer can have: a tree, words, and letters of options.

>>> read(r"$\text{(B)}$").letters
('B',)
>>> read("The Cat.").words
'cat'
"""

from __future__ import annotations

import re
from functools import lru_cache

from rewards.mathematics.measured import mixed_units
from rewards.mathematics.numerals import number
from rewards.mathematics.parser import parse
from rewards.mathematics.quantities import unit_of
from rewards.mathematics.remarks import is_noun
from rewards.mathematics.series import count_series
from rewards.mathematics.signs import finished
from rewards.mathematics.spoken import spoken
from rewards.mathematics.tree import (
    MAX_CHARS,
    Beyond,
    Braces,
    Bracket,
    Items,
    Name,
    Node,
    Num,
    Quantity,
    Unreadable,
    Words,
)
from rewards.mathematics.wording import folded, letters_of, unmarked


class Answer:
    """What was written and what it can mean.

    text: without delimiters. tree: as mathematics, or None with the `problem`. beyond: it is mathematics, but more than
    the grammar knows.
    """

    __slots__ = ("_letters", "_words", "beyond", "problem", "text", "tree")

    def __init__(self, text: str, tree: Node | None, problem: str = "", *, beyond: bool = False) -> None:
        self.text = text
        self.tree = tree
        self.problem = problem
        self.beyond = beyond
        self._words: str | None = None
        self._letters: tuple[str, ...] | None = None

    @property
    def words(self) -> str:
        """The bare words, folded, without a leading article or preposition."""
        if self._words is None:
            self._words = folded(self.text)
        return self._words

    @property
    def letters(self) -> tuple[str, ...]:
        """The options it names, in order; () when it names none."""
        if self._letters is None:
            self._letters = letters_of(self.text)
        return self._letters


_WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"), ("__", "__"))
_OPENING, _CLOSING = frozenset(" \n\t$\\*`_"), frozenset(" \n\t$*`_.")
_BOXED = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{")
_OBJECTS: dict[str, Node] = {
    "none": Braces(()),
    "reals": Name("Reals"),
    "integers": Name("Integers"),
    "rational numbers": Name("Rationals"),
    "infinity": Name("infinity"),
    "infinitely many": Name("infinity"),
    "positive reals": Bracket("(", (Num(0), Name("infinity")), ")"),
}
_DIGIT = re.compile(r"\d")
_IN_WORDS = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+|(?: [A-Za-z]+)+ and [A-Za-z]+)(?:[ -][A-Za-z]+)*")
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
MAX_SERIES = 4  # sums without end or to n, and integrals, in one answer
_SERIES = re.compile(r"\\(?:sum|prod|int)|[∑∏∫]")
_PLUS_MINUS = re.compile(r"\\pm|\\mp|±|∓|\+/?-")


@lru_cache(maxsize=16_384)
def read(text: str) -> Answer:
    """All readings of an answer. Never raises: an unreadable one says so."""
    if len(text) > MAX_CHARS:
        return Answer(text[:80], None, f"longer than {MAX_CHARS} characters")
    answer = _tree(_written(unwrap(text)))
    if answer.tree is None or isinstance(answer.tree, Items):
        answer.tree = mixed_units(answer.text) or answer.tree
    if isinstance(answer.tree, Quantity) and unit_of(answer.tree.unit) is None and not _DIGIT.search(text):
        answer.tree = Words(answer.text)  # "an infinite number" is no product of a and n
    if isinstance(answer.tree, Words) or _IN_WORDS.fullmatch(text):
        answer.tree = _OBJECTS.get(answer.words) or _spoken(answer.words) or answer.tree
    return answer


def _spoken(words: str) -> Node | None:
    """`forty-two` and `eight people` as numbers."""
    value = spoken(words)
    if value is not None:
        return Num(value)
    count, _, noun = words.rpartition(" ")
    value = spoken(count) if noun.isalpha() and is_noun(noun) and spoken(noun) is None else None
    return None if value is None else Quantity(Num(value), noun)


def unwrap(text: str) -> str:
    r"""The answer without delimiters, boxes and emphasis around it.

    >>> unwrap(r"$\boxed{12}$.")
    '12'
    """
    if "except" in text:
        text = _EXCEPT.sub(r"\\mathbb{R}\\setminus\\{\1\\}", text)
    if " than " in text and (said := _COMPARED.fullmatch(text)):
        sign = ("<" if said["than"].lower() in ("less", "smaller") else ">") + ("=" if said["equal"] else "")
        text = f"x {sign} {said['bound']}"
    if text and text[0] not in _OPENING and text[-1] not in _CLOSING:
        return _single_escapes(text)
    for _ in range(6):
        before = text
        text = text.strip().rstrip(".").strip() if not text.rstrip().endswith("...") else text.strip()
        for left, right in _WRAPPERS:
            if text.startswith(left) and text.endswith(right) and len(text) >= len(left) + len(right):
                inner = text[len(left) : -len(right)]
                if left not in inner:
                    text = inner
        match = _BOXED.match(text)
        if match and text.endswith("}") and _closes_at_end(text, match.end() - 1):
            text = text[match.end() : -1]
        if text == before:
            break
    return _single_escapes(text)


def _written(text: str) -> str:
    r"""Numbers with what belongs to them: `(7B)_{16}` and `\text{7B}_{16}` are one numeral, `21^{\text{st}}` is 21.

    >>> _written("21st"), _written(r"\text{7B}_{16}")
    ('21', '7B_{16}')
    """
    if ":}" in text or ".}" in text:
        text = text.replace("{:}", ":").replace("{.}", ".")
    if text[:1].isdigit() and ("R" in text or "rem" in text):
        text = _REMAINDER.sub(r"(\1, \2)", text) if _REMAINDER.fullmatch(text) else text
    if "'" in text and (feet := _FEET.fullmatch(text)):
        text = f"{feet[1]} ft {feet[2]} in"
    if "_" in text:
        text = _NUMERAL.sub(r"\1", text)
    text = unmarked(text) if text.startswith("\\text{") and text[-3:-1] in _ENDINGS else text
    if (text[:1].isdigit() or text.startswith("the ")) and ("t" in text or "d" in text):
        text = _ORDINAL.sub(r"\1\2", text) if _ORDINAL.fullmatch(text) else text
    return text


def _single_escapes(text: str) -> str:
    if "\\\\" in text and "begin" not in text:
        return re.sub(r"\\\\(?=[A-Za-z])", r"\\", text)  # a text that was escaped twice
    return text


def as_list(text: str) -> Items | None:
    """The reading of `100,200` as two numbers, where the grammar sees one with a separator.

    >>> len(as_list("100,200").items)
    2
    """
    if re.fullmatch(r"\d{1,3}(,[1-9]\d\d)+", text) is None:  # nobody lists 001
        return None
    return Items(tuple(number(part) for part in text.split(",")), ",")


def _tree(text: str) -> Answer:
    signs = _PLUS_MINUS.search(text) is not None
    try:
        tree = finished(parse(text), signs=signs)
        if _SERIES.search(text) and count_series(tree) > MAX_SERIES:
            raise Beyond(f"more than {MAX_SERIES} series")
        return Answer(text, tree)
    except RecursionError:
        return Answer(text, None, "nested too deep")
    except Unreadable as error:
        answer = Answer(text, None, str(error), beyond=isinstance(error, Beyond))
    if text.startswith("{") and text.endswith("}"):  # a set written with plain braces
        try:
            return Answer(text, finished(parse("\\{" + text[1:-1] + "\\}"), signs=signs))
        except Unreadable:
            pass
    return answer


def _closes_at_end(text: str, start: int) -> bool:
    depth = 0
    for position in range(start, len(text)):
        if text[position] == "{":
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position == len(text) - 1
    return False
