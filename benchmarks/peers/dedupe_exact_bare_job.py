"""Equal texts by a bare polars hash: no normal form, no reasons.

python dedupe_exact_bare_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import sys

import polars as pl

if __name__ == "__main__":
    rows = pl.read_parquet(sys.argv[1])
    rows.filter(rows["text"].hash().is_first_distinct()).write_parquet(sys.argv[2])
