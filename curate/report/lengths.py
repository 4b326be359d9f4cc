"""The length profile of a data set: what a `max_length` would cut off, and which one to train with.

The questions of trl-lib's dataset-length-profiler, over all rows, offline, by source, prompt and completion apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.errors import DataError, UsageError
from curate.notebook import framed
from curate.report import lengths_page, lengths_text
from curate.report.distribution import (
    Lengths,
    axis_end,
    distribution,
    outlier,
    packing_efficiency,
    padding_waste,
    truncation_loss,
)
from curate.report.length_numbers import Group, Measured, Truncated
from curate.report.tokens import count
from curate.text.tokenizer import load_tokenizer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Profile", "load", "profile", "truncation_loss"]

MAX_LENGTHS = (128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768)
ACCEPTED_LOSS = 0.01
"""A recommended max_length loses at most this share of all tokens, as in trl-lib's profiler."""

SEED = 42


@dataclass(frozen=True)
class Profile(Measured):
    """Token lengths of a data set, in all and by source; it prints itself, in a notebook as a page."""

    def __str__(self) -> str:
        return lengths_text.text(self)

    def table(self) -> Any:
        """The profile for a terminal, as a rich renderable."""
        return lengths_text.table(self)

    def to_html(self) -> str:
        """The profile as one page, in the style of the report."""
        return lengths_page.render(self)

    def _repr_html_(self) -> str:
        return framed(self.to_html(), "Token lengths")


def profile(
    frame: pl.DataFrame,
    tokenizer: Any,
    *,
    columns: Mapping[str, str] | None = None,
    group: str = "source",
    max_lengths: Sequence[int] = MAX_LENGTHS,
    bins: int = 50,
    sample: int | None = None,
    seed: int = SEED,
    batch_size: int = 8,
) -> Profile:
    """Measure the token lengths of a table.

    tokenizer: a name (`house`, a folder, a tokenizer.json, a Hub model) or a transformers tokenizer.
    columns: our word: the table's column, where they differ (`{"prompt": "question"}`); see `curate.report.tokens`.
    group: the column to tell sources apart by; without it all rows are one. sample: rows to measure, drawn with `seed`.
    Raises UsageError for a max_length, bins, sample or batch_size below 1; DataError when nothing can be counted.
    """
    for name, value in {"max_lengths": min(max_lengths, default=0), "bins": bins, "batch_size": batch_size}.items():
        _at_least_one(name, value)
    if sample is not None:
        _at_least_one("sample", sample)
    loaded = load_tokenizer(tokenizer) if isinstance(tokenizer, str | Path) else tokenizer
    taken = frame.sample(sample, seed=seed) if sample is not None and sample < frame.height else frame
    tokens = count(taken, loaded, columns)
    if not tokens.readable.any():
        reason = next(iter(tokens.unreadable), "there are none")
        raise DataError(f"no row to measure: {reason}")
    keys = _keys(taken, group)[tokens.readable]
    parts = {"total": tokens.total, "prompt": tokens.prompt, "completion": tokens.completion}
    lengths = {part: values[tokens.readable] for part, values in parts.items()}
    best = recommended(lengths["total"], max_lengths)
    grid = tuple(sorted({*max_lengths, best}))
    ends = {part: axis_end(values) for part, values in lengths.items()}
    everything = np.ones(len(keys), dtype=bool)
    masks = [("all rows", everything), *((str(key), keys == key) for key in sorted(set(keys.tolist())))]
    groups = [
        _group(word, {part: values[mask] for part, values in lengths.items()}, grid, bins, ends, best, batch_size)
        for word, mask in masks
    ]
    return Profile(
        tokenizer=_name(tokenizer), rows=frame.height, measured=taken.height, unreadable=tokens.unreadable,
        recommended=best, batch_size=batch_size, overall=groups[0], groups=tuple(groups[1:]), notes=tokens.notes,
        outliers=int((lengths["total"] > max(best, outlier(lengths["total"]))).sum()),
    )  # fmt: skip


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise UsageError(f"{name} must be at least 1 (got {value})")


def _name(tokenizer: Any) -> str:
    """What a reader may know a tokenizer by: of a place on this machine only the last part."""
    given = tokenizer if isinstance(tokenizer, str | Path) else getattr(tokenizer, "name_or_path", "")
    path = Path(given).expanduser()
    if path.is_file():
        path = path.resolve().parent
    return (path.resolve().name if path.exists() and str(given) else str(given)) or type(tokenizer).__name__


def _keys(frame: pl.DataFrame, group: str) -> np.ndarray[Any, Any]:
    import polars as pl

    if group not in frame.columns:
        return np.full(frame.height, "all", dtype=object)
    return np.array(frame[group].cast(pl.String).fill_null("unknown").to_list(), dtype=object)


def recommended(lengths: Lengths, max_lengths: Sequence[int]) -> int:
    """The smallest of `max_lengths` that loses at most 1% of the tokens, else the smallest multiple of 1,024 that does.

    Of the rows that are no outliers: one of a million tokens is to be dropped, not to be trained for.

    >>> recommended(np.array([100, 120, 300]), [128, 256, 512])
    512
    >>> recommended(np.array([100, 120, 300, 90_000]), [128, 256, 512])
    512
    >>> recommended(np.array([5000]), [128])
    5120
    """
    lengths = lengths[lengths <= outlier(lengths)]
    for max_length in sorted(max_lengths):
        if truncation_loss(lengths, max_length) <= ACCEPTED_LOSS:
            return max_length
    low, high = max(max_lengths, default=0) // 1024, int(lengths.max()) // 1024 + 1
    while high - low > 1:  # the loss falls with max_length
        middle = (low + high) // 2
        low, high = (low, middle) if truncation_loss(lengths, middle * 1024) <= ACCEPTED_LOSS else (middle, high)
    return high * 1024


def _group(
    name: str,
    lengths: Mapping[str, Lengths],
    grid: Sequence[int],
    bins: int,
    ends: Mapping[str, float],
    best: int,
    batch_size: int,
) -> Group:
    total = lengths["total"]
    cuts = tuple(Truncated(cut, float((total > cut).mean()), truncation_loss(total, cut)) for cut in grid)
    described = {part: distribution(values, bins, ends[part]) for part, values in lengths.items()}
    waste = padding_waste(total, batch_size, best, SEED)
    return Group(name=name, truncated=cuts, padding_waste=waste, packing=packing_efficiency(total, best), **described)


def load(data: Path | str) -> pl.DataFrame:
    """The rows to measure: the final rows of a run, or files in any form that `load` reads, in our words where known.

    Rows that cannot be read are there, without text. Raises DataError when there are none, or they cannot be read.
    """
    import polars as pl

    from curate.run import Run

    path = Path(data).expanduser()
    if (path / "recipe.lock.json").is_file():
        parts = Run(path).splits()
        if not parts:
            raise DataError(f"{path}: the run has no final rows yet; `curate build` completes it")
        return pl.concat(
            [part.with_columns(split=pl.lit(name)) for name, part in parts.items()], how="diagonal_relaxed"
        )
    from curate.dialects import normalise
    from curate.sources import files

    if runs := sorted(str(lock.parent) for lock in path.glob("*/recipe.lock.json")):
        raise DataError(f"{path} holds runs, whose rows are measured one run at a time: {', '.join(runs[:10])}")
    read = files.read(path)
    try:
        normal = normalise(read.frame)
    except DataError:  # no dialect of ours: `profile` says which columns it wants
        return _with_unread(read.frame, read.failed.height)
    return _with_unread(normal.frame, read.failed.height + normal.failed.height)


def _with_unread(frame: pl.DataFrame, failed: int) -> pl.DataFrame:
    """The rows that could not be read as rows without any text, so that the profile counts them as such."""
    import polars as pl

    return pl.concat([frame, frame.clear(failed)]) if failed else frame
