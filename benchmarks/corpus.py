"""A corpus with planted duplicates of known similarity, template families and other traps, and the truth beside it.

    python benchmarks/corpus.py FOLDER [--rows 100000] [--seed 0]

writes `corpus.parquet` (id, text) and `truth.parquet` (id, kind, origin, jaccard: with its origin, by words). Text is
drawn from 50,000 made-up words by Zipf's law, 50 to 200 words a row, with sentences and commas; nothing in it is alike
by chance. Kinds, with their share of the rows:

| kind | share | what it is | must |
|---|---|---|---|
| base | | a text of its own | stay |
| exact | 1% | the same text | leave |
| spelling | 0.5% | the same words in other case, spaces and punctuation | leave |
| substituted, inserted, deleted | 3% | words of the origin changed, J from .3 to .95 | leave from the threshold on |
| hot | 1% | one text, thousands of times | leave |
| hot_edited | 1% | one text, with one word changed each time, in any place | leave |
| template | 2% | families of 10 to 500 with other content in one place of a fixed frame, J .7 to .95 | stay |
| numbers | 1% | the same words with other numbers | stay |
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

VOCABULARY = 50_000
SHINGLE = 5
LEAVE = ("exact", "spelling", "substituted", "inserted", "deleted", "hot", "hot_edited")
STAY = ("base", "template", "numbers")
Edit = Callable[[list[str], int, random.Random, "Words"], list[str]]


class Words:
    """Made-up words by Zipf's law; frequent ones are short."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        onsets = [*"bcdfghjklmnprstvw", "bl", "br", "ch", "cl", "dr", "fl", "gr", "pl", "sh", "sl", "sp", "st", "th"]
        vowels, codas = [*"aeiou", "ai", "ea", "ee", "ou"], ["", "", *"nrstlm", "nd", "st", "ng", "rk"]
        made: dict[str, None] = {}
        while len(made) < VOCABULARY:
            syllables = 1 + (len(made) > 1_000) + (len(made) > 30_000)
            made["".join(rng.choice(onsets) + rng.choice(vowels) + rng.choice(codas) for _ in range(syllables))] = None
        self.words = np.array(list(made), dtype=object)
        weights = 1 / (np.arange(VOCABULARY) + 2.7)
        self._edges = np.cumsum(weights / weights.sum())

    def draw(self, count: int, rng: np.random.Generator) -> list[str]:
        """So many words."""
        return list(self.words[np.minimum(np.searchsorted(self._edges, rng.random(count)), VOCABULARY - 1)])

    def one(self, rng: random.Random) -> str:
        """One word that is not among the most frequent, so that a change is a change."""
        return str(self.words[rng.randrange(100, VOCABULARY)])


def substituted(words: list[str], count: int, rng: random.Random, more: Words) -> list[str]:
    """Other words in some places."""
    words = list(words)
    for place in rng.sample(range(len(words)), min(count, len(words))):
        words[place] = more.one(rng)
    return words


def inserted(words: list[str], count: int, rng: random.Random, more: Words) -> list[str]:
    """More words between."""
    words = list(words)
    for _ in range(count):
        words.insert(rng.randrange(len(words) + 1), more.one(rng))
    return words


def deleted(words: list[str], count: int, rng: random.Random, more: Words) -> list[str]:  # noqa: ARG001
    """Words left out."""
    gone = set(rng.sample(range(len(words)), min(count, len(words) - SHINGLE)))
    return [word for place, word in enumerate(words) if place not in gone]


EDITS: dict[str, Edit] = {"substituted": substituted, "inserted": inserted, "deleted": deleted}


def jaccard(one: Sequence[str], two: Sequence[str]) -> float:
    """Shared runs of five words over all runs."""
    a, b = ({tuple(words[i : i + SHINGLE]) for i in range(max(len(words) - SHINGLE + 1, 1))} for words in (one, two))
    return len(a & b) / len(a | b)


def edited_to(target: float, words: list[str], kind: str, rng: random.Random, more: Words) -> tuple[list[str], float]:
    """The words with just so many edits that the similarity falls to `target` or little below."""
    best, told = words, 1.0
    count = 1
    while told > target and count < len(words):
        best = EDITS[kind](words, count, rng, more)
        told = jaccard(words, best)
        count += max(1, int((told - target) * len(words) / 14))
    return best, told


def written(words: Sequence[str], rng: random.Random) -> str:
    """Words as sentences: capitals, commas, full stops. The words themselves stay, in lower case, as they are."""
    out, begins = [], True
    for word in words:
        shown = word.capitalize() if begins else word
        begins = False
        draw = rng.random()
        if draw < 0.07:
            shown, begins = shown + ".", True
        elif draw < 0.15:
            shown += ","
        out.append(shown)
    return " ".join(out) + "."


@dataclass
class Corpus:
    """rows: (id, text). truth: (id, kind, origin, jaccard)."""

    rows: pl.DataFrame
    truth: pl.DataFrame

    def write(self, folder: Path) -> None:
        """Both tables, as parquet."""
        folder.mkdir(parents=True, exist_ok=True)
        self.rows.write_parquet(folder / "corpus.parquet")
        self.truth.write_parquet(folder / "truth.parquet")


def make(rows: int, seed: int = 0) -> Corpus:
    """A corpus of so many rows, shuffled; the same for the same seed."""
    rng, many, more = random.Random(seed), np.random.default_rng(seed), Words(seed)
    share = {"exact": 0.01, "spelling": 0.005, "substituted": 0.01, "inserted": 0.01, "deleted": 0.01, "hot": 0.01,
             "hot_edited": 0.01, "template": 0.02, "numbers": 0.01}  # fmt: skip
    counts = {kind: round(part * rows) for kind, part in share.items()}
    bases = [more.draw(int(length), many) for length in many.integers(50, 200, rows - sum(counts.values()))]
    made = [("base", None, 1.0, words) for words in bases]
    for kind in ("exact", "spelling", *EDITS):
        for _ in range(counts[kind]):
            origin = rng.randrange(len(bases))
            words, told = bases[origin], 1.0
            if kind in EDITS:
                words, told = edited_to(rng.uniform(0.3, 0.95), words, kind, rng, more)
            made.append((kind, origin, told, words))
    for kind in ("hot", "hot_edited"):
        origin = next(place for place in rng.sample(range(len(bases)), len(bases)) if len(bases[place]) > 180)
        for _ in range(counts[kind]):
            words = bases[origin] if kind == "hot" else substituted(bases[origin], 1, rng, more)
            made.append((kind, origin, jaccard(bases[origin], words), words))
    while counts["template"] > 0:
        size = min(counts["template"], rng.randint(10, min(500, max(10, rows // 100))))
        counts["template"] -= size
        frame = more.draw(rng.randint(60, 150), many)
        place, length = rng.randrange(10, len(frame) - 10), rng.randint(1, 6)
        family = [[*frame[:place], *(more.one(rng) for _ in range(length)), *frame[place:]] for _ in range(size)]
        made += [("template", None, jaccard(family[0], words), words) for words in family]
    origins = [_with_numbers(more.draw(rng.randint(50, 200), many), rng) for _ in range(max(1, counts["numbers"] // 4))]
    for number in range(counts["numbers"]):
        words = [str(rng.randint(2, 999)) if word.isdigit() else word for word in origins[number % len(origins)]]
        made.append(("numbers", None, jaccard(origins[number % len(origins)], words), words))
    return _shuffled(made, rng)


def _with_numbers(words: list[str], rng: random.Random) -> list[str]:
    words = list(words)
    for place in rng.sample(range(len(words)), rng.randint(2, 5)):
        words[place] = "0"
    return words


def _shuffled(made: list[tuple[str, int | None, float, list[str]]], rng: random.Random) -> Corpus:
    spelled: dict[int, str] = {}
    texts = []
    for place, (kind, origin, _, words) in enumerate(made):
        if kind == "base":
            spelled[place] = written(words, rng)
            texts.append(spelled[place])
        elif kind in ("exact", "hot"):
            texts.append(spelled[origin or 0])
        else:
            texts.append(written(words, rng))
    order = list(range(len(made)))
    rng.shuffle(order)
    where = {place: row for row, place in enumerate(order)}
    names = [f"row-{row:08d}" for row in range(len(made))]
    truth = {
        "id": names,
        "kind": [made[place][0] for place in order],
        "origin": [None if (origin := made[place][1]) is None else names[where[origin]] for place in order],
        "jaccard": [made[place][2] for place in order],
    }
    return Corpus(pl.DataFrame({"id": names, "text": [texts[place] for place in order]}), pl.DataFrame(truth))


def leak(texts: Sequence[str], items: Sequence[str], share: float, seed: int = 0) -> tuple[list[str], list[int]]:
    """Texts of which a share has an item in its midst; and for each text the number of its item, -1 for none.

    For decontamination: the item stands between the words of its host, whole.
    """
    rng = random.Random(seed)
    out, told = [], []
    for text in texts:
        which = rng.randrange(len(items)) if rng.random() < share else -1
        words = text.split(" ")
        place = rng.randrange(len(words) + 1)
        out.append(text if which < 0 else " ".join([*words[:place], items[which], *words[place:]]))
        told.append(which)
    return out, told


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    make(given.rows, given.seed).write(given.folder)
