"""Rows to decontaminate: real text in pieces, with items of benchmarks planted in it, and the truth beside it.

Clean rows are pieces of 300 to 1,200 characters of SFT, preference and chat data. Some of it holds items already:
rows with 20 words in a row of an item, or a whole item of 6 words and more, are `found` in the truth and count neither
as clean nor as planted. What is planted:

| kind | what it is |
|---|---|
| exact | the item alone |
| embedded | the item between the sentences of a clean row |
| prompt | the item as the question of a chat, with an answer that is not its own |
| spelling | other case, spaces, punctuation; LaTeX with other spaces |
| edited | a word in 25 changed, in another place each time; no number: that is another kind |
| cut | the first 80% of the item |
| numbers | the item with other numbers (to be labelled, not dropped) |

Words are changed in items of 20 words and more, and items of 30 words and more are cut; all have 8.

The thresholds of `curate.decontaminate` were set on `make`. `make_held_out` has nothing of it: clean rows from other
data (reasoning traces, puzzles, sentences in 16 languages, school problems), and none of its items planted. Its first
draws showed kinds of leaks that were missed (seed 1: a row that is but a part of an item, LaTeX in capitals; seed 2: a
word edited beside a formula); what is reported is seed 3, on which nothing was set.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

SOURCES = (
    "sft_*/*", "pref_hh*/*", "pref_vicuna/*", "pref_llmbar/*", "pref_llamafactory/*", "conv_oasst/*",
    "sampling_oasst/*", "dedup_*/*", "med_*/*", "poetry_rhyme_en/*", "if_*/*",
)  # fmt: skip

OTHER_SOURCES = (
    "cot_misguided/*", "cot_planning/*", "steps_*/*", "logic_*/*", "game_countdown/*", "lang_*/*",
    "math_gsm8k/train",
)  # fmt: skip

BENCHMARKS: dict[str, tuple[str, str | tuple[str, ...]]] = {
    "gsm8k": ("math_gsm8k/test", "question"),
    "math500": ("math_hendrycks/math500", "problem"),
    "math_test": ("math_hendrycks/math_test_5000", "problem"),
    "aime24": ("math_benchmarks/aime24", "problem"),
    "aime25": ("math_benchmarks/aime25", "problem"),
    "amc23": ("math_benchmarks/amc23", "problem"),
    "minerva_math": ("math_benchmarks/minerva_math", "problem"),
    "olympiadbench": ("math_benchmarks/olympiadbench", "question"),
    "mmlu_stem": ("math_benchmarks/mmlu_stem", "question"),
    "aqua": ("math_benchmarks/aqua", "question"),
    "cmath": ("math_benchmarks/cmath", "question"),
    "svamp": ("math_benchmarks/svamp", ("Body", "Question")),
    "gaokao2023en": ("math_rollouts_qwen25_3b/gaokao2023en", "question"),
    "humaneval": ("code_humaneval/humaneval", "prompt"),
    "mbpp": ("code_mbpp/mbpp", "text"),
    "leetcode": ("code_leetcode/leetcode_180", "prompt_sft"),
    "scibench": ("sci_scibench/scibench", "problem_text"),
    "theoremqa": ("sci_theoremqa/theoremqa_test", "Question"),
    "pubmedqa": ("sci_pubmedqa/pqal_1000", "QUESTION"),
    "mmlu": ("sci_mmlu/mmlu_test", "question"),
}
"""The test sets of `../shared/data/math_*`, `sci_*` and `code_*`, and where their questions stand."""

DROPPED = ("exact", "embedded", "prompt", "spelling", "edited", "cut")
PLANTED = (*DROPPED, "numbers")
LEAST = {"edited": 20, "cut": 30}
"""Words of an item that is planted so; 8 otherwise."""


def read_items(data: Path) -> pl.DataFrame:
    """All items: `benchmark item text`."""
    rows = []
    for name, (place, columns) in BENCHMARKS.items():
        for number, row in enumerate(_rows(data / f"{place}.jsonl.gz")):
            text = row[columns] if isinstance(columns, str) else "\n\n".join(row[column] for column in columns)
            rows.append((name, str(number), text))
    return pl.DataFrame(rows, schema=["benchmark", "item", "text"], orient="row")


def make(
    data: Path,
    items: pl.DataFrame,
    rows: int,
    *,
    seed: int = 0,
    planted: int = 300,
    sources: Sequence[str] = SOURCES,
    never: Collection[str] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows (`id prompt`) and truth (`id kind item_text`); `planted` of each kind, the rest clean.

    sources: files the clean rows are of. never: texts of items that are not planted.
    """
    rng = random.Random(seed)
    texts = [text for text in texts_of_sources(data, sources) if len(text) > 200]
    clean = [_piece(rng.choice(texts), rng) for _ in range(rows)]
    kinds, told = ["clean"] * rows, [""] * rows
    wanted = [text for text in items["text"] if text not in never]
    least = {kind: [text for text in wanted if len(_words(text)) >= LEAST.get(kind, 8)] for kind in PLANTED}
    places = iter(rng.sample(range(rows), planted * len(PLANTED)))
    for kind in PLANTED:
        for _ in range(planted):
            place = next(places)
            item = rng.choice(least[kind])
            while kind == "numbers" and not re.search(r"\d.*\d", item):
                item = rng.choice(least[kind])
            clean[place], kinds[place], told[place] = plant(kind, item, clean[place], rng), kind, item
    found = _already(clean, items["text"].to_list())
    kinds = ["found" if kind == "clean" and place in found else kind for place, kind in enumerate(kinds)]
    names = [f"row-{number:06d}" for number in range(rows)]
    return pl.DataFrame({"id": names, "prompt": clean}), pl.DataFrame({"id": names, "kind": kinds, "item_text": told})


def make_held_out(data: Path, items: pl.DataFrame, rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same of other rows and other items than the first (see the module)."""
    _, seen = make(data, items, rows)
    return make(data, items, rows, seed=3, sources=OTHER_SOURCES, never=set(seen["item_text"]))


def make_long(data: Path, sources: Sequence[str], seed: int = 0) -> list[str]:
    """Rows of 3,000 to 10,000 characters: the texts of a source one after the other, cut where a row is full."""
    rng = random.Random(seed)
    rows = []
    for source in sources:
        part, room = [], rng.randint(3_000, 10_000)
        for text in texts_of_sources(data, [source]):
            begin = 0
            while begin < len(text):
                part.append(text[begin : begin + room])
                begin += len(part[-1])
                room -= len(part[-1])
                if not room:
                    rows.append("\n\n".join(part))
                    part, room = [], rng.randint(3_000, 10_000)
    return rows


def plant_inside(said: Sequence[str], hosts: Sequence[str], seed: int = 0) -> list[str]:
    """Each text between two sentences of the middle of a row."""
    rng = random.Random(seed)
    rows = []
    for text in said:
        host = rng.choice(hosts)
        wanted = len(host) * rng.uniform(0.3, 0.7)
        ends = [found.end() for found in re.finditer(r"[.!?]\s+|\n+", host)] or [len(host) // 2]
        place = min(ends, key=lambda end: abs(end - wanted))
        gap = rng.choice([" ", "\n", "\n\n"])
        rows.append(host[:place].rstrip() + gap + text.strip() + gap + host[place:])
    return rows


def plant(kind: str, item: str, host: str, rng: random.Random) -> str:
    """An item in the dress of a kind, with the words of `host` where it needs others."""
    if kind == "embedded":
        sentences = host.split(". ")
        place = rng.randrange(len(sentences) + 1)
        return ". ".join([*sentences[:place], item, *sentences[place:]])
    if kind == "prompt":
        return f"User: {item}\n\nAssistant: {host}"
    if kind == "spelling":
        spaced = re.sub(r"([,;:=+(){}])", lambda mark: rng.choice([f" {mark[0]}", f"{mark[0]} ", mark[0]]), item)
        return re.sub(r"[.?!](?!\d)", "", rng.choice([spaced.upper(), spaced.lower(), spaced])).replace(
            " ", rng.choice([" ", "  ", "\n"])
        )
    if kind == "edited":
        words = item.split(" ")
        for start in range(0, len(words), 25):
            new = rng.choice(host.split() or ["other"])
            place = rng.randrange(start, min(start + 25, len(words)))
            spoken = [one for one in range(place, min(start + 25, len(words))) if not re.search(r"\d", words[one])]
            if spoken:
                words[spoken[0]] = re.sub(r"\d", "", new) or "other"
        return " ".join(words)
    if kind == "cut":
        words = item.split(" ")
        return " ".join(words[: max(8, len(words) * 4 // 5)])
    if kind == "numbers":
        return re.sub(r"\d+", lambda number: str(int(number[0][:9]) + rng.randint(1, 9)), item)
    return item


def texts_of_sources(data: Path, sources: Sequence[str]) -> Iterator[str]:
    """Every text in the rows of these files, each once."""
    seen: set[str] = set()
    for pattern in sources:
        for path in sorted(data.glob(f"{pattern}.jsonl.gz")):
            for row in _rows(path):
                for text in _strings(row):
                    if text not in seen:
                        seen.add(text)
                        yield text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _piece(text: str, rng: random.Random) -> str:
    length = rng.randint(300, 1_200)
    begin = rng.randrange(max(1, len(text) - length))
    return text[begin : begin + length]


def _already(texts: Sequence[str], items: Sequence[str]) -> set[int]:
    """Rows that hold 20 words in a row of an item, or a whole item of 6 to 19 words."""
    by_length: dict[int, set[str]] = {}
    for item in items:
        words = _words(item)
        if len(words) >= 6:
            length = min(20, len(words))
            grams = by_length.setdefault(length, set())
            grams.update(" ".join(words[place : place + length]) for place in range(len(words) - length + 1))
    found = set()
    for number, text in enumerate(texts):
        words = _words(text)
        for length, grams in by_length.items():
            if any(" ".join(words[place : place + length]) in grams for place in range(len(words) - length + 1)):
                found.add(number)
                break
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
