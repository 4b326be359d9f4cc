"""The loop: rounds of generate, grade, select, train, evaluate, and promote or roll back; every stage a folder.

| module | what it does |
|---|---|
| `settings` | problems, rounds, the control arm, what is promoted |
| `config` | the YAML, read into them |
| `stages` | one function a stage, from folders into a folder |
| `judging` | the verdict on a round: beyond chance, and beyond its control? |
| `running` | the rounds in order; goes on where it was stopped |
| `page` | the report |

Imports nothing heavy; names load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.lazy import loading

if TYPE_CHECKING:
    from trainers.looping.config import load_loop as load_loop
    from trainers.looping.running import Looped as Looped
    from trainers.looping.running import run_loop as run_loop
    from trainers.looping.settings import LoopConfig as LoopConfig

__all__ = ["LoopConfig", "Looped", "load_loop", "run_loop"]

__getattr__ = loading(
    __name__,
    {
        "LoopConfig": "trainers.looping.settings",
        "load_loop": "trainers.looping.config",
        "Looped": "trainers.looping.running",
        "run_loop": "trainers.looping.running",
    },
)
