"""Merging: new weights out of old ones, without training; tensor by tensor over safetensors.

| method | from | source |
|---|---|---|
| `linear` | any number of models | Wortsman et al. 2022, arXiv 2203.05482 (uniform soup) |
| `slerp` | two models | Shoemake 1985, between whole tensors |
| `task_arithmetic` | a base and models | Ilharco et al. 2022, arXiv 2212.04089 |
| `ties` | a base and models | Yadav et al. 2023, arXiv 2306.01708 |
| `dare_linear`, `dare_ties` | a base and models | Yu et al. 2023, arXiv 2311.03099 |
| `passthrough` | layers of models, stacked | layer-dropped students: DistilBERT, arXiv 1910.01108 |

`greedy_soup` keeps a model only where your own evaluation gets no worse; `merge_adapter` and `combine_adapters` take
PEFT adapters.
Imports nothing heavy; names load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.lazy import loading

if TYPE_CHECKING:
    from trainers.merging.adapters import combine_adapters as combine_adapters
    from trainers.merging.adapters import merge_adapter as merge_adapter
    from trainers.merging.passthrough import stack_layers as stack_layers
    from trainers.merging.soup import greedy_soup as greedy_soup
    from trainers.merging.weights import merge as merge

__all__ = ["combine_adapters", "greedy_soup", "merge", "merge_adapter", "stack_layers"]

__getattr__ = loading(
    __name__,
    {
        "merge": "trainers.merging.weights",
        "stack_layers": "trainers.merging.passthrough",
        "greedy_soup": "trainers.merging.soup",
        "merge_adapter": "trainers.merging.adapters",
        "combine_adapters": "trainers.merging.adapters",
    },
)
