"""Rows that share an 8-gram with an item, by the functions of Open-R1's `scripts/decontaminate.py`.

As the script does: a table of n-grams for each benchmark, and a `map` over all rows for each, then a filter for each;
on two processes. With `merged`, all benchmarks as one: the least the script could do.

python decontaminate_open_r1_job.py ROWS ITEMS OUT SCRIPT [merged]
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import datasets
import pyarrow.parquet as pq

PROCESSES, N = 2, 8


def load(script: str) -> Any:
    spec = spec_from_file_location("open_r1_decontaminate", script)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where its functions are looked for in the other processes
    spec.loader.exec_module(module)
    return module


def main(rows: str, items: str, out: str, script: str, way: str = "") -> None:
    theirs = load(script)
    texts: dict[str, list[str]] = {}
    table = pq.read_table(items)
    for name, text in zip(table["benchmark"].to_pylist(), table["text"].to_pylist(), strict=True):
        texts.setdefault("all" if way == "merged" else name, []).append(text)
    found = datasets.Dataset.from_parquet(rows)
    for name, some in texts.items():
        lookup = theirs.build_ngram_lookup(some, ngram_size=N)

        def mark(row: dict[str, Any], name: str = name, lookup: dict[str, Any] = lookup) -> dict[str, Any]:
            grams = theirs.build_ngram_single(row["prompt"], ngram_size=N)
            row[f"contaminated_{name}"] = any(gram in lookup for gram in grams)
            return row

        found = found.map(mark, num_proc=PROCESSES)
    for name in texts:
        found = found.filter(lambda row, name=name: not row[f"contaminated_{name}"], num_proc=PROCESSES)
    found.select_columns(["id", "prompt"]).to_parquet(out)


if __name__ == "__main__":
    datasets.disable_progress_bars()
    main(*sys.argv[1:])
