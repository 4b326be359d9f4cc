"""Rows that share an n-gram with an item, by datatrove's filter, two workers.

Its indexer wants lighteval and its tasks; here the filter's own words and hashes make the same files from our items, of
the prompts, which are not looked for by default. Words are found by its own tokenizer (spaCy's for English), or with
`split` by one regex: the fastest the block could be.

python decontaminate_datatrove_job.py ROWS ITEMS OUT N [split]
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.decont import n_grams
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.text import ngrams, simplify_text
from datatrove.utils.word_tokenizers import WordTokenizer

TASKS = 2


class Split(WordTokenizer):  # noqa: D101
    def word_tokenize(self, text: str) -> list[str]:  # noqa: D102
        return re.findall(r"\w+", text)

    def sent_tokenize(self, text: str) -> list[str]:  # noqa: D102
        return [text]

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:  # noqa: D102
        return [(0, len(text))]


def main(rows: str, items: str, out: str, n: str, words: str = "") -> None:
    if words == "split":
        n_grams.load_word_tokenizer = Split
    work = Path(out).with_suffix(".work")
    (work / "in").mkdir(parents=True)
    table = pq.read_table(rows)
    for part in range(TASKS):
        low, high = (len(table) * edge // TASKS for edge in (part, part + 1))
        pq.write_table(table.slice(low, high - low), work / "in" / f"{part}.parquet")
    config = NGramsDecontConfig(n_grams=int(n), find_query_ngrams=True)
    block = NGramsDecontFilter(str(work / "index"), config=config)
    hashes: dict[str, set[int]] = {}
    found = pq.read_table(items)
    for name, text in zip(found["benchmark"].to_pylist(), found["text"].to_pylist(), strict=True):
        said = block.tokenizer.word_tokenize(simplify_text(text, config.norm_config))
        hashes.setdefault(name, set()).update(block.hash_func(" ".join(gram)) for gram in ngrams(said, int(n)))
    (work / "index").mkdir(exist_ok=True)
    for name, some in hashes.items():
        np.array(list(some), dtype=config.hash_config.np_descr).tofile(work / "index" / f"{name}.index.hashes")
    LocalPipelineExecutor(
        [
            ParquetReader(str(work / "in"), text_key="prompt"),
            block,
            ParquetWriter(str(work / "out")),
        ],
        tasks=TASKS,
        workers=TASKS,
        logging_dir=str(work / "log"),
    ).run()
    pq.write_table(pa.concat_tables(pq.read_table(path) for path in sorted((work / "out").glob("*.parquet"))), out)
    shutil.rmtree(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
