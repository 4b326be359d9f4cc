"""Clean rows of every kind against all benchmarks: how many are hit by meaning, and by nothing else, and which.

    python benchmarks/clean_rows.py SEED [--rows 1000] [--encoder FOLDER]

Rows are whole texts of 15 to 3,000 characters, none of a benchmark, and a fifth as many of 3,000 to 10,000. The weights
and thresholds of `profile: embedding` were set on seed 1. What is hit is shown: some of it is a leak after all.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import polars as pl
from leaks import OTHER_SOURCES, SOURCES, make_long, read_items, texts_of_sources

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

KINDS = {
    "instructions": ("sft_*/*", "dedup_*/*"),
    "chats": ("pref_hh*/*", "pref_vicuna/*", "pref_llmbar/*", "pref_llamafactory/*", "conv_oasst/*", "sampling_*/*"),
    "constraints": ("if_*/*",),
    "languages": ("lang_*/*", "sft_llamafactory/alpaca_zh*", "pref_llamafactory/dpo_zh*"),
    "school problems": ("math_gsm8k/train",),
    "reasoning": OTHER_SOURCES[:5],
    "verse and dialogues": ("poetry_rhyme_en/*", "med_*/*"),
}


def make(rows: int, seed: int) -> dict[str, list[str]]:
    """So many texts of each kind."""
    rng = random.Random(seed)
    made = {}
    for kind, sources in KINDS.items():
        texts = [text for text in texts_of_sources(DATA, sources) if 15 <= len(text) <= 3_000]
        made[kind] = rng.sample(texts, min(rows, len(texts)))
    return made | {"long rows": rng.sample(make_long(DATA, SOURCES + OTHER_SOURCES[:-1], seed), rows // 5)}


def main() -> None:
    from curate import decontaminate

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", type=int)
    parser.add_argument("--rows", type=int, default=1_000, help="of each kind")
    parser.add_argument("--encoder", default="static", help="static, or the folder of a model")
    arguments = parser.parse_args()
    items = read_items(DATA)
    against = {name: items.filter(benchmark=name) for name in items["benchmark"].unique(maintain_order=True)}
    print(f"{'kind':<20}{'rows':>8}{'hit':>6}")
    shown = []
    for kind, texts in make(arguments.rows, arguments.seed).items():
        rows = pl.DataFrame({"prompt": texts})
        result = decontaminate(rows, against=against, profile="embedding", encoder=arguments.encoder)
        other = result.hits.filter(pl.col("how") != "meaning")["row"]
        hits = result.hits.filter(~pl.col("row").is_in(other.implode())).unique("row", maintain_order=True)
        print(f"{kind:<20}{rows.height:>8,}{hits.height:>6}", flush=True)
        shown += hits.join(items, on=["benchmark", "item"]).select("benchmark", "similarity", "text", "span").rows()
    for benchmark, similarity, item, span in shown:
        print(f"\n{benchmark} {similarity:.2f}")
        for text in (item, span):
            print("  ", " ".join(text.split())[:240])


if __name__ == "__main__":
    main()
