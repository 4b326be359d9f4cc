"""What counts as contaminated: our own rules and those of published recipes, each with its source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from curate.errors import DataError, did_you_mean

Way = Literal["spans", "ngrams", "ratio", "embedding"]


@dataclass(frozen=True, slots=True)
class Profile:
    """How rows and items are compared, and from where on a row is a hit.

    way: `spans` (ours: found by windows of letters, decided by the longest common span and the share of the item),
    `ngrams` (any n-gram of words, or a share of the item), `ratio` (all characters), `embedding` (spans and meaning).
    n: words of an n-gram. spelling: what a word is, see `curate.text.ngrams`.
    covered: share of the item, in [0, 1]; for `ngrams` more than this. span: words in a row that are enough alone.
    ratio: in [0, 100]. similarity: see `curate.cleaning.contamination.paraphrase.alike`.
    """

    way: Way
    about: str
    n: int = 8
    spelling: str = "plain"
    covered: float = 0.65
    span: int = 20
    ratio: float = 95.0
    similarity: float = 0.65

    def with_thresholds(self, **given: float | None) -> Profile:
        """The same with other thresholds, those that are given. Raises DataError for one that cannot be."""
        changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        for name, value in changed.items():
            low, high = BOUNDS[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise DataError(f"{name} must be a number from {low} to {high} (got {value!r})")
        return replace(self, **changed)


BOUNDS = {"covered": (0, 1), "span": (1, 1_000_000), "ratio": (50, 100), "similarity": (0, 1)}
"""The thresholds of a profile, and what each may be."""


PROFILES: dict[str, Profile] = {
    # found by 24 letters, decided by what is common: covered and span measured in benchmarks/decontaminate.py
    "default": Profile("spans", "longest common span and share of the item; short items whole; numbers told apart"),
    "embedding": Profile("embedding", "default, and items said in other words: meaning and numbers"),
    # open_thoughts/decontaminate.py: rapidfuzz fuzz.ratio >= 95 of the raw texts
    "openthoughts": Profile("ratio", "fuzzy ratio of 95 (OpenThoughts)"),
    # scripts/decontaminate.py: any shared 8-gram; lower case, white space as one space
    "open-r1": Profile("ngrams", "any 8-gram (Open-R1)", n=8, spelling="spaced", covered=0.0),
    # decontamination/search.py --ngram_size 8 --match_threshold 0.5 (arXiv 2411.15124, section 3.2); words as the
    # standard analyser of Elasticsearch finds them, where the reference splits the item by spaCy
    "tulu3": Profile(
        "ngrams", "8-grams that cover more than half an item (Tulu 3)", n=8, spelling="words", covered=0.5
    ),
    # arXiv 2005.14165, appendix C, as in lm_eval/decontamination/janitor.py: any 13-gram; lower case, no punctuation.
    # The reference cuts 200 characters around a match out of a document; here the row is a hit
    "gpt3": Profile("ngrams", "any 13-gram (GPT-3)", n=13, spelling="unpunctuated", covered=0.0),
}


def profile_of(name: str) -> Profile:
    """The profile of a name. Raises DataError naming the nearest.

    >>> profile_of("open-r1").n
    8
    """
    if not isinstance(name, str) or name not in PROFILES:
        raise DataError(f"unknown profile '{name}'{did_you_mean(str(name), PROFILES)}")
    return PROFILES[name]
