"""Rewards that compare text with text: the same string, shared words, the longest common subsequence."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from rewards.base import RewardError, Score
from rewards.extract import final_answer, strip_thinking

# Scripts that put no space between words: Han, kana, Thai, Lao, Khmer, Burmese. One character counts as one word.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
PIECES = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")
ROUGE_WORDS = re.compile(f"[{UNSPACED}]|[^\\W_{UNSPACED}]+")
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
NOT_IN_NUMBER = re.compile(r"\.(?!\d)|(?<=[^\W\d_])\.|-(?![\d.])|(?<=\S)-")  # points and hyphens of words
ARTICLES = frozenset(("a", "an", "the"))
TYPOGRAPHY = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "\u00ad": None})
SENTENCE_END = frozenset(" .,;:?。，、；：？")
REASON = re.compile(r"(?<=\S),?\s(?:because|since)\s")  # "Mercury because it is closest"
ROMAN = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt)?|mathrm|mathbf|mbox|operatorname)\s*\{([^{}]*)\}")  # words in a box
QUOTES = frozenset(("''", '""', "``", "**", "__", "«»", "「」"))


def exact(
    completion: str,
    answer: str | Sequence[str],
    *,
    normalise: Literal["light", "squad", "none"] = "light",
    whole: bool = False,
) -> Score:
    r"""The answer is the gold string, or one of several.

    normalise: `light` folds case, spaces, typographic quotes and dashes, full-width forms, and drops quotes,
    emphasis and sentence marks around the answer, nothing inside it: "C#" is not "C", "-5" not "5"; `squad` also
    drops articles and all punctuation outside of numbers; `none` compares characters. whole: compare all the text
    after the thinking, even when it marks a part as final (a box, <answer>, a stated answer). Range: 0 or 1; None
    without a gold, or for one that is empty: silence must not pay.

    >>> exact("So the answer is **the Eiffel  Tower**.", "The Eiffel Tower").value
    1.0
    >>> exact("Paris or London", "Paris").value
    0.0
    """
    fold = FOLDS[normalise]
    golds = [gold for gold in _golds(answer) if fold(gold)]
    if not golds:
        return Score(None, "there is no gold answer")
    found = strip_thinking(completion) if whole else answer_text(completion)
    said = {fold(found)} if whole else {fold(found), fold(REASON.split(found, maxsplit=1)[0])}
    if said & {fold(gold) for gold in golds}:
        return Score(1.0, "the same text", {"answer": found[:200]})
    return Score(0.0, f"'{_short(found)}' is not '{_short(golds[0])}'", {"answer": found[:200]})


def f1(completion: str, answer: str | Sequence[str], *, whole: bool = False) -> Score:
    """Words shared with the gold: harmonic mean of precision and recall; the best over several golds.

    SQuAD's evaluate-v1.1.py, `f1_score` (case, punctuation and articles ignored), with two differences: punctuation
    inside a number stays (1.5 is not 15), and scripts without spaces count characters. A gold without words wants an
    answer without words, as SQuAD 2.0. whole: as in `exact`. Range: 0 to 1.

    >>> f1("The cat sat", "a cat sat down").value
    0.8
    """
    golds = _golds(answer)
    if not golds:
        return Score(None, "there is no gold answer")
    found = squad(strip_thinking(completion) if whole else answer_text(completion))
    said = Counter(PIECES.findall(found))
    best, gold = max(
        ((_overlap(said, Counter(PIECES.findall(squad(gold)))), gold) for gold in golds), key=lambda p: p[0]
    )
    return Score(best, f"words shared with '{_short(gold)}': {best:.2f}", {"answer": found[:200]})


def rouge_l(completion: str, answer: str | Sequence[str]) -> Score:
    """ROUGE-L: F-measure of the longest common subsequence of words; the best over several golds.

    Lin 2004; equal to `rougeL.fmeasure` of rouge-score 0.1.2 without its stemmer on text in ASCII. Elsewhere that
    tokeniser drops every letter outside a-z; here they are words (scripts without spaces: characters). Bit-parallel
    (Hyyrö 2004): memory is linear, and 4,000 words against 4,000 take milliseconds. Judges all the text after the
    thinking. Range: 0 to 1; None without a gold, or for one without words.

    >>> round(rouge_l("the cat is on the mat", "the cat sat on the mat").value, 4)
    0.8333
    """
    golds = [words for gold in _golds(answer) if (words := ROUGE_WORDS.findall(gold.lower()))]
    if not golds:
        return Score(None, "there is no gold answer")
    said = ROUGE_WORDS.findall(strip_thinking(completion).lower())
    best = max(_rouge_l(said, gold) for gold in golds)
    return Score(best, f"longest common subsequence: {best:.2f}", {"words": len(said)})


def lcs_length(left: Sequence[str], right: Sequence[str]) -> int:
    """Length of the longest common subsequence.

    >>> lcs_length("abcde", "ace")
    3
    """
    if len(left) > len(right):
        left, right = right, left
    places: dict[str, int] = {}
    for place, token in enumerate(left):
        places[token] = places.get(token, 0) | 1 << place
    full = (1 << len(left)) - 1
    unmatched = full  # a zero bit marks a row where the subsequence grew
    for token in right:
        if here := unmatched & places.get(token, 0):
            unmatched = ((unmatched + here) | (unmatched - here)) & full
    return len(left) - unmatched.bit_count()


def light(text: str) -> str:
    """Fold what does not change an answer: case, spaces, typography, full width, punctuation around it.

    Superscripts stay, so that 10² is not 102.

    >>> light('  "Ｔｏｋｙｏ’s  Tower." ')
    "tokyo's tower"
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(TYPOGRAPHY))
        text = "".join(_plain_width(char) for char in text if unicodedata.category(char) != "Cf")
    text = " ".join(text.casefold().split())
    start, end = 0, _end(text, 0, len(text))
    while end - start > 1 and text[start] + text[end - 1] in QUOTES:
        start += 1
        while start < end and text[start] == " ":
            start += 1
        end = _end(text, start, max(start, end - 1))
    return text[start:end]


def squad(text: str) -> str:
    """SQuAD's normalisation, where a sign, point or comma that belongs to a number stays.

    >>> squad("The price, in total: -1,234.50!")
    'price in total -1234.50'
    """
    text = THOUSANDS.sub("", light(text))
    kept = "".join(char for char in text if char in ".-" or not _is_punctuation(char))
    words = NOT_IN_NUMBER.sub("", kept).split()
    return " ".join(word for word in words if word not in ARTICLES)


FOLDS: dict[str, Callable[[str], str]] = {"light": light, "squad": squad, "none": str}


def answer_text(completion: str) -> str:
    """What a completion gives as its answer: what it marks as final, else all its text after the thinking."""
    found = final_answer(completion)
    if found is None:
        return strip_thinking(completion)
    return ROMAN.sub(r"\1", found.text) if "\\" in found.text else found.text


def _golds(answer: Any) -> list[str]:
    """The golds of a row: one, several, or SQuAD's mapping, whose texts they are. Raises RewardError for others."""
    if isinstance(answer, Mapping):
        if "text" not in answer:
            raise RewardError(f"a gold is a text or several, not a mapping of {', '.join(map(str, answer))[:60]}")
        answer = answer["text"]
    if isinstance(answer, (list, tuple)):
        return [str(gold) for gold in answer if gold is not None]
    return [str(answer)]


def _overlap(said: Counter[str], gold: Counter[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    shared = (said & gold).total()
    return 2 * shared / (said.total() + gold.total())


def _rouge_l(said: Sequence[str], gold: Sequence[str]) -> float:
    return 2 * lcs_length(said, gold) / (len(said) + len(gold))


def _end(text: str, start: int, end: int) -> int:
    """Where text[start:end] ends without its sentence marks and spaces; an exclamation mark is one behind a letter."""
    while end > start and (
        text[end - 1] in SENTENCE_END or (text[end - 1] in "!！" and end - 1 > start and text[end - 2].isalpha())
    ):
        end -= 1
    return end


def _plain_width(char: str) -> str:
    kind, _, code = unicodedata.decomposition(char).partition(" ")
    return chr(int(code, 16)) if kind in ("<wide>", "<narrow>", "<noBreak>") else char


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P" or char in "$+<=>^`|~"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."
