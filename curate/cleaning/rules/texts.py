"""A batch of texts, and what several rules read off it, made once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import polars as pl

from curate.errors import DataError, did_you_mean
from curate.text.lines import Lines
from curate.text.thinking import TAGS, split_thinking
from curate.text.utf8 import Ints, Utf8
from curate.text.words import Words, apart, spaced_words

T = TypeVar("T")


ANSWER = "(?is)" + "|".join(rf"^\s*{re.escape(tag)}.*?{re.escape(close)}\s*" for tag, close in TAGS.items())
"""A thinking block at the beginning: most are of that form, and this is faster than `split_thinking`."""


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
    def utf8(self) -> Utf8:
        """The bytes of all texts."""
        return Utf8.of(self.text)

    @cached_property
    def words(self) -> Words:
        """Words as white space parts them; in scripts without spaces every character is one."""
        return apart(self.spaced)

    @cached_property
    def spaced(self) -> Words:
        """Words as white space parts them in every script."""
        return spaced_words(self.utf8)

    @cached_property
    def lines(self) -> Lines:
        """Lines, blank ones too."""
        return Lines.of(self.spaced)

    @cached_property
    def answer(self) -> pl.Series:
        """What follows the thinking, also where the chat template had opened it and only its end stands in the text."""
        answer = self.text.str.replace(ANSWER, "")
        closes = answer.str.contains_any(list(TAGS.values()), ascii_case_insensitive=True).fill_null(value=False)
        places = closes.arg_true()
        if not len(places):
            return answer
        return answer.scatter(places, pl.Series([split_thinking(text).answer for text in self.text.gather(places)]))

    @cached_property
    def prompt(self) -> pl.Series:
        """What was asked: the column `prompt`, of messages the last."""
        prompt = self.need("prompt")
        if isinstance(prompt.dtype, pl.List):
            last = prompt.list.last()
            prompt = last.struct.field("content") if isinstance(last.dtype, pl.Struct) else last
        return prompt.cast(pl.String)

    def count(self, pattern: str) -> Ints:
        """How often a pattern that few texts match is in each; only those are counted in."""
        counts = np.zeros(len(self), dtype=np.int64)
        places = self.text.str.contains(pattern).fill_null(value=False).arg_true()
        counts[places] = self.text.gather(places).str.count_matches(pattern)
        return counts

    def numbers(self, values: np.ndarray[Any, Any], *, of: Ints | None = None) -> pl.Series:
        """Values of each row as a column; null where there is no text. of: what each is a share of (0 gives 0)."""
        if of is not None:
            values = np.divide(values, of, out=np.zeros(len(values)), where=of > 0)
        if not self.text.null_count():
            return pl.Series(values)
        return pl.select(
            pl.when(pl.lit(self.text).is_null()).then(None).otherwise(pl.lit(pl.Series(values)))
        ).to_series()


def having(text: pl.Series, literals: Sequence[str]) -> pl.Series:
    """The places of the texts with one of the literals, letter case and all: a third of what `contains_any` takes."""
    return text.str.contains("|".join(map(re.escape, literals))).fill_null(value=False).arg_true()


def share(part: pl.Series, whole: pl.Series) -> pl.Series:
    """One number as a share of another; 0 where the whole is 0."""
    return pl.select(pl.when(whole == 0).then(0.0).otherwise(part / whole)).to_series()
