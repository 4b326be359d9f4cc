"""The length profile for a terminal: as plain text and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curate.report.figures import count as counted
from curate.report.figures import percent, short
from curate.report.length_numbers import Group, Measured
from curate.text.shown import one_line

QUANTILES = ("rows", "tokens", "mean", "p50", "p95", "p99", "max", "prompt p50", "completion p50")


def text(measured: Measured) -> str:
    """The profile as plain lines."""
    lines = [("source", *QUANTILES), *(_line(group) for group in measured.shown)]
    cuts = [("max_length", "rows cut", "tokens lost")]
    cuts += [(counted(cut.max_length), percent(cut.rows), percent(cut.tokens)) for cut in measured.overall.truncated]
    return "\n".join(["tokens per row", *_aligned(lines), "", "truncated", *_aligned(cuts), "", *measured.sentences()])


def table(measured: Measured) -> Any:
    """The profile for a terminal, as a rich renderable."""
    from rich.console import Group as Together
    from rich.table import Column, Table

    quantiles, cuts = (
        Table(title=title, title_justify="left", box=None, pad_edge=False) for title in ("tokens per row", "truncated")
    )
    quantiles.columns = [Column("source", overflow="fold"), *(Column(name, justify="right") for name in QUANTILES)]
    cuts.columns = [Column(name, justify="right") for name in ("max_length", "rows cut", "tokens lost")]
    for group in measured.shown:
        quantiles.add_row(*_line(group))
    for cut in measured.overall.truncated:
        chosen = cut.max_length == measured.recommended
        cuts.add_row(counted(cut.max_length), percent(cut.rows), percent(cut.tokens), style="bold" if chosen else "")
    return Together(quantiles, cuts, *measured.sentences())


def _line(group: Group) -> tuple[str, ...]:
    whole = group.total
    numbers = (whole.mean, whole.p50, whole.p95, whole.p99, whole.max, group.prompt.p50, group.completion.p50)
    return (one_line(group.name, 40), counted(whole.rows), short(whole.total), *(counted(round(n, 1)) for n in numbers))


def _aligned(lines: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(
            cell.ljust(width) if not column else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
