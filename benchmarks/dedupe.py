"""Fuzzy dedupe by ours and by the peers: one corpus, whole processes, what each found and missed.

    python benchmarks/dedupe.py --install                 # once: the peers' own environments, under .venv-peers
    python benchmarks/dedupe.py [--rows 100000] [--repeat 3] [--only copy,curate] [--threshold 0.7]
    python benchmarks/dedupe.py --only exact_bare,exact_curate    # equal texts: within 1.5 x of a bare hash

Each job is a process of its own (`benchmarks/peers/dedupe_*_job.py`): start, read parquet, work, write parquet. CPU is
that of the whole tree of processes, peak memory the sum over it; medians of the repeats; the jobs take turns. `copy`
reads and writes and nothing else.

recall: of planted pairs of a row and its copy, by their true Jaccard similarity, the share of which at most one row is
left. precision: of the rows removed, families and numbers apart, those that have a planted copy of J >= threshold.
families, numbers: rows of templates, and problems with other numbers, that were removed.

Claims, 100,000 rows: a tenth of datatrove's CPU, a twentieth of text-dedup's, a third of rensa's, less than daft's;
at most 4 x `copy` and 1.6 x the wall time of `prototype`, C that verifies nothing; recall >= .99 at J >= .8 and >= .97
at .7 to .8; precision >= .998.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path
from statistics import median

import polars as pl
from corpus import LEAVE, make
from processes import Cost, install, python_of, run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = {
    "daft": ["daft==0.7.26", "numpy", "pyarrow"],
    "rensa": ["rensa==0.5.0", "pyarrow"],
    "datatrove": ["datatrove[io,processing]==0.10.1", "xxhash<4", "pyarrow"],
    "text_dedup": ["text-dedup==0.4.0"],
    "prototype": ["polars", "numpy", "pyarrow"],
}
JOBS = ["copy", "curate", *PEERS]
LEVELS = [0.7, 0.8, 0.9]


def job_cost(job: str, peers: Path, source: Path, target: Path, threshold: float) -> Cost:
    """Run one job in a process of its own."""
    script = HERE / "peers" / f"dedupe_{job}_job.py"
    command = [python_of(job, PEERS, peers), script, source, target, str(threshold)]
    return run(job, command, target.parent, PYTHONPATH=str(ROOT), HF_HOME=str(target.parent / "hf"))


def compile_prototype(folder: Path) -> None:
    """The library in C that `dedupe_prototype_job.py` calls, for the machine it is compiled on."""
    flags = ["-O3", "-march=native", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, str(HERE / "peers" / "minhash.c"), "-o", str(folder / "minhash.so")], check=True)


def quality(truth: pl.DataFrame, kept: pl.DataFrame, threshold: float) -> list[str]:
    """Recall by similarity, precision, and rows of families and numbers removed."""
    left = pl.col("id").is_in(kept["id"].implode())
    told = truth.with_columns(left=left)
    pairs = told.filter(pl.col("origin").is_not_null()).join(
        told.select(origin="id", origin_left="left"), on="origin", how="left"
    )
    found = pairs.with_columns(found=~(pl.col("left") & pl.col("origin_left")))
    cells = []
    for low, high in zip(LEVELS, [*LEVELS[1:], 1.01], strict=True):
        band = found.filter(pl.col("jaccard").is_between(low, high, closed="left"))
        cells.append(f"{band['found'].mean():.4f}")
    right = pl.concat(
        [
            found.filter(pl.col("jaccard") >= threshold).select("id"),
            found.filter(pl.col("jaccard") >= threshold).select(id="origin"),
        ]
    )["id"].unique()
    gone = told.filter(~pl.col("left"))
    judged = gone.filter(pl.col("kind").is_in([*LEAVE, "base"]))
    cells.append(f"{judged['id'].is_in(right.implode()).mean():.4f}")
    cells += [str(gone.filter(pl.col("kind") == kind).height) for kind in ("template", "numbers")]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="make the peers' environments and stop")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers", help="where they are")
    parser.add_argument("--corpus", type=Path, help="a folder that benchmarks/corpus.py wrote; made anew unless given")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--threshold", type=float, default=0.7)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default=",".join(JOBS), help="jobs to run, by commas")
    options = parser.parse_args()
    if options.install:
        install(options.peers, PEERS)
        compile_prototype(options.peers / "prototype")
        return
    with tempfile.TemporaryDirectory() as made:
        corpus = options.corpus or Path(made) / "corpus"
        if options.corpus is None:
            make(options.rows).write(corpus)
        jobs = [job for job in options.only.split(",") if python_of(job, PEERS, options.peers).exists()]
        costs: dict[str, list[Cost]] = {job: [] for job in jobs}
        for turn in range(options.repeat):
            for job in jobs:
                work = Path(made) / f"{job}-{turn}"
                work.mkdir()
                source, target = corpus / "corpus.parquet", work / "kept.parquet"
                costs[job].append(job_cost(job, options.peers, source, target, options.threshold))
        print(table(costs, Path(made), corpus, options.threshold))


def table(costs: dict[str, list[Cost]], made: Path, corpus: Path, threshold: float) -> str:
    """One line a job, with its CPU over ours."""
    truth = pl.read_parquet(corpus / "truth.parquet")
    us = next((job for job in ("curate", "exact_curate") if job in costs), None)
    ours = median(cost.cpu_s for cost in costs[us]) if us else None
    bands = [f"recall {low}-{high}" for low, high in zip(LEVELS, [*LEVELS[1:], 1.0], strict=True)]
    lines = [f"{truth.height:,} rows, threshold {threshold}, {os.cpu_count()} cores; CPU of the whole tree", ""]
    heads = ["job", "CPU s", "over ours", "s", "peak MB", *bands, "precision", "families", "numbers"]
    lines += ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for job, runs in costs.items():
        cpu = median(cost.cpu_s for cost in runs)
        over = f"{cpu / ours:.2f}" if ours else "-"
        cells = [job, f"{cpu:.2f}", over, f"{median(cost.seconds for cost in runs):.1f}"]
        cells.append(f"{max(cost.peak_mb for cost in runs):.0f}")
        kept = pl.read_parquet(made / f"{job}-0" / "kept.parquet")
        cells += quality(truth, kept, threshold) if job != "copy" else ["-"] * (len(heads) - 5)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
