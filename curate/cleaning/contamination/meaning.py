"""Items said in other words: near in meaning by an encoder, and in agreement by what a paraphrase keeps.

An embedding alone cannot tell a paraphrase from another problem of the same kind: on GSM8K it would take 83% of the
paraphrases to find 15% at one false alarm in a thousand. What a paraphrase keeps are the numbers, their order, and the
rare words (names, things). The four together are one similarity; `benchmarks/decontaminate.py` prints what it finds on
`lm-sys/llm-decontaminator`'s rephrased GSM8K (arXiv 2311.04850, which asks a judge model instead), half of which the
weights and the threshold were set on.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.cleaning.contamination.compare import Words
from curate.cleaning.contamination.measure import DIGITS, Weights
from curate.cleaning.contamination.pairs import SPAN_CHARACTERS, pairs_frame
from curate.table import replacing

if TYPE_CHECKING:
    from curate.text.embed import Encoder

F32 = npt.NDArray[np.float32]

NEAREST = 10
"""Items that a row is compared with: for 97% of the paraphrases of GSM8K the right one is among the first five."""

LEAST = 0.5
"""Cosine below which two texts are not compared."""

ROWS = 1_024
"""Rows compared at once; with 30,000 items their cosines are 120 MB."""

WORTH = 0.5
"""Pairs that are less alike than this are not kept."""

_ANSWER = re.compile(r"^\W{0,8}(?:(?:answer|solution|response)\s{0,4}:|####)", re.IGNORECASE | re.MULTILINE)
_LABEL = re.compile(r"\s*(?:question|problem|prompt)\s{0,4}:\s*", re.IGNORECASE)
_GROUP = re.compile(r"(?<=\d),(?=\d{3})")

_SPELLED = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"  # noqa: E501
SPELLED = {word: str(number) for number, word in enumerate(_SPELLED.split(), 2)} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
    "hundred": "100", "thousand": "1000", "dozen": "12",
}  # fmt: skip
"""Number words that a paraphrase may write as digits, and the other way round. "One" is too often no number."""


@dataclass(frozen=True, slots=True)
class Said:
    """What of a text survives a paraphrase. words: each once. numbers: in order."""

    words: frozenset[str]
    numbers: tuple[str, ...]


def question_part(text: str) -> str:
    r"""The question, without a label before it and without the answer after it.

    >>> question_part("Question: What is 2 + 3?\nAnswer: 5")
    'What is 2 + 3?\n'
    """
    end = _ANSWER.search(text)
    asked = text[: end.start()] if end and text[: end.start()].strip() else text
    label = _LABEL.match(asked)
    return asked[label.end() :] if label and label.end() < len(asked) else asked


def said(text: str) -> Said:
    """The words and numbers of a text.

    >>> said("Ann buys twelve eggs for $1,200.").numbers
    ('12', '1200')
    """
    words = Words(_GROUP.sub("", text)).words
    numbers = tuple(SPELLED.get(word, word) for word in words if word[0] in DIGITS or word in SPELLED)
    return Said(frozenset(words), numbers)


def agreement(item: Said, row: Said, weights: Weights) -> tuple[float, float]:
    """How far numbers and words of two texts agree, each in [0, 1]. Without numbers in either, numbers are 0.5.

    numbers: the mean of what they have in common in order (longest common subsequence) and in any order, as shares of
    both. words: the mean of the item's words that the row has and of both texts' words that both have, by weight.
    """
    total = len(item.numbers) + len(row.numbers)
    both = (Counter(item.numbers) & Counter(row.numbers)).total()
    numbers = (2 * _in_order(item.numbers, row.numbers) / total + 2 * both / total) / 2 if total else 0.5
    shared = sum(weights.of(sorted(item.words & row.words)))
    ours, theirs = sum(weights.of(sorted(item.words))), sum(weights.of(sorted(row.words)))
    words = (shared / (ours or 1.0) + shared / ((ours + theirs - shared) or 1.0)) / 2
    return numbers, words


def alike(cosine: float, numbers: float, words: float) -> float:
    """One similarity, in [-0.3, 1]: what a logistic regression over half of the paraphrases weighs, rounded."""
    return (cosine + numbers + 1.2 * words) / 3.2


def _in_order(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, of at most 200 each."""
    line = [0] * (min(len(other), 200) + 1)
    for left in one[:200]:
        before = 0
        for place, right in enumerate(other[:200]):
            now = line[place + 1]
            line[place + 1] = before + 1 if left == right else max(now, line[place])
            before = now
    return line[-1]


def meaning_pairs(
    texts: pl.Series, items: Sequence[str], weights: Weights, encoder: Encoder, cache: Path | None = None
) -> pl.DataFrame:
    """Pairs of a row and an entry that may mean the same; `similarity` is `alike`.

    items: the text of each entry. cache: where the vectors of the items are kept. Every row is encoded whole: a
    paraphrase inside a long text is not found by this.
    """
    vectors = _item_vectors(items, encoder, cache)
    known = [said(question_part(text)) for text in items]
    asked = [question_part(text or "") for text in texts.to_list()]
    numbers = [number for number, text in enumerate(asked) if text.strip()]
    found: list[dict[str, Any]] = []
    for start in range(0, len(numbers), ROWS):
        part = numbers[start : start + ROWS]
        cosines = encoder.encode([asked[number] for number in part]) @ vectors.T
        for number, near, cosine in _nearest(cosines, part):
            row = said(asked[number])
            for entry, close in zip(near, cosine, strict=True):
                similarity = alike(close, *agreement(known[entry], row, weights))
                if similarity >= WORTH:
                    found.append(
                        {
                            "row": number,
                            "entry": entry,
                            "similarity": similarity,
                            "span": asked[number].strip()[:SPAN_CHARACTERS],
                        }
                    )
    return pairs_frame([pl.DataFrame(found)])


def _nearest(cosines: F32, rows: Sequence[int]) -> list[tuple[int, list[int], list[float]]]:
    count = min(NEAREST, cosines.shape[1])
    near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    close = np.take_along_axis(cosines, near, axis=1)
    kept = close >= LEAST
    return [
        (row, near[place][kept[place]].tolist(), close[place][kept[place]].tolist())
        for place, row in enumerate(rows)
        if kept[place].any()
    ]


def _item_vectors(items: Sequence[str], encoder: Encoder, cache: Path | None) -> F32:
    """The vectors of the items: a transformer takes minutes for them, so they are kept by content and encoder."""
    if cache is None:
        return encoder.encode([question_part(text) for text in items])
    total = hashlib.sha256(encoder.identity.encode())
    for text in items:
        total.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    path = cache / f"{total.hexdigest()[:32]}.npy"
    if path.is_file():
        stored: F32 = np.load(path)
        if len(stored) == len(items):
            return stored
    made = encoder.encode([question_part(text) for text in items])
    with replacing(path) as draft, draft.open("wb") as file:
        np.save(file, made)
    return made
