"""The lines of a whole column at once, in numpy: where they end, what each holds, which of them are blank."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from curate.text.utf8 import Bools, Ints, before
from curate.text.words import Words


@dataclass(frozen=True)
class Lines:
    r"""What stands between line breaks (`\n`), one after the other; the end of a text ends its last line.

    words: of the column, as white space parts them. ends: shape (lines,), the place of the break after each.
    """

    words: Words
    ends: Ints

    @classmethod
    def of(cls, words: Words) -> Lines:
        """The lines of a column."""
        return cls(words, np.flatnonzero(words.utf8.data == ord("\n")))

    @cached_property
    def bounds(self) -> Ints:
        """Shape (lines + 1,); line i takes the bytes from bounds[i] to bounds[i + 1], its break included."""
        return np.concatenate([[0], self.ends + 1])

    @cached_property
    def starts(self) -> Ints:
        """Shape (rows + 1,); the lines of row i are those from starts[i] to starts[i + 1]."""
        return np.searchsorted(self.bounds, self.words.utf8.starts)

    def count(self, marked: Bools) -> Ints:
        """How many marked bytes each line has, its break included."""
        counts: Ints = np.diff(before(marked, self.bounds))
        return counts

    @cached_property
    def filled(self) -> Bools:
        """Which lines are not all white space."""
        return self.count(self.words.first) > 0

    def sums(self, values: Ints | Bools) -> Ints:
        """The sum over the lines of each row."""
        total = np.concatenate([[0], np.cumsum(values)])
        sums: Ints = total[self.starts[1:]] - total[self.starts[:-1]]
        return sums
