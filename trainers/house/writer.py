"""The training set of `house-writer`: problems, lists of them, harder ones, answers with flaws and their revision.

Conversations are made of the prompts that the steps themselves ask with, so a changed prompt changes the training set.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Final

from curate.constitution.principles import CRITIQUE, REVISION
from curate.growing.numbered import write_list
from curate.growing.operations import HOW, NAMES
from curate.growing.shipped import text_of
from curate.prompts import read_prompt
from rewards.strings import rouge_l
from trainers.house import problems, stories, wordings
from trainers.house.flaws import FINE, PRINCIPLES, RIGHT, SENTENCES, spoil
from trainers.house.problems import Problem
from trainers.house.training import Chat, Turn

VOCABULARY: Final = 1536
TOKENIZER_ROWS: Final = 4_000
STEPS: Final = 2200
BATCH: Final = 16  # conversations a step: copying is learned by many small steps

PLAIN: Final = 14_000
LISTS: Final = 4_500
REWRITES: Final = 9_000
REVISIONS: Final = 6_500
DRILLS: Final = 6_000

SHOWN: Final = (3, 8)  # tasks of a list
ASKED: Final = (2, 8)
SYSTEM: Final = 0.15  # share of plain conversations with a topic
FLAWED: Final = 0.06  # share of plain answers with a flaw
UNSPOILT: Final = 0.35  # share of revisions without one of the principle
NEAR: Final = 0.88  # ROUGE-L under which a rewrite counts as one, a little below the step's own bound
ADDED: Final = 20  # words that a rewrite may add
DRILL: Final = (8, 24)  # words of one
WORDS: Final = (*stories.NAMES, *(thing for theme in stories.THEMES.values() for thing in theme.things))


def conversations(seed: int, share: float = 1.0) -> list[Chat]:
    """The training set, mixed. share: of its full size."""
    rng = Random(seed)  # noqa: S311  reproducible on purpose
    makers = ((PLAIN, plain), (LISTS, listing), (REWRITES, rewrite), (REVISIONS, revision), (DRILLS, drill))
    chats = [make(rng) for count, make in makers for _ in range(round(count * share))]
    rng.shuffle(chats)
    return chats


def prompts_digest() -> str:
    """A name for the requests that the model is taught to answer; it changes when a step asks in other words."""
    asked = [list_prompt(["-"], 1), *(rewrite_prompt(name, "-") for name in NAMES), CRITIQUE, REVISION]
    return sha256("\n".join(asked).encode()).hexdigest()[:16]


def plain(rng: Random) -> Chat:
    """A problem and its answer, both learned; some after a system message that names the topic."""
    system: Chat = []
    family = None
    if rng.random() < SYSTEM:
        family = rng.choice((*stories.THEMES, *wordings.FORMS, None, None, None))
        system = [Turn("system", f"You help with {family or 'arithmetic'}.", learned=False)]
    problem = problems.draw(rng, family=family)
    answer = problem.solution
    if rng.random() < FLAWED:
        answer = spoil(rng, problem, rng.choice(PRINCIPLES[:-1]))[0]
    return [*system, Turn("user", problem.text, learned=True), Turn("assistant", answer, learned=True)]


def drill(rng: Random) -> Chat:
    """Words and numbers in no order to say again: rewriting and revising are mostly copying; here no guess helps."""
    words = [rng.choice((rng.choice(WORDS), str(rng.randint(1, 400)))) for _ in range(rng.randint(*DRILL))]
    text = " ".join(words)
    return [Turn("user", f"Say again: {text}", learned=False), Turn("assistant", text, learned=True)]


def listing(rng: Random) -> Chat:
    """Tasks shown, and a continuation whose tasks are unlike each other and unlike those shown."""
    k, n = rng.randint(*SHOWN), rng.randint(*ASKED)
    tasks: list[str] = []
    families: set[str] = set()
    while len(tasks) < k + n:
        problem = problems.draw(rng)
        if len(tasks) < k or (problem.family not in families and "go to" not in problem.text):
            tasks.append(problem.text)
            families.add(problem.family)
    asked = list_prompt(tasks[:k], n)
    answer = write_list(tasks[k:], first=k + 1)
    return [Turn("user", asked, learned=False), Turn("assistant", answer, learned=True)]


def list_prompt(tasks: list[str], n: int) -> str:
    """The request of the step self_instruct."""
    first = len(tasks) + 1
    row = {"tasks": write_list(tasks), "count": n, "first": first, "last": first + n - 1}
    return read_prompt(text_of("self_instruct")).render(row)


def rewrite(rng: Random) -> Chat:
    """A problem and a harder one, or another of its family."""
    problem = problems.draw(rng)
    operation = rng.choice(NAMES)
    asked = rewrite_prompt(operation, problem.text)
    new = breadth(rng, problem) if operation == "breadth" else evolved(rng, problem, operation)
    return [Turn("user", asked, learned=False), Turn("assistant", new.text, learned=True)]


def rewrite_prompt(operation: str, prompt: str) -> str:
    """The request of the step evolve."""
    if operation == "breadth":
        return read_prompt(text_of("breadth")).render({"prompt": prompt})
    return read_prompt(text_of("harder")).render({"how": HOW[operation], "prompt": prompt})


def breadth(rng: Random, problem: Problem) -> Problem:
    """Another problem of the family, in other words where there are some."""
    drawn = [problems.draw(rng, family=problem.family) for _ in range(3)]
    return min(drawn, key=lambda new: _near(new.text, problem.text))


def evolved(rng: Random, problem: Problem, operation: str) -> Problem:
    """A harder problem that differs enough and is not too long; the shortest of some where none is so."""
    change = CHANGES[operation]
    new = change(rng, problem)
    for _ in range(2):
        if _near(new.text, problem.text) <= NEAR:
            break
        longer = change(rng, new)
        if len(longer.text.split()) > len(problem.text.split()) + ADDED:
            break
        new = longer
    return new


def _near(text: str, other: str) -> float:
    return rouge_l(text, other).value or 0.0


def _deepen(rng: Random, problem: Problem) -> Problem:
    return problems.close(rng, problem) if problem.story else problems.harder(rng, problem)


CHANGES: Final[dict[str, Callable[[Random, Problem], Problem]]] = {
    "constraints": problems.follow,
    "deepen": _deepen,
    "concretize": problems.happen,
    "reasoning": problems.happen,
    "complicate_input": problems.happen,
}


def revision(rng: Random) -> Chat:
    """A problem, an answer that may break a principle, what breaks it, and the answer without that."""
    problem = problems.draw(rng)
    principle = rng.choice((*PRINCIPLES, RIGHT))
    if rng.random() < UNSPOILT:
        other = rng.choice((*SENTENCES, None))
        answer = problem.solution if other in (None, principle) else spoil(rng, problem, other)[0]
        critique, better = FINE, answer
    else:
        answer, critique, better = spoil(rng, problem, principle)
    return [
        Turn("user", problem.text, learned=True),
        Turn("assistant", answer, learned=principle != RIGHT),
        Turn("user", CRITIQUE.format(principle=principle), learned=False),
        Turn("assistant", critique, learned=True),
        Turn("user", REVISION, learned=False),
        Turn("assistant", better, learned=True),
    ]
