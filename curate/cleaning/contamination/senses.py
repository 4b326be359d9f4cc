"""Words of two texts side by side: how well each is said by one of the other's, a synonym for less than itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from curate.text.static import Vectors, shipped

MOST = 100_000
"""Words whose vectors are kept: 40 MB."""


def senses(item: Mapping[str, float], row: Mapping[str, float]) -> float:
    """The lesser of what of the item the row says and of the row the item, as shares by weight, in [0, 1].

    The greedy matching of BERTScore (arXiv 1904.09675), with the word vectors that ship with curate; a word without one
    is said by itself alone. item, row: words with their weights. 0 when either has none.

    >>> round(senses({"buy": 1.0, "glasses": 1.0}, {"purchase": 1.0, "glasses": 1.0}), 1)
    0.9
    """
    if not item or not row:
        return 0.0
    cosines = np.clip(_KNOWN.of(item) @ _KNOWN.of(row).T, 0.0, 1.0)
    said = np.average(cosines.max(axis=1), weights=list(item.values()))
    meant = np.average(cosines.max(axis=0), weights=list(row.values()))
    return float(min(said, meant))


class _Known(dict[str, Vectors]):
    """The vectors of words that were asked for: to encode a word takes as long as to compare a hundred."""

    encoder = shipped()

    def of(self, words: Iterable[str]) -> Vectors:
        found = {word: self.get(word) for word in words}
        if new := [word for word, vector in found.items() if vector is None]:
            if len(self) > MOST:
                self.clear()
            made = dict(zip(new, self.encoder.encode(new), strict=True))
            self.update(made)
            found |= made
        return np.array(list(found.values()))


_KNOWN = _Known()
