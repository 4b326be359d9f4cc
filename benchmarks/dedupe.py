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

Claims, 100,000 rows: a tenth of datatrove's CPU, a twentieth of text-dedup's, under half of rensa's, less than daft's;
at most 4 x `copy`; recall >= .99 at J >= .8 and >= .97 at .7 to .8; precision >= .998.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import polars as pl
import psutil
from corpus import LEAVE, make

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = {
    "daft": ["daft==0.7.26", "numpy", "pyarrow"],
    "rensa": ["rensa==0.5.0", "pyarrow"],
    "datatrove": ["datatrove[io,processing]==0.10.1", "xxhash<4", "pyarrow"],
    "text_dedup": ["text-dedup==0.4.0"],
}
JOBS = ["copy", "curate", *PEERS]
LEVELS = [0.7, 0.8, 0.9]
POLL_S = 0.05
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER: grandchildren whose parent went are counted as well."""


@dataclass(frozen=True)
class Cost:
    """One run: wall and CPU seconds, peak memory of the tree."""

    seconds: float
    cpu_s: float
    peak_mb: float


def install(folder: Path) -> None:
    for name, packages in PEERS.items():
        subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
        subprocess.run([str(folder / name / "bin" / "pip"), "install", "-q", *packages], check=True)


def run(job: str, python: Path, source: Path, target: Path, threshold: float) -> Cost:
    """Run one job in a process of its own."""
    command = [str(python), str(HERE / "peers" / f"dedupe_{job}_job.py"), str(source), str(target), str(threshold)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT), "HF_HOME": str(target.parent / "hf")}
    before, start, peak = _spent(), time.perf_counter(), 0.0
    with tempfile.TemporaryFile() as output:
        process = psutil.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT, cwd=target.parent)
        while process.poll() is None:
            peak = max(peak, _memory_mb(process))
            time.sleep(POLL_S)
        seconds = time.perf_counter() - start
        if process.returncode:
            output.seek(0)
            raise SystemExit(f"{job} failed:\n{output.read().decode()[-3000:]}")
    _reap()
    return Cost(seconds, _spent() - before, peak)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reap() -> None:
    """Wait for what the job left behind: its CPU is counted once it is reaped."""
    for child in psutil.Process().children():
        try:
            child.send_signal(signal.SIGTERM)
            os.waitpid(child.pid, 0)
        except (psutil.NoSuchProcess, ChildProcessError):
            continue


def _memory_mb(process: psutil.Process) -> float:
    total = 0
    for one in [process, *_children(process)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 2**20


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


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
        install(options.peers)
        return
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as made:
        corpus = options.corpus or Path(made) / "corpus"
        if options.corpus is None:
            make(options.rows).write(corpus)
        jobs = [job for job in options.only.split(",") if python_of(job, options.peers).exists()]
        costs: dict[str, list[Cost]] = {job: [] for job in jobs}
        for turn in range(options.repeat):
            for job in jobs:
                work = Path(made) / f"{job}-{turn}"
                work.mkdir()
                python = python_of(job, options.peers)
                costs[job].append(run(job, python, corpus / "corpus.parquet", work / "kept.parquet", options.threshold))
        print(table(costs, Path(made), corpus, options.threshold))


def python_of(job: str, folder: Path) -> Path:
    """The interpreter a job runs in."""
    return folder / job / "bin" / "python" if job in PEERS else Path(sys.executable)


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
