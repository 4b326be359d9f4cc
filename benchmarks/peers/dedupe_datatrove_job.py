"""Near copies by datatrove's four stages, two workers, with a tokenizer that splits at what is no word.

Its default tokenizer for English is spaCy's, several times slower still; `xxhash<4` stands beside it (datatrove#508).

python dedupe_datatrove_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import minhash as stages
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.word_tokenizers import WordTokenizer

TASKS = 2
BANDS = {0.7: (20, 6), 0.8: (14, 8)}


class Split(WordTokenizer):
    """Words as the other jobs see them."""

    def word_tokenize(self, text: str) -> list[str]:
        """Runs of letters and digits."""
        return re.findall(r"\w+", text)

    def sent_tokenize(self, text: str) -> list[str]:
        """Not used here."""
        return [text]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """Not used here."""
        return [(0, len(text))]


stages.load_word_tokenizer = Split


def main(source: str, target: str, threshold: float) -> None:
    work = Path(target).with_suffix(".work")
    (work / "in").mkdir(parents=True)
    table = pq.read_table(source)
    for part in range(TASKS):
        low, high = (len(table) * edge // TASKS for edge in (part, part + 1))
        pq.write_table(table.slice(low, high - low), work / "in" / f"{part}.parquet")
    bands, size = BANDS[threshold]
    config = MinhashConfig(n_grams=5, num_buckets=bands, hashes_per_bucket=size)

    def run(*pipeline: object, tasks: int = TASKS) -> None:
        LocalPipelineExecutor(
            list(pipeline), tasks=tasks, workers=TASKS, logging_dir=str(work / f"log{len(logs)}")
        ).run()
        logs.append(1)

    logs: list[int] = []
    run(ParquetReader(str(work / "in")), MinhashDedupSignature(str(work / "sigs"), config=config))
    run(MinhashDedupBuckets(str(work / "sigs"), str(work / "buckets"), config=config), tasks=bands)
    run(MinhashDedupCluster(str(work / "buckets"), str(work / "remove"), config=config), tasks=1)
    run(ParquetReader(str(work / "in")), MinhashDedupFilter(str(work / "remove")), ParquetWriter(str(work / "out")))
    pq.write_table(pa.concat_tables(pq.read_table(path) for path in sorted((work / "out").glob("*.parquet"))), target)
    shutil.rmtree(work)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
