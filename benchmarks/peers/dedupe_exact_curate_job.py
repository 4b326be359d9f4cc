"""Texts equal in normal form, by `curate.dedupe`.

python dedupe_exact_curate_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import sys

import polars as pl

from curate import dedupe

if __name__ == "__main__":
    dedupe(pl.read_parquet(sys.argv[1])).kept.write_parquet(sys.argv[2])
