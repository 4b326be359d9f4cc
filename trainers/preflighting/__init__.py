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

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainers.preflighting.checks import preflight as preflight
    from trainers.preflighting.finding import Finding as Finding
    from trainers.preflighting.finding import Preflight as Preflight

_NAMES = {
    "preflight": "trainers.preflighting.checks",
    "Finding": "trainers.preflighting.finding",
    "Preflight": "trainers.preflighting.finding",
}

__all__ = ["Finding", "Preflight", "preflight"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'trainers.preflighting' has no attribute '{name}'")
