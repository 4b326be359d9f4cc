"""Decontamination by ours and by the peers: the same rows and benchmarks, whole processes, what each found and missed.

    python benchmarks/decontaminate.py --install            # once: the peers' own environments, under .venv-peers
    python benchmarks/decontaminate.py [--rows 100000] [--repeat 3] [--only curate,open-r1]
    python benchmarks/decontaminate.py --held-out --only curate         # other rows and items than the thresholds saw
    python benchmarks/decontaminate.py --meaning [--encoder FOLDER]     # paraphrases of GSM8K, at what false alarms
    python benchmarks/clean_rows.py SEED                               # clean rows of every kind that meaning hits

Rows and planted leaks: `benchmarks/leaks.py`, against all test sets of `../shared/data/math_*`, `sci_*`, `code_*`.
Each job is a process of its own (`benchmarks/peers/decontaminate_*_job.py`): start, read parquet, work, write parquet.
CPU is that of the whole tree of processes; medians of the repeats, and the jobs take turns. `curate (again)` finds the
index of the benchmarks where the first run left it. `open-r1` is the script as it is, a pass a benchmark; `open-r1
(merged)` takes all benchmarks as one, which the script cannot. `datatrove` is its filter as it comes, words by spaCy:
minutes, so it runs once; `datatrove (split)` is the same filter with words by a regex, the least it could cost.

Claims (100,000 rows): a sixth of the CPU of Open-R1's script and a fifteenth of datatrove's block; recall >= .99 of the
planted leaks at no more than 5 clean rows hit; every exact contamination of `../shared/data/MANIFEST.md`.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import urllib.request
from pathlib import Path
from statistics import median

import polars as pl
import processes
from leaks import DROPPED, OTHER_SOURCES, make, make_held_out, make_long, plant_inside, read_items

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA = ROOT.parent / "shared" / "data"
SCRIPT = "https://raw.githubusercontent.com/huggingface/open-r1/0c68e8cbf0047bdc1d816eb4026e6b7ed4f5d9d2/scripts/decontaminate.py"

PEERS = {
    "open_r1": ["datasets", "tqdm", "pyarrow"],
    "datatrove": ["datatrove[io,processing]==0.10.1", "xxhash<4", "spacy", "pyarrow"],
}
JOBS = {
    "copy": ("copy", []),
    "curate": ("curate", []),
    "curate (again)": ("curate", []),
    "curate open-r1": ("curate", ["open-r1"]),
    "curate tulu3": ("curate", ["tulu3"]),
    "curate gpt3": ("curate", ["gpt3"]),
    "open-r1": ("open_r1", ["{peers}/open_r1/decontaminate.py"]),
    "open-r1 (merged)": ("open_r1", ["{peers}/open_r1/decontaminate.py", "merged"]),
    "datatrove 8": ("datatrove", ["8"]),
    "datatrove 12": ("datatrove", ["12"]),
    "datatrove 8 (split)": ("datatrove", ["8", "split"]),
    "datatrove 12 (split)": ("datatrove", ["12", "split"]),
}
ONCE = ("datatrove 8", "datatrove 12")
"""Jobs of many minutes: they run once, whatever the repeats."""

EXACT = [  # of MANIFEST.md: rows of the first that are items of the second, in lower case without punctuation
    ("math_hendrycks/math_train_7474", "problem", "math_test", 8),
    ("math_hendrycks/math_test_5000", "problem", "math500", 500),
    ("math_benchmarks/mmlu_stem", "question", "math_test", 80),
    ("math_hendrycks/math_test_5000", "problem", "mmlu", 76),
    ("math_gsm8k/train", "question", "gsm8k", 0),
    ("math_equiv_loong/advanced_math_pairs", "question", "math_test", 2),
]


def install(folder: Path) -> None:
    processes.install(folder, PEERS)
    urllib.request.urlretrieve(SCRIPT, folder / "open_r1" / "decontaminate.py")


def run(job: str, peers: Path, work: Path) -> processes.Cost:
    """Run one job in a process of its own, with a cache of its own unless it is to find the last one's."""
    name, options = JOBS[job]
    for kept in ("hf", *([] if "again" in job else ["cache"])):
        shutil.rmtree(work / kept, ignore_errors=True)
    command = [
        processes.python_of(name, PEERS, peers), HERE / "peers" / f"decontaminate_{name}_job.py",
        work / "rows.parquet", work / "items.parquet", work / f"{job}.parquet",
        *(option.format(peers=peers) for option in options),
    ]  # fmt: skip
    return processes.run(
        job, command, work, PYTHONPATH=str(ROOT), HF_HOME=str(work / "hf"), CURATE_CACHE=str(work / "cache"),
        OMP_NUM_THREADS="1",
    )  # fmt: skip


def quality(truth: pl.DataFrame, work: Path, job: str) -> str:
    """Recall of what was planted, by kind; numbers labelled; clean rows hit, and rows that held items already."""
    kept = pl.read_parquet(work / f"{job}.parquet")["id"]
    gone = truth.with_columns(gone=~pl.col("id").is_in(kept.implode()))
    share = dict(gone.group_by("kind").agg(pl.col("gone").mean()).iter_rows())
    count = dict(gone.group_by("kind").agg(pl.col("gone").sum()).iter_rows())
    planted = gone.filter(pl.col("kind").is_in(DROPPED))["gone"].mean()
    labelled = work / f"{job}.parquet.labelled"
    numbers = f"{share['numbers']:.2f}"
    if labelled.is_file():
        told = pl.read_parquet(labelled)["id"]
        numbers += f" ({gone.filter(kind='numbers')['id'].is_in(told.implode()).mean():.2f})"
    kinds = "".join(f"{share[kind]:>10.3f}" for kind in DROPPED)
    return f"{planted:>8.4f}{kinds}{numbers:>14}{count['clean']:>7}{count.get('found', 0):>7}"


def compare(arguments: argparse.Namespace) -> None:
    jobs = [job for job in JOBS if job in arguments.only.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        items = read_items(DATA)
        rows, truth = (make_held_out if arguments.held_out else make)(DATA, items, arguments.rows)
        rows.write_parquet(work / "rows.parquet")
        items.write_parquet(work / "items.parquet")
        size = rows["prompt"].str.len_bytes().sum() / 1e6
        there = truth.filter(kind="found").height
        print(f"{rows.height:,} rows, {size:.0f} MB; {items.height:,} items; {there} rows held items already")
        costs: dict[str, list[processes.Cost]] = {job: [] for job in jobs}
        for turn in range(arguments.repeat):
            for job in jobs:
                if not turn or job not in ONCE:
                    costs[job].append(run(job, arguments.peers, work))
        base = median(cost.cpu_s for cost in costs["curate"]) if "curate" in costs else 1.0
        head = "".join(f"{kind:>10}" for kind in DROPPED)
        print(f"{'':<22}{'s':>7}{'CPU-s':>8}{'x':>7}{'recall':>8}{head}{'numbers':>14}{'clean':>7}{'found':>7}")
        for job, runs in costs.items():
            cpu = median(cost.cpu_s for cost in runs)
            wall = median(cost.seconds for cost in runs)
            print(f"{job:<22}{wall:>7.1f}{cpu:>8.1f}{cpu / base:>7.1f}{quality(truth, work, job)}")


def exact() -> None:
    """What MANIFEST.md lists."""
    import gzip
    import json
    import re

    from curate import decontaminate

    def form(text: str) -> str:
        return " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower()).split())

    items = read_items(DATA)
    print(f"{'rows':<40}{'against':<12}{'listed':>8}{'there':>8}{'found':>8}{'dropped':>9}")
    for place, column, name, listed in EXACT:
        with gzip.open(DATA / f"{place}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = pl.DataFrame({"prompt": [json.loads(line)[column] for line in lines]})
        part = items.filter(benchmark=name)
        forms = {form(text) for text in part["text"]}
        there = {number for number, text in enumerate(rows["prompt"]) if form(text) in forms}
        gone = set(decontaminate(rows, against={name: part}).hits.filter("dropped")["row"])
        print(f"{place:<40}{name:<12}{listed:>8}{len(there):>8}{len(there & gone):>8}{len(gone):>9}")


def meaning(encoder: str) -> None:
    """Paraphrases of GSM8K: recall on the half that nothing was set on, and false alarms on GSM8K's training rows.

    Alone, then each in the middle of a long row of something else; false alarms of those rows without them.
    """
    import gzip
    import json

    from curate import decontaminate
    from curate.cleaning.contamination.paraphrase import question_part

    def column(place: str, name: str) -> pl.DataFrame:
        with gzip.open(DATA / place, "rt", encoding="utf-8") as lines:
            return pl.DataFrame({"prompt": [json.loads(line)[name] for line in lines]})

    against = {"gsm8k": column("math_gsm8k/test.jsonl.gz", "question")}
    said = column("decontam_gsm8k_rephrased/pairs.jsonl.gz", "rephrased")
    clean = column("math_gsm8k/train.jsonl.gz", "question")
    found, alarms = (
        decontaminate(rows, against=against, profile="embedding", encoder=encoder) for rows in (said, clean)
    )
    print(f"{'similarity':<12}{'recall, set on':>16}{'held out':>10}{'false alarms, set on':>22}{'held out':>10}")
    for level in (None, 0.57, 0.60, 0.63, 0.65, 0.67, 0.70):
        cells = []
        for result, rows in ((found.at(similarity=level), said), (alarms.at(similarity=level), clean)):
            gone = result.hits.filter("dropped")["row"].unique()
            cells += [
                (gone % 2 == half).sum() / (pl.int_range(rows.height, eager=True) % 2 == half).sum() for half in (0, 1)
            ]
        name = f"{found.profile.similarity:.2f} (ours)" if level is None else f"{level:.2f}"
        print(f"{name:<12}{cells[0]:>16.3f}{cells[1]:>10.3f}{cells[2]:>22.4%}{cells[3]:>10.4%}")
    hosts = make_long(DATA, OTHER_SOURCES[:-1])  # the last is GSM8K's training rows
    texts = [question_part(text) for text in said["prompt"][1::2]]
    print(f"\n{'inside long rows of':<24}{'found, held out':>16}{'false alarms':>24}")
    planted, clean = pl.DataFrame({"prompt": plant_inside(texts, hosts)}), pl.DataFrame({"prompt": hosts})
    found, alarms = (
        decontaminate(rows, against=against, profile="embedding", encoder=encoder) for rows in (planted, clean)
    )
    right = found.hits.filter(pl.col("item") == (pl.col("row") * 2 + 1).cast(pl.String))["row"].n_unique()
    counted = f"{alarms.dropped.height} of {clean.height:,}"
    print(f"{'3,000-10,000 characters':<24}{right / planted.height:>16.3f}{counted:>24}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="make the peers' environments and stop")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers", help="where they are")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--held-out", action="store_true", help="rows and items that no threshold was set on")
    parser.add_argument("--only", default=",".join(JOBS), help="jobs to run, by commas")
    parser.add_argument("--exact", action="store_true", help="the exact contaminations of MANIFEST.md, and stop")
    parser.add_argument("--meaning", action="store_true", help="paraphrases, and stop")
    parser.add_argument("--encoder", default="static", help="for --meaning: static, or the folder of a model")
    arguments = parser.parse_args()
    if arguments.install:
        install(arguments.peers)
    elif arguments.exact:
        exact()
    elif arguments.meaning:
        meaning(arguments.encoder)
    else:
        compare(arguments)


if __name__ == "__main__":
    main()
