r"""The reward for multiple choice: which option a completion settles on, by letter, number or text.

menu        the options and the gold
labels      the labels that a text starts with
statement   the option a statement settles on
stances     what a whole text says of the options
"""

from __future__ import annotations

import re
from typing import Any

from rewards.base import Score
from rewards.extract import ONLY_SUPPOSED, final_answer, strip_thinking
from rewards.options.menu import Menu, clean, read_gold, read_menu
from rewards.options.stances import chosen, concluded, own_lines, verdicts
from rewards.options.statement import Said, read_statement
from rewards.retractions import restated

LATER = re.compile(r"[.!?;\u2026]|,\s(?=(?:no|wait|sorry|actually)\b)", re.IGNORECASE)
TAIL = 8_000  # characters at the end of an answer that are searched


def choice(completion: str, answer: Any, options: Any = None) -> Score:
    r"""The option the completion settles on is the gold, or all of them and no other.

    Accepted: B, (b), "B.", \boxed{\text{B}}, "the answer is B because ...", "B is correct", "it must be B", the number
    of the option, its text, label and text together, and for several golds "A, C", "AC", "A and C". The last statement
    counts, what stands in the thinking does not. Rejected: two options where one is right, "A or B", "B, or maybe C",
    a label with the text of another option, a letter that is a word ("A dog"), the options said back as a list, and an
    answer that is not stated at all.

    answer: a label ("B", "(B)", "2"), several (["A", "C"], "A, C", "AC"), the text of an option, or an integer: the
    place in `options` counted from 0, as MMLU's class label. options: texts in order (they may carry labels:
    "A) 21"), a mapping label -> text, or {"label": [...], "text": [...]} (ARC). Without options a letter gold
    has lettered options, a number gold numbered ones, and any other gold is a text (yes/no/maybe: give the options, so
    that hedging is seen). Range: 0 or 1; None when the gold is none of the options.

    >>> choice("The answer is (B) because it is large.", "B").value
    1.0
    >>> choice("It is either A or B.", "B").why
    'several options: A or B.'
    >>> choice("So it's Rome.", 1, ["Paris", "Rome"]).value
    1.0
    """
    menu = read_menu(options, answer)
    gold = read_gold(answer, menu)
    if not gold:
        return Score(None, f"the gold {str(answer)[:40]!r} is none of the options")
    said, how = said_options(completion, menu)
    names = "+".join(map(menu.name, sorted(said)))
    if not said:
        return Score(0.0, how)
    evidence = {"answer": names, "how": how}
    if said == gold:
        return Score(1.0, f"chose {names}", evidence)
    return Score(0.0, f"chose {names}, not {'+'.join(map(menu.name, sorted(gold)))}", evidence)


def said_options(completion: str, menu: Menu) -> Said:
    """The options a completion settles on, and how it says so; none with the reason."""
    text = strip_thinking(completion).strip()
    marked = final_answer(completion)
    if marked is not None and marked.how != ONLY_SUPPOSED:
        if not marked.text:
            return frozenset(), marked.how
        start = text.rfind(marked.text) if marked.how == "marker" else -1
        line = text[start : start + 400].partition("\n")[0] if start >= 0 else marked.text
        said, problem = read_statement(clean(line), menu)
        if said or problem:
            return said, problem or marked.how
        if marked.how != "marker":
            return frozenset(), f"no option: {marked.text[:60]}"
    text = clean(text[-TAIL:])
    for find, how in ((chosen, "stated"), (verdicts, "a list of verdicts")):
        said, problem = find(text, menu)
        if said or problem:
            return said, problem or how
    said, problem = _on_a_line(text, menu, alone="\n" not in text and marked is None)
    if said or problem:
        return said, problem or "a line of its own"
    if marked is None and (said := concluded(text, menu)):
        return said, "the end of the last line"
    return frozenset(), "no option is stated" if text else "no answer"


def _on_a_line(text: str, menu: Menu, *, alone: bool) -> Said:
    """The option that the last or the first line states, unless it is taken back in the same line."""
    for line in own_lines(text, menu):
        said, problem = read_statement(line, menu, loose=alone)
        later = LATER.search(line)
        again = restated(line[later.start() :]) if said and later else None
        if again is not None:
            said, problem = read_statement(again, menu) if again else (frozenset(), "an answer that is taken back")
        if said or problem:
            return said, problem
    return frozenset(), ""
