"""The farthest-first traversal, exact, at the speed of a matrix product."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK, HELD = 64, 256
"""Candidates whose similarities are computed together, and how many of them are held: 4 bytes x rows each."""
EQUAL = 1e-6
"""A similarity so near to 1 is that of equal vectors, in float32."""


def farthest_first(
    vectors: NDArray[np.float32], count: int, start: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The order in which rows are taken, each the farthest from all taken before it.

    Gonzalez, Clustering to minimize the maximum intercluster distance (1985): every prefix of k rows has a radius of at
    most twice the best of any k rows. Plain greedy reads all vectors for each row it takes, which is bound by memory;
    here the rows now farthest are candidates whose similarities are computed in one matrix product, and those not
    taken yet are held, for most of them are taken soon. The order is that of plain greedy, up to rounding.

    vectors: unit vectors, float32, shape (rows, dim). start: the first row taken. Ties go to the first row.
    Returns the order, shape (count,), and the radius after each: the largest Euclidean distance of any row to its
    nearest taken one, in [0, 2].

    >>> import numpy as np
    >>> order, radii = farthest_first(np.array([[1, 0], [0, 1], [-1, 0]], dtype=np.float32), 3)
    >>> order.tolist(), [f"{radius:.2f}" for radius in radii]
    ([0, 2, 1], ['2.00', '1.41', '0.00'])
    """
    import numpy as np

    rows = vectors.shape[0]
    order, radii = np.empty(min(count, rows), np.int64), np.empty(min(count, rows), np.float32)
    nearest = np.full(rows, -2, np.float32)  # the similarity to the nearest taken row; 2 for a row that is taken
    held: dict[int, NDArray[np.float32]] = {}
    chosen = start
    for place in range(order.size):
        if chosen not in held:
            _hold(held, vectors, nearest, chosen)
        np.maximum(nearest, held.pop(chosen), out=nearest)
        nearest[chosen] = 2
        order[place] = chosen
        chosen = int(nearest.argmin())
        radii[place] = np.sqrt(max(0.0, 2 - 2 * min(1.0, float(nearest[chosen]))))
        if nearest[chosen] > 1 - EQUAL:  # all that is left equals a taken row
            radii[place:] = 0
            order[place + 1 :] = np.flatnonzero(nearest < 2)[: order.size - place - 1]
            break
    return order, radii


def _hold(
    held: dict[int, NDArray[np.float32]], vectors: NDArray[np.float32], nearest: NDArray[np.float32], chosen: int
) -> None:
    """Compute the similarities of `chosen` and of the rows farthest now; let go of the nearest that were held."""
    import numpy as np

    size = min(BLOCK, nearest.size)
    far = np.argpartition(nearest, size - 1)[:size] if size < nearest.size else np.arange(size)
    fresh = [chosen, *(int(row) for row in far if row != chosen and int(row) not in held and nearest[row] < 2)]
    for row in sorted(held, key=lambda row: -nearest[row])[: max(0, len(held) + len(fresh) - HELD)]:
        del held[row]
    similar = vectors[fresh] @ vectors.T
    held.update((row, column.copy()) for row, column in zip(fresh, similar, strict=True))  # a view would hold the block
