"""Gold and prediction, both as text -> verdict."""

from __future__ import annotations

import re

from rewards.mathematics.answers import Answer, read
from rewards.mathematics.dates import is_clock, same_day, same_time, same_year
from rewards.mathematics.definitions import value_of
from rewards.mathematics.expressions import within
from rewards.mathematics.kinds import equal
from rewards.mathematics.phrases import parts_of
from rewards.mathematics.plain import Verdict, compare_plain, short
from rewards.mathematics.quantities import unit_of
from rewards.mathematics.readings import equal_otherwise
from rewards.mathematics.remarks import are_other_currencies
from rewards.mathematics.surds import Inexact
from rewards.mathematics.traversal import children, has_words
from rewards.mathematics.tree import Apply, Items, Node, Num, Quantity, Ratio, Relation, TooLarge, Unreadable, Words
from rewards.mathematics.wording import gist, unmarked, without_markup
from rewards.mathematics.words import in_words, verdict_in_words

_BASED = re.compile(r"\s*(-?[0-9A-F]{1,60})_(?:\d|\{\s*(?:\d{1,2}|\\text\{[a-z]{3,10}\})\s*\}|\d\d)\s*\.?")
_OPTION = re.compile(r"\([A-J]\)")
_OPTION_TEXT = re.compile(  # \textbf{(D)}\ 72
    r"\s*\\text\w*\s*\{\s*\([A-J]\)\s*\}(?:\s|~|\\[ ,;:!]|\\quad)*(\S.*)", re.DOTALL
)
_LABELLED = re.compile(r"\s*(?:\\text\w*\s*\{\s*)?\(([A-E])\)\s*\}?(?:\s|~)+(?=[-$\\\d])(\S.*)", re.DOTALL)
_COMMA = re.compile(r"\s*(?:,|;|\band\b)\s*")
_CHEMICAL = re.compile(r"(?=.*\d)(?:[A-Z][a-z]?\d*|\((?:[A-Z][a-z]?\d*){1,9}\)\d*){2,20}")  # H2O, Ca(OH)2
_PLAIN_MARKUP = re.compile(r"[\s{}_$]|\\[ ,;:!]")
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
    parts = parts_of(gold_text)
    if parts and (together := _in_parts(parts, pred_text, tolerance)) is not None:
        return together
    labelled = _LABELLED.fullmatch(pred_text) if "(" in pred_text else None
    if labelled and labelled[1] not in gold_text:  # (C) 12 where 12 is asked for
        return compare(gold_text, labelled[2], tolerance)
    gold, pred = read(gold_text), read(pred_text)
    verdict = _compare_text(gold, pred)
    if verdict is not None:
        option = _OPTION_TEXT.fullmatch(gold_text) if verdict.equal is False and not pred.letters else None
        return compare(option[1], pred_text, tolerance) if option else verdict
    assert gold.tree is not None
    assert pred.tree is not None
    try:
        equals = _compare_trees(gold, pred, gold.tree, pred.tree, tolerance)
    except (TooLarge, RecursionError) as error:
        return Verdict(None if _too_large(gold.tree) else False, str(error), "limits")
    except (Unreadable, Inexact, ZeroDivisionError) as error:
        undecided: Verdict | None = _not_computed(gold.tree, pred.tree, error)
    else:
        undecided = Verdict(None, "undecided", "undecided") if equals is None else None
    if undecided is not None:
        alike = undecided.equal is None and _bare(gold.text) == _bare(pred.text)
        return Verdict(True, "identical but for markup", "text") if alike else undecided
    said = "equals" if equals else "is not"
    return Verdict(equals, f"{short(pred.text)} {said} {short(gold.text)}", "mathematics")


def _in_parts(parts: tuple[str, ...], pred_text: str, tolerance: float | None) -> Verdict | None:
    """The verdict on answers to `(a)`, `(b)` ...: each by its label, or a list in their order; None for another."""
    said = parts_of(pred_text)
    if not said:
        listed = read(pred_text)
        if not isinstance(listed.tree, Items) or len(listed.tree.items) != len(parts):
            return None
        said = tuple(_COMMA.split(listed.text))
    if len(said) != len(parts):
        return Verdict(False, f"{len(said)} parts, not {len(parts)}", "parts")
    verdicts = [compare(ours, theirs, tolerance) for ours, theirs in zip(parts, said, strict=True)]
    worst = min(verdicts, key=lambda verdict: {False: 0, None: 1, True: 2}[verdict.equal])
    return Verdict(worst.equal, worst.why, "parts")


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
    if is_clock(pred.text) and isinstance(gold.tree, Num | Apply):
        return Verdict(False, f"{short(pred.text)} is a time of day", "time of day")
    if len(gold.letters) > 1 and isinstance(pred.tree, Items) and pred.tree.joined == "or":
        return Verdict(False, "one option or another", "option")
    if _CHEMICAL.fullmatch(ours := _bare(gold.text)) and ours == _bare(pred.text):
        return Verdict(True, "identical but for markup", "text")
    if gold.letters and gold.letters == pred.letters and _names_options(gold, pred):
        return Verdict(True, f"option {''.join(gold.letters)}", "option")
    if isinstance(gold.tree, Words) or (isinstance(pred.tree, Words) and gold.tree is not None):
        return in_words(gold, pred)
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
    if tolerance is not None and within(_number_of(gold_tree), _number_of(pred_tree), tolerance):
        return True
    otherwise = equal_otherwise(gold, pred, gold_tree, pred_tree)
    return verdict if otherwise is None else otherwise


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


def _unreadable(gold: Answer, pred: Answer) -> Verdict:
    """The verdict where at least one is no mathematics: as text where the gold is one."""
    if gold.words == pred.words and gold.words.replace(" ", "").isalpha():
        return Verdict(True, "the same words", "words")
    if gold.tree is None:
        if _bare(gold.text) == _bare(pred.text):  # \text{H}_2\text{O} is H2O
            return Verdict(True, "identical but for markup", "text")
        if _CHEMICAL.fullmatch(_bare(gold.text)):
            return Verdict(False, f"{short(pred.text)} is not {short(gold.text)}", "text")
        if not gold.beyond and (ours := gist(gold.words)):
            return verdict_in_words(gold, pred, said=ours == gist(pred.words))
        return Verdict(None, f"the gold cannot be read: {gold.problem}", "undecided" if gold.beyond else "gold")
    if pred.beyond:
        return Verdict(None, f"the answer cannot be read: {pred.problem}", "undecided")
    return Verdict(False, f"the answer is no mathematics: {pred.problem}", "unreadable")


def _bare(text: str) -> str:
    return _PLAIN_MARKUP.sub("", unmarked(text))


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
