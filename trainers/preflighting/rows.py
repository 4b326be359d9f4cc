"""The rows: which are left out or cut and why, which come twice, or stand on both sides of the split."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trainers.preflighting.finding import Finding
from trainers.rows import problems_of

if TYPE_CHECKING:
    from trainers.job import Job

TWICE = 0.1
"""Share of rows that say what an earlier row says, from which that is a fault and no accident."""

LEFT_OUT = 0.1


def check_rows(job: Job) -> Iterator[Finding]:
    """Rows that could not take the shape (an empty answer is such), or that come again."""
    rows = job.rows
    total = rows.train.height + (0 if rows.held_out is None else rows.held_out.height) + sum(rows.left_out.values())
    for reason, count in rows.left_out.items():
        level = "fault" if count / total > LEFT_OUT else "note"
        yield Finding("rows", level, f"{count:,} of {total:,} rows are left out: {reason}", "Mend or filter them first")  # type: ignore[arg-type]
    yield from _twice(job)
    yield from _shared(job)


def check_lengths(job: Job) -> Iterator[Finding]:
    """How many rows are longer than `max_length`, counted with the trainer's own tokenizer. See `trainers.lengths`."""
    limit = getattr(job.arguments, "max_length", None)
    if limit is None or job.method.online:
        return
    lengths = _lengths(job)
    long = [row for row, length in enumerate(lengths) if length > limit]
    if not long:
        return
    what = f"{len(long):,} of {len(lengths):,} rows are longer than max_length {limit:,} (longest: {max(lengths):,})"
    done = {
        "error": ("fault", f"Raise it, trl: {{max_length: {max(lengths)}}}, or say too_long: drop or truncate"),
        "drop": ("fault" if len(long) > LEFT_OUT * len(lengths) else "note", "They are left out (too_long: drop)"),
        "truncate": ("fault" if len(long) > LEFT_OUT * len(lengths) else "note", "They are cut: no end is learned"),
    }
    level, advice = done[job.config.too_long]
    yield Finding("lengths", level, what, advice, tuple(long[:3]))  # type: ignore[arg-type]


def _lengths(job: Job) -> list[int]:
    """Tokens of each row, the longer side of a pair."""
    tokenizer = job.tokenizer

    def count(value: Any) -> int:
        if isinstance(value, str):
            return len(tokenizer(value, verbose=False)["input_ids"])
        try:
            text = tokenizer.apply_chat_template(value, tokenize=False)
        except Exception:  # noqa: BLE001  a template may raise anything; `check_template` tells of it
            return 0
        return len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    found = []
    for row in job.rows.train.iter_rows(named=True):
        prompt = row.get("prompt")
        sides = [row[name] for name in ("messages", "completion", "chosen", "rejected", "text") if row.get(name)]
        whole = [side if prompt is None else _joined(prompt, side) for side in sides]
        found.append(max(map(count, whole), default=0))
    return found


def _joined(prompt: Any, side: Any) -> Any:
    return [*prompt, *side] if isinstance(prompt, list) else f"{prompt}{side}"


def _twice(job: Job) -> Iterator[Finding]:
    columns = [name for name in job.rows.train.columns if name not in ("id", "parent", "source")]
    keys = Counter(json.dumps(row, sort_keys=True, default=str) for row in job.rows.train.select(columns).to_dicts())
    again = sum(count - 1 for count in keys.values())
    if again:
        share = again / job.rows.train.height
        what = f"{again:,} of {job.rows.train.height:,} rows are copies of others ({share:.0%})"
        level = "fault" if share > TWICE else "note"
        yield Finding("rows", level, what, "Remove them: - {step: dedupe, on: [prompt, completion]}")  # type: ignore[arg-type]


def _shared(job: Job) -> Iterator[Finding]:
    if job.rows.held_out is None:
        return
    seen = set(problems_of(job.rows.train))
    both = [row for row, key in enumerate(problems_of(job.rows.held_out)) if key in seen]
    if both:
        what = (
            f"{len(both):,} of {job.rows.held_out.height:,} held-out problems are trained on; their figures say nothing"
        )
        advice = "Hold out by problem, eval: 0.1, or decontaminate the training rows"
        yield Finding("rows", "fault", what, advice, tuple(both[:3]))
