"""Near copies by daft: its normalise and minhash; buckets and components in numpy, which is cheaper than joins.

python dedupe_daft_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import sys

import daft
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from daft import col
from daft.functions import minhash, normalize

BANDS = {0.7: (20, 6), 0.8: (16, 8)}


def main(source: str, target: str, threshold: float) -> None:
    bands, size = BANDS[threshold]
    text = normalize(col("text"), remove_punct=True, lowercase=True, white_space=True)
    hashed = minhash(text, num_hashes=bands * size, ngram_size=5, hash_function="xxhash")
    table = daft.read_parquet(source).with_column("hashes", hashed).to_arrow()
    hashes = table["hashes"].combine_chunks()
    flat = (pa.concat_arrays(hashes.chunks) if isinstance(hashes, pa.ChunkedArray) else hashes).flatten()
    signature = np.asarray(flat).reshape(len(table), bands, size)
    parent = np.arange(len(table))
    for band in range(bands):
        key = np.ascontiguousarray(signature[:, band]).view(f"V{4 * size}").ravel()
        _, inverse = np.unique(key, return_inverse=True)
        first = np.full(inverse.max() + 1, len(table))
        np.minimum.at(first, inverse, np.arange(len(table)))
        for row in np.flatnonzero(first[inverse] != np.arange(len(table))):
            one, two = find(parent, row), find(parent, first[inverse[row]])
            parent[max(one, two)] = min(one, two)
    keep = np.array([find(parent, row) == row for row in range(len(table))])
    pq.write_table(table.drop_columns(["hashes"]).filter(pa.array(keep)), target)


def find(parent: np.ndarray, row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return int(row)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
