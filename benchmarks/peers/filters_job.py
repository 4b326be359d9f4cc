"""Verdicts and CPU-seconds of datatrove's filters over a parquet file of texts; run in an environment of its own.

    python filters_job.py TEXTS.parquet VERDICTS.parquet

Words are split on white space, as `str.split` does it: datatrove's default, spaCy, is seven times slower still. Only
the filter itself is timed, without its readers and writers.
"""

from __future__ import annotations

import json
import sys
import time

import datatrove.utils.word_tokenizers as tokenizers
import polars as pl


class Split:
    """Words parted by white space."""

    def word_tokenize(self, text: str) -> list[str]:
        """The words of a text."""
        return text.split()


tokenizers.load_word_tokenizer = lambda _language: Split()

from datatrove.data import Document  # noqa: E402  the tokenizer is replaced first
from datatrove.pipeline.filters import (  # noqa: E402
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)

FILTERS = {
    "gopher_quality": GopherQualityFilter,
    "gopher_repetition": GopherRepetitionFilter,
    "fineweb": FineWebQualityFilter,
}


def main() -> None:
    texts = pl.read_parquet(sys.argv[1])["text"].to_list()
    verdicts, seconds = {}, {}
    for name, make in FILTERS.items():
        judge = make()
        documents = [Document(text, str(row)) for row, text in enumerate(texts)]
        started = time.process_time()
        told = [judge.filter(document) for document in documents]
        seconds[name] = time.process_time() - started
        verdicts[name] = ["" if one is True else one[1] for one in told]
    pl.DataFrame(verdicts).write_parquet(sys.argv[2])
    print(json.dumps(seconds))


main()
