"""Work on many texts: in batches that fit the caches, on all cores, in the order of the texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

BATCH_BYTES = 1 << 22
"""Text of one batch; what one thread works on is about ten times as much."""


def by_batch(
    texts: pl.Series, work: Callable[[pl.Series, int], pl.DataFrame], workers: int | None = None
) -> list[pl.DataFrame]:
    """What `work(texts of a batch, number of its first text)` gives for each batch, in order."""
    batches = list(_batches(texts))
    count = min(workers or len(os.sched_getaffinity(0)), len(batches))
    if count <= 1:
        return [work(texts[begin:end], begin) for begin, end in batches]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda batch: work(texts[batch[0] : batch[1]], batch[0]), batches))


def _batches(texts: pl.Series) -> Iterator[tuple[int, int]]:
    """Ranges of texts of about `BATCH_BYTES` each."""
    sizes = np.cumsum(texts.fill_null("").str.len_bytes().to_numpy()) if texts.len() else np.zeros(0)
    begin = 0
    while begin < texts.len():
        before = int(sizes[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(sizes, before + BATCH_BYTES, "right")))
        yield begin, end
        begin = end
