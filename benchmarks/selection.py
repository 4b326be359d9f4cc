"""What selecting costs, beside the usual way to do it; and what stopping early saves.

    python benchmarks/selection.py [--rows 100000] [--count 300] [--repeat 3] [--only draws,diverse,sampling,house]

draws     mix, stratify and cap of a million rows, beside polars' own shuffle (which changes as rows are added)
diverse   k-center greedy and clusters on vectors of 384 dimensions, beside the loop of google/active-learning and of
          DEITA (scikit-learn's pairwise distances to each new center), on `--count` centers, and scikit-learn's
          MiniBatchKMeans; the same centers are asserted. The peers need scikit-learn, and are left out without it.
sampling  answers asked with `sample`, for prompts whose difficulty is drawn from a distribution
house     the same in tokens, with the model that ships with curate on the prompts of recipes/grpo-prompts.yaml

CPU-seconds of this process, median of the repeats. Run with OMP_NUM_THREADS=1 for one core.
Claims: k-center at least 3 x faster than the loop and its radius the same to 1e-3; the kept prompts are the same.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl

from curate import select
from curate.building import build
from curate.cleaning.selection.clusters import spherical_clusters
from curate.cleaning.selection.deciding import Decisions
from curate.cleaning.selection.farthest import farthest_first
from curate.recipe import load_recipe
from curate.rules import read_rule

DIMENSIONS, TOPICS = 384, 500


def cpu_seconds(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Median over the repeats, and what the last one gave."""
    spent, made = [], None
    for _ in range(repeat):
        start = time.process_time()
        made = work()
        spent.append(time.process_time() - start)
    return median(spent), made


def line(name: str, seconds: float, beside: float | None = None, note: str = "") -> None:
    ratio = f"{beside / seconds:6.1f}x" if beside else " " * 7
    print(f"  {name:<44} {seconds:9.2f} CPU-s {ratio}  {note}")


def draws(rows: int, repeat: int) -> None:
    print(f"draws, {rows:,} rows")
    frame = pl.DataFrame({"id": [f"row-{number:012x}" for number in range(rows)]}).with_columns(
        source=pl.Series(np.random.default_rng(0).choice(["web", "math", "code"], rows, p=[0.7, 0.2, 0.1]))
    )
    plain, _ = cpu_seconds(lambda: frame.filter(pl.int_range(pl.len()).shuffle(seed=0).over("source") < 1000), repeat)
    line("polars: shuffle in each group", plain)
    for way, options in (
        ("mix", {"weights": {"web": 0.5, "math": 0.3, "code": 0.2}}),
        ("stratify", {"column": "source", "total": 50_000}),
        ("cap", {"column": "source", "most": 50_000}),
    ):
        seconds, made = cpu_seconds(lambda way=way, options=options: select(frame, way, **options), repeat)
        line(way, seconds, note=f"{made.kept.height:,} kept; {rows / seconds:,.0f} rows/s")


def topics(rows: int) -> Any:
    """Unit vectors in clusters of very different sizes, as embeddings of prompts are."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(TOPICS, DIMENSIONS)).astype(np.float32)
    sizes = random.zipf(1.5, TOPICS).astype(float)
    labels = random.choice(TOPICS, rows, p=sizes / sizes.sum())
    vectors = centres[labels] + 0.8 * random.normal(size=(rows, DIMENSIONS)).astype(np.float32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def peer_k_center(vectors: Any, count: int, start: int) -> tuple[list[int], float]:
    """The loop of google/active-learning's `kcenter_greedy.py`: distances of all rows to each new center."""
    from sklearn.metrics import pairwise_distances

    chosen, nearest = [start], pairwise_distances(vectors, vectors[[start]]).ravel()
    while len(chosen) < count:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, pairwise_distances(vectors, vectors[[chosen[-1]]]).ravel())
    return chosen, float(nearest.max())


def diverse(rows: int, count: int, repeat: int) -> None:
    vectors = topics(rows)
    clusters = round(rows**0.5)
    print(f"diverse, {rows:,} rows x {DIMENSIONS}, {count:,} centers, {clusters} clusters")
    peer = peer_means = None
    try:
        peer, (chosen, radius) = cpu_seconds(lambda: peer_k_center(vectors, count, 7), repeat)
        line("scikit-learn distances, one center at a time", peer, note=f"radius {radius:.4f}")
        from sklearn.cluster import MiniBatchKMeans

        means = MiniBatchKMeans(clusters, random_state=0, n_init=1, batch_size=4096)
        peer_means, labels = cpu_seconds(lambda: means.fit_predict(vectors), repeat)
        line("scikit-learn MiniBatchKMeans", peer_means, note=f"mean cosine {cosine(vectors, labels):.4f}")
    except ImportError:
        print("  (scikit-learn is not installed: no peers)")
    seconds, (order, radii) = cpu_seconds(lambda: farthest_first(vectors, count, 7), repeat)
    line("select diverse, k-center", seconds, peer, f"radius {radii[-1]:.4f}")
    if peer is not None:
        assert abs(radius - radii[-1]) < 1e-3
        assert len(set(chosen) & set(order.tolist())) >= 0.99 * count
    start = np.random.default_rng(0).permutation(rows)[:clusters]
    seconds, labels = cpu_seconds(lambda: spherical_clusters(vectors, start), repeat)
    line("select diverse, clusters", seconds, peer_means, f"mean cosine {cosine(vectors, labels):.4f}")


def cosine(vectors: Any, labels: Any) -> float:
    """Mean cosine of a row to the centre of its cluster."""
    sums = np.zeros((labels.max() + 1, vectors.shape[1]))
    np.add.at(sums, labels, vectors)
    centres = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return float(np.einsum("ij,ij->i", vectors, centres[labels]).mean())


def sampling(prompts: int = 20_000) -> None:
    """Share of the answers that are not asked: rule, n, and how difficulty is distributed."""
    print(f"sampling, answers not asked ({prompts:,} prompts)")
    print(f"  {'':<28}{'U-shaped Beta(.3,.3)':>22}{'uniform':>10}{'Beta(2,2)':>12}")
    random = np.random.default_rng(0)
    for n, rule in (
        (8, "0.2 < pass_rate < 0.8"),
        (8, "0 < pass_rate < 1"),
        (16, "0 < pass_rate < 1"),
        (16, "0.1 < pass_rate < 0.9"),
        (32, "0 < pass_rate < 1"),
        (16, "passed >= 1"),
    ):
        decisions = Decisions(read_rule(rule), n)
        saved = []
        for a, b in ((0.3, 0.3), (1, 1), (2, 2)):
            right = random.random((prompts, n)) < random.beta(a, b, (prompts, 1))
            saved.append(1 - sum(asked(decisions, row.tolist()) for row in right) / (prompts * n))
        print(f"  n={n:<3} {rule:<22}{saved[0]:>21.0%}{saved[1]:>11.0%}{saved[2]:>11.0%}")


def asked(decisions: Decisions, answers: list[bool]) -> int:
    """How many answers of a prompt are asked before it is decided."""
    for count in range(len(answers) + 1):
        passed = sum(answers[:count])
        if decisions.outlook(passed, count - passed).keep is not None:
            return count
    raise AssertionError("all answers are in and nothing is decided")


HOUSE = """\
name: curtailed
seed: 17
engines: {{student: {{engine: transformers, model: house}}}}
steps:
  - step: load
    sources:
      - {{procedural: countdown, rows: 40, split: train}}
      - {{procedural: equations, rows: 40, split: train}}
      - {{procedural: units, rows: 40, split: train}}
  - step: sample
    engine: student
    n: 8
    max_tokens: 256
    rewards: [verifier]
    keep: 0.1 < pass_rate < 0.9
    curtail: {curtail}
"""


def house() -> None:
    print("house model, recipes/grpo-prompts.yaml, n=8, keep 0.1 < pass_rate < 0.9")
    kept, tokens = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for curtail in ("never", "dropped", "decided"):
            recipe = Path(folder) / "r.yaml"
            recipe.write_text(HOUSE.format(curtail=curtail))
            start = time.process_time()
            run = build(load_recipe(recipe), Path(folder) / curtail)
            entry, seconds = run.ledger[-1], time.process_time() - start
            kept[curtail], tokens[curtail] = set(run.splits()["train"]["parent"]), entry.completion_tokens
            saved = 1 - tokens[curtail] / tokens["never"]
            line(f"curtail: {curtail}", seconds, note=f"{entry.notes['asked']} answers, {tokens[curtail]:,} tokens "
                 f"({saved:.0%} fewer), {len(kept[curtail])} prompts, rounds {entry.notes['rounds']}")  # fmt: skip
    assert kept["never"] == kept["dropped"] == kept["decided"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="draws,diverse,sampling,house")
    said = parser.parse_args()
    wanted = said.only.split(",")
    if "draws" in wanted:
        draws(10 * said.rows, said.repeat)
    if "diverse" in wanted:
        diverse(said.rows, said.count, said.repeat)
    if "sampling" in wanted:
        sampling()
    if "house" in wanted:
        house()


if __name__ == "__main__":
    main()
