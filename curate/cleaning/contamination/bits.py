"""One bit for each key, so that most of what is no key is told by one look into a table that fits a cache.

A Bloom filter with a single hash (Bloom 1970), whose keys are hashes already.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from curate.text.ngrams import I64, U64

Bits = npt.NDArray[np.uint8]


def bit_table(keys: U64, bits: int) -> Bits:
    """A table of 2**bits bits with those of `keys` set (by their highest `bits` bits)."""
    table = np.zeros(1 << (bits - 3), np.uint8)
    place = (keys >> np.uint64(64 - bits)).astype(np.int64)
    np.bitwise_or.at(table, place >> 3, np.left_shift(np.uint8(1), (place & 7).astype(np.uint8)))
    return table


def maybe(table: Bits, keys: U64) -> I64:
    """Places of the keys that may be in the table: all that are, and few that are not."""
    bits = 3 + (len(table) - 1).bit_length()
    place = (keys >> np.uint64(64 - bits)).astype(np.int64)
    return np.flatnonzero((table[place >> 3] >> (place & 7).astype(np.uint8)) & 1)
