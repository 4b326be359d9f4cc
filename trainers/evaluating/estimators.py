"""Estimators over problems and their intervals, on numpy arrays.

A problem is the unit of chance: the samples of one problem are not independent of each other.
Arrays have one entry a problem unless a docstring says otherwise; `nan` means: not measured on this problem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

RESAMPLES = 2_000
CHUNK = 2_000_000
"""Draws of the bootstrap held at a time."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over problems and its 95% interval. problems: how many it was measured on."""

    value: float
    low: float
    high: float
    problems: int

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside: for a difference, that it is more than chance."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def pass_at_k(judged: Sequence[int], passed: Sequence[int], k: int) -> Floats:
    """The chance that one of `k` samples passes, for each problem.

    The unbiased estimate 1 - C(n-c, k) / C(n, k) of Chen et al. 2021 (arXiv 2107.03374), from n judged samples of which
    c passed; as a product, so that no factorial overflows. nan where n < k. Raises ValueError when k < 1.

    >>> pass_at_k([4, 4, 4, 1], [0, 1, 4, 1], k=2).tolist()
    [0.0, 0.5, 1.0, nan]
    """
    import numpy as np

    if k < 1:
        raise ValueError(f"k is {k}; it is at least 1")
    n, c = np.asarray(judged, dtype=np.float64), np.asarray(passed, dtype=np.float64)
    missed = np.ones_like(n)
    for drawn in range(k):  # the drawn-th sample fails too
        left = np.maximum(n - drawn, 1)
        missed *= np.clip((n - c - drawn) / left, 0, 1)
    return np.where(n >= k, 1 - missed, np.nan)


def majority_at_k(votes: Sequence[Sequence[tuple[str | None, bool]]], k: int) -> Floats:
    """The chance that the most frequent answer of `k` samples is right, for each problem.

    Self-consistency (Wang et al. 2022, arXiv 2203.11171). votes: for each problem, in the order of the samples, the
    answer as text (None: there was none, it never wins) and whether it passed. Answers that pass count as one, however
    they are written. The samples are cut into disjoint groups of k, whose results are averaged; answers that tie share
    the credit. nan where there are fewer than k samples.

    >>> votes = [[("4", True), ("5", False), ("4.0", True), ("7", False)]]
    >>> majority_at_k(votes, k=4).tolist(), majority_at_k(votes, k=2).tolist()
    ([1.0], [0.5])
    """
    import numpy as np

    if k < 1:
        raise ValueError(f"k is {k}; it is at least 1")
    means = []
    for samples in votes:
        groups = [samples[start : start + k] for start in range(0, len(samples) - k + 1, k)]
        means.append(sum(map(_majority, groups)) / len(groups) if groups else float("nan"))
    return np.asarray(means, dtype=np.float64)


def _majority(group: Sequence[tuple[str | None, bool]]) -> float:
    right = "\0right"
    counts = Counter(right if passed else answer for answer, passed in group if passed or answer is not None)
    if not counts:
        return 0.0
    most = max(counts.values())
    winners = [answer for answer, count in counts.items() if count == most]
    return (right in winners) / len(winners)


def mean_interval(values: Floats, *, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """The mean over problems with its 95% percentile bootstrap interval; problems that are nan are left out.

    Problems are drawn with replacement `resamples` times. One problem, or none, gives an interval without width, nan
    for none. For a difference of two models pass the differences by problem: that pairs them.

    >>> import numpy as np
    >>> mean_interval(np.ones(5))
    Interval(value=1.0, low=1.0, high=1.0, problems=5)
    """
    import numpy as np

    known = values[~np.isnan(values)]
    if not known.size:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    draw = np.random.default_rng(seed)
    step = max(1, CHUNK // known.size)
    means = [
        known[draw.integers(0, known.size, (min(step, resamples - start), known.size))].mean(axis=1)
        for start in range(0, resamples, step)
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return Interval(float(known.mean()), float(low), float(high), int(known.size))
