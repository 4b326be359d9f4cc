"""Judgements between two answers: one JSON line each in `preferences.jsonl` of the run, only ever appended.

A line holds what the judge saw (prompt, both answers), so that it stays true when the run is built anew. A later
line of the same person on the same pair replaces the earlier one when pairs are exported.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import DataError, UsageError
from curate.run import Run
from curate.table import write_parquet, write_text_atomic
from curate.viewer.comparing import Side, why_no_preference

BETTER = ("a", "b", "tie", "both_bad")
MAX_NOTE = 2_000
NAME = "preferences.jsonl"
TEXTS = ("better", "key", "who", "a", "b")


@dataclass(frozen=True)
class Exported:
    """Pairs as a table (prompt, chosen, rejected, ...), and how many judged pairs make none, by reason."""

    pairs: pl.DataFrame
    left_out: Mapping[str, int]


def record(run: Run, key: str, table: str, a: Side, b: Side, *, better: str, who: str, note: str = "") -> bool:
    """Append a judgement, durably. False when one with this `key` (of the form it came from) is there already.

    Raises UsageError for a judgement that means nothing.
    """
    if better not in BETTER:
        raise UsageError(f"better is one of {', '.join(BETTER)} (got '{better[:40]}')")
    if why := why_no_preference(a, b):
        raise UsageError(f"no preference: {why}")
    line = {
        "key": key, "at": datetime.now(UTC).isoformat(timespec="seconds"), "who": who, "table": table, "a": a.id,
        "b": b.id, "better": better, "note": note[:MAX_NOTE], "prompt": a.prompt, "answer_a": a.answer,
        "answer_b": b.answer,
    }  # fmt: skip
    with (run.folder / NAME).open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if any(one["key"] == key for one in read(run)):
            return False
        torn = file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
        file.write(b"\n" * bool(torn) + json.dumps(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def read(run: Run) -> list[dict[str, Any]]:
    """All judgements, in the order they were made; a line that a killed writer left torn is passed over."""
    return [one for line in _lines(run) if (one := _judgement(line)) is not None]


def _lines(run: Run) -> list[bytes]:
    path = run.folder / NAME
    return [line for line in path.read_bytes().split(b"\n") if line] if path.is_file() else []


def _judgement(line: bytes) -> dict[str, Any] | None:
    try:
        one = json.loads(line)
    except ValueError:
        return None
    if not isinstance(one, dict) or not one.keys() >= {*TEXTS, "prompt", "answer_a", "answer_b"}:
        return None
    return one if one["better"] in BETTER and all(isinstance(one[name], str) for name in TEXTS) else None


def export(run: Run) -> Exported:
    """The judged pairs as preference data: what more people preferred is chosen.

    Columns: prompt, chosen, rejected (messages), chosen_id, rejected_id, votes (for), votes_against. Left out are pairs
    that more people called a tie or both bad, or on which as many hold for one side as for the other; lines of the file
    that are no judgements are counted beside them.
    """
    judgements = read(run)
    latest = {(one["who"], frozenset((one["a"], one["b"]))): one for one in judgements}
    pairs: dict[frozenset[str], list[dict[str, Any]]] = {}
    for (_, pair), one in latest.items():
        pairs.setdefault(pair, []).append(one)
    rows, left_out = [], Counter[str]()
    if unread := len(_lines(run)) - len(judgements):
        left_out["lines that cannot be read"] = unread
    for judged in pairs.values():
        votes = Counter(one[one["better"]] if one["better"] in ("a", "b") else one["better"] for one in judged)
        (first, most), *others = votes.most_common()
        if others and others[0][1] == most:
            left_out["judges disagree"] += 1
        elif first in ("tie", "both_bad"):
            left_out[first.replace("_", " ")] += 1
        else:
            rows.append(_pair(first, next(one for one in reversed(judged) if first in (one["a"], one["b"])), votes))
    return Exported(pl.DataFrame(rows, strict=False), dict(left_out))


def _pair(chosen: str, one: Mapping[str, Any], votes: Counter[str]) -> dict[str, Any]:
    better, worse = ("a", "b") if one["a"] == chosen else ("b", "a")
    return {
        "prompt": one["prompt"], "chosen": one[f"answer_{better}"], "rejected": one[f"answer_{worse}"],
        "chosen_id": one[better], "rejected_id": one[worse], "votes": votes[chosen],
        "votes_against": votes.total() - votes[chosen],
    }  # fmt: skip


def write_export(run: Run, path: Path) -> Exported:
    """Write the pairs as .jsonl or .parquet. Raises UsageError for another ending, DataError when there are none."""
    if path.suffix not in (".jsonl", ".parquet"):
        raise UsageError(f"--export {path}: write .jsonl or .parquet")
    made = export(run)
    if not made.pairs.height:
        why = ", ".join(f"{count} {reason}" for reason, count in made.left_out.items())
        raise DataError(f"{run.folder} has no pair to export{f' ({why})' if why else ''}; `curate view` records them")
    if path.suffix == ".parquet":
        write_parquet(made.pairs, path)
    else:
        write_text_atomic(path, made.pairs.write_ndjson())
    return made
