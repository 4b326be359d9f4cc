"""The bytes of a whole column of text at once, in numpy: what is counted by row, and which characters are not ASCII.

A comparison of all bytes costs a tenth of what a regular expression does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

Ints = np.ndarray[Any, np.dtype[np.int64]]
Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

_ONES = np.uint64(0x0101010101010101)
_TOP = np.uint64(56)
_BELOW = np.array([(1 << 8 * size) - 1 for size in range(8)], dtype=np.uint64)


@dataclass(frozen=True)
class Utf8:
    """A column of text in UTF-8, a null as an empty text.

    data: the texts one after the other, each ended by a line break, so that no word runs on into the next row.
    starts: shape (rows + 1,), where each row begins.
    """

    data: Bytes
    starts: Ints

    @classmethod
    def of(cls, text: pl.Series) -> Utf8:
        """The bytes of a column."""
        array = (text.fill_null("") + "\n").to_arrow(compat_level=pl.CompatLevel.oldest())
        starts = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
        data = np.frombuffer(array.buffers()[2] or b"", np.uint8)[starts[0] : starts[-1]]
        return cls(data, starts - starts[:1])

    def count(self, marked: Bools) -> Ints:
        """How many marked bytes each row has, its line break at the end included."""
        counts: Ints = np.diff(before(marked, self.starts))
        return counts

    @cached_property
    def wide(self) -> Wide:
        """The characters that are not ASCII."""
        places = np.flatnonzero(self.data >= 0xC0)
        first, second, third, fourth = (
            self.data[np.minimum(places + more, len(self.data) - 1)].astype(np.int64) for more in range(4)
        )
        sizes = 2 + (first >= 0xE0) + (first >= 0xF0)
        two = (first & 0x1F) << 6 | second & 0x3F
        three = (first & 0xF) << 12 | (second & 0x3F) << 6 | third & 0x3F
        four = (first & 7) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F
        return Wide(places, sizes, np.choose(sizes - 2, [two, three, four]))


@dataclass(frozen=True)
class Wide:
    """Characters that are not ASCII: the place of their first byte, their bytes (2 to 4), their code points."""

    places: Ints
    sizes: Ints
    points: Ints


def before(marked: Bools, places: Ints) -> Ints:
    """How many are marked before each place, eight at a time: a fourth of what `numpy.cumsum` takes.

    >>> before(np.array([True, False, True]), np.array([0, 1, 2, 3])).tolist()
    [0, 1, 1, 2]
    """
    eights = np.zeros(len(marked) // 8 + 1, dtype="<u8")
    eights.view(bool)[: len(marked)] = marked
    at = places >> 3
    held = eights[at]
    eights *= _ONES  # in place: new memory costs more than the arithmetic
    eights >>= _TOP
    own = eights[at]
    np.cumsum(eights, out=eights)
    part = ((held & _BELOW[places & 7]) * _ONES) >> _TOP
    found: Ints = (eights[at] - own + part).view(np.int64)
    return found
