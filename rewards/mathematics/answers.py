r"""Text -> the readings an answer can have: a tree, words, and letters of options.

>>> read(r"$\text{(B)}$").letters
('B',)
>>> read("The Cat.").words
'cat'
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from rewards.mathematics.measured import as_quantity, mixed_units
from rewards.mathematics.numerals import COUNTED, number, spoken
from rewards.mathematics.parser import parse
from rewards.mathematics.phrases import as_formula, as_written
from rewards.mathematics.quantities import unit_of
from rewards.mathematics.remarks import is_noun
from rewards.mathematics.respelling import letters_apart
from rewards.mathematics.series import count_series
from rewards.mathematics.signs import finished
from rewards.mathematics.traversal import has_words
from rewards.mathematics.tree import (
    MAX_CHARS,
    Apply,
    Beyond,
    Braces,
    Bracket,
    Items,
    Name,
    Node,
    Num,
    Quantity,
    Relation,
    Unreadable,
    Words,
)
from rewards.mathematics.wording import folded, letters_of


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
_OPENING, _CLOSING = frozenset(" \n\t$\\*`_"), frozenset(" \n\t$*`_.\\")
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
_NEGATIVE = re.compile(r"(?:minus|negative)\s", re.IGNORECASE)
_AND_A_HALF = re.compile(r"(?:one )?(hour|day|week|year|mile|dozen) and (?:a|one) half")
_OF_A = re.compile(r"(?<=\w) (?:of )?(?:an|a) (?=\w+\Z)")  # half an hour
_IN_WORDS = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+|(?: [A-Za-z]+)+ and [A-Za-z]+)(?:[ -][A-Za-z]+)*")
MAX_SERIES = 4  # sums without end or to n, and integrals, in one answer
_SERIES = re.compile(r"\\(?:sum|prod|int)|[∑∏∫]")
_TO_COMPUTE = re.compile(
    r"\s*\\(?:frac\s*\{\s*\\partial|partial|nabla|lim|limsup|liminf|sup|inf|i*int|oint)(?![A-Za-z])"
)
_SEVERAL = re.compile(r"[,;<>!]|\\(?:not|ne|neq|text|qquad)(?![A-Za-z])")
_PLUS_MINUS = re.compile(r"\\pm|\\mp|±|∓|\+/?-")


@lru_cache(maxsize=16_384)
def read(text: str) -> Answer:
    """All readings of an answer. Never raises: an unreadable one says so."""
    if len(text) > MAX_CHARS:
        return Answer(text[:80], None, f"longer than {MAX_CHARS} characters")
    answer = _tree(as_written(unwrap(text)))
    if answer.tree is None or isinstance(answer.tree, Items):
        answer.tree = mixed_units(answer.text) or answer.tree
    if answer.tree is None:
        answer.tree = as_quantity(answer.text)
    if isinstance(answer.tree, Quantity) and unit_of(answer.tree.unit) is None and not _DIGIT.search(text):
        answer.tree = Words(answer.text)  # "an infinite number" is no product of a and n
    if isinstance(answer.tree, Words) or _IN_WORDS.fullmatch(text):
        answer.tree = _OBJECTS.get(answer.words) or _spoken(answer.words) or answer.tree
    if isinstance(answer.tree, Words) and (below := _NEGATIVE.match(answer.words)):
        positive = read(answer.words[below.end() :]).tree
        answer.tree = Apply("neg", (positive,)) if isinstance(positive, Num) else answer.tree
    return answer


def _spoken(words: str) -> Node | None:
    """`forty-two` and `eight people` as numbers."""
    value = spoken(words)
    if value is not None:
        return Num(value)
    if half := _AND_A_HALF.fullmatch(words):
        return Quantity(Num(Fraction(3, 2)), half[1])
    count, _, noun = _OF_A.sub(" ", words).rpartition(" ")
    named = noun.isalpha() and noun not in COUNTED and is_noun(noun) and spoken(noun) is None
    value = spoken(count) if named else None
    return None if value is None else Quantity(Num(value), noun)


def unwrap(text: str) -> str:
    r"""The answer without delimiters, boxes and emphasis around it.

    >>> unwrap(r"$\boxed{12}$.")
    '12'
    """
    text = as_formula(text)
    if text and text[0] not in _OPENING and text[-1] not in _CLOSING:
        return _single_escapes(text)
    for _ in range(6):
        before = text
        text = text.strip().rstrip(".").strip() if not text.rstrip().endswith("...") else text.strip()
        text = text.removesuffix("\\")  # of a space that was stripped
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
        if (formula := letters_apart(text)) != text and has_words(tree):
            tree = finished(parse(formula), signs=signs)
        if _SERIES.search(text) and count_series(tree) > MAX_SERIES:
            raise Beyond(f"more than {MAX_SERIES} series")
        return Answer(text, tree)
    except RecursionError:
        return Answer(text, None, "nested too deep")
    except Unreadable as error:
        answer = Answer(text, None, str(error), beyond=isinstance(error, Beyond))
        if answer.beyond and (said := _said_to_be(text)) is not None:
            return Answer(text, finished(said, signs=signs))
    braced = text.startswith("{") and text.endswith("}")  # a set written with plain braces
    for other in ("\\{" + text[1:-1] + "\\}" if braced else text, letters_apart(text)):
        if other != text:
            try:
                return Answer(text, finished(parse(other), signs=signs))
            except Unreadable:
                pass
    return answer


def _said_to_be(text: str) -> Node | None:
    r"""What `\lim_{x \to 0} f(x) = 3` says, by its last side; None where that is not mathematics either."""
    label, equals, value = text.rpartition("=")
    if not equals or _TO_COMPUTE.match(label) is None or (_SEVERAL.search(label) and "=" in label):
        return None
    try:
        return Relation((Words(label.strip()), parse(value)), ("=",))
    except Unreadable:
        return None


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
