r"""The reward for citations: every marker points to a given source that speaks of what the sentence claims."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.base import Score
from rewards.extract import strip_thinking
from rewards.strings import ROUGE_WORDS, UNSPACED

MARKER = re.compile(r"\[\^?([^\[\]\n]{1,200})\](?!\()|【([^【】\n]{1,200})】")  # (a link of markdown is none)
NAMED = re.compile(r"(?:source|reference|ref|document|doc)s?\.?\s*#?\s*(?=\d)", re.IGNORECASE)  # [Source 1]
NUMBER = re.compile(r"(?<![A-Za-z\u00c0-\u024f\d_.,])\d+(?:[.,]\d+)*")  # 于1889年, not H2
LIST_MARK = re.compile(r"\A\s*\d{1,3}[.)]\s")
SENTENCE_END = re.compile(r"(?<=[.!?。！？])[\"'”’)]*((?:\s*\[[^\[\]\n]{1,80}\])*)(?=\s|$)|\n+")
LISTED = re.compile(r"\s*(?:[-*•]\s+)?(?:\[\^?[^\[\]]{1,80}\]|【[^【】]{1,80}】|\d{1,3}[.)]\s)")
HEADING = re.compile(
    r"[\s#*_]*(?:references|sources|citations|bibliography|works cited|参考文献|来源)[\s*_:：]*", re.IGNORECASE
)
QUOTE = re.compile(r"[\"“«「]([^\"“”«»「」\n]{8,600})[\"”»」]")
MIN_WORDS = 3  # content words that make a claim
ALONE = 0.6  # share of a claim's words with which a source carries it alone
MAX_SENTENCES = 400
FUNCTION_WORDS = {
    "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for",
    "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its", "may",
    "more", "most", "no", "not", "of", "on", "one", "or", "our", "she", "should", "so", "some", "such", "than",
    "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "was", "we", "were",
    "what", "when", "which", "while", "who", "will", "with", "would", "you", "your", "also", "said", "says",
    "according", "see", "source", "sources",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence: its words that carry meaning, its quotations and numbers, and the sources it cites, in order."""

    text: str
    words: frozenset[str]
    quotes: tuple[str, ...]
    numbers: frozenset[str]
    cited: tuple[str, ...]


def citations(completion: str, sources: str | Sequence[Any] | Mapping[str, Any], *, overlap: float = 0.3) -> Score:
    r"""Citations that hold, and claims that are cited: harmonic mean of the two shares.

    The recall and precision of ALCE (arXiv 2305.14627, section 3), with words instead of an entailment model: a
    citation holds when its source exists, at least `overlap` of the sentence's content words stand in that source, and
    every quotation and number of the sentence stands in one of the sources it cites. So a marker without a claim, a
    marker of look-alike letters, an invented quotation, another year, and citing every source for everything do not
    pay: each source that does not speak of the sentence lowers the precision, and so does one that says little of it
    and nothing that another source it cites does not say (ALCE's irrelevant citation). It cannot see a claim that
    contradicts its source in the same words and numbers.

    sources: texts counted from 1, mappings with `text` (or `content`, `document`) and an optional `id`, a mapping id ->
    text, or the JSON text of one. Markers: [1], [1, 3], [2-4], [1][2], [^1], 【1】, [Source 1], [id]; one after the
    full stop belongs to the sentence before, and brackets that hold neither a number nor an id are text. A sentence of
    fewer than three content words is no claim, nor is a list of the sources at the end. Range: 0 to 1; None without
    sources.

    >>> sources = ["The tower was finished in Paris in 1889.", "Rome was not built in a single day."]
    >>> citations("The tower was finished in 1889 [1]. Rome was not built in one day [2].", sources).value
    1.0
    >>> citations("The tower was finished in 1889 [1][2].", sources).why
    '1 of 2 citations hold, 1 of 1 claims cited; [2] does not speak of it: The tower was finished in 1889'
    """
    given = read_sources(sources)
    if not given:
        return Score(None, "there are no sources")
    words = {name: set(content_words(text)) for name, text in given.items()}
    plain = {name: plain_text(text) for name, text in given.items()}
    numbers = {name: numbers_in(text) for name, text in given.items()}
    claims = read_claims(_without_list(strip_thinking(completion)), given)
    holding = made = supported = stated = 0
    problem = ""
    for claim in claims:
        good = 0
        for name in claim.cited:
            made += 1
            wrong = _wrong(claim, name, words, plain, numbers, overlap)
            good += not wrong
            problem = problem or (f"; {wrong}: {claim.text[:80]}" if wrong else "")
        holding += good
        if len(claim.words) >= MIN_WORDS:
            stated += 1
            supported += good > 0
    precision = holding / made if made else 0.0
    recall = supported / stated if stated else 0.0
    value = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    why = f"{holding} of {made} citations hold, {supported} of {stated} claims cited{problem}"
    return Score(value, why, {"precision": precision, "recall": recall})


def read_sources(sources: Any) -> dict[str, str]:
    """The sources by the name their marker has.

    >>> read_sources([{"id": "a", "text": "x"}, "y"])
    {'a': 'x', '2': 'y'}
    """
    if isinstance(sources, str):
        sources = json.loads(sources) if sources.lstrip()[:1] in ("[", "{") else [sources]
    if isinstance(sources, Mapping):
        return {str(name): str(text) for name, text in sources.items()}
    found = {}
    for place, source in enumerate(sources, 1):
        name, text = str(place), source
        if isinstance(source, Mapping):
            name = str(source.get("id", place))
            text = next((source[key] for key in ("text", "content", "document") if key in source), "")
        found[name] = str(text)
    return found


def read_claims(text: str, given: Mapping[str, str]) -> list[Claim]:
    """The sentences of an answer with what they cite; a marker after the full stop belongs to the sentence before."""
    claims = []
    start = 0
    ends = [(found.start(), found.end()) for found in SENTENCE_END.finditer(text)][:MAX_SENTENCES]
    for _, end in [*ends, (len(text), len(text))]:
        sentence = text[start:end].strip()
        start = end
        cited: dict[str, None] = {}

        def without(found: re.Match[str], cited: dict[str, None] = cited) -> str:
            names = _names(found[1] or found[2], given)
            if any(not name.isdecimal() and name not in given for name in names):
                return found[0]
            cited.update(dict.fromkeys(names))
            return " "

        bare = MARKER.sub(without, sentence)
        words = frozenset(content_words(bare))
        if cited or words:
            quotes = tuple(plain_text(found[1]) for found in QUOTE.finditer(bare))
            shown = " ".join(bare.split()).strip(" .")
            claims.append(Claim(shown, words, quotes, numbers_in(LIST_MARK.sub("", bare)), tuple(cited)))
    return claims


def content_words(text: str) -> Iterable[str]:
    """Words that carry meaning, roughly stemmed; characters where no spaces are written.

    >>> sorted(content_words("The towers were finished"))
    ['finish', 'tower']
    """
    for word in ROUGE_WORDS.findall(unicodedata.normalize("NFC", text).lower()):
        if word not in FUNCTION_WORDS:
            yield _stem(word)


def numbers_in(text: str) -> frozenset[str]:
    """The numbers of a text, in digits, without the commas of thousands.

    >>> sorted(numbers_in("21,000 km in 1889."))
    ['1889', '21000']
    """
    return frozenset(found.replace(",", "") for found in NUMBER.findall(text))


def plain_text(text: str) -> str:
    """What is compared of a quotation: its letters and digits, case folded."""
    return " ".join(ROUGE_WORDS.findall(unicodedata.normalize("NFC", text).casefold()))


def _wrong(
    claim: Claim,
    name: str,
    words: Mapping[str, set[str]],
    plain: Mapping[str, str],
    numbers: Mapping[str, frozenset[str]],
    overlap: float,
) -> str:
    if name not in words:
        return f"there is no source [{name}]"
    if len(claim.words) < MIN_WORDS:
        return f"[{name}] stands with no claim"
    if len(claim.words & words[name]) < overlap * len(claim.words):
        return f"[{name}] does not speak of it"
    shared = claim.words & words[name]
    if len(shared) < ALONE * len(claim.words):
        more = next((other for other in claim.cited if other in words and shared < claim.words & words[other]), "")
        if more:
            return f"[{name}] adds nothing to [{more}]"
    cited = [f" {plain[other]} " for other in claim.cited if other in plain]
    if any(not any(f" {quote} " in text for text in cited) for quote in claim.quotes):
        return "the quotation is in no source it cites"
    missing = claim.numbers.difference(*(numbers[other] for other in claim.cited if other in numbers))
    if missing:
        return f"the number {min(missing)} is in no source it cites"
    return ""


def _without_list(text: str) -> str:
    """A text without the list of its sources at the end, under a heading that says so; it claims nothing."""
    lines = text.rstrip().split("\n")
    last = len(lines)
    while last > 1 and (not lines[last - 1].strip() or LISTED.match(lines[last - 1][:200])):
        last -= 1
    if last < len(lines) and len(lines[last - 1]) < 80 and HEADING.fullmatch(lines[last - 1]):
        return "\n".join(lines[: last - 1])
    return text


def _names(marker: str, given: Mapping[str, str]) -> list[str]:
    names: list[str] = []
    for part in map(str.strip, re.split("[,;]", marker)):
        bare = part if part in given else NAMED.sub("", part)
        span = re.fullmatch(r"(\d{1,3})\s*[-–]\s*(\d{1,3})", bare)
        if span and int(span[1]) <= int(span[2]) <= int(span[1]) + 50:
            names.extend(str(number) for number in range(int(span[1]), int(span[2]) + 1))
        else:
            names.append(bare)
    return names


def _stem(word: str) -> str:
    if re.match(f"[{UNSPACED}]", word):
        return word
    for ending in ("ing", "ied", "ies", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
