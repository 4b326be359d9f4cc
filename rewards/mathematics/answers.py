r"""Text -> the readings an answer can have: a tree, words, and letters of options.

>>> read(r"$\text{(B)}$").letters
('B',)
>>> read("The Cat.").words
'cat'
"""

from __future__ import annotations

import re
from functools import lru_cache

from rewards.mathematics.numerals import number
from rewards.mathematics.parser import parse
from rewards.mathematics.quantities import unit_of, word_set
from rewards.mathematics.spoken import spoken
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
    children,
    rebuild,
)


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
            self._words = _words(self.text)
        return self._words

    @property
    def letters(self) -> tuple[str, ...]:
        """The options it names, in order; () when it names none."""
        if self._letters is None:
            self._letters = _letters(self.text)
        return self._letters


_WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"), ("__", "__"))
_OPENING, _CLOSING = frozenset(" \n\t$\\*`_"), frozenset(" \n\t$*`_.")
_BOXED = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{")
_TEXT_MACRO = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mbox|textsf|operatorname|mathbf)\s*\{([^{}]*)\}")
_OPTION = re.compile("[A-J]")
_ONE_OPTION = re.compile(
    r"(?i:(?:the\s+)?(?:correct\s+)?(?:answer|option|choice)(?:\s+is)?:?\s*)?"
    r"(?:(?:\((?P<bracketed>[A-J])\)|(?P<marked>[A-J])[).:])(?:\s*(?P<rest>.{1,200}))?|(?P<bare>[A-J]))",
    re.DOTALL,
)
_OTHER_OPTION = re.compile(r"\([A-J]\)|\b[B-J]\b|\bor\b")
_SEVERAL_OPTIONS = re.compile(r"\(?[A-J]\)?(?:(?:[\s,;&]|and)*\(?[A-J]\)?)+")
_SYNONYMS = {
    "no solution": "none", "no solutions": "none", "no real solution": "none", "no real solutions": "none",
    "empty set": "none", "the empty set": "none",
    "dne": "undefined", "does not exist": "undefined", "not defined": "undefined",
    "the limit does not exist": "undefined",
    "infinitely many solutions": "infinitely many", "infinite solutions": "infinitely many",
    "infinite number of solutions": "infinitely many", "infinite number": "infinitely many",
    "an infinite number": "infinitely many", "an infinite number of solutions": "infinitely many",
    "infinite": "infinitely many", "divergent": "diverges", "convergent": "converges",
    "the series diverges": "diverges", "the series converges": "converges", "the integral diverges": "diverges",
    "the integral converges": "converges", "the sequence diverges": "diverges", "the sequence converges": "converges",
    "positive real numbers": "positive reals", "all positive real numbers": "positive reals",
    "all positive reals": "positive reals", "all real numbers": "reals", "all reals": "reals", "real numbers": "reals",
    "any real number": "reals", "every real number": "reals", "no solution exists": "none",
    "no solutions exist": "none", "none exist": "none", "y": "yes", "t": "true",
}  # fmt: skip
_OBJECTS: dict[str, Node] = {
    "none": Braces(()),
    "reals": Name("Reals"),
    "infinity": Name("infinity"),
    "infinitely many": Name("infinity"),
    "positive reals": Bracket("(", (Num(0), Name("infinity")), ")"),
}
_EXISTS = re.compile(r"^(?:there (?:is|are)|(?:it|the (?:equation|system|problem)) has) ")
_ARTICLE = re.compile(r"^(?:(?:a|an|the|on|in|at|by) )+(?=\w)")
_ORDINAL = re.compile(r"\b(\d{1,4})(?:st|nd|rd|th)\b")
_MONTHS = word_set(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
_DIGIT = re.compile(r"\d")
_WEEKDAYS = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
)
_EXCEPT = re.compile(  # "all real numbers except 2 and 3"
    r"\A\s*(?:\\text\{\s*)?(?:all|any) real(?: numbers?|s)?(?: \w)?,? except(?: for)?:?"
    r"\s*\}?\s*(?:\w\s?=\s?)?(.{1,200}?)\s*\Z",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-z]+)(?:[\s,]|\\[,; ]|and\b)*")
_SYMBOL = r"\{\s*((?:[A-Za-z]{1,4}(?:\^\{?\d\}?)?[ ]?){1,3})\s*\}"
_UNIT_FRACTION = re.compile(rf"\s*\\[dtc]?frac\s*{_SYMBOL}\s*{_SYMBOL}\s*\Z")
_PLUS_MINUS = re.compile(r"\\pm|\\mp|±|∓|\+/?-")
_MAX_QUANTITY = 120
_QUANTITY = re.compile(
    r"([-+]?\d[\d,.\s]*(?:[eE][-+]?\d+|/\s*\d+|(?:\\times|\\cdot|[*x×])\s*10\s*\^\s*\{?-?\d+\}?)?)"
    r"(?:\s|\\[ ,;:!])*([A-Za-zµμΩ°%].*)",
    re.DOTALL,
)


@lru_cache(maxsize=16_384)
def read(text: str) -> Answer:
    """All readings of an answer. Never raises: an unreadable one says so."""
    if len(text) > MAX_CHARS:
        return Answer(text[:80], None, f"longer than {MAX_CHARS} characters")
    answer = _tree(unwrap(text))
    if answer.tree is None or isinstance(answer.tree, Items):
        answer.tree = _mixed_units(answer.text) or answer.tree
    if isinstance(answer.tree, Quantity) and unit_of(answer.tree.unit) is None and not _DIGIT.search(text):
        answer.tree = Words(answer.text)  # "an infinite number" is no product of a and n
    if isinstance(answer.tree, Words):
        value = spoken(answer.words)
        answer.tree = _OBJECTS.get(answer.words, answer.tree) if value is None else Num(value)
    return answer


def unwrap(text: str) -> str:
    r"""The answer without delimiters, boxes and emphasis around it.

    >>> unwrap(r"$\boxed{12}$.")
    '12'
    """
    if "except" in text:
        text = _EXCEPT.sub(r"\\mathbb{R}\\setminus\\{\1\\}", text)
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


def _single_escapes(text: str) -> str:
    if "\\\\" in text and "begin" not in text:
        return re.sub(r"\\\\(?=[A-Za-z])", r"\\", text)  # a text that was escaped twice
    return text


def as_quantity(text: str) -> Quantity | None:
    """The reading of `5 m` as five metres, where the grammar sees a product.

    >>> as_quantity("36 km/h").unit
    'km/h'
    """
    if len(text) > _MAX_QUANTITY:
        return None
    match = _QUANTITY.fullmatch(_UNIT_FRACTION.sub(r" \1/\2", text) if "frac" in text else text)
    if match is None or unit_of(_strip_text(match.group(2))) is None:
        return None
    try:
        return Quantity(parse(match.group(1)), _strip_text(match.group(2)))
    except Unreadable:
        return None


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
        return Answer(text, _finish(parse(text), signs=signs))
    except RecursionError:
        return Answer(text, None, "nested too deep")
    except Unreadable as error:
        answer = Answer(text, None, str(error), beyond=isinstance(error, Beyond))
    if text.startswith("{") and text.endswith("}"):  # a set written with plain braces
        try:
            return Answer(text, _finish(parse("\\{" + text[1:-1] + "\\}"), signs=signs))
        except Unreadable:
            pass
    return answer


def _finish(tree: Node, *, signs: bool) -> Node:
    """Expand plus-minus, and turn a percent or degree sign over a whole value into a quantity."""
    if isinstance(tree, Items):
        parts: list[Node] = []
        for item in tree.items:
            done = _finish(item, signs=signs)
            both_signs = isinstance(done, Items) and not isinstance(item, Items)
            parts.extend(done.items if isinstance(done, Items) and both_signs else (done,))
        return Items(tuple(parts), tree.joined)
    if isinstance(tree, Braces):
        inner = _finish(Items(tree.items, ","), signs=signs)  # {0, plus-minus 4} has three elements
        assert isinstance(inner, Items)
        return Braces(inner.items)
    if signs and _has_plus_minus(tree):
        return Items((_finish(_with_sign(tree, "+"), signs=False), _finish(_with_sign(tree, "-"), signs=False)), ",")
    if isinstance(tree, Relation | Bracket):
        return rebuild(tree, tuple(_finish(child, signs=signs) for child in children(tree)))
    return _signed_quantity(tree)


def _mixed_units(text: str) -> Quantity | None:
    """`1 hour 30 minutes` or `5 ft, 3 in` as one quantity, or None when the parts are no parts of one another."""
    if len(text) > _MAX_QUANTITY:
        return None
    bare = _strip_text(text)
    parts = _PART.findall(bare)
    if len(parts) < 2 or _PART.sub("", bare).strip():
        return None
    units = [unit_of("inch" if unit == "in" else unit) for _, unit in parts]
    total: Node = Num(0)
    for (written, _), unit, larger in zip(parts, units, [None, *units], strict=False):
        if unit is None or units[0] is None or not unit.dims or unit.dims != units[0].dims or unit.offset:
            return None
        value = number(written)
        if larger is not None and value.value * unit.scale >= larger.scale:
            return None
        total = Apply("+", (total, Apply("*", (value, Num(unit.scale / units[0].scale)))))
    return Quantity(total, parts[0][1])


def _signed_quantity(tree: Node) -> Node:
    if isinstance(tree, Apply):
        if tree.op == "*" and isinstance(tree.args[1], Apply) and tree.args[1].op == "/":
            over = [part.text for part in tree.args[1].args if isinstance(part, Words)]
            unit = "/".join(over) if len(over) == 2 else ""  # 5 \frac{\text{m}}{\text{s}}
            if unit_of(unit) is not None:
                return Quantity(tree.args[0], unit)
        if tree.op == "/" and isinstance(tree.args[1], Words) and unit_of(f"/{tree.args[1].text}") is not None:
            return Quantity(tree.args[0], f"per {tree.args[1].text}")  # $15/hour
        if tree.op in ("percent", "degree"):
            return Quantity(tree.args[0], "%" if tree.op == "percent" else "°")
        if tree.op == "neg":
            inner = _signed_quantity(tree.args[0])
            if isinstance(inner, Quantity):
                return Quantity(Apply("neg", (inner.value,)), inner.unit)
    return tree


def _has_plus_minus(node: Node) -> bool:
    if isinstance(node, Apply) and node.op in ("±", "∓"):
        return True
    return any(_has_plus_minus(child) for child in children(node))


def _with_sign(node: Node, sign: str) -> Node:
    node = rebuild(node, tuple(_with_sign(child, sign) for child in children(node)))
    if isinstance(node, Apply) and node.op in ("±", "∓"):
        left, right = node.args
        if (node.op == "±") == (sign == "-"):
            right = Apply("neg", (right,))
        return right if isinstance(left, Num) and left.value == 0 else Apply("+", (left, right))
    return node


def without_markup(text: str) -> str:
    r"""The words of `\text{red} and \text{blue}`, with their commas."""
    return " ".join(re.sub(r"\\[A-Za-z]+|\\.|[${}*_`\"“”]", " ", _strip_text(text)).split())


def _strip_text(text: str) -> str:
    for _ in range(3 if "{" in text else 0):
        text = _TEXT_MACRO.sub(r" \1 ", text)
    return text.strip()


def _words(text: str) -> str:
    bare = re.sub(r"\\[A-Za-z]+|\\.|[${}*_`\"“”]", " ", _strip_text(text))
    folded = " ".join(re.sub(r"[^\w\s'+-]", " ", bare.casefold()).split())
    folded = _EXISTS.sub("", folded)
    folded = _SYNONYMS.get(folded, folded)
    folded = _ORDINAL.sub(r"\1", _ARTICLE.sub("", folded))
    parts = folded.split()
    if len(parts) == 1 and folded in _WEEKDAYS:
        return folded[:3]  # "Tue" is Tuesday
    if _MONTHS.isdisjoint(parts):
        return folded
    said = (part[:3] if part in _MONTHS else part for part in parts if part not in ("of", "the"))
    return " ".join(sorted(said))  # "15 March" is "Mar 15"


def _letters(text: str) -> tuple[str, ...]:
    if _OPTION.search(text) is None:
        return ()
    bare = re.sub(r"\\[a-z]+|\\.|[${}*]", " ", _strip_text(text)).strip() if len(text) < 300 else ""
    if _SEVERAL_OPTIONS.fullmatch(bare):
        found = re.findall(r"[A-J]", bare)
        if len(set(found)) == len(found):
            return tuple(sorted(found))
    match = _ONE_OPTION.fullmatch(bare)
    if match is None or _OTHER_OPTION.search(match.group("rest") or ""):
        return ()
    return (match.group("bracketed") or match.group("marked") or match.group("bare"),)


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
