"""`diverse`: rows that cover the embedding space, or some of each of its clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from curate.cleaning.selection.clusters import spherical_clusters
from curate.cleaning.selection.drawing import draws, need, places
from curate.cleaning.selection.farthest import farthest_first
from curate.cleaning.selection.selected import Selected, selected
from curate.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from curate.text.embed import Encoder


def diverse(
    frame: pl.DataFrame,
    count: int,
    *,
    column: str = "prompt",
    method: Literal["k-center", "clusters"] = "k-center",
    encoder: str | Encoder | None = None,
    embeddings: NDArray[np.float32] | None = None,
    clusters: int | None = None,
    seed: int = 0,
) -> Selected:
    """`count` rows that are far from each other, or that come from all clusters.

    `k-center` takes, again and again, the row farthest from all that are taken (Gonzalez 1985; as a core set in
    arXiv 1708.00489): no row is farther from a taken one than twice the best radius possible, and equal texts are
    never taken twice while others are left. It seeks outliers: filter noise first. `clusters` groups the rows by
    spherical k-means and takes one of each cluster in turn, drawn by hash: what is typical stays typical, what is
    frequent becomes less so.

    column: the text to embed, where no `embeddings` are given. A null text counts as "".
    encoder: a name or object of `curate.text.embed`; its default unless given.
    embeddings: float array, shape (rows, dim), of any length; used as unit vectors.
    clusters: how many; the square root of the rows unless given.
    notes: `radius` is the largest distance of a row to a taken one, from 0 (equal) to 2 (opposite), for `k-center`.
    `.at(count)` takes fewer or more of the same order; distances are not computed again for fewer.
    Raises DataError when the column is missing, or the embeddings are not one finite vector a row.

    >>> import numpy as np
    >>> rows = pl.DataFrame({"id": ["a", "a2", "b", "c"]})
    >>> vectors = np.array([[1, 0], [1, 0.01], [0, 1], [-1, 0]], dtype=np.float32)
    >>> diverse(rows, 3, embeddings=vectors, seed=1).kept.height
    3
    """
    if count < 0:
        raise DataError(f"diverse: count is 0 or more (got {count})")
    vectors = _vectors(frame, column, encoder, embeddings)
    drawn = draws(frame, seed)
    if method == "clusters":
        return _by_cluster(frame, vectors, drawn, clusters, count)
    if clusters is not None:
        raise DataError("diverse: clusters goes with method: clusters")
    return _by_distance(frame, vectors, drawn, count)


def _vectors(
    frame: pl.DataFrame, column: str, encoder: str | Encoder | None, embeddings: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Unit vectors, float32, shape (rows, dim); a zero vector stays zero."""
    import numpy as np

    from curate.text import embed

    if embeddings is None:
        need(frame, [column], "diverse")
        texts = frame[column].cast(pl.String, strict=False).fill_null("").to_list()
        embeddings = embed.encoder(encoder or embed.STATIC).encode(texts) if texts else np.zeros((0, 1), np.float32)
    vectors = np.ascontiguousarray(embeddings, dtype=np.float32)
    if vectors.ndim != 2 or vectors.shape[0] != frame.height:
        raise DataError(
            f"diverse: {frame.height} rows need embeddings of shape ({frame.height}, dim), got {vectors.shape}"
        )
    squares = np.einsum("ij,ij->i", vectors, vectors)
    if not np.isfinite(squares).all():
        raise DataError(f"diverse: the embedding of row {int(np.argmin(np.isfinite(squares)))} is not finite")
    if np.abs(squares - 1).max(initial=0) > 1e-3:
        lengths = np.sqrt(squares)[:, None]
        vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return vectors


def _by_distance(frame: pl.DataFrame, vectors: NDArray[np.float32], drawn: pl.Series, count: int) -> Selected:
    start = drawn.arg_min() if frame.height else None
    order, radii = farthest_first(vectors, min(count, frame.height), start or 0)

    def at(count: int) -> Selected:
        if count > len(order) and len(order) < frame.height:
            return _by_distance(frame, vectors, drawn, count)
        taken = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True).scatter(order[:count], True)
        radius = round(float(radii[min(count, len(radii)) - 1]), 4) if min(count, len(radii)) else None
        notes: dict[str, Any] = {"method": "k-center", "radius": radius}
        if count > frame.height:
            notes["warning"] = f"asked for {count:,} rows and there are {frame.height:,}: all are kept"
        near = f"nearer to a selected row than {radius}" if radius is not None else "not selected"
        reasons = pl.select(pl.when(~taken).then(pl.lit(near))).to_series()
        return selected(frame, reasons, notes, at)

    return at(count)


def _by_cluster(
    frame: pl.DataFrame, vectors: NDArray[np.float32], drawn: pl.Series, clusters: int | None, count: int
) -> Selected:
    wanted = clusters if clusters is not None else max(1, round(frame.height**0.5))
    if wanted < 1:
        raise DataError(f"diverse: clusters is 1 or more (got {wanted})")
    labels = pl.Series("cluster", spherical_clusters(vectors, drawn.arg_sort().to_numpy()[:wanted]))
    sizes = labels.value_counts()
    in_turn = places(pl.repeat(0, frame.height, eager=True), places(labels, drawn) * wanted + labels)

    def at(count: int) -> Selected:
        taken = in_turn < count
        notes: dict[str, Any] = {
            "method": "clusters", "clusters": sizes.height, "largest": sizes["count"].max(),
            "covered": labels.filter(taken).n_unique(),
        }  # fmt: skip
        if count > frame.height:
            notes["warning"] = f"asked for {count:,} rows and there are {frame.height:,}: all are kept"
        table = pl.DataFrame({"cluster": labels, "taken": taken})
        text = pl.format("not drawn: {} of {} rows of its cluster", pl.col("taken").sum().over("cluster"),
                         pl.len().over("cluster"))  # fmt: skip
        return selected(frame, table.select(pl.when(~pl.col("taken")).then(text)).to_series(), notes, at)

    return at(count)
