"""The training set of `house`: procedural problems with worked solutions, and drills of sums."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from curate.sources import procedural
from trainers.house.training import Chat, Turn

VOCABULARY: Final = 640
TOKENIZER_ROWS: Final = 20_000  # conversations that the tokens are chosen from
STEPS: Final = 2400
BATCH: Final = 32  # conversations a step

ROWS: Final = {
    "arithmetic": 18_000,
    "countdown": 18_000,
    "equations": 12_000,
    "fractions": 9_000,
    "ordering": 12_000,
    "percent": 6_000,
    "remainders": 8_000,
    "sequences": 12_000,
    "units": 9_000,
}
DRILLS: Final = 24_000
DRILL: Final = 12  # sums in one
SYSTEMS: Final = (
    "You are a helpful assistant.",
    "You solve problems step by step.",
    "Put the final answer in \\boxed{}.",
)
INSTRUCTIONS: Final = (
    "Please reason step by step, and put your final answer within \\boxed{}.",
    "Put your final answer within \\boxed{}.",
    "Think first, then give the answer in \\boxed{}.",
    "Let's think step by step.",
)


def conversations(seed: int, rows_of: Mapping[str, int] = ROWS, drills: int = DRILLS) -> list[Chat]:
    """The training set, mixed: so many problems of each kind, some with a system message or an instruction; drills."""
    rng = Random(seed)  # noqa: S311  reproducible on purpose
    rows: list[tuple[str, str]] = []
    for kind, count in rows_of.items():
        table = procedural.generate(kind, count, seed, split="train")
        rows += zip(table["prompt"], table["completion"], strict=True)
    chats = [_conversation(prompt, completion, rng) for prompt, completion in rows]
    chats += [drill(rng) for _ in range(drills)]
    rng.shuffle(chats)
    return chats


def drill(rng: Random) -> Chat:
    """A dozen sums to copy and complete: the arithmetic that all kinds share, with nothing around it."""
    sums = [_sum(rng) for _ in range(DRILL)]
    asked = "\n".join(left for left, _ in sums)
    done = "\n".join(f"{left} = {right}" for left, right in sums)
    return [Turn("user", asked, learned=False), Turn("assistant", done, learned=True)]


def _sum(rng: Random) -> tuple[str, int]:
    """One line of a drill: both sides of the equals sign."""
    a, b = rng.randint(1, rng.choice((20, 99, 200))), rng.randint(1, rng.choice((20, 99)))
    small, large = rng.randint(2, 9), rng.randint(2, rng.choice((9, 15, 40)))
    kind = rng.randrange(6)
    if kind == 0:
        return f"{small * large} / {small}", large
    if kind == 1:
        return f"{large} * {small}", large * small
    if kind == 2:
        rest = rng.randrange(small)
        return f"{small * large + rest} - {small} * {large}", rest
    return (f"{a} + {b}", a + b) if kind == 3 else (f"{a} - {b}", a - b)


def _conversation(prompt: str, completion: str, rng: Random) -> Chat:
    """One in ten has a system message, one in five an instruction after the problem."""
    chat = [Turn("system", rng.choice(SYSTEMS), learned=False)] if rng.random() < 0.1 else []
    if rng.random() < 0.2:
        prompt = f"{prompt}{rng.choice((' ', chr(10), chr(10) * 2))}{rng.choice(INSTRUCTIONS)}"
    return [*chat, Turn("user", prompt, learned=False), Turn("assistant", completion, learned=True)]
