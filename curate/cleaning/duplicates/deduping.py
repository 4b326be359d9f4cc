"""`dedupe`: one row of each cluster of duplicates, on a plain frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from curate.cleaning.duplicates import fuzzy, semantic
from curate.cleaning.duplicates.codelike import column_is_code
from curate.cleaning.duplicates.copies import first_copies, loose_copies
from curate.cleaning.duplicates.deduped import CAP_LEAST, CAP_SHARE, Deduped, Search, decide
from curate.cleaning.duplicates.fuzzy import Found
from curate.cleaning.duplicates.pairs import no_pairs
from curate.cleaning.duplicates.ranks import ranked
from curate.errors import DataError, UsageError, did_you_mean
from curate.steps.base import ID
from curate.table import row_ids
from curate.text.embed import STATIC, Encoder
from curate.text.embed import encoder as open_encoder
from curate.text.minhash import plan
from curate.text.normalise import compared_text

By = Literal["exact", "minhash", "semantic"]
WAYS = ("exact", "minhash", "semantic")
BELOW = {"exact": 0.0, "minhash": fuzzy.BELOW, "semantic": semantic.BELOW}
THRESHOLDS = {"exact": 1.0, "minhash": 0.8, "semantic": 0.95}


def dedupe(
    frame: pl.DataFrame,
    column: str | Sequence[str] = "text",
    *,
    by: By = "exact",
    threshold: float | None = None,
    keep: str | Sequence[str] = "first",
    normal: Literal["loose", "exact"] = "loose",
    numbers: bool = True,
    template: bool = True,
    code: bool = False,
    max_cluster: int | None = None,
    encoder: str | Path | Encoder = STATIC,
    groups: bool | None = None,
) -> Deduped:
    """Keep one row of each cluster of duplicates.

    column: text, or a conversation (a list of turns); several are compared as one.
    threshold: similarity from which on two rows are duplicates; 0.8 for minhash and 0.95 for semantic unless given.
    keep: which row stays: `first`, `longest`, `shortest`, `highest COLUMN`, `lowest COLUMN`, or values of the column
    `source`, best first.

    >>> frame = pl.DataFrame({"id": ["a", "b", "c"], "text": ["One  two", "one two", "three"]})
    >>> dedupe(frame).dropped["reason"].to_list()
    ['same text as a']
    """
    columns = [column] if isinstance(column, str) else list(column)
    _check(frame, columns, by, threshold)
    threshold = THRESHOLDS[by] if threshold is None else threshold
    frame = frame if ID in frame.columns else frame.with_columns(row_ids(frame, "row"))
    texts = compared_text(frame, columns, roles=by == "exact")
    order = ranked(frame, texts if len(columns) == 1 else compared_text(frame, columns[-1:]), keep)
    told: dict[str, Any] = {"by": by, "searched": threshold}
    first, found = np.arange(frame.height), Found(no_pairs())
    if not code and column_is_code(texts):
        told["skipped"] = "most rows of the column are code, which is not deduped; code=True does it"
    elif by == "exact":
        first = (first_copies if normal == "exact" else loose_copies)(texts, order)
    else:
        first = first_copies(texts, order)
        copies = first != np.arange(len(first))
        if by == "minhash":
            compared = fuzzy.read(texts, copies, plan(threshold))
            found = fuzzy.find(compared, order, threshold, numbers=numbers, code=code, template=template)
        else:
            reader = open_encoder(encoder)
            told["encoder"] = reader.identity
            vectors = semantic.vectors_of(texts, copies, reader)
            found = semantic.find(texts, vectors, order, threshold, numbers=numbers, code=code, groups=groups)
    cap = max_cluster or max(CAP_LEAST, int(CAP_SHARE * frame.height))
    lowest = threshold - BELOW[by]
    return decide(Search(frame, columns, texts, by, threshold, lowest, order, first, found, cap, told))


def _check(frame: pl.DataFrame, columns: Sequence[str], by: str, threshold: float | None) -> None:
    for name in columns:
        if name not in frame.columns:
            raise DataError(f"dedupe: no column '{name}' to compare{did_you_mean(name, frame.columns)}")
    if not columns:
        raise UsageError("dedupe: name a column to compare")
    if by not in WAYS:
        raise UsageError(f"dedupe: by '{by}' is no way to compare{did_you_mean(by, WAYS)}")
    if threshold is not None and not 0 < threshold <= 1:
        raise UsageError(f"dedupe: threshold {threshold} is no similarity; it lies in (0, 1]")
