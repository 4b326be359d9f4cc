"""A batch of texts, and what several rules read off it, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import polars as pl

from curate.errors import DataError, did_you_mean

Ints = np.ndarray[Any, np.dtype[np.int64]]
Hashes = np.ndarray[Any, np.dtype[np.uint64]]

T = TypeVar("T")

SPACE = r"\s\x1c-\x1f"  # what Python's str.split takes for white space
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"  # no spaces between words


@dataclass(frozen=True)
class Words:
    """The words of a batch, one after the other.

    starts: shape (rows + 1,); the words of row i are those from starts[i] to starts[i + 1].
    hashes, lengths: shape (words,); a word's name, and its characters.
    gaps: shape (words,); 1 where a space separates the word from the next, 0 in scripts that write none.
    """

    text: pl.Series
    starts: Ints
    hashes: Hashes
    lengths: Ints
    gaps: Ints

    @cached_property
    def counts(self) -> Ints:
        """Words of each row."""
        counts: Ints = np.diff(self.starts)
        return counts

    @cached_property
    def rows(self) -> Ints:
        """The row of each word."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    def sums(self, values: np.ndarray[Any, Any]) -> Ints:
        """The sum over the words of each row."""
        total = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        sums: Ints = total[self.starts[1:]] - total[self.starts[:-1]]
        return sums


class Texts:
    """A batch of texts with the columns beside them.

    text: null where there is none. columns: the other columns of the same rows.
    """

    def __init__(self, text: pl.Series, columns: pl.DataFrame | None = None) -> None:
        self.text = text
        self.columns = pl.DataFrame() if columns is None else columns
        self._made: dict[str, Any] = {}

    def once(self, what: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for this batch: several rules read it."""
        if what not in self._made:
            self._made[what] = make()
        made: T = self._made[what]
        return made

    def __len__(self) -> int:
        return len(self.text)

    def column(self, name: str) -> pl.Series | None:
        """Another column of the rows, or None when there is none of that name."""
        return self.columns[name] if name in self.columns.columns else None

    def need(self, name: str) -> pl.Series:
        """Another column of the rows. Raises DataError when there is none of that name."""
        if name not in self.columns.columns:
            raise DataError(f"no column '{name}' for a rule to read{did_you_mean(name, self.columns.columns)}")
        return self.columns[name]

    @cached_property
    def characters(self) -> pl.Series:
        """Characters of each text."""
        return self.text.str.len_chars().cast(pl.Int64)

    @cached_property
    def words(self) -> Words:
        """Words as white space parts them; in scripts without spaces every character is one."""
        text = self.text
        unspaced = text.str.contains(f"[{UNSPACED}]").fill_null(value=False)
        if unspaced.any():
            spread = text.filter(unspaced).str.replace_all(f"([{UNSPACED}])", " $1 ")
            text = text.clone().scatter(unspaced.arg_true(), spread)  # scatter works in place
        lists = text.str.extract_all(f"[^{SPACE}]+")
        counts = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
        words = lists.explode(empty_as_null=False, keep_nulls=False)
        gaps = np.ones(len(words), dtype=np.int64)
        if unspaced.any():
            gaps -= words.str.contains(f"^[{UNSPACED}]$").to_numpy()
        return Words(
            words,
            np.concatenate([[0], np.cumsum(counts)]),
            words.hash().to_numpy(),
            words.str.len_chars().to_numpy().astype(np.int64),
            gaps,
        )

    @cached_property
    def lines(self) -> pl.Series:
        """Lines of each text, empty ones left out, as a list."""
        return self.text.str.replace_all("\n+", "\n").str.split("\n")

    def numbers(self, values: np.ndarray[Any, Any], *, of: Ints | None = None) -> pl.Series:
        """Values of each row as a column; null where there is no text. of: what each is a share of (0 gives 0)."""
        if of is not None:
            values = np.divide(values, of, out=np.zeros(len(values)), where=of > 0)
        return pl.select(
            pl.when(pl.lit(self.text).is_null()).then(None).otherwise(pl.lit(pl.Series(values)))
        ).to_series()


def share(part: pl.Series, whole: pl.Series) -> pl.Series:
    """One number as a share of another; 0 where the whole is 0."""
    return pl.select(pl.when(whole == 0).then(0.0).otherwise(part / whole)).to_series()
