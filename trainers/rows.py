"""Rows in hand: what a trainer gets, which problems they ask, and how some of them are held out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from curate.errors import DataError
from trainers.shaping import PROMPTS, TEXT, columns_of

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Rows:
    """What a trainer gets.

    train, held_out: tables in the contract's columns, prompts as messages or text; held_out is None when nothing is.
    contract: which one it is. hash: of all rows, content only. left_out: rows that could not take the shape, by reason.
    """

    train: pl.DataFrame
    held_out: pl.DataFrame | None
    contract: str
    hash: str
    left_out: Mapping[str, int]

    def dataset(self, frame: pl.DataFrame | None) -> Any:
        """A table as `datasets.Dataset`: the contract's columns, and for methods that generate all of them."""
        from datasets import Dataset

        if frame is None:
            return None
        return Dataset(
            frame.to_arrow() if self.contract == PROMPTS else frame.select(columns_of(self.contract, frame)).to_arrow()
        )

    def asked(self, limit: int) -> list[dict[str, Any]]:
        """The first held-out problems, each once: `prompt`, and the columns that rewards read."""
        if self.held_out is None:
            return []
        if self.contract == TEXT:
            raise DataError("stop: pass@K asks problems; rows of plain text have none")
        problems: dict[str, dict[str, Any]] = {}
        for key, row in zip(problems_of(self.held_out), self.held_out.iter_rows(named=True), strict=True):
            problems.setdefault(key, {**row, "prompt": row.get("prompt") or _turns_before(row["messages"])})
        return list(problems.values())[:limit]


def hold_out(frame: pl.DataFrame, share: float, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split by problem: rows with the same prompt stay on one side.

    share: of the problems, at least one and not all. Which ones depends on the problems and the seed, not on the order
    of the rows. Raises DataError when there is a single problem.
    """
    import polars as pl

    keys = problems_of(frame)
    order = sorted(set(keys), key=lambda key: sha256(f"{seed} {key}".encode()).digest())
    if len(order) < 2:
        raise DataError("eval: there is a single problem, so none can be held out; give another file, eval: FILE")
    chosen = set(order[: min(len(order) - 1, max(1, round(share * len(order))))])
    mask = pl.Series([key in chosen for key in keys])
    return frame.filter(~mask), frame.filter(mask)


def problems_of(frame: pl.DataFrame) -> list[str]:
    """What each row asks: its prompt, or its messages up to the last answer, as one text."""
    if TEXT in frame.columns and "prompt" not in frame.columns:
        return [str(text) for text in frame[TEXT].to_list()]
    if "prompt" in frame.columns:
        return [json.dumps(prompt, sort_keys=True, ensure_ascii=False) for prompt in frame["prompt"].to_list()]
    asked = [_turns_before(messages) for messages in frame["messages"].to_list()]
    return [json.dumps(turns, sort_keys=True, ensure_ascii=False) for turns in asked]


def _turns_before(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A conversation up to its last answer."""
    return messages[:-1] if messages and messages[-1]["role"] == "assistant" else messages


def shared(train: pl.DataFrame, held_out: pl.DataFrame) -> int:
    """How many held-out rows ask a problem that is trained on."""
    seen = set(problems_of(train))
    return sum(key in seen for key in problems_of(held_out))
