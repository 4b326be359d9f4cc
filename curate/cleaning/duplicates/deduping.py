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
from curate.cleaning.duplicates.indexed import against, pairs_of
from curate.cleaning.duplicates.pairs import no_pairs
from curate.cleaning.duplicates.ranks import ranked
from curate.cleaning.duplicates.way import By, Way, check_columns
from curate.cleaning.frames import check_frame
from curate.result import ID
from curate.table import row_ids
from curate.text.embed import STATIC, Encoder
from curate.text.normalise import compared_text


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
    index: str | Path | None = None,
    grow: bool = True,
) -> Deduped:
    """Keep one row of each cluster of duplicates.

    MinHash after Broder (1997), each candidate pair verified by its true Jaccard similarity; semantic after SemDeDup
    (Abbas et al., 2023), the facts of each pair compared. Differs from both in what stays: the best row by `keep`;
    a row leaves only for a row that stays, never through a chain.

    column: text, or a conversation (a list of turns); several are compared as one. Without a column `id`, rows get one.
    by: `exact` (equal normal forms), `minhash` (near copies), `semantic` (same meaning).
    threshold: Jaccard of runs of 5 words, or cosine, in (0, 1]; 0.8 for minhash and 0.95 for semantic unless given.
    keep: `first`, `longest`, `shortest`, `highest COLUMN`, `lowest COLUMN`, or values of `source`, best first.
    normal: `exact` compares the text as it is, byte by byte.
    numbers: two texts that differ in their numbers above all (semantic: in any fact, see `facts`) are no copies.
    template: siblings of a template are copies only if what stands in its slots is alike.
    code: compare code as well; else a column that is mostly code is left whole, and so are near copies of code.
    max_cluster: a larger cluster of near copies is left whole, with a warning; a tenth of the rows, at least 1,000.
    encoder: see `curate.text.embed`. groups: compare within k-means groups; above 100,000 rows unless given.
    index: a folder of earlier rows, which stay; the rows that stay are added to it, save without `grow`.
    A null and a text without words are never duplicates, save that equal texts are. A row of fewer than 5 words is like
    none but rows of the same words. Raises DataError and UsageError for what is not there.

    >>> frame = pl.DataFrame({"id": ["a", "b", "c"], "text": ["One  two", "one two", "three"]})
    >>> dedupe(frame).dropped["reason"].to_list()
    ['same text as a']
    """
    check_frame(frame, "dedupe")
    way = Way.of(by, threshold, normal, numbers=numbers, template=template, code=code, encoder=encoder, groups=groups)
    columns = [column] if isinstance(column, str) else list(column)
    check_columns(columns, frame.columns)
    frame = frame if ID in frame.columns else frame.with_columns(row_ids(frame, "row"))
    texts = compared_text(frame, columns, roles=by == "exact")
    order = ranked(frame, texts if len(columns) == 1 else compared_text(frame, columns[-1:]), keep)
    told: dict[str, Any] = way.told
    cap = max_cluster or max(CAP_LEAST, int(CAP_SHARE * frame.height))
    first, found = np.arange(frame.height), Found(no_pairs())
    if not code and column_is_code(texts):
        told["skipped"] = "most rows of the column are code, which is not deduped; code=True does it"
    elif index is not None:
        return against(Path(index), frame, texts, columns, order, way, cap, grow=grow)
    elif by == "exact":
        first = (first_copies if normal == "exact" else loose_copies)(texts, order)
    else:
        first = first_copies(texts, order)
        copies = first != np.arange(len(first))
        if by == "minhash":
            found = pairs_of(fuzzy.read(texts, copies, way.bands), order, way)
        elif way.encoder:
            found = pairs_of(semantic.embedded(texts, copies, way.encoder), order, way)
    return decide(
        Search(frame, columns, frame[ID].gather, texts.gather, way, way.threshold, order, first, found, cap, 0, told)
    )
