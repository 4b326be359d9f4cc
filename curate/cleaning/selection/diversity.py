"""`diverse`: rows that cover the embedding space, or some of each of its clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from curate.cleaning.selection.clusters import spherical_clusters
from curate.cleaning.selection.drawing import draws, need, places
from curate.cleaning.selection.farthest import farthest_first
from curate.cleaning.selection.selected import Again, Selected, selected
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

    column: the text to embed, where no `embeddings` are given. Rows without any text (a zero vector) come last.
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
    import numpy as np

    if count < 0:
        raise DataError(f"diverse: count is 0 or more (got {count})")
    if method == "k-center" and clusters is not None:
        raise DataError("diverse: clusters goes with method: clusters")
    vectors = _vectors(frame, column, encoder, embeddings)
    drawn = draws(frame, seed)
    some = np.flatnonzero(np.einsum("ij,ij->i", vectors, vectors))
    if len(some) < frame.height:
        vectors = vectors[some]
    if method == "clusters":
        return _by_cluster(frame, vectors, some, drawn, clusters, count)
    return _by_distance(frame, vectors, some, drawn, count)


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


def _by_distance(
    frame: pl.DataFrame, vectors: NDArray[np.float32], some: NDArray[np.int64], drawn: pl.Series, count: int
) -> Selected:
    """some: the rows that have a vector."""
    start = drawn.gather(some).arg_min() or 0
    order, radii = farthest_first(vectors, min(count, len(some)), start)

    def at(count: int) -> Selected:
        if len(order) < min(count, len(some)):
            return _by_distance(frame, vectors, some, drawn, count)
        radius = round(float(radii[min(count, len(radii)) - 1]), 4) if min(count, len(radii)) else None
        near = f"nearer to a selected row than {radius}" if radius is not None else "not selected"
        notes = {"method": "k-center", "radius": radius}
        return _taken(frame, some, some[order[:count]], count, pl.repeat(near, frame.height, eager=True), notes, at)

    return at(count)


def _by_cluster(
    frame: pl.DataFrame, vectors: NDArray[np.float32], some: NDArray[np.int64], drawn: pl.Series,
    clusters: int | None, count: int,
) -> Selected:  # fmt: skip
    """some: the rows that have a vector."""
    wanted = clusters if clusters is not None else max(1, round(len(some) ** 0.5))
    if wanted < 1:
        raise DataError(f"diverse: clusters is 1 or more (got {wanted})")
    drawn = drawn.gather(some)
    labels = pl.Series("cluster", spherical_clusters(vectors, drawn.arg_sort().to_numpy()[:wanted]))
    sizes = labels.value_counts()
    order = (places(labels, drawn) * wanted + labels).arg_sort().to_numpy()

    def at(count: int) -> Selected:
        drawn_of = labels.gather(order[:count]).value_counts(name="taken")
        told = pl.DataFrame({"cluster": labels}).join(sizes, on="cluster", how="left", maintain_order="left")
        told = told.join(drawn_of, on="cluster", how="left", maintain_order="left").with_columns(
            pl.col("taken").fill_null(0)
        )
        text = told.select(pl.format("not drawn: {} of {} rows of its cluster", "taken", "count")).to_series()
        reasons = pl.repeat(None, frame.height, dtype=pl.String, eager=True).scatter(some, text)
        notes = {
            "method": "clusters", "clusters": sizes.height, "largest": sizes["count"].max(), "covered": drawn_of.height,
        }  # fmt: skip
        return _taken(frame, some, some[order[:count]], count, reasons, notes, at)

    return at(count)


def _taken(
    frame: pl.DataFrame, some: NDArray[np.int64], taken: NDArray[np.int64], count: int, reasons: pl.Series,
    notes: dict[str, Any], again: Again,
) -> Selected:  # fmt: skip
    """The rows that were taken; those without a vector come last, in the order of the frame."""
    import numpy as np

    stays, blank = np.zeros(frame.height, bool), np.ones(frame.height, bool)
    stays[taken], blank[some] = True, False
    stays[np.flatnonzero(blank)[: max(0, count - len(some))]] = True
    told = pl.select(
        pl.when(pl.Series(stays)).then(None).when(pl.Series(blank)).then(pl.lit("nothing to embed")).otherwise(reasons)
    )
    if count > frame.height:
        notes |= {"warning": f"asked for {count:,} rows and there are {frame.height:,}: all are kept"}
    return selected(frame, told.to_series(), notes, again)
