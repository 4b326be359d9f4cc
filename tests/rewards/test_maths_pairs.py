r"""Pairs of gold and answer, kind by kind, written before the rules they test: equivalent forms and near misses.

`pairs/*.txt`: `@ kind`, `= gold`, then `+ answer` (right), `- answer` (wrong), `? answer` (wrong, beyond what can be
decided in time: never 1). An answer stands in \boxed{}; one that starts with RAW: is the whole completion, in which ⏎
is the end of a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import rewards

PAIRS = Path(__file__).parent / "pairs"


def pairs(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """Kind, gold, completion and mark of each line."""
    kind = gold = ""
    for line in path.read_text("utf-8").splitlines():
        mark, text = line[0], line[2:].replace("⏎", "\n")
        if mark == "@":
            kind = text
        elif mark == "=":
            gold = text
        else:
            raw = text.startswith("RAW:")
            completion = text[4:] if raw else f"We reason.\nSo the final answer is $\\boxed{{{text}}}$."
            yield kind, gold, completion, mark


@pytest.mark.parametrize("name", sorted(path.stem for path in PAIRS.glob("*.txt")))
def test_every_pair_is_judged_as_a_careful_grader_would(name: str) -> None:
    wrong = []
    rows = list(pairs(PAIRS / f"{name}.txt"))
    assert len(rows) > 500
    for kind, gold, completion, mark in rows:
        # what is beyond the own grammar takes the symbolic tier, slow and at its deadline here
        score = rewards.math.score(completion, answer=gold) if mark != "?" else beyond(completion, gold)
        if score.value not in {"+": (1.0,), "-": (0.0,), "?": (0.0, None)}[mark]:
            wrong.append(f"{kind}: {gold!r} {mark} {completion[-80:]!r} got {score.value}: {score.why}")
    assert not wrong, "\n".join(wrong)


def beyond(completion: str, gold: str) -> rewards.Score:
    return rewards.get("math", timeout_s=0.5).score(completion, answer=gold)
