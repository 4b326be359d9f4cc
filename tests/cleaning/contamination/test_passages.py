"""Long texts cut into passages: nothing is left out, nothing is too long, and a paraphrase inside one is found."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import decontaminate
from curate.cleaning.contamination.meaning import LONG, ROWS, SMALLEST
from curate.cleaning.contamination.paraphrase import question_part
from curate.cleaning.contamination.passages import passages, sentences
from tests.cleaning.contamination.paraphrased import ITEM, OTHER, SAID

Reader = Callable[[Path], Iterator[dict[str, Any]]]

EXAM = {"exam": [ITEM, "How many legs do seven spiders and three ants have in all?"]}


def story(characters: int, seed: int = 0) -> str:
    """Sentences about nothing in particular."""
    rng = random.Random(seed)
    words = ("rain", "fell", "on", "the", "old", "harbour", "while", "boats", "slept", "near", "a", "quiet", "market")
    text = ""
    while len(text) < characters:
        text += " ".join(rng.choices(words, k=rng.randint(5, 20))).capitalize() + rng.choice([". ", "! ", ".\n\n"])
    return text[:characters]


class Letters:
    """An encoder of one's own, that keeps count of what it reads."""

    identity = "letters"

    def __init__(self) -> None:
        self.characters, self.most = 0, 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.characters += sum(map(len, texts))
        self.most = max(self.most, len(texts))
        counts = np.array([[text.lower().count(c) for c in "abcdefghijklmnopqrstuvwxyz"] for text in texts], np.float32)
        counts = counts.reshape(len(texts), 26)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)


@pytest.mark.parametrize("gap", [" ", "\n", "\n\nQuestion: "])
@pytest.mark.parametrize("place", [0, 4_000, 8_000])
def test_a_paraphrase_inside_a_long_text_is_found_and_shown(place: int, gap: str) -> None:
    text = story(8_000)
    place = text.rfind(". ", 0, place) + 2 if place else 0
    rows = pl.DataFrame({"prompt": [text[:place] + gap + SAID + "\n" + text[place:], text, text + OTHER]})
    result = decontaminate(rows, against=EXAM, profile="embedding")
    assert result.hits.select("row", "item", "how").rows() == [(0, "0", "meaning")]
    span = result.hits["span"][0]
    assert "alternate glass is priced at just 60%" in span
    assert len(span) < 1.5 * len(SAID)
    assert span in rows["prompt"][0]


def test_what_comes_after_an_answer_is_read_as_well() -> None:
    text = f"{OTHER}\nAnswer: 63\n\n{story(2_000)}\n{SAID}\n{story(2_000, 1)}"
    hits = decontaminate(pl.DataFrame({"prompt": [text]}), against=EXAM, profile="embedding").hits
    assert hits["item"].to_list() == ["0"]


def test_a_long_item_is_found_in_a_longer_text() -> None:
    more = [ITEM, ITEM.replace("Kylar", "Petra").replace("16", "18"), ITEM.replace("Kylar", "Oleg").replace("5", "9")]
    other = [
        SAID,
        SAID.replace("Kylar", "Petra").replace("sixteen", "18"),
        SAID.replace("Kylar", "Oleg").replace("5", "9"),
    ]
    text = f"{story(6_000)} {' '.join(other)} {story(6_000, 1)}"
    hits = decontaminate(pl.DataFrame({"prompt": [text]}), against={"long": [" ".join(more)]}, profile="embedding").hits
    assert hits["how"].to_list() == ["meaning"]


def test_a_short_text_costs_what_it_did() -> None:
    encoder, text = Letters(), story(LONG * SMALLEST)
    decontaminate(pl.DataFrame({"prompt": [text]}), against=EXAM, profile="embedding", encoder=encoder)
    assert encoder.characters == len(text) + sum(map(len, EXAM["exam"]))


def test_cost_grows_with_the_text_and_memory_does_not() -> None:
    cost = []
    for size in (200_000, 400_000):
        encoder = Letters()
        rows = pl.DataFrame({"prompt": [story(size)]})
        decontaminate(rows, against=EXAM, profile="embedding", encoder=encoder)
        cost.append(encoder.characters)
        assert encoder.most <= ROWS
    assert cost[1] <= 2.2 * cost[0]


TEXTS = st.text(st.sampled_from("ab .!?\n。中9\u0301"), max_size=300)


@given(TEXTS, st.integers(1, 60))
def test_sentences_are_the_text_and_none_is_too_long(text: str, most: int) -> None:
    cuts = sentences(text, most)
    assert "".join(text[begin:end] for begin, end in pairwise(cuts)) == text
    assert all(0 < end - begin <= most for begin, end in pairwise(cuts))


@given(TEXTS, st.integers(1, 60))
def test_passages_leave_nothing_out_and_overlap_at_most_by_half(text: str, size: int) -> None:
    made = list(passages(0, text, size))
    spans = [(one.cuts[one.first], one.cuts[one.last + 1]) for one in made]
    assert all(
        text[begin:end] == one.said and len(one.said) <= size for one, (begin, end) in zip(made, spans, strict=True)
    )
    assert all(begin < later <= end < last for (begin, end), (later, last) in pairwise(spans))
    assert not text or (spans[0][0], spans[-1][1]) == (0, len(text))
    assert sum(end - begin for begin, end in spans) <= 5 * len(text)


def test_paraphrases_of_gsm8k_inside_long_texts(shared_data: Path, read_rows: Reader) -> None:
    """On pairs that neither weights nor threshold were set on; the hosts are reasoning traces."""
    exam = {"gsm8k": [row["question"] for row in read_rows(shared_data / "math_gsm8k/test.jsonl.gz")]}
    pairs = list(read_rows(shared_data / "decontam_gsm8k_rephrased/pairs.jsonl.gz"))
    traces = [row["thinking"] for row in read_rows(shared_data / "cot_misguided/qwq_32b.jsonl.gz")]
    hosts = [text for text in traces if len(text) >= 3_000][:30]
    rows = []
    for number, host in enumerate(hosts):
        ends = [found.end() for found in re.finditer(r"[.?!]\s+", host)]
        place = min(ends, key=lambda end: abs(end - len(host) // 2))
        asked = question_part(pairs[2 * number + 1]["rephrased"]).strip()
        rows.append(f"{host[:place]}{asked} {host[place:]}")
    planted = decontaminate(pl.DataFrame({"prompt": rows}), against=exam, profile="embedding").hits
    right = planted.filter(pl.col("item") == (2 * pl.col("row") + 1).cast(pl.String))
    assert right["row"].n_unique() >= 0.85 * len(hosts)
    assert not decontaminate(pl.DataFrame({"prompt": hosts}), against=exam, profile="embedding").hits.height
