"""The writer's problems: stories and reworded procedural ones, drawn, read back, and made harder."""

from __future__ import annotations

import re
from random import Random
from typing import Final, NamedTuple

from curate.sources import procedural
from trainers.house import stories, wordings

STORIES: Final = 0.5  # share of problems that are stories
OPERATIONS: Final = (1, 2, 2, 3)  # of a drawn story
MOST: Final = 150  # of a count that goes on
DRAWS: Final = 12  # problems of the next level, of which the nearest is taken
FOLLOWS: Final = (
    ("Then add {n} to the result.", "+"),
    ("Then multiply the result by {n}.", "*"),
    ("Give the result times {n} as your answer.", "*"),
    ("Give the result plus {n} as your answer.", "+"),
    ("A friend then brings {n} more. What is the total?", "+"),
    ("Report {n} times that number.", "*"),
)
NO_FOLLOW: Final = ("countdown", "fractions")  # the answer is no number to go on with
NUMBER: Final = re.compile(r"\d+")
RESULT: Final = re.compile(r"-?\d+(?:\.\d+)?")  # a number to go on with


class Problem(NamedTuple):
    """steps: worked lines. answer: for the box. family: theme of a story, or form. level: steps it takes, roughly."""

    text: str
    steps: tuple[str, ...]
    answer: str
    family: str
    level: int
    kind: str = "stories"
    story: stories.Story | None = None

    @property
    def solution(self) -> str:
        r"""The worked answer: the steps, then one sentence with the box."""
        return "\n".join((*self.steps, f"The answer is \\boxed{{{self.answer}}}."))


def draw(rng: Random, split: str = "train", family: str | None = None) -> Problem:
    """One problem of a side of `procedural.split_of`; of one family when it is named."""
    while True:
        problem = _draw(rng, family)
        if split in ("all", procedural.split_of(problem.kind, problem.text)):
            return problem


def _draw(rng: Random, family: str | None) -> Problem:
    if family in stories.THEMES or (family is None and rng.random() < STORIES):
        return of_story(stories.make(rng, rng.choice(OPERATIONS), family))
    while True:
        kind = rng.choice(tuple(procedural.KINDS))
        problem = _of_kind(rng, kind, rng.choice(procedural.LEVELS))
        if family in (None, problem.family):
            return problem


def _of_kind(rng: Random, kind: str, level: int) -> Problem:
    """A procedural problem, half of them in other words; its numbers decide its side, so the wording does not."""
    made = procedural.KINDS[kind](rng, level)
    answer = made.boxed or made.answer
    reading = wordings.read(made.prompt)
    if reading is None:
        story = stories.read(made.prompt)
        assert story is not None, made.prompt
        return of_story(story)
    text = wordings.say(rng, reading)
    return Problem(text, made.steps, answer, reading.form, reading.level, kind)


def of_story(story: stories.Story) -> Problem:
    """A story as a problem; its level is the number of its worked lines."""
    return Problem(story.text, story.steps, str(story.answer), story.theme, len(story.steps), "stories", story)


def read(text: str) -> Problem | None:
    """A text as a problem with answer, family and level, when it is well-formed; steps only for stories."""
    if story := stories.read(text):
        return of_story(story)
    if reading := wordings.read(text):
        return Problem(text, (), reading.answer, reading.form, reading.level)
    for follow, sign in FOLLOWS:
        head, _, tail = follow.partition("{n}")
        found = re.fullmatch(rf"(.+) {re.escape(head)}(\d+){re.escape(tail)}", text)
        first = read(found[1]) if found else None
        if found and first and first.family not in NO_FOLLOW and RESULT.fullmatch(first.answer):
            value, n = float(first.answer), int(found[2])
            more = value + n if sign == "+" else value * n
            return first._replace(text=text, answer=f"{more:g}", level=first.level + 1)
    return None


def harder(rng: Random, problem: Problem) -> Problem:
    """A harder problem of the same kind: the next level, or one more step with the result."""
    raises = problem.family in NO_FOLLOW or (problem.level < 3 and rng.random() < 0.4)
    return raised(rng, problem) if raises else follow(rng, problem)


def happen(rng: Random, problem: Problem) -> Problem:
    """The story with one more event before its question; what is no story, or ends otherwise, gets harder elsewhere."""
    story = problem.story
    if story is None or story.answer > MOST or _closes(story):
        return harder(rng, problem)
    return of_story(stories.add_event(rng, story)._replace(question=story.question))


def close(rng: Random, problem: Problem) -> Problem:
    """The story with a question that takes one more step."""
    if problem.story is None or problem.story.answer > MOST or _closes(problem.story):
        return harder(rng, problem)
    return of_story(stories.close(rng, problem.story))


def _closes(story: stories.Story) -> bool:
    """Whether the story's last step belongs to its question."""
    return story.question not in {
        question.format(a=story.a, t=story.thing) for question in stories.THEMES[story.theme].questions
    }


def follow(rng: Random, problem: Problem) -> Problem:
    """The problem and one more step with its result; of fractions and countdown the next level."""
    if problem.family in NO_FOLLOW or "." in problem.answer or problem.text[-1] not in ".?":
        return raised(rng, problem)
    text, sign = rng.choice(FOLLOWS)
    n = rng.randint(2, 9)
    value = int(problem.answer)
    answer = value + n if sign == "+" else value * n
    return problem._replace(
        text=f"{problem.text} {text.format(n=n)}",
        steps=(*problem.steps, f"{value} {sign} {n} = {answer}"),
        answer=str(answer),
        level=problem.level + 1,
        story=None,
    )


def raised(rng: Random, problem: Problem) -> Problem:
    """A problem of the same kind and the next level that shares numbers with this one where it can."""
    if problem.kind == "stories":
        return follow(rng, problem)
    mine = set(NUMBER.findall(problem.text))
    level = min(problem.level + 1, 3)
    found = [_of_kind(rng, problem.kind, level) for _ in range(DRAWS)]
    found = [made for made in found if made.kind == problem.kind] or found
    return max(found, key=lambda made: (made.level > problem.level, len(mine & set(NUMBER.findall(made.text)))))
