"""Nothing but reading and writing, with snappy as the peers write.

python dedupe_copy_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import sys

import polars as pl

if __name__ == "__main__":
    pl.read_parquet(sys.argv[1]).write_parquet(sys.argv[2], compression="snappy")
