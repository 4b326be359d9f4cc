"""Spherical k-means on unit vectors, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 8192
"""Rows compared with all centres at a time."""


def spherical_clusters(
    vectors: NDArray[np.float32], start: NDArray[np.uint32], rounds: int = 20, settled: float = 0.02
) -> NDArray[np.int64]:
    """The cluster of each row, by the centre with the largest cosine.

    Dhillon & Modha, Concept decompositions (2001): Lloyd's algorithm with centres of length 1. Ends after `rounds`, or
    when at most the share `settled` of the rows moved. A centre that loses its rows stays where it was.

    vectors: unit vectors, float32, shape (rows, dim). start: the rows that are the first centres, shape (clusters,).
    Memory beside the vectors: 8,192 x clusters x 4 bytes.
    """
    import numpy as np

    centres = vectors[start]
    labels = np.full(vectors.shape[0], -1, np.int64)
    for _ in range(rounds if len(centres) else 0):
        moved = 0
        sums = np.zeros_like(centres)
        for first in range(0, vectors.shape[0], CHUNK):
            part = vectors[first : first + CHUNK]
            nearest = (part @ centres.T).argmax(axis=1)
            moved += int((labels[first : first + CHUNK] != nearest).sum())
            labels[first : first + CHUNK] = nearest
            _add(sums, part, nearest)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), centres)
        if moved <= settled * vectors.shape[0]:
            break
    return labels


def _add(sums: NDArray[np.float32], part: NDArray[np.float32], nearest: NDArray[np.int64]) -> None:
    """Add each row of `part` to the sum of its cluster: sorted, so that a cluster is one run."""
    import numpy as np

    order = nearest.argsort(kind="stable")
    found, starts = np.unique(nearest[order], return_index=True)
    sums[found] += np.add.reduceat(part[order], starts, axis=0)
