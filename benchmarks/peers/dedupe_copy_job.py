"""Nothing but reading and writing.

python dedupe_copy_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import sys

import polars as pl

if __name__ == "__main__":
    pl.read_parquet(sys.argv[1]).write_parquet(sys.argv[2])
