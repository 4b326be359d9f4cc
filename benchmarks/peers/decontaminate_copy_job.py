"""Reads and writes and nothing else.

python decontaminate_copy_job.py ROWS ITEMS OUT
"""

from __future__ import annotations

import sys

import polars as pl

if __name__ == "__main__":
    pl.read_parquet(sys.argv[2])
    pl.read_parquet(sys.argv[1]).write_parquet(sys.argv[3], compression="snappy")
