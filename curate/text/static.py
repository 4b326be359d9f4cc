"""The encoder that ships with curate: a vector a word, averaged; it needs numpy alone.

Vectors of 23,442 English words are distilled from all-MiniLM-L6-v2 (Apache-2.0; `curate.text.distil` makes them): each
word is read alone, as model2vec does (Tulkens and van Dongen, 2024), reduced to 96 principal components, and weighed
down by its frequency (Arora et al., 2017). Differs from model2vec in its unit: whole words, named by their hash. A word
without a vector, of any language, has a random direction of its own, drawn from its hash: texts that share rare words
are alike, and no word is lost.

The file also serves as a format: an `.npz` with `hashes` (words, uint64, sorted), `vectors` (words, dim; int8 or float)
and `rare` (the length of the vector of a word without one).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.errors import DataError
from curate.table import file_hash
from curate.text.shingles import Hashes, batches, words

Vectors = NDArray[np.float32]

PIECE = 1 << 14
"""Words whose vectors are summed at once: 6 MB."""
MOST_DIMS = 128
"""Bits of a rare word's direction."""


class _Table(NamedTuple):
    hashes: Hashes
    vectors: Vectors
    rare: float


class StaticEncoder:
    """The mean of the vectors of a text's words, at length 1; all zeros for a text without words.

    >>> shipped().encode(["a small dog", ""]).shape
    (2, 96)
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def identity(self) -> str:
        """`static:` and the hash of the file."""
        return f"static:{file_hash(self.path)[:16]}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode in slices: memory does not grow with the length of a text."""
        column = pl.Series(texts, dtype=pl.String)
        dim = self._table.vectors.shape[1]
        made = [self._means(batch) for batch in batches(column)]
        return np.concatenate(made) if made else np.zeros((0, dim), np.float32)

    @cached_property
    def _table(self) -> _Table:
        try:
            with self.path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                vectors, rare = stored["vectors"].astype(np.float32), float(stored["rare"])
                table = _Table(stored["hashes"].astype(np.uint64), vectors, rare)
        except (OSError, ValueError, KeyError, BadZipFile) as broken:
            raise DataError(f"{self.path} is not a file of word vectors (hashes, vectors, rare): {broken}") from broken
        if vectors.ndim != 2 or vectors.shape[1] > MOST_DIMS or len(table.hashes) != len(vectors) or not len(vectors):
            raise DataError(f"{self.path}: {len(table.hashes)} words and vectors of shape {vectors.shape} do not fit")
        return table

    def _means(self, texts: pl.Series) -> Vectors:
        flat, starts = words(texts)
        sums = np.zeros((len(texts), self._table.vectors.shape[1]), np.float32)
        filled = np.flatnonzero(np.diff(starts))
        begins = starts[filled]
        for low in range(0, len(flat), PIECE):
            high = min(low + PIECE, len(flat))
            first = np.searchsorted(begins, low, side="right") - 1
            last = np.searchsorted(begins, high)
            cuts = np.maximum(begins[first:last] - low, 0)
            sums[filled[first:last]] += np.add.reduceat(self._vectors(flat[low:high]), cuts, axis=0)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        sums /= np.where(lengths > 0, lengths, 1)
        return sums

    def _vectors(self, hashes: Hashes) -> Vectors:
        known, vectors, rare = self._table
        places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        found = vectors[places]
        strange = np.flatnonzero(known[places] != hashes)
        found[strange] = directions(hashes[strange], vectors.shape[1]) * np.float32(rare)
        return found


def directions(hashes: Hashes, dim: int) -> Vectors:
    """A direction of length 1 for each hash: the corners of a cube, drawn by the bits of the hash mixed twice."""
    bits = np.empty((len(hashes), 2), np.uint64)
    for column, step in enumerate((0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)):
        mixed = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(step)
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0x94D049BB133111EB)
        bits[:, column] = mixed ^ (mixed >> np.uint64(31))
    signs = np.unpackbits(bits.view(np.uint8), axis=1)[:, :dim].astype(np.float32)
    return (signs * 2 - 1) / np.float32(np.sqrt(dim))


def shipped() -> StaticEncoder:
    """The encoder whose words lie in this package."""
    return StaticEncoder(Path(str(files("curate"))) / "text" / "words.npz")
