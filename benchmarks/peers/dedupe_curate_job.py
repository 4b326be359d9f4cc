"""Near copies by `curate.dedupe`.

python dedupe_curate_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import sys

import polars as pl

from curate import dedupe


def main(source: str, target: str, threshold: float) -> None:
    dedupe(pl.read_parquet(source), by="minhash", threshold=threshold).kept.write_parquet(target)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
