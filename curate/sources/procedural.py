"""Procedural problems: made, not collected, so every answer is known and there are as many as one likes.

After the idea of reasoning-gym and of GSM-Symbolic: a maker a kind, a seed, a level. Row i depends on the seed, the
kind, the options and i (and on the rows before it only in that it repeats none of them), so asking for more rows keeps
those one has.

Train and test are kept apart by the numbers of the problem (`split_of`): one problem in ten belongs to the test side,
and so does every other wording of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, did_you_mean
from curate.sources.problems import (
    arithmetic,
    countdown,
    equations,
    ordering,
    percent,
    ratios,
    remainders,
    sequences,
    units,
)
from curate.sources.problems.problem import Problem

if TYPE_CHECKING:
    import polars as pl

KINDS: dict[str, Callable[[Random, int], Problem]] = {
    "arithmetic": arithmetic.make,
    "countdown": countdown.make,
    "equations": equations.make,
    "fractions": ratios.make,
    "ordering": ordering.make,
    "percent": percent.make,
    "remainders": remainders.make,
    "sequences": sequences.make,
    "units": units.make,
}
VERSION = 1
"""Goes up whenever a maker makes other problems from the same seed: builds then make theirs again."""

LEVELS = (1, 2, 3)
SPLITS = ("train", "test", "all")
TEST_SHARE = 10  # one problem in ten
TRIES = 2_000  # draws for one row before the kind counts as used up
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def generate(kind: str, rows: int, seed: int, *, split: str = "all", levels: Sequence[int] = LEVELS) -> pl.DataFrame:
    """Make `rows` problems of one kind, no two with the same prompt.

    kind: a key of `KINDS`. split: `train`, `test`, or `all` (see `split_of`). levels: the difficulties to draw from,
    each 1 (easy) to 3.
    Returns the columns prompt, answer, verifier (the reward that judges it), solution (worked steps, no tags),
    completion (the solution as a model should write it), difficulty, kind; for countdown also numbers and target.
    Raises DataError for an unknown kind, split or level, a negative number of rows, or when the kind has no more
    different problems.

    >>> generate("remainders", 1, seed=0, levels=[1]).select("prompt", "answer").row(0)
    ('What is the remainder when 20 is divided by 5?', '0')
    """
    import polars as pl

    _check(kind, rows, split, levels)
    made = list(_problems(kind, rows, seed, split, levels))
    problems = [problem for problem, _ in made]
    columns: dict[str, Any] = {
        "prompt": [problem.prompt for problem in problems],
        "answer": [problem.answer for problem in problems],
        "verifier": ["countdown" if kind == "countdown" else "math"] * rows,
        "solution": ["\n".join(problem.steps) for problem in problems],
        "completion": [completion(problem) for problem in problems],
        "difficulty": pl.Series([level for _, level in made], dtype=pl.Int64),
        "kind": [kind] * rows,
    }
    if kind == "countdown":
        columns["numbers"] = pl.Series([list(problem.numbers) for problem in problems], dtype=pl.List(pl.Int64))
        columns["target"] = pl.Series([int(problem.answer) for problem in problems], dtype=pl.Int64)
    texts = dict.fromkeys(("prompt", "answer", "verifier", "solution", "completion", "kind"), pl.String)
    return pl.DataFrame(columns, schema_overrides=texts)


def completion(problem: Problem) -> str:
    r"""The worked solution as a model should write it: the steps between think tags, the result in a box.

    >>> completion(Problem("1 + 1?", ("1 + 1 = 2",), "2"))
    '<think>\n1 + 1 = 2\n</think>\nThe answer is \\boxed{2}.'
    """
    steps = "\n".join(problem.steps)
    return f"<think>\n{steps}\n</think>\nThe answer is \\boxed{{{problem.boxed or problem.answer}}}."


def split_of(kind: str, prompt: str) -> str:
    """The side a problem belongs to, from its kind and the numbers of its prompt, in whatever order they stand.

    Other names, things, units or phrasings of the same numbers are on the same side.

    >>> split_of("percent", "What is 5% of 80?") == split_of("percent", "Take 5 per cent of 80!")
    True
    """
    numbers = " ".join(sorted(NUMBER.findall(prompt)))
    digest = blake2b(f"{kind}: {numbers}".encode(), digest_size=8).digest()
    return "test" if int.from_bytes(digest, "big") % TEST_SHARE == 0 else "train"


def _problems(kind: str, rows: int, seed: int, split: str, levels: Sequence[int]) -> Iterator[tuple[Problem, int]]:
    """The problems with their levels, one random stream a row."""
    make, seen = KINDS[kind], set[str]()
    for row in range(rows):
        rng = Random(f"{kind} {seed} {row}")  # noqa: S311  reproducible on purpose
        for _ in range(TRIES):
            level = rng.choice(levels)
            problem = make(rng, level)
            if problem.prompt not in seen and split in ("all", split_of(kind, problem.prompt)):
                break
        else:
            raise DataError(
                f"procedural: kind '{kind}' has no more new problems after {row} of {rows} rows "
                f"(split {split}, levels {list(levels)}). Ask for fewer rows, or for more levels."
            )
        seen.add(problem.prompt)
        yield problem, level


def _check(kind: str, rows: int, split: str, levels: Sequence[int]) -> None:
    """Refuse what cannot be made."""
    if kind not in KINDS:
        raise DataError(f"procedural: unknown kind '{kind}'{did_you_mean(kind, KINDS)}")
    if split not in SPLITS:
        raise DataError(f"procedural: unknown split '{split}'{did_you_mean(split, SPLITS)}")
    if rows < 0:
        raise DataError(f"procedural: rows must be 0 or more (got {rows})")
    if not levels or any(level not in LEVELS for level in levels):
        raise DataError(f"procedural: levels must be some of {list(LEVELS)} (got {list(levels)})")
