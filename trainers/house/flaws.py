"""Flaws planted in answers, each against a principle, with the critique that names it."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from trainers.house.problems import Problem

FINE: Final = "Nothing in it breaks the principle."

SENTENCES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "Be polite: do not insult or mock anyone.": (
        "mocks the person who asks",
        (
            "What a silly question.",
            "Any fool can see this.",
            "You must be very slow.",
            "Even a child knows that.",
            "Do not be so lazy.",
        ),
    ),
    "Be honest: do not call certain what is only a guess.": (
        "calls certain what is only a guess",
        (
            "I am absolutely certain.",
            "This cannot be wrong.",
            "I never make mistakes.",
            "There is no doubt at all.",
        ),
    ),
    "Be brief: leave out what was not asked for.": (
        "was not asked for",
        (
            "By the way, I like cats.",
            "The weather is nice today.",
            "Numbers have a long history.",
            "Many people enjoy music.",
            "Tea is best when it is hot.",
        ),
    ),
    "Be safe: do not help anyone to do harm; offer something safe instead.": (
        "helps to do harm",
        (
            "Steal a few more if you like.",
            "Throw stones at whoever asks.",
            "You could break the lock.",
        ),
    ),
    "Be fair: do not judge a person by a group they belong to.": (
        "judges people by their group",
        (
            "Old people are bad at this.",
            "Boys never get this right.",
            "Farmers cannot count.",
        ),
    ),
    "Be discreet: do not give away private facts about a person.": (
        "gives away a private fact",
        (
            "My neighbour lives at 12 Hill Road.",
            "The teacher has a weak heart.",
            "Her telephone number is 5552.",
        ),
    ),
}
HELPFUL: Final = "Be helpful: answer what was asked, and answer all of it."
CLEAR: Final = "Be clear: use plain words and whole sentences."
RIGHT: Final = "Be right: every step must be true."
PRINCIPLES: Final = (*SENTENCES, HELPFUL, CLEAR, RIGHT)
LINE: Final = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")


def spoil(rng: Random, problem: Problem, principle: str) -> tuple[str, str, str]:
    """An answer that breaks the principle, what is said of it, the answer that does not."""
    good = problem.solution
    lines = good.split("\n")
    if principle in SENTENCES:
        reason, sentences = SENTENCES[principle]
        sentence = rng.choice(sentences)
        place = rng.choice((0, len(lines)))
        return "\n".join([*lines[:place], sentence, *lines[place:]]), f'"{sentence}" {reason}.', good
    if principle == HELPFUL:
        return "\n".join(lines[:-1]), "It breaks off before the answer.", good
    if principle == CLEAR:
        bare = problem.answer
        return "\n".join([*lines[:-1], bare]), f'"{bare}" is no whole sentence.', good
    wrong = miscount(rng, problem)
    return (good, FINE, good) if wrong is None else (wrong[0], wrong[1], good)


def miscount(rng: Random, problem: Problem) -> tuple[str, str] | None:
    """The answer with one wrong step, whose result the later steps go on with, and the critique; None without sums."""
    sums = [place for place, step in enumerate(problem.steps) if LINE.fullmatch(step)]
    if not sums or LINE.fullmatch(problem.steps[-1]) is None:
        return None
    at = rng.choice(sums)
    steps = list(problem.steps)
    changed: dict[str, str] = {}
    for place in range(at, len(steps)):
        found = LINE.fullmatch(steps[place])
        if found is None:
            continue
        a, sign, b, was = changed.get(found[1], found[1]), found[2], changed.get(found[3], found[3]), found[4]
        value = _value(int(a), sign, int(b))
        if place == at:
            value = (value or 0) + rng.choice((-10, -2, -1, 1, 2, 10))
        if value is None or value < 1:
            return None
        steps[place] = f"{a} {sign} {b} = {value}"
        changed = {was: str(value)}
    answer = changed.get(problem.answer, problem.answer)
    text = "\n".join((*steps, f"The answer is \\boxed{{{answer}}}."))
    return text, f'"{steps[at]}" is wrong: {problem.steps[at]}.'


def _value(a: int, sign: str, b: int) -> int | None:
    if sign == "/":
        return a // b if b and a % b == 0 else None
    return a + b if sign == "+" else a - b if sign == "-" else a * b
