"""New rows against the rows of an index on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates import fuzzy, semantic
from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.copies import grouped
from curate.cleaning.duplicates.deduped import Deduped, Search, decide
from curate.cleaning.duplicates.fuzzy import Found
from curate.cleaning.duplicates.pairs import no_pairs
from curate.cleaning.duplicates.stored import Stored
from curate.cleaning.duplicates.way import Way
from curate.result import ID
from curate.text.normalise import normal_form
from curate.text.shingles import batches


def against(
    folder: Path,
    frame: pl.DataFrame,
    texts: pl.Series,
    columns: Sequence[str],
    order: Rows,
    way: Way,
    cap: int,
    *,
    grow: bool,
) -> Deduped:
    """Compare the rows of a frame with each other and with those of an index. grow: what stays is added to it."""
    with Stored(folder, {"columns": list(columns), **way.stored_as}, way.stored_bands, way.encoder) as stored:
        fixed = stored.rows
        start = 0
        for batch in batches(texts):
            stored.append(frame[ID].slice(start, len(batch)), batch, digested(batch, way))
            start += len(batch)
        order = np.concatenate([np.arange(fixed), fixed + order])
        first, found = searched(stored, order, way, fixed)
        told = {**way.told, "index_rows": fixed}
        ids, kept_texts = stored.ids, stored.texts
        search = Search(frame, columns, ids, kept_texts, way, way.threshold, order, first, found, cap, fixed, told)
        result = decide(search)
        if grow:
            stored.commit(frame[ID].is_in(result.kept[ID].implode()).to_numpy())
    return result


def digested(texts: pl.Series, way: Way) -> pl.Series:
    """What equal rows are equal in."""
    if way.by == "exact" and way.normal == "loose":
        return texts.to_frame("text").select(normal_form(pl.col("text")))["text"]
    return texts


def searched(stored: Stored, order: Rows, way: Way, fixed: int) -> tuple[Rows, Found]:
    """For each row the best with the same text, and the pairs that are alike."""
    digests, comparable = stored.digests()

    def same(rows: Rows, others: Rows) -> NDArray[np.bool_]:
        equal = (digests[rows] == digests[others]).all(axis=1)
        return np.asarray(equal & comparable[rows] & comparable[others])

    first = grouped(digests[:, 0], order, same)
    first[:fixed] = np.arange(fixed)
    if way.by == "exact":
        return first, Found(no_pairs())
    own = first == np.arange(len(first))
    return first, pairs_of(stored.embedded(own) if way.by == "semantic" else stored.compared(own), order, way, fixed)


def pairs_of(compared: fuzzy.Compared | semantic.Embedded, order: Rows, way: Way, fixed: int = 0) -> Found:
    """The pairs that are alike. fixed: so many rows, the first, stay whatever comes."""
    checks = {"numbers": way.numbers, "code": way.code, "template": way.template}
    if isinstance(compared, semantic.Embedded):
        return semantic.find(compared, order, way.threshold, **checks, groups=way.groups, fixed=fixed)
    return fuzzy.find(compared, order, way.threshold, **checks, fixed=fixed)
