"""A result as a person reads it: in a terminal and in a notebook."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from curate.report.escape import one_line
from curate.report.funnel import kinds_of
from curate.result import REASON

if TYPE_CHECKING:
    from curate.result import Result

REASONS, CHARACTERS = 12, 120
"""Reasons shown at most, and characters of each."""


def reasons(result: Result) -> list[tuple[str, int]]:
    """Reasons of dropped and failed rows with their counts, most frequent first.

    Where there are more than can be shown, those that differ only in ids and numbers are counted together.
    """
    told: Counter[str] = Counter()
    for table in (result.dropped, result.failed):
        if REASON in table.columns:
            told.update(reason or "no reason given" for reason in table[REASON])
    if len(told) <= REASONS:
        return told.most_common()
    folded: Counter[str] = Counter()
    for kind, count in zip(kinds_of(list(told)), told.values(), strict=True):
        folded[kind] += count
    return folded.most_common()


def result_text(result: Result) -> str:
    """The counts on one line, a reason on each of the next."""
    counts = [f"{result.kept.height:,} kept", f"{result.dropped.height:,} dropped"]
    if result.failed.height:
        counts.append(f"{result.failed.height:,} failed")
    told = reasons(result)
    lines = [f"  {count:>9,}  {one_line(reason, CHARACTERS)}" for reason, count in told[:REASONS]]
    if len(told) > REASONS:
        lines.append(f"  and {len(told) - REASONS:,} more reasons")
    return "\n".join([", ".join(counts), *lines])


def result_html(result: Result) -> str:
    """A small table; every text of the data is escaped."""
    from markupsafe import escape

    first, *_ = result_text(result).splitlines()
    rows = "".join(
        f"<tr><td style='text-align:right'>{count:,}</td><td>{escape(one_line(reason, CHARACTERS))}</td></tr>"
        for reason, count in reasons(result)[:REASONS]
    )
    return f"<p>{escape(first)}</p><table><tr><th>rows</th><th>reason</th></tr>{rows}</table>"
