"""Made-up text, and edits of it."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

WORDS = [a + b + c for a in "bcdfghklmnprst" for b in "aeiou" for c in "lmnrst"]


class Prose:
    """Words that are alike only where they were copied."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def words(self, count: int) -> list[str]:
        return self.rng.choices(WORDS, k=count)

    def text(self, count: int) -> str:
        return " ".join(self.words(count))

    def edited(self, text: str, edits: int) -> str:
        """Words replaced, put in or left out, in random places."""
        words = text.split()
        for _ in range(edits):
            place = self.rng.randrange(len(words))
            match self.rng.randrange(3):
                case 0:
                    words[place] = self.rng.choice(WORDS)
                case 1:
                    words.insert(place, self.rng.choice(WORDS))
                case _:
                    del words[place]
        return " ".join(words)


def jaccard(one: str, two: str, n: int = 5) -> float:
    a, b = ({tuple(words[i : i + n]) for i in range(len(words) - n + 1)} for words in (one.split(), two.split()))
    return len(a & b) / len(a | b)


def frame(texts: list[Any]) -> pl.DataFrame:
    rows = {"id": [f"r{i}" for i in range(len(texts))], "text": texts}
    return pl.DataFrame(rows, schema={"id": pl.String, "text": pl.String})


@pytest.fixture
def prose() -> Prose:
    return Prose(7)
