"""Rows that hold items, by `curate.decontaminate`.

python decontaminate_curate_job.py ROWS ITEMS OUT [PROFILE]
"""

from __future__ import annotations

import sys

import polars as pl

from curate import decontaminate


def main(rows: str, items: str, out: str, profile: str = "default") -> None:
    named = pl.read_parquet(items).partition_by("benchmark", as_dict=True, maintain_order=True)
    against = {str(name): part for (name,), part in named.items()}
    result = decontaminate(pl.read_parquet(rows), against=against, profile=profile)
    result.kept.write_parquet(out, compression="snappy")
    result.hits.filter(~pl.col("dropped")).select(pl.col("id").unique()).write_parquet(f"{out}.labelled")


if __name__ == "__main__":
    main(*sys.argv[1:])
