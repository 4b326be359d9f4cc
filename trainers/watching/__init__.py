"""Watch a training: alarms with units, while it runs and afterwards.

    from trainers.watching import watch
    print(watch(history))                      # the alarms of a finished run, from its logs
    GRPOTrainer(..., callbacks=[Watch(folder)])   # the same while it runs

| module | what it holds |
|---|---|
| `limits` | every threshold, with its unit and source |
| `alarms` | one small function an alarm, over the history of logs |
| `callback` | alarms raised while a trainer runs: terminal, `alarms.jsonl` (`kept`), and what to do then |
| `page` | the curves and the alarms as a page |

Imports nothing heavy; names load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.lazy import loading

if TYPE_CHECKING:
    from trainers.watching.alarms import Alarm as Alarm
    from trainers.watching.alarms import watch as watch
    from trainers.watching.callback import Watch as Watch
    from trainers.watching.limits import Limits as Limits

__all__ = ["Alarm", "Limits", "Watch", "watch"]

__getattr__ = loading(
    __name__,
    {
        "Alarm": "trainers.watching.alarms",
        "watch": "trainers.watching.alarms",
        "Watch": "trainers.watching.callback",
        "Limits": "trainers.watching.limits",
    },
)
