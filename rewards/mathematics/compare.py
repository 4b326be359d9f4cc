"""Gold and prediction, both as text -> verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rewards.mathematics.answers import Answer, as_list, read
from rewards.mathematics.clocks import same_time, same_year
from rewards.mathematics.dates import same_day
from rewards.mathematics.definitions import value_of
from rewards.mathematics.expressions import within
from rewards.mathematics.families import same_family
from rewards.mathematics.kinds import equal
from rewards.mathematics.measured import as_quantity
from rewards.mathematics.plain import Verdict, compare_plain, short
from rewards.mathematics.quantities import unit_of
from rewards.mathematics.remarks import are_other_currencies, said_in, subject_of
from rewards.mathematics.surds import Inexact
from rewards.mathematics.tree import (
    Apply,
    Items,
    Name,
    Node,
    Num,
    Quantity,
    Ratio,
    Relation,
    TooLarge,
    Unreadable,
    Words,
    children,
    has_words,
    names_in,
    with_value,
)
from rewards.mathematics.wording import gist, without_markup

_BASED = re.compile(r"\s*(-?[0-9A-F]{1,60})_(?:\d|\{\s*(?:\d{1,2}|\\text\{[a-z]{3,10}\})\s*\}|\d\d)\s*\.?")
_JOINTS = re.compile(r"\s*(?:,\s*and\b|,|;|\band\b)\s*")
_YES_NO = {"yes": "no", "no": "yes", "true": "false", "false": "true"}
_OPTION = re.compile(r"\([A-J]\)")
_MAX_LIST = 200
_MINUTES = re.compile(r":\s*0\d\b")


def compare(gold_text: str, pred_text: str, tolerance: float | None = None) -> Verdict:
    r"""Whether a prediction is the gold answer.

    tolerance: largest relative difference of two constants; None asks for equality.

    >>> compare(r"\frac{1}{2}", "0.5").equal
    True
    >>> compare("(1, 2)", "[1, 2]").equal
    False
    """
    plain = compare_plain(gold_text, pred_text, tolerance)
    if plain is not None:
        return plain
    gold, pred = read(gold_text), read(pred_text)
    verdict = _compare_text(gold, pred)
    if verdict is not None:
        return verdict
    assert gold.tree is not None
    assert pred.tree is not None
    try:
        equals = _compare_trees(gold, pred, gold.tree, pred.tree, tolerance)
    except (TooLarge, RecursionError) as error:
        return Verdict(None if _too_large(gold.tree) else False, str(error), "limits")
    except (Unreadable, Inexact, ZeroDivisionError) as error:
        return _not_computed(gold.tree, pred.tree, error)
    if equals is None:
        return Verdict(None, "undecided", "undecided")
    said = "equals" if equals else "is not"
    return Verdict(equals, f"{short(pred.text)} {said} {short(gold.text)}", "mathematics")


def _compare_text(gold: Answer, pred: Answer) -> Verdict | None:
    """What the texts alone decide; None when both are mathematics to be compared."""
    if not gold.text:
        return Verdict(None, "the gold is empty", "gold")
    if not pred.text:
        return Verdict(False, "the answer is empty", "text")
    if gold.text == pred.text:
        return Verdict(True, "identical", "text")
    if "_" in gold.text and _without_base(gold.text) == without_markup(pred.text):
        return Verdict(True, "the digits in the base of the gold", "base")
    for what, dated in (("time of day", same_time), ("year", same_year), ("day", same_day)):
        same_date = dated(gold.text, pred.text)
        if same_date is not None:
            return Verdict(same_date, f"{short(pred.text)} {'is' if same_date else 'is not'} {short(gold.text)}", what)
    if gold.letters and gold.letters == pred.letters and _names_options(gold, pred):
        return Verdict(True, f"option {''.join(gold.letters)}", "option")
    if isinstance(gold.tree, Words) or (isinstance(pred.tree, Words) and gold.tree is not None):
        return _words(gold, pred)
    return _unreadable(gold, pred) if gold.tree is None or pred.tree is None else None


def _names_options(gold: Answer, pred: Answer) -> bool:
    """Whether letters are all that counts: several, a letter alone, or the letter of `(C) 12`."""
    alone = len(gold.words) == 1 or (len(pred.words) == 1 and _OPTION.search(gold.text) is not None)
    return len(gold.letters) > 1 or alone


def _without_base(text: str) -> str | None:
    """The digits of `1103_6`: a question that asks for base 6 is answered by 1103. The other way round it is not."""
    match = _BASED.fullmatch(text)
    return match.group(1) if match else None


def _compare_trees(
    gold: Answer, pred: Answer, gold_tree: Node, pred_tree: Node, tolerance: float | None
) -> bool | None:
    if _in_money(gold_tree) or _in_money(pred_tree):  # 18.50 cents are not $18.50
        gold_tree, pred_tree = _priced(gold, gold_tree), _priced(pred, pred_tree)
    if are_other_currencies(gold.text, pred.text):
        return False
    if isinstance(gold_tree, Ratio) and bool(_MINUTES.search(gold.text)) != bool(_MINUTES.search(pred.text)):
        return False  # 7:05 is a time, 7:5 is none
    verdict = equal(gold_tree, pred_tree)
    if verdict:
        return True
    printed = "E" in gold.text + pred.text or "I" in gold.text + pred.text
    if printed and any(equal(*pair) for pair in _constants_renamed(gold_tree, pred_tree)):
        return True
    if tolerance is not None and within(_number_of(gold_tree), _number_of(pred_tree), tolerance):
        return True
    several = as_list(gold.text)
    if several is not None and " " in pred.text and equal(several, pred_tree):
        return True
    left = gold_tree if isinstance(gold_tree, Quantity) else as_quantity(gold.text)
    right = pred_tree if isinstance(pred_tree, Quantity) else as_quantity(pred.text)
    if left is not None and right is not None and (left is not gold_tree or right is not pred_tree):
        return equal(left, right)
    return True if verdict is False and same_family(gold_tree, pred_tree) else verdict


def _constants_renamed(gold: Node, pred: Node) -> Iterator[tuple[Node, Node]]:
    """Both with one spelling of e (`E`) and of the imaginary unit (`I`), where each has its own."""
    if isinstance(gold, Name) or isinstance(pred, Name):
        return  # an option, or a variable
    ours, theirs = names_in(gold), names_in(pred)
    for constant, spelling in (("e", "E"), ("i", "I")):
        if {constant, spelling} & ours == {constant} and {constant, spelling} & theirs == {spelling}:
            pred = with_value(pred, spelling, Name(constant))
            yield gold, pred
        elif {constant, spelling} & ours == {spelling} and {constant, spelling} & theirs == {constant}:
            gold = with_value(gold, spelling, Name(constant))
            yield gold, pred


def _in_money(tree: Node) -> bool:
    if not isinstance(tree, Quantity):
        return False
    unit = unit_of(tree.unit)
    return unit is not None and unit != unit_of("dollar") and "money" in dict(unit.dims)


def _priced(answer: Answer, tree: Node) -> Node:
    if "$" not in answer.text:
        return tree
    if isinstance(tree, Quantity) and tree.unit.startswith("per "):
        return Quantity(tree.value, f"dollar {tree.unit}")
    return Quantity(tree, "dollar") if isinstance(tree, Num) else tree


def _number_of(tree: Node) -> Node:
    """What a tolerance applies to: the value without its label and unit."""
    value = value_of(tree)
    return value.value if isinstance(value, Quantity) else value


def _words(gold: Answer, pred: Answer) -> Verdict:
    sentence = said_in(pred.words)
    wanted = {gold.words, read(said_in(gold.words)).words if " is " in gold.words else ""} - {""}
    said = not wanted.isdisjoint({pred.words, read(sentence).words if sentence else "", subject_of(pred.words)})
    said = said or _listed(gold) == _listed(pred) != () or _answers(gold.words, pred.words)
    return _verdict_in_words(gold, pred, said=said)


def _verdict_in_words(gold: Answer, pred: Answer, *, said: bool) -> Verdict:
    return Verdict(said, f"'{short(pred.text)}' {'is' if said else 'is not'} '{short(gold.text)}'", "words")


def _answers(gold: str, pred: str) -> bool:
    """Whether a sentence begins with the yes or no of the gold and holds not the other: "no, it is not"."""
    other = _YES_NO.get(gold)
    return other is not None and pred.split()[:1] == [gold] and other not in pred.split() and "or" not in pred.split()


def _listed(answer: Answer) -> tuple[str, ...]:
    """Several answers in words, in their order: `red, blue` is `red and blue`."""
    parts = _JOINTS.split(without_markup(answer.text)) if len(answer.text) < _MAX_LIST else []
    return tuple(read(part).words for part in parts) if len(parts) > 1 and all(parts) else ()


def _unreadable(gold: Answer, pred: Answer) -> Verdict:
    """The verdict where at least one is no mathematics: as text where the gold is one."""
    if gold.words == pred.words and gold.words.replace(" ", "").isalpha():
        return Verdict(True, "the same words", "words")
    if gold.tree is None:
        if "".join(gold.text.split()) == "".join(pred.text.split()):
            return Verdict(True, "identical but for spaces", "text")
        if not gold.beyond and (ours := gist(gold.words)):
            return _verdict_in_words(gold, pred, said=ours == gist(pred.words))
        return Verdict(None, f"the gold cannot be read: {gold.problem}", "undecided" if gold.beyond else "gold")
    if pred.beyond:
        return Verdict(None, f"the answer cannot be read: {pred.problem}", "undecided")
    return Verdict(False, f"the answer is no mathematics: {pred.problem}", "unreadable")


def _not_computed(gold: Node, pred: Node, error: Exception) -> Verdict:
    """The verdict when an expression has no value."""
    if has_words(gold):
        return Verdict(None, "the gold holds words that are no mathematics", "gold")
    if has_words(pred):
        return Verdict(False, "the answer holds words that are no mathematics", "words")
    if _computes_with_statements(pred) and not _computes_with_statements(gold):
        return Verdict(False, "the answer computes with what is no number", "unreadable")
    return Verdict(None, f"undecided: {error}", "undecided")


def _too_large(tree: Node) -> bool:
    """Whether the gold itself is beyond the limits."""
    try:
        equal(tree, Num(0))
    except (TooLarge, RecursionError):
        return True
    except (Unreadable, Inexact, ZeroDivisionError):
        pass
    return False


def _computes_with_statements(tree: Node) -> bool:
    """Whether an equation or a list stands where a number would: `7 (x = 3 or 4)`."""
    parts = children(tree)
    computed = isinstance(tree, Apply) and any(isinstance(part, Relation | Items) for part in parts)
    return computed or any(_computes_with_statements(part) for part in parts)
