"""Memory of `dedupe_files`: made-up short rows, one process a number of rows, and what a further row takes.

    python benchmarks/dedupe_files.py [--by semantic] [--rows 50000,200000]

Peak memory is that of the process, with the pages of files that it reads, which the system takes back at will.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from processes import Cost, run

PART = 10_000
JOB = """
import sys
from pathlib import Path
from curate.cleaning.duplicates import dedupe_files
folder = Path(sys.argv[1])
dedupe_files(sorted(folder.glob("*.parquet")), folder / "out", by=sys.argv[2], work=folder)
"""


def make(folder: Path, rows: int) -> None:
    """Rows of 15 to 40 words; one in twenty is a copy with a word more."""
    rng = np.random.default_rng(0)
    words = np.array([a + b + c + d for a in "bcdfghklmnprst" for b in "aeiou" for c in "lmnrst" for d in ("a", "en")])
    for part in range(rows // PART):
        texts = [" ".join(rng.choice(words, rng.integers(15, 40))) for _ in range(PART)]
        texts[: PART // 20] = [f"{text} too" for text in texts[-PART // 20 :]]
        pl.DataFrame({"text": texts}).write_parquet(folder / f"part-{part:05}.parquet")


def measured(rows: int, by: str) -> Cost:
    """One run on so many rows."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), rows)
        root = str(Path(__file__).resolve().parent.parent)
        return run(f"{rows} rows", [sys.executable, "-c", JOB, folder, by], Path(folder), PYTHONPATH=root)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--by", default="semantic")
    parser.add_argument("--rows", default="50000,200000")
    options = parser.parse_args()
    counts = [int(rows) for rows in options.rows.split(",")]
    costs = [measured(rows, options.by) for rows in counts]
    for rows, cost in zip(counts, costs, strict=True):
        print(f"{options.by}, {rows:,} rows: {cost.peak_mb:.0f} MB at most, {cost.cpu_s:.1f} CPU s")
    for (fewer, less), (more, most) in pairwise(zip(counts, costs, strict=True)):
        print(f"a further row: {(most.peak_mb - less.peak_mb) * 2**20 / (more - fewer):.0f} bytes")


if __name__ == "__main__":
    main()
