"""What a paraphrase keeps of a text: its numbers, their order, its rare words (names, things), and what the others say.

An embedding finds what is about the same; it cannot tell a paraphrase from another problem of the same kind, and one
passage in a long text is about the same as any short question. So what is kept decides alone, whatever the encoder, as
one similarity: `alike`. Half of `lm-sys/llm-decontaminator`'s rephrased GSM8K (arXiv 2311.04850, which asks a judge
model instead) and 4,000 rows of other text set its weights and the threshold; `benchmarks/decontaminate.py --meaning`
prints what it finds of the other half, and of what it should not find.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curate.cleaning.contamination.compare import Words
from curate.cleaning.contamination.measure import DIGITS, Weights
from curate.cleaning.contamination.senses import senses

_ANSWER = re.compile(r"^\W{0,8}(?:(?:answer|solution|response)\s{0,4}:|####)", re.IGNORECASE | re.MULTILINE)
_LABEL = re.compile(r"\s*(?:question|problem|prompt)\s{0,4}:\s*", re.IGNORECASE)
_GROUP = re.compile(r"(?<=\d),(?=\d{3})")

_SPELLED = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"  # noqa: E501
SPELLED = {word: str(number) for number, word in enumerate(_SPELLED.split(), 2)} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
    "hundred": "100", "thousand": "1000", "dozen": "12",
}  # fmt: skip
"""Number words that a paraphrase may write as digits, and the other way round. "One" is too often no number."""


TELLING = 2.5
"""What the words and numbers that two texts both have must weigh (`measure.Weights`; the rarest word is 1): "what is
the speed of light" is asked by texts that never saw the item."""

TELLING_INSIDE = 3.5
"""The same for a passage: a long text has a hundred of them, and one is like any short question."""

WITHOUT_NUMBERS = 1.0
"""And so much more of an item without numbers: "convert a date from one format to the other" has none to tell it by."""

FITTED = 0.7
"""What numbers and words of a passage must agree, their sum, to be fitted to an item: a passage that begins or ends
elsewhere agrees less than one that does not."""

ENOUGH = 4.0
"""With so much in common there is no more doubt than with any more."""

TELLING_NUMBERS = 0.4
"""Numbers that weigh less ("two strings") say less: their share of this is how far they count."""

OTHER_NUMBERS, KEPT_NUMBERS = 0.5, 0.75
"""Numbers that agree less, or of which neither text has so many of the other's, make another problem."""


@dataclass(frozen=True, slots=True)
class Said:
    """What of a text survives a paraphrase. words: each once, with its weight, by the alphabet. numbers: in order.

    weight: of all words. counts: of the numbers.
    """

    words: Mapping[str, float]
    numbers: tuple[str, ...]
    weight: float
    counts: Counter[str]

    @property
    def spoken(self) -> dict[str, float]:
        """The words that are no numbers, with their weight."""
        return {word: weight for word, weight in self.words.items() if not _is_number(word)}

    @property
    def counted(self) -> dict[str, float]:
        """The numbers, with the weight of the word that each is."""
        return {SPELLED.get(word, word): weight for word, weight in self.words.items() if _is_number(word)}


def question_part(text: str) -> str:
    r"""The question, without a label before it and without the answer after it.

    >>> question_part("Question: What is 2 + 3?\nAnswer: 5")
    'What is 2 + 3?\n'
    """
    end = _ANSWER.search(text)
    asked = text[: end.start()] if end and text[: end.start()].strip() else text
    label = _LABEL.match(asked)
    return asked[label.end() :] if label and label.end() < len(asked) else asked


def said(text: str, weights: Weights) -> Said:
    """The words and numbers of a text.

    >>> import polars as pl
    >>> said("Ann buys twelve eggs for $1,200.", Weights(pl.Series(["ann"]))).numbers
    ('12', '1200')
    """
    words = Words(_GROUP.sub("", text)).words
    numbers = tuple(SPELLED.get(word, word) for word in words if word[0] in DIGITS or word in SPELLED)
    each = sorted(set(words))
    weight = weights.of(each)
    return Said(dict(zip(each, weight, strict=True)), numbers, sum(weight), Counter(numbers))


def _is_number(word: str) -> bool:
    return word[0] in DIGITS or word in SPELLED


def agreement(item: Said, row: Said) -> tuple[float, float]:
    """How far numbers and words of two texts agree, each in [0, 1]. Without numbers in either, numbers are 0.5.

    numbers: the mean of what they have in common in order (longest common subsequence) and in any order, as shares of
    both. words: the mean of the item's words that the row has and of both texts' words that both have, by weight.
    """
    numbers = numbers_of_both(item, row)
    if numbers and (total := len(item.numbers) + len(row.numbers)):
        numbers = (2 * _in_order(item.numbers, row.numbers) / total + numbers) / 2
    return numbers, words_of_both(item, row)


def numbers_of_both(item: Said, row: Said) -> float:
    """The numbers that both have, in any order, as a share of both: `agreement` of numbers is never more."""
    total = len(item.numbers) + len(row.numbers)
    both = item.counts.keys() & row.counts.keys()
    return 2 * sum(min(item.counts[one], row.counts[one]) for one in both) / total if total else 0.5


def words_of_both(item: Said, row: Said) -> float:
    """See `agreement`."""
    shared = weight_of_both(item, row)
    return (shared / (item.weight or 1.0) + shared / ((item.weight + row.weight - shared) or 1.0)) / 2


def weight_of_both(item: Said, row: Said) -> float:
    """What the words that both have weigh."""
    return sum(row.words[word] for word in sorted(item.words.keys() & row.words.keys()))


def fits(item: Said, passage: Said) -> bool:
    """Whether a passage may become a paraphrase of an item with sentences added or left out."""
    return weight_of_both(item, passage) >= TELLING and sum(agreement(item, passage)) >= FITTED


def alike(item: Said, row: Said, least: float = 0.0, telling: float = TELLING) -> float:
    """One similarity, in [0, 1]; 0 when it is less than `least`, or when the two are no paraphrases at all.

    The sum of what a logistic regression weighs about the same: numbers, words, and what the other words say, and less
    than half of that for how much there is in common. None are two texts with less in common than `telling` or with
    other numbers (`OTHER_NUMBERS`).

    >>> import polars as pl
    >>> weights = Weights(pl.Series(["ann"]))
    >>> one = said("Ann buys 12 eggs and 30 pears", weights)
    >>> round(alike(one, one), 3), alike(one, said("Ann buys 13 eggs and 31 pears", weights))
    (1.0, 0.0)
    """
    weight = weight_of_both(item, row)
    if weight < telling + (0.0 if item.numbers else WITHOUT_NUMBERS):
        return 0.0
    kept = words_of_both(item, row) + 0.4 * min(1.0, weight / ENOUGH)
    if (1.0 + kept + 1.0) / 3.4 < least or (numbers := _numbers(item, row)) is None:
        return 0.0
    if (numbers + kept + 1.0) / 3.4 < least:
        return 0.0
    similarity = (numbers + kept + senses(item.spoken, row.spoken)) / 3.4
    return similarity if similarity >= least else 0.0


def _numbers(item: Said, row: Said) -> float | None:
    """How far the numbers agree, in [0, 1]: nearer to 0.5 the less they say; None when the item's are others."""
    both = item.counts & row.counts
    agreed, _ = agreement(item, row)
    fewer = min(len(item.numbers), len(row.numbers))
    told = max(_telling(item, item.counts), _telling(row, row.counts))
    others = agreed < OTHER_NUMBERS or both.total() < KEPT_NUMBERS * fewer
    if item.numbers and others and told >= TELLING_NUMBERS:
        return None
    heard = _telling(item, both) if agreed > 0.5 else told
    return 0.5 + (agreed - 0.5) * min(1.0, heard / TELLING_NUMBERS)


def _telling(text: Said, counts: Counter[str]) -> float:
    weights = text.counted
    return sum(weights[number] * count for number, count in counts.items())


def _in_order(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence: a bit for each of `one`, all moved at once (Hyyrö, 2004)."""
    places: dict[str, int] = {}
    for place, what in enumerate(one):
        places[what] = places.get(what, 0) | 1 << place
    every = missing = (1 << len(one)) - 1
    for what in other:
        both = missing & places.get(what, 0)
        missing = ((missing + both) | (missing - both)) & every
    return len(one) - missing.bit_count()
