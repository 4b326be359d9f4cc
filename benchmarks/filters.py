"""Quality rules: the verdicts of datatrove, row by row, at how many times its rows a CPU-second; what rules cost.

    python benchmarks/filters.py --install             # once: datatrove's own environment, under .venv-peers
    python benchmarks/filters.py [--rows 20000] [--repeat 3] [--data ../shared/data]

One table each: Gopher, repetition and FineWeb beside datatrove 0.10.1 on the same texts in the same run (ours with
reading of rules, labels, reasons and the split; datatrove's filter alone, words split on white space); every rule and
set, with labels, reasons and both of its tables written, beside a bare scan, hash and write of the same file; and, with
labelled data, what the rules tell apart.

Claims: Gopher rules at least 4 x and repetition at least 8 x datatrove's rows a CPU-second, no verdict different; every
rule within 1.5 x of scan, hash and write, but for those that `DEAR` names. With POLARS_MAX_THREADS=1 CPU-seconds are
those of one thread.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from curate.cleaning.rules import RULES, SETS, filter_rows

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEER = ["datatrove==0.10.1", "xxhash<4", "polars", "regex"]
COMPARED = {"gopher_quality": 4.0, "gopher_repetition": 8.0, "fineweb": None}
WITHIN = 1.5
DEAR = {
    **{name: "hashes every word" for name in SETS["gopher_repetition"] if "gram" in name},
    "gopher_word_length": "looks at every word without a letter",
    **dict.fromkeys(("identity", "cutoff", "boilerplate", "next_turn"), "literals of many phrases, then the phrases"),
    "c4_sentences": "looks at every line and every end of a word",
    "prompt_echo": "brings prompt and answer into one form",
    "unfinished": "these texts are pieces: each looks cut off, and is read closely",
    "language": "asks lingua, text by text",
    "tokens": "asks a tokenizer, text by text",
}
WORDS = "the of to and a in is that it for was on with as be by at this from or have an are not which but".split()  # noqa: SIM905


def corpus(rows: int, data: Path | None, seed: int) -> pl.DataFrame:
    """Pieces of 300 to 1,200 characters: real model output where there is some, else made; one in ten repeats."""
    rng = random.Random(seed)
    pieces = list(real(data, rng)) if data else []
    while len(pieces) < rows:
        pieces.append(made(rng))
    rng.shuffle(pieces)
    return pl.DataFrame({"id": [str(row) for row in range(rows)], "text": pieces[:rows]})


def real(data: Path, rng: random.Random) -> Iterator[str]:
    for name in ("sft_gpteacher", "sft_dolly", "math_rollouts_qwen25_3b", "sampling_oasst", "sft_selfinstruct"):
        for row in (row for path in sorted((data / name).glob("*.jsonl.gz")) for row in jsonl(path)):
            for key in ("response", "output", "completion"):
                text, start = row.get(key) or "", 0
                while isinstance(text, str) and len(text) - start >= 300:
                    size = rng.randint(300, 1200)
                    yield text[start : start + size]
                    start += size


def jsonl(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def made(rng: random.Random) -> str:
    def word() -> str:
        return rng.choice(WORDS) if rng.random() < 0.45 else f"w{int(rng.paretovariate(0.6)) % 50_000}"

    if rng.random() < 0.1:
        return " ".join([" ".join(word() for _ in range(8)) + "."] * rng.randint(6, 20))
    lines = [
        " ".join(word() for _ in range(rng.randint(4, 40))) + rng.choice(".!?:,") for _ in range(rng.randint(2, 9))
    ]
    return rng.choice(["\n", "\n\n", " "]).join(lines)


def cpu(job: Callable[[], Any], repeat: int) -> float:
    """CPU-seconds of this process, median."""
    spent = []
    for _ in range(repeat):
        started = time.process_time()
        job()
        spent.append(time.process_time() - started)
    return median(spent)


def beside_datatrove(texts: pl.DataFrame, python: Path, repeat: int, folder: Path) -> bool:
    path, verdicts = folder / "texts.parquet", folder / "verdicts.parquet"
    texts.write_parquet(path)
    ours: dict[str, list[float]] = {name: [] for name in COMPARED}
    theirs: dict[str, list[float]] = {name: [] for name in COMPARED}
    for _ in range(repeat):  # in turns: a busy machine is busy for both
        for name in COMPARED:
            ours[name].append(cpu(lambda name=name: filter_rows(texts, [name], column="text", keep="clean"), 1))
        command = [str(python), str(HERE / "peers" / "filters_job.py"), str(path), str(verdicts)]
        told = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=told)
        if done.returncode:
            raise SystemExit(f"{command[0]} failed; --install makes its environment anew")
        for name, seconds in json.loads(done.stdout.splitlines()[-1]).items():
            theirs[name].append(seconds)
    told = pl.read_parquet(verdicts)
    print(f"\n{'set':20} {'ours rows/CPU-s':>16} {'datatrove':>10} {'ratio':>6} {'flagged':>8} {'verdicts differ':>16}")
    good = True
    for name, claim in COMPARED.items():
        mine, peer = texts.height / median(ours[name]), texts.height / median(theirs[name])
        flags = filter_rows(texts, [name], column="text").labelled["why.flags"].is_not_null()
        differ = int((flags != (told[name] != "")).sum())
        print(f"{name:20} {mine:16,.0f} {peer:10,.0f} {mine / peer:6.1f} {flags.sum():8,} {differ:16,}")
        good = good and differ == 0 and (claim is None or mine / peer >= claim)
    return good


def beside_a_scan(texts: pl.DataFrame, repeat: int, folder: Path) -> bool:
    path = folder / "scan.parquet"
    texts.with_columns(prompt=pl.col("text").str.slice(0, 100)).write_parquet(path)

    def bare() -> None:
        pl.read_parquet(path).with_columns(hash=pl.col("text").hash()).write_parquet(folder / "out.parquet")

    def filtered(rule: str) -> None:
        frame = pl.read_parquet(path).with_columns(hash=pl.col("text").hash())
        found = filter_rows(frame, [rule], column="text", keep="clean")
        found.kept.write_parquet(folder / "out.parquet")
        found.dropped.write_parquet(folder / "dropped.parquet")

    def ratio(rule: str) -> float:
        """Median of pairs, each taken one after the other: a busy machine is busy for both."""
        filtered(rule)  # patterns are compiled once
        return median(cpu(lambda: filtered(rule), 1) / cpu(bare, 1) for _ in range(max(3, repeat)))

    print(f"\nscan, hash and write: {texts.height / cpu(bare, repeat):,.0f} rows a CPU-second")
    print(f"{'with the rule':32} {'x bare':>7}")
    costs = {rule: ratio(rule) for rule in RULES}
    for rule, cost in sorted(costs.items(), key=lambda item: item[1]):
        print(f"{rule:32} {cost:7.2f}  {DEAR.get(rule, '')}".rstrip())
    print(f"{sum(cost <= WITHIN for cost in costs.values())} of {len(costs)} rules within {WITHIN} x")
    print(f"\n{'with the set':32} {'rules':>7} {'x bare':>7}")
    for name, rules in SETS.items():
        print(f"{name:32} {len(rules):7} {ratio(name):7.2f}")
    return all(cost <= WITHIN for rule, cost in costs.items() if rule not in DEAR)


def separation(data: Path) -> None:
    """What each set flags among completions of a base model, and among what people wrote for the same prompts."""
    rows = list(jsonl(data / "sft_selfinstruct" / "user_oriented_252_davinci.jsonl.gz"))
    asked = [f"{row['instruction']}\n{row['input']}".strip() for row in rows]
    rules = [*SETS["sft"], "prompt_echo", "gopher_repetition"]
    sides = {
        side: filter_rows(pl.DataFrame({"prompt": asked, "completion": [row[key] for row in rows]}), rules)
        for side, key in (("base", "response"), ("people", "target"))
    }
    print(f"\n{'self-instruct, 252 prompts':32} {'base model':>11} {'people':>8}")
    shown = {name: [flags(found, (name,)) for found in sides.values()] for name in sides["base"].notes["flagged"]}
    for name, (base, people) in sorted(shown.items(), key=lambda item: -(item[1][0] - item[1][1])):
        if base or people:
            print(f"{name:32} {base / len(rows):11.1%} {people / len(rows):8.1%}")
    for name in ("default", "sft"):
        base, people = (flags(found, SETS[name]) for found in sides.values())
        print(f"{'any of ' + name:32} {base / len(rows):11.1%} {people / len(rows):8.1%}")


def flags(found: Any, rules: tuple[str, ...]) -> int:
    any_flag = pl.any_horizontal([pl.col(f"flag.{rule}").fill_null(value=False) for rule in rules])
    return int(found.labelled.select(any_flag.sum()).item())


def ratings(data: Path) -> None:
    """Which measures go with a rating of 4.5 and more that Claude gave (AlpaGasus); points of AUC above chance."""
    rows = list(jsonl(data / "sft_alpaca1k_quality" / "alpaca_1k.jsonl.gz"))
    frame = pl.DataFrame(
        {"prompt": [row["instruction"] for row in rows], "completion": [row["output"] for row in rows]}
    )
    found = filter_rows(frame, [rule for rule in RULES if rule != "tokens"]).labelled
    good = pl.Series([row["claude_rating_ge_4_5"] for row in rows])
    print(f"\nalpaca 1k, {good.sum()} rated 4.5 and more: AUC of a measure (0.5 is chance)")
    scored = {
        name.removeprefix("score."): auc(found[name].cast(pl.Float64), good)
        for name in found.columns
        if name.startswith("score.")
    }
    for name, value in sorted(scored.items(), key=lambda item: -abs(item[1] - 0.5))[:12]:
        print(f"{name:32} {value:6.3f}")


def auc(value: pl.Series, good: pl.Series) -> float:
    """The chance that a good row has the larger value; ties count half."""
    known = value.is_not_null() & value.is_not_nan()
    ranks, label = value.filter(known).rank("average"), good.filter(known)
    positive, negative = label.sum(), (~label).sum()
    if not positive or not negative:
        return 0.5
    return float((ranks.filter(label).sum() - positive * (positive + 1) / 2) / (positive * negative))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="make datatrove's environment and stop")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers", help="where it is")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--data", type=Path, default=ROOT.parent / "shared" / "data", help="labelled data, if there is some"
    )
    options = parser.parse_args()
    python = options.peers / "datatrove" / "bin" / "python"
    if options.install:
        subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
        return subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PEER]).returncode
    data = options.data if options.data.is_dir() else None
    texts = corpus(options.rows, data, options.seed)
    print(f"{texts.height:,} texts, {texts['text'].str.len_bytes().sum() / 1e6:.1f} MB, {'real' if data else 'made'}")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        if python.is_file():
            good = beside_datatrove(texts, python, options.repeat, Path(folder))
        else:
            print(f"no datatrove in {options.peers}; run with --install first", file=sys.stderr)
        good = beside_a_scan(texts, options.repeat, Path(folder)) and good
    if data:
        separation(data)
        ratings(data)
    print("\nclaims hold" if good else "\nA CLAIM DOES NOT HOLD")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
