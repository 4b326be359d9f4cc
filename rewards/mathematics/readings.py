"""Other readings of two answers that differ at first sight: `5 m` as metres, `E` as e, `100,200` as two numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rewards.mathematics.answers import Answer, as_list, read
from rewards.mathematics.families import same_family
from rewards.mathematics.kinds import equal
from rewards.mathematics.measured import as_quantity
from rewards.mathematics.respelling import letters_apart
from rewards.mathematics.traversal import names_in, variables_in, with_value
from rewards.mathematics.tree import Apply, Name, Node, Quantity

_OVER = re.compile(r"(?<!d)/\s?((?:[A-Za-z](?:_\w|_\{\w+\})?){2,4})(?![A-Za-z(^])")


def equal_otherwise(gold: Answer, pred: Answer, gold_tree: Node, pred_tree: Node) -> bool | None:
    """Whether other readings of both say that they are one answer; None where there are no others."""
    printed = "E" in gold.text + pred.text or "I" in gold.text + pred.text
    if printed and any(equal(*pair) for pair in _constants_renamed(gold_tree, pred_tree)):
        return True
    several = as_list(gold.text)
    if several is not None and " " in pred.text and equal(several, pred_tree):
        return True
    for answer, tree, other in ((gold, gold_tree, pred_tree), (pred, pred_tree, gold_tree)):
        if isinstance(tree, Quantity) and isinstance(other, Apply) and variables_in(other):
            product = read(letters_apart(answer.text)).tree  # 2mg and 2 m g
            if product is not None and not isinstance(product, Quantity) and equal(product, other):
                return True
    left = gold_tree if isinstance(gold_tree, Quantity) else as_quantity(gold.text)
    right = pred_tree if isinstance(pred_tree, Quantity) else as_quantity(pred.text)
    if left is not None and right is not None and (left is not gold_tree or right is not pred_tree):
        return equal(left, right)
    if left is not None and right is None and left is not gold_tree and _is_measured(gold.text):
        return equal(left, pred_tree)  # a unit that one side wrote
    if right is not None and left is None and right is not pred_tree and _is_measured(pred.text):
        return equal(gold_tree, right)
    if left is right is None and "/" in gold.text + pred.text and _over_all(gold, pred):
        return True
    return True if same_family(gold_tree, pred_tree) else None


def _over_all(gold: Answer, pred: Answer) -> bool:
    """Whether two answers agree where `t/RC` is t over all of RC."""
    over = [_OVER.sub(r"/(\1)", answer.text) for answer in (gold, pred)]
    if over == [gold.text, pred.text]:
        return False
    ours, theirs = (read(text).tree for text in over)
    return ours is not None and theirs is not None and equal(ours, theirs) is True


def _is_measured(text: str) -> bool:
    """Whether letters behind a number are rather a unit than variables: `5 m`, `9.8m/s`, and not `5m`."""
    return " " in text.strip() or "/" in text


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
