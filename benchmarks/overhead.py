"""What the pipeline costs: the same requests to a server that answers at once, by ours and by the peers.

    python benchmarks/overhead.py --install            # once: the peers' own environments, under .venv-peers
    python benchmarks/overhead.py [--rows 10000] [--repeat 3] [--only bare,engine]

Each job is a process of its own (`benchmarks/peers/*_job.py`); its answers are counted by the server. `s` is the whole
process, start to end, median of the repeats; the columns by row leave the start out (a job with 10 rows). The jobs take
turns, so that a busy machine is busy for all of them; CPU times hardly feel it.

Claims: `curate build` and the engine alone within 1.3 x of the bare client, at least 3 x the rows/s of either peer, and
memory that does not grow with the rows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from processes import Cost, install, python_of, run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = {
    "distilabel": ["distilabel[openai]==1.5.3", "openai<2", "requests"],
    "curator": ["bespokelabs-curator==0.1.31"],
}
JOBS = ["bare", "engine", "build", *PEERS]
START_ROWS = 10


@dataclass
class Measured:
    """One job's runs, with all rows and with ten."""

    runs: list[Cost] = field(default_factory=list)
    starts: list[Cost] = field(default_factory=list)

    def ms_a_row(self, rows: int) -> float:
        """Without the start of the process."""
        spent = median(run.seconds for run in self.runs) - median(start.seconds for start in self.starts)
        return 1000 * spent / (rows - START_ROWS)

    def cpu_ms_a_row(self, rows: int) -> float:
        """Without the start of the process."""
        spent = median(run.cpu_s for run in self.runs) - median(start.cpu_s for start in self.starts)
        return 1000 * spent / (rows - START_ROWS)


@contextmanager
def loopback_server() -> Iterator[int]:
    """The server's port."""
    command = [sys.executable, str(HERE / "loopback_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())


def asked(port: int) -> int:
    """How many chat requests the server has had."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count") as response:
        return int(response.read())


def job_cost(job: str, peers: Path, port: int, rows: int) -> Cost:
    """Run one job in a process of its own."""
    before = asked(port)
    with tempfile.TemporaryDirectory() as folder:
        command = [python_of(job, PEERS, peers), HERE / "peers" / f"{job}_job.py", str(port), str(rows), folder]
        cost = run(job, command, Path(folder), HOME=folder, PYTHONPATH=str(ROOT))
    if asked(port) - before < rows:
        raise SystemExit(f"{job} sent {asked(port) - before} requests for {rows} rows")
    return cost


def table(measured: dict[str, Measured], rows: int) -> str:
    """One line a job, with its ratios to the bare client."""
    lines = [f"{rows:,} rows; per row, and over the bare client", ""]
    lines += ["| job | s | start s | rows/s | ms | over bare | CPU ms | over bare | peak MB |", "|---" * 9 + "|"]
    floor = measured.get("bare") or next(iter(measured.values()))
    for job, found in measured.items():
        wall, cpu = found.ms_a_row(rows), found.cpu_ms_a_row(rows)
        seconds, start = (median(cost.seconds for cost in costs) for costs in (found.runs, found.starts))
        over, cpu_over = wall / floor.ms_a_row(rows), cpu / floor.cpu_ms_a_row(rows)
        peak_mb = max(run.peak_mb for run in found.runs)
        lines.append(
            f"| {job} | {seconds:.1f} | {start:.1f} | {1000 / wall:,.0f} | {wall:.3f} | {over:.2f} "
            f"| {cpu:.3f} | {cpu_over:.2f} | {peak_mb:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="make the peers' environments and stop")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers", help="where they are")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default=",".join(JOBS), help="jobs to run, by commas")
    options = parser.parse_args()
    if options.install:
        install(options.peers, PEERS)
        return
    jobs = options.only.split(",")
    for job in [job for job in jobs if not python_of(job, PEERS, options.peers).exists()]:
        print(f"{job}: no environment in {options.peers}; run with --install first", file=sys.stderr)
        jobs.remove(job)
    measured = {job: Measured() for job in jobs}
    with loopback_server() as port:
        for _ in range(options.repeat):
            for job, found in measured.items():
                found.starts.append(job_cost(job, options.peers, port, START_ROWS))
                found.runs.append(job_cost(job, options.peers, port, options.rows))
    print(table(measured, options.rows))


if __name__ == "__main__":
    main()
