"""Near copies by rensa: full-set R-MinHash of five-word shingles, its deduplicator with LSH.

python dedupe_rensa_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import re
import sys

import pyarrow.parquet as pq
from rensa import RMinHashDeduplicator

WORDS = re.compile(r"\w+")
BANDS = {0.7: 32, 0.8: 16}


def shingles(text: str) -> list[str]:
    words = WORDS.findall(text.lower())
    return [" ".join(words[i : i + 5]) for i in range(max(len(words) - 4, 1))]


def main(source: str, target: str, threshold: float) -> None:
    table = pq.read_table(source)
    texts = table["text"].to_pylist()
    dedup = RMinHashDeduplicator(threshold=threshold, num_perm=128, use_lsh=True, num_bands=BANDS[threshold])
    keep = []
    for low in range(0, len(texts), 10_000):
        keep += dedup.add_pairs((str(low + i), shingles(text)) for i, text in enumerate(texts[low : low + 10_000]))
    pq.write_table(table.filter(keep), target)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
