"""The win rate of a judge whose taste is known: it prefers the longer answer, or always the first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import rewards
from curate.errors import DataError
from trainers.evaluating import win_rate


class Judge:
    """An engine that answers `rewards.judge` in its strict form."""

    def __init__(self, taste: str) -> None:
        self.taste = taste

    def complete(self, requests: Iterable[Any]) -> Iterator[list[Any]]:
        for request in requests:
            text = request.messages[-1]["content"]
            nonce = re.findall(r"<<<answer A (\w+)>>>", text)[0]
            first, second = (
                re.findall(rf"<<<answer {side} {nonce}>>>\n(.*?)\n<<<end", text, re.DOTALL)[0] for side in "AB"
            )
            verdict = "A" if self.taste == "first" or len(first) > len(second) else "B"
            yield [SimpleNamespace(key=request.key, text=f"I prefer it.\nBETTER {nonce}: {verdict}", error=None)]


ROWS = pl.DataFrame(
    {
        "prompt": ["a?", "b?", "c?", "d?"],
        "completion": ["long answer", "short", "same", "very long answer"],
        "against": ["brief", "a longer one", "same", "no"],
    }
)


def test_wins_ties_and_losses_are_counted() -> None:
    found = win_rate(ROWS, rewards.get("judge", engine=Judge("longer")))
    assert (found.won, found.tied, found.lost) == (2, 1, 1)
    assert found.rate.value == pytest.approx(2.5 / 4)
    assert found.longer_wins == 1.0
    assert "the longer answer won 100%" in str(found)


def test_a_judge_that_goes_by_the_order_decides_nothing() -> None:
    found = win_rate(ROWS, rewards.get("judge", engine=Judge("first")))
    assert (found.won, found.lost, found.tied) == (0, 0, 1)
    assert sum(found.undecided.values()) == 3
    assert "order" in next(iter(found.undecided))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="did you mean 'against'"):
        win_rate(ROWS, rewards.get("judge", engine=Judge("longer")), theirs="agianst")
    with pytest.raises(DataError, match="no rows"):
        win_rate(ROWS.clear(), rewards.get("judge", engine=Judge("longer")))
