"""Choosing rows: how many of what, how different, how hard, in which order.

| function | which rows | source |
|---|---|---|
| `mix` | so many of each source, by weights or counts | Sainte-Laguë's rule |
| `stratify` | the same shares, or the same number, of each stratum | proportional and equal allocation |
| `cap` | at most so many of each value | - |
| `diverse` | rows far from each other in embedding space, or some of each cluster | Gonzalez 1985; arXiv 1708.00489 |
| `difficulty` | prompts that are solved sometimes, with the interval of their pass rate | Wilson 1927 |
| `curriculum` | all of them, in order, in stages | arXiv 2506.06632 |

`select(frame, by=...)` calls them by name. Each draw is a hash of the row's id and the seed: the same rows are drawn
wherever they stand and whatever else comes or goes, and a smaller selection is part of the larger one.
"""

from __future__ import annotations

from curate.cleaning.selection.bands import difficulty
from curate.cleaning.selection.diversity import diverse
from curate.cleaning.selection.mixing import mix
from curate.cleaning.selection.selected import Selected
from curate.cleaning.selection.selecting import select
from curate.cleaning.selection.staging import curriculum
from curate.cleaning.selection.strata import cap, stratify

__all__ = ["Selected", "cap", "curriculum", "difficulty", "diverse", "mix", "select", "stratify"]
