"""An evaluation as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainers.evaluating.estimators import Interval
    from trainers.evaluating.measuring import Evaluation


def evaluation_text(evaluation: Evaluation) -> str:
    """One line a source; intervals are 95%, over problems."""
    first = evaluation.overall
    head = ["source", "problems", *(f"pass@{k}" for k in first.pass_at), *(f"maj@{k}" for k in first.majority_at)]
    lines = [[*head, "tokens", "cut off", "not judged"]]
    for row in evaluation.table:
        figures = [_interval(one) for one in (*row.pass_at.values(), *row.majority_at.values())]
        rest = [f"{row.tokens:,.0f}", f"{row.clipped:.1%}", f"{row.none:.1%}"]
        lines.append([row.source, f"{row.problems:,}", *figures, *rest])
    per = f"{first.samples / max(1, first.problems):.3g}"
    told = f"{evaluation.model}: {first.problems:,} problems, {per} answers each, judged by {evaluation.reward}"
    if evaluation.failed:
        told += f"; {evaluation.failed:,} could not be asked"
    return "\n".join([told, *aligned(lines)])


def _interval(interval: Interval) -> str:
    if interval.problems == 0:
        return "-"
    return f"{100 * interval.value:.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Columns of one width: the first to the left, the others to the right."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
