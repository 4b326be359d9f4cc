"""Near copies by `curate.dedupe`; written with snappy, as the peers write.

python dedupe_curate_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import sys

import polars as pl

from curate import dedupe


def main(source: str, target: str, threshold: float) -> None:
    result = dedupe(pl.read_parquet(source), by="minhash", threshold=threshold)
    result.kept.write_parquet(target, compression="snappy")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
