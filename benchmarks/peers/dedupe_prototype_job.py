"""Near copies by a prototype in C that only hashes and bands (`minhash.c`): how fast one core can be without looking.

python dedupe_prototype_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import numpy as np
import polars as pl


def main(source: str, target: str) -> None:
    rows = pl.read_parquet(source)
    column = rows["text"].rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    edges, data = (buffer.address for buffer in column.buffers()[1:])
    keep = np.empty(rows.height, np.uint8)
    library = ctypes.CDLL(str(Path(sys.prefix) / "minhash.so"))
    failed = library.minhash_keep(
        ctypes.c_void_p(data), ctypes.c_void_p(edges), ctypes.c_int64(rows.height), ctypes.c_void_p(keep.ctypes.data)
    )
    if failed:
        raise MemoryError("no memory for the signatures")
    rows.filter(pl.Series(keep).cast(pl.Boolean)).write_parquet(target, compression="snappy")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
