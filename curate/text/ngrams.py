"""N-grams of many texts at once, as 64-bit hashes: polars writes the texts plainly, numpy hashes them as bytes.

Two kinds, for two questions:

- `windows`: 24 letters from the start of each word, with no spaces, digits or punctuation between them. Equal where two
  texts say the same in other spacing, other punctuation, other LaTeX or with other numbers. For finding.
- `word_ngrams`: n words in a row, as a recipe of a paper defines its words. For deciding as that recipe does.

Hashes are mixed from the bytes themselves (no randomness, the same on every machine); two different n-grams share one
with a chance of about 2**-64.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

LETTERS = 24
"""Bytes of a window: about five English words or eight Chinese characters; three machine words, for speed."""

_TABLE = bytes(c + 32 if 65 <= c <= 90 else c if 97 <= c <= 122 or c >= 128 else 32 for c in range(256))
_NO_LETTER = bytes(c for c in range(256) if _TABLE[c] == 32)
_M1, _M2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_PAD = b"\0" * 32


@dataclass(frozen=True)
class Windows:
    """The windows of a batch of texts, in order.

    text: index of the text in the batch, shape (windows,). place: letters of its text before it, in bytes.
    hashes: of its 24 letters.
    """

    text: I64
    place: I64
    hashes: U64


@dataclass(frozen=True)
class Stream:
    """The letters of a batch of texts in one run of bytes, lower case, nothing between them.

    begins: where each word begins in `data`. borders: where each text begins, and the end, shape (texts + 1,).
    first: index in `begins` of the first word of each text, and the number of words.
    """

    data: bytes
    begins: I64
    borders: I64
    first: I64


def stream(texts: pl.Series) -> Stream:
    """The letters of plain texts (see `curate.text.plain`) as one run of bytes."""
    joined = pl.select(pl.lit(texts) + "\n").to_series()
    joined = joined.rechunk()
    arrow = joined.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = arrow.buffers()
    ends = np.frombuffer(offsets, np.int64)[arrow.offset : arrow.offset + len(texts) + 1]
    raw = b"\n" + memoryview(data)[ends[0] : ends[-1]].tobytes()
    cased = np.frombuffer(raw.translate(_TABLE), np.uint8) != 32
    edges = np.flatnonzero(cased[1:] != cased[:-1]) + 1  # a text ends with a line break: runs of letters come closed
    starts, stops = edges[0::2], edges[1::2]
    lengths = np.append(stops - starts, 0)
    begins = np.cumsum(lengths) - lengths
    first = np.searchsorted(starts, ends - ends[0])
    return Stream(raw.translate(_TABLE, _NO_LETTER), begins[:-1], begins[first], first.astype(np.int64))


def windows(letters: Stream) -> Windows:
    """`LETTERS` letters from the start of each word that has as many after it in its text.

    >>> from curate.text.plain import plain
    >>> texts = pl.Series(["Find the value of $x$ if $3x + 1 = 10$.", "find the VALUE of x, if 5 x+1 = 2"])
    >>> found = windows(stream(plain(texts)))
    >>> found.text.tolist(), found.place.tolist(), len(set(found.hashes.tolist()))
    ([], [], 0)
    """
    words = np.diff(letters.first)
    text = np.repeat(np.arange(len(words)), words)
    fits = np.flatnonzero(letters.begins + LETTERS <= np.repeat(letters.borders[1:], words))
    begins, text = letters.begins[fits], text[fits]
    return Windows(text, begins - letters.borders[text], window_hashes(letters.data, begins))


def text_of(letters: Stream, begins: I64) -> I64:
    """The text that the letter at each of `begins` is of."""
    return np.searchsorted(letters.borders, begins, "right") - 1


def window_hashes(data: bytes, begins: I64) -> U64:
    """Hashes of the `LETTERS` bytes from each of `begins`."""
    words = np.ndarray((len(data) + len(_PAD) - 8,), "<u8", data + _PAD, strides=(1,))  # a word at every byte
    mixed = words[begins] * _M1
    for further in range(8, LETTERS, 8):
        mixed ^= mixed >> np.uint64(29)
        mixed += words[begins + further]
        mixed *= _M2 if further % 16 else _M1
    mixed ^= mixed >> np.uint64(32)
    mixed *= _M1
    return mixed


def prefix_hashes(data: bytes, begins: I64, lengths: I64) -> U64:
    """Hashes of `lengths` bytes (at most `LETTERS`) from each of `begins`."""
    words = np.ndarray((len(data) + len(_PAD) - 8,), "<u8", data + _PAD, strides=(1,))
    mixed = lengths.astype(np.uint64) * _M2
    for further in range(0, LETTERS, 8):
        room = np.clip(lengths - further, 0, 8)
        mask = np.where(room > 0, np.uint64(2**64 - 1) >> ((8 - room) * 8).astype(np.uint64), np.uint64(0))
        mixed ^= mixed >> np.uint64(29)
        mixed += words[begins + further] & mask
        mixed *= _M1
    mixed ^= mixed >> np.uint64(32)
    return mixed * _M2


# N-grams of words, as recipes define them


SPELLINGS = ("spaced", "words", "unpunctuated")


def spelled(texts: pl.Series, spelling: str) -> pl.Series:
    """Texts with one space between their words, as a published recipe finds words. Null becomes empty.

    `spaced`: lower case, split at white space (Open-R1). `words`: lower case, runs of letters, digits, marks and
    underscores, near what the standard analyser of Elasticsearch finds (Tulu 3). `unpunctuated`: ASCII letters in lower
    case, ASCII punctuation taken out, split at white space (GPT-3 as in lm-evaluation-harness).

    >>> [spelled(pl.Series(["Don't  panic: x_1!"]), way)[0] for way in SPELLINGS]
    ["don't panic: x_1!", "don't panic x_1", 'dont panic x1']
    """
    text = pl.col("t")
    if spelling == "spaced":
        text = text.str.to_lowercase()
    elif spelling == "words":
        text = text.str.to_lowercase().str.replace_all(r"[^\w'’]+|\B['’]|['’]\B", " ")
    elif spelling == "unpunctuated":
        text = text.str.replace_all(r"[!-/:-@\[-`{-~]", "").str.replace_many(_UPPER, _LOWER)
    else:
        raise ValueError(f"unknown spelling {spelling!r}")
    apart = text.str.replace_all(_SPACE, " ").str.strip_chars(" ")
    return pl.DataFrame({"t": texts.fill_null("")}).select(apart)["t"]


_UPPER = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LOWER = list("abcdefghijklmnopqrstuvwxyz")
_SPACE = r"[\s\x1c-\x1f]+"
"""White space to `str.split`, which knows four separators more than Unicode's property does."""

_LONG = 1_024
"""Bytes from which on a word is hashed by itself: a row may be one word of megabytes."""


@dataclass(frozen=True)
class WordNgrams:
    """The n-grams of a batch of texts, in order.

    text: index of the text, shape (ngrams,). place: number of its first word in the text. hashes: of its words.
    words: how many words each text has, shape (texts,).
    """

    text: I64
    place: I64
    hashes: U64
    words: I64


def word_ngrams(texts: pl.Series, n: int) -> WordNgrams:
    """The n-grams of texts that `spelled` made. A text with fewer than n words has none.

    >>> found = word_ngrams(pl.Series(["a b c", "b c", ""]), 2)
    >>> found.text.tolist(), found.place.tolist(), bool(found.hashes[1] == found.hashes[2]), found.words.tolist()
    ([0, 0, 1], [0, 1, 0], True, [3, 2, 0])
    """
    arrow = pl.select(pl.lit(texts) + "\n").to_series().rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = arrow.buffers()
    ends = np.frombuffer(offsets, np.int64)[arrow.offset : arrow.offset + len(texts) + 1]
    raw = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    filled = np.append(False, (raw != 32) & (raw != 10))
    edges = np.flatnonzero(filled[1:] != filled[:-1])
    starts, stops = edges[0::2], edges[1::2]
    first = np.searchsorted(starts, ends - ends[0])
    words = np.diff(first)
    text = np.repeat(np.arange(len(words)), words)
    place = np.arange(len(starts)) - first[:-1][text]
    fits = np.flatnonzero(place + n <= words[text])
    hashes = _word_hashes(raw.tobytes(), starts, stops - starts)
    mixed = hashes[fits]
    for further in range(1, n):
        mixed *= _M2
        mixed ^= mixed >> np.uint64(29)
        mixed += hashes[fits + further]
    mixed *= _M1
    return WordNgrams(text[fits], place[fits], mixed, words)


def _word_hashes(data: bytes, begins: I64, lengths: I64) -> U64:
    """Hashes of words of any length: eight bytes at a time, of those words that still have some."""
    eight = np.ndarray((len(data) + len(_PAD) - 8,), "<u8", data + _PAD, strides=(1,))
    mixed = lengths.astype(np.uint64) * _M2
    left = np.flatnonzero(lengths < _LONG)
    for offset in range(0, _LONG, 8):
        left = left[lengths[left] > offset]
        if not len(left):
            break
        room = np.minimum(lengths[left] - offset, 8).astype(np.uint64)
        part = eight[begins[left] + offset] & (np.uint64(2**64 - 1) >> ((np.uint64(8) - room) * np.uint64(8)))
        some = (mixed[left] + part) * _M1
        mixed[left] = some ^ (some >> np.uint64(31))
    for word in np.flatnonzero(lengths >= _LONG).tolist():
        text = data[begins[word] : begins[word] + lengths[word]]
        mixed[word] = int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
    return mixed
