"""Preference pairs and labels: is there something to prefer, and is it more than length?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trainers.preflighting.finding import Finding

if TYPE_CHECKING:
    from trainers.job import Job

LONGER = 0.75
TIMES = 1.3
"""The chosen answer is longer in this share of pairs, and this many times as long: length is what would be learned."""

SAME = 0.01
ONE_KIND = 0.95


def check_pairs(job: Job) -> Iterator[Finding]:
    """Pairs that are the same, or that are told apart by their length; labels of one kind."""
    rows = job.rows.train
    if {"chosen", "rejected"} <= set(rows.columns):
        chosen, rejected = ([_text(value) for value in rows[name].to_list()] for name in ("chosen", "rejected"))
        yield from _same(chosen, rejected)
        yield from _lengths(chosen, rejected)
    elif "label" in rows.columns:
        good = float(rows["label"].mean() or 0.0)  # type: ignore[arg-type]
        if not 1 - ONE_KIND <= good <= ONE_KIND:
            what = f"{good:.0%} of the labels are good; KTO compares good with bad"
            yield Finding("pairs", "fault", what, "Bring some of the other kind, or weigh them in trl: {...}")


def _same(chosen: list[str], rejected: list[str]) -> Iterator[Finding]:
    same = [row for row, (a, b) in enumerate(zip(chosen, rejected, strict=True)) if a.split() == b.split()]
    if same:
        level = "fault" if len(same) > SAME * len(chosen) else "note"
        what = f"{len(same):,} of {len(chosen):,} pairs say the same on both sides"
        yield Finding("pairs", level, what, "Drop them; a margin in the step pairs does", tuple(same[:3]))  # type: ignore[arg-type]
    swapped = set(zip(rejected, chosen, strict=True))
    both = sum((a, b) in swapped for a, b in zip(chosen, rejected, strict=True) if a != b)
    if both:
        what = f"{both:,} pairs stand the other way round elsewhere"
        yield Finding("pairs", "fault", what, "One of the two is wrong; drop both or ask again")


def _lengths(chosen: list[str], rejected: list[str]) -> Iterator[Finding]:
    """Length as the winner in both directions: answers that are always longer, or always shorter."""
    if len(chosen) < 20:
        return
    longer = sum(len(a) > len(b) for a, b in zip(chosen, rejected, strict=True)) / len(chosen)
    mean = [sum(map(len, side)) / len(side) or 1.0 for side in (chosen, rejected)]
    times = mean[0] / mean[1]
    if (longer > LONGER and times > TIMES) or (longer < 1 - LONGER and times < 1 / TIMES):
        word = "longer" if times > 1 else "shorter"
        share = longer if times > 1 else 1 - longer
        what = f"the chosen answer is {word} in {share:.0%} of pairs ({mean[0]:,.0f} against {mean[1]:,.0f} characters)"
        advice = "Length alone would tell them apart; pair answers of like length, or use a loss with a length term"
        yield Finding("pairs", "fault" if share > 0.9 and max(times, 1 / times) > 2 else "note", what, advice)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "\n".join(str(turn.get("content") or "") for turn in value or [])
