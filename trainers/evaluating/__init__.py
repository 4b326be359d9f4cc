"""Evaluation with the rewards that training uses: pass@k, majority, intervals, two models compared problem by problem.

| module | question |
|---|---|
| `measuring` | how good is this model on these problems? |
| `comparing` | is it better than that one, beyond chance? |
| `evaluation` | what came out: answers, verdicts, figures, the table |
| `estimators` | the estimators and their intervals, on plain arrays |
| `ensembles` | what do several models answer together? |
| `preferring` | which of two models does a judge prefer? |
| `refusing` | does it refuse what it should, and only that? |
| `formats` | MT-Bench and AlpacaEval files, in and out |

Imports nothing heavy; names load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.lazy import loading

if TYPE_CHECKING:
    from trainers.evaluating.comparing import compare as compare
    from trainers.evaluating.ensembles import ensemble as ensemble
    from trainers.evaluating.evaluation import Evaluation as Evaluation
    from trainers.evaluating.measuring import evaluate as evaluate
    from trainers.evaluating.preferring import win_rate as win_rate
    from trainers.evaluating.refusing import safety as safety

__all__ = ["Evaluation", "compare", "ensemble", "evaluate", "safety", "win_rate"]

__getattr__ = loading(
    __name__,
    {
        "evaluate": "trainers.evaluating.measuring",
        "Evaluation": "trainers.evaluating.evaluation",
        "compare": "trainers.evaluating.comparing",
        "ensemble": "trainers.evaluating.ensembles",
        "win_rate": "trainers.evaluating.preferring",
        "safety": "trainers.evaluating.refusing",
    },
)
