"""Preflight: everything that can be known to go wrong with a training, said before it starts.

| module | what it looks at |
|---|---|
| `template` | the chat template and the end token, there and back |
| `rows` | rows left out, cut, twice, or asked in training and held out alike |
| `learning` | what is learned of a row, token by token; parameters, reference, steps, memory |
| `pairs` | preference pairs that are the same, or told apart by their length; labels of one kind |
| `rewarding` | the rewards on golds, on hostile answers and on answers of the model itself |

Each check is a plain function that yields `Finding`s; `checks` lists them. Imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.lazy import loading

if TYPE_CHECKING:
    from trainers.preflighting.checks import preflight as preflight
    from trainers.preflighting.finding import Finding as Finding
    from trainers.preflighting.finding import Preflight as Preflight

__all__ = ["Finding", "Preflight", "preflight"]

__getattr__ = loading(
    __name__,
    {
        "preflight": "trainers.preflighting.checks",
        "Finding": "trainers.preflighting.finding",
        "Preflight": "trainers.preflighting.finding",
    },
)
