"""What embeddings do not see of a text: its numbers, units and negations, as one key; the order of its words; names.

At 0.95 both MiniLM and word vectors take a question for its own negation, and word vectors 40% for $40 and `English to
French` for `French to English`. The words looked for are English; numbers and operators are read in any language.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates.overlap import Sets, jaccard
from curate.cleaning.duplicates.pairs import Pairs
from curate.text.normalise import not_ascii_by
from curate.text.shingles import Hashes, plain_bytes, shingles, words

READ_AS = 1
"""Version of what makes up a key: rows keyed by another are not compared with these."""
NUMBER_WORDS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30",
    "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
}  # fmt: skip
_NUMBER = rf"(?:\d|\b\pL)\s?[-−*/]\s?\d+|\d+(?:[.,]\d+)*|[+^=<>×÷≤≥]|\b(?:{'|'.join(NUMBER_WORDS)})\b"
_NOT = r"\b\pL+n['’]t\b|\b(?:cannot|not|no|none|never|neither|nor|nothing|nobody|without)\b"
UNITS = {
    "%": "percent", "$": "dollar dollars", "€": "euro euros", "£": "", "¥": "yen", "°c": "celsius", "°f": "fahrenheit",
    "km": "kilometer kilometers kilometre kilometres", "meter": "meters metre metres", "mile": "miles",
    "cm": "centimeter centimeters centimetre centimetres", "mm": "millimeter millimeters millimetre millimetres",
    "foot": "feet ft", "inch": "inches", "yard": "yards", "kg": "kilo kilos kilogram kilograms", "gram": "grams",
    "mg": "milligram milligrams", "pound": "pounds lb lbs", "ounce": "ounces oz", "liter": "liters litre litres",
    "ml": "milliliter milliliters millilitre millilitres", "gallon": "gallons", "minute": "minutes", "hour": "hours",
    "day": "days", "week": "weeks", "month": "months", "year": "years",
}  # fmt: skip
_UNIT_NAMES = {form: name for name, forms in UNITS.items() for form in (name, *forms.split())}
_COUNTED = (
    rf"(?:\d|\b(?:{'|'.join(NUMBER_WORDS)}))[\s-]?(%|°[cf]|{'|'.join(form for form in _UNIT_NAMES if form.isalpha())})"
)
_UNIT = rf"[$€£¥]|{_COUNTED}(?:[^\pL]|$)"
_NAME = r"[\p{Ll},;:\d] (\p{Lu}[\pL\pM]+(?: \p{Lu}[\pL\pM]+)*)"
SAME_ORDER = 0.5
"""Jaccard similarity of the runs of 5 words, from which on two texts of the same words are in the same order."""


def keys(texts: pl.Series) -> Hashes:
    """A number for each text; equal for texts of the same numbers, operators and negations, as often, in any order.

    Units count as well, each once: those of a number, and signs of money.
    """
    lower = not_ascii_by(texts.fill_null(""), lambda text: text.str.normalize("NFKC")).str.to_lowercase()
    column = pl.col("text")
    numbers = column.str.extract_all(_NUMBER).list.eval(
        pl.element().str.replace_all(r"[,\s]", "").replace(NUMBER_WORDS).sort()
    )
    units = column.str.extract_all(_UNIT).list.eval(
        pl.element().str.extract(r"([$€£¥%]|°?\pL+)\W?$").replace(_UNIT_NAMES).unique().sort()
    )
    told = lower.to_frame("text").select(
        pl.concat_str(numbers.list.join(" "), column.str.count_matches(_NOT), units.list.join(" "), separator="\n")
    )
    data, edges = plain_bytes(told.to_series())
    digests = [blake2b(data[start:end], digest_size=8).digest() for start, end in pairwise(edges.tolist())]
    return np.frombuffer(b"".join(digests), np.uint64)


def other_order(texts: pl.Series, pairs: Pairs) -> NDArray[np.bool_]:
    """Which pairs have the same words in another order. Where two words of many are swapped, most stay as they were."""
    told = words(texts)
    sums = np.zeros(len(texts), np.uint64)
    np.add.at(sums, np.repeat(np.arange(len(texts)), told.counts), told.flat * np.uint64(0x9E3779B97F4A7C15))
    same = (sums[pairs.left] == sums[pairs.right]) & (told.counts[pairs.left] == told.counts[pairs.right])
    runs = shingles(texts)
    suspects = pairs.where(same)
    same[same] = jaccard(Sets(runs.flat, runs.starts), suspects.left, suspects.right) < SAME_ORDER
    return np.asarray(same)


def other_names(texts: pl.Series, pairs: Pairs) -> NDArray[np.bool_]:
    """Which pairs have each a name that the other lacks: a word with a capital within a sentence."""
    plain = not_ascii_by(texts.fill_null(""), lambda text: text.str.normalize("NFKC")).to_frame("text")
    some = plain.select(
        names=pl.col("text")
        .str.extract_all(_NAME)
        .list.eval(pl.element().str.extract(_NAME).str.to_lowercase().str.split(" ").explode()),
        words=pl.col("text").str.to_lowercase().str.extract_all(r"[\pL\pM]+"),
    )
    left, right = some[pairs.left], some[pairs.right]
    lacks = [
        one["names"].list.set_difference(two["words"]).list.len() > 0 for one, two in ((left, right), (right, left))
    ]
    return np.asarray((lacks[0] & lacks[1]).to_numpy())
