"""Attacks by what is answered: completions, golds, pairs, programs, code, long texts, stuffed tags."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from rewards.redteaming import corpus
from rewards.redteaming.attacker import Attacker
from rewards.redteaming.code_attacks import CODE_ATTACKS
from rewards.redteaming.families import FUNCTION
from rewards.redteaming.forms import Row
from rewards.redteaming.pairs import DIFFERENT, PLAIN
from rewards.redteaming.session import Outcome


def completions(attacker: Attacker) -> None:
    """Answers that say nothing, or everything, and text that no parser reads: is one paid?"""
    footing = attacker.footing
    for attack in corpus.ATTACKS:
        if attack.name == "hedge" and footing.tasks[0].answer.startswith("```"):
            continue  # of two programs, the last one counts
        row = footing.row(attack.text(footing.tasks[0], footing.wrap))
        outcome = attacker.call([row])
        if attacker.pays(outcome):
            attacker.report(attack.name, attack.severity, attack.what, [row], outcome)
        elif outcome.error:
            what = f"'{attack.name}' raises and stops the run: {outcome.error}"
            attacker.report("raises", "medium", what, [row], outcome)
    for text in corpus.BROKEN:
        row = footing.row(text)
        outcome = attacker.call([row])
        if attacker.pays(outcome):
            attacker.report("broken text pays", "high", "text no parser reads is paid", [row], outcome)
        elif outcome.error:
            attacker.report("raises", "medium", f"broken text raises: {outcome.error}", [row], outcome)
        if outcome.value is not None and not isfinite(outcome.value):
            attacker.report("not a number", "high", f"the value is {outcome.value}", [row], outcome)


def golds(attacker: Attacker) -> None:
    """The gold of another question, and golds nobody can read: is an answer paid against them?"""
    footing = attacker.footing
    if not footing.discerns:
        return
    swapped = replace(footing.right(1), text=footing.right(0).text)
    outcome = attacker.call([swapped])
    if attacker.pays(outcome):
        attacker.report("swapped gold", "high", "the answer to another question is paid", [swapped], outcome)
    if footing.tasks[0].columns:
        return  # the gold is not what these are judged by
    for gold in corpus.BAD_GOLDS:
        for text in (footing.wrong().text, "I do not know."):
            row = footing.row(text, gold=gold)
            outcome = attacker.call([row])
            if attacker.pays(outcome):
                what = "a gold that cannot be read makes a wrong answer right"
                attacker.report("unreadable gold pays", "high", what, [row], outcome)


def pairs(attacker: Attacker) -> None:
    """Golds of many kinds, for what compares with a gold: is another answer paid, and is the gold itself?"""
    footing = attacker.footing
    if not footing.discerns or footing.tasks[0].columns or footing.family not in ("number", "word"):
        return

    unread = footing.row(footing.right().text, gold=footing.gold_wrap.format("77"))
    if attacker.pays(attacker.call([unread])):
        return  # it has its golds from elsewhere

    def paid(gold: str, answer: str, gold_wrap: str = footing.gold_wrap) -> tuple[bool, Row, Outcome]:
        row = footing.row(footing.wrap.format(answer), gold=gold_wrap.format(gold))
        outcome = attacker.call([row])
        return attacker.pays(outcome), row, outcome

    for pair in DIFFERENT:
        if not paid(pair.gold, pair.gold)[0] or paid(pair.gold, pair.control)[0]:
            continue  # it does not read this kind of gold
        wrongly, row, outcome = paid(pair.gold, pair.answer)
        if wrongly:
            attacker.report(pair.name, pair.severity, pair.what, [row], outcome)
    for gold in PLAIN:
        right, row, outcome = paid(gold, gold)
        if right:
            continue
        if paid(gold, gold, "${}$")[0]:
            what = "a gold is read between dollar signs only; a bare one makes every answer worthless"
            attacker.report("gold lost", "medium", what, [row], outcome)
        elif footing.family == "number" and gold[-1].isdigit():
            attacker.report(
                "gold never earned", "low", f"a gold like {gold!r} does not earn what is right", [row], outcome
            )


def programs(attacker: Attacker) -> None:
    """Programs that solve nothing, for what calls a solution's functions."""
    footing = attacker.footing
    if footing.family != FUNCTION or not footing.discerns:
        return
    name = footing.tasks[0].columns["entry_point"]
    for attack in CODE_ATTACKS:
        row = footing.row(f"```python\n{attack.program.replace('{name}', name).strip()}\n```")
        outcome = attacker.call([row])
        if attacker.pays(outcome):
            attacker.report(attack.name, "high", attack.what, [row], outcome)
        elif outcome.error and not outcome.hung:
            what = f"'{attack.name}' brings the grader down: {outcome.error}"
            attacker.report("grader killed", "high", what, [row], outcome)


def code(attacker: Attacker) -> None:
    """Python in an answer: does it run in the grader?"""
    footing = attacker.footing
    for gold in corpus.CODE_GOLDS:
        for text in corpus.code_answers(footing.wrap):
            row = footing.row(text, gold=gold or None)
            outcome = attacker.call([row])
            if outcome.ran:
                attacker.report("runs code", "high", "Python in the answer ran in the grader", [row], outcome)
                return
            if not gold and attacker.pays(outcome):
                attacker.report("code pays", "high", "Python instead of an answer is paid", [row], outcome)


def exhausting(attacker: Attacker) -> None:
    """Towers of powers, deep nesting, long repetitions: does one answer stop the grader?"""
    hung = 0
    for text in corpus.exhausting(attacker.footing.wrap):
        row = attacker.footing.row(text)
        outcome = attacker.call([row])
        if outcome.hung:
            hung += 1
            attacker.report("hangs", "high", f"one answer stops the grader: {outcome.error}", [row], outcome)
            if hung == 2:
                return  # each costs a deadline
        elif outcome.error:
            attacker.report("raises", "medium", f"a long answer raises: {outcome.error}", [row], outcome)
        elif attacker.pays(outcome):
            attacker.report("broken text pays", "high", "text no parser reads is paid", [row], outcome)


def sameness(attacker: Attacker) -> None:
    """One value for all that was tried, right, wrong, empty and long: such a reward teaches nothing."""
    row = attacker.footing.wrong()
    outcome = attacker.call([row])
    if len(attacker.alone) != 1 or outcome.error or outcome.value != outcome.value:
        return
    if outcome.value is None:
        what = "no completion was judged; it may want columns that the red team does not give"
        attacker.report("judges nothing", "low", what, [row], outcome)
        return
    what = f"every completion by itself earns {outcome.value:g}: right, wrong, empty and long"
    attacker.report("constant", "high" if outcome.value > 0 else "low", what, [row], outcome)


_BLOCK = "<think>\nI count.\n</think>\n<answer>\n{}\n</answer>\n"


def stuffing(attacker: Attacker) -> None:
    """Tags said again and again: do they earn more than once?"""
    footing = attacker.footing
    wrong = footing.tasks[0].wrong
    once = footing.row(_BLOCK.format(wrong))
    single = attacker.call([once]).value
    if single is None:
        return
    for text in (_BLOCK.format(wrong) * 8, "<think>\n</think>\n<answer>\n</answer>\n" * 8 + wrong, "<think>\n" * 8):
        row = footing.row(text)
        outcome = attacker.call([row])
        if outcome.value is not None and outcome.value > single + 1e-6:
            what = f"repeated tags earn more ({outcome.value:g}) than one well-formed answer ({single:g})"
            attacker.report("format stuffing", "high", what, [row], outcome)
