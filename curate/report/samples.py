"""A few rows of a run, shaped for a reader: who says what, with which scores, and why a row left."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from curate.reasons import kinds_of
from curate.report.tables import SCORE, WHY, Outcome, Table, splits, spread, table
from curate.run import Run
from curate.text.shown import clip

MAX_TEXT = 4_000
MAX_FACT = 300
MAX_BLOCKS = 12
MAX_FACTS = 40

_TEXTS = ("messages", "prompt", "thinking", "completion", "chosen", "rejected")
_THINKING = ("reasoning_content", "reasoning", "thinking")
_HEAD = ("id", "source", "reason", "split")


@dataclass(frozen=True, slots=True)
class Block:
    """One text of a row. role: who says it. more: characters left out."""

    role: str
    text: str
    more: int = 0
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """What one reward said of a row. value: None when it could not judge."""

    reward: str
    value: float | None
    why: str


@dataclass(frozen=True)
class Sample:
    """A row, shaped. chosen, rejected: both sides of a preference pair, empty for other rows.

    left_out: messages beyond the first `MAX_BLOCKS`. facts: its other columns, each as one short line.
    """

    id: str
    source: str
    reason: str
    blocks: tuple[Block, ...]
    chosen: tuple[Block, ...] = ()
    rejected: tuple[Block, ...] = ()
    marks: tuple[Mark, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows that left a step for one reason. rows: how many did; samples: some of them."""

    step: str
    reason: str
    rows: int
    outcome: Outcome
    samples: tuple[Sample, ...] = field(default=())


def sample(row: Mapping[str, Any], max_text: int = MAX_TEXT) -> Sample:
    """A row, shaped. Columns it does not have are simply not there; no value is refused."""
    blocks = list(_prompt(row, max_text))
    sides = [tuple(_says(row[side], side, max_text)) if row.get(side) else () for side in ("chosen", "rejected")]
    pair = all(sides)
    if not pair:
        blocks += [*_answer(row, max_text), *sides[0], *sides[1]]
    if row.get("answer") is not None:
        blocks.append(_block("answer", row["answer"], max_text))
    marks = [
        Mark(
            name.removeprefix(SCORE),
            _float(value),
            clip(str(row.get(WHY + name.removeprefix(SCORE)) or ""), MAX_FACT)[0],
        )
        for name, value in row.items()
        if name.startswith(SCORE)
    ]
    facts = [(name, _fact(value)) for name, value in row.items() if value is not None and not _shown(name)]
    return Sample(
        id=_fact(row.get("id", "")), source=_fact(row.get("source") or ""), reason=_fact(row.get("reason") or ""),
        blocks=tuple(blocks[:MAX_BLOCKS]), chosen=sides[0] if pair else (), rejected=sides[1] if pair else (),
        marks=tuple(marks[:MAX_FACTS]), facts=tuple(facts[:MAX_FACTS]), left_out=max(0, len(blocks) - MAX_BLOCKS),
    )  # fmt: skip


def _shown(name: str) -> bool:
    return name in _HEAD or name in _TEXTS or name == "answer" or name.startswith((SCORE, WHY))


def _prompt(row: Mapping[str, Any], max_text: int) -> Iterator[Block]:
    if row.get("messages"):
        yield from _says(row["messages"], "messages", max_text)
    elif row.get("prompt"):
        yield from _says(row["prompt"], "user", max_text)


def _answer(row: Mapping[str, Any], max_text: int) -> Iterator[Block]:
    """Thinking and completion, unless the messages already end with the answer."""
    messages = row.get("messages")
    if (
        isinstance(messages, list)
        and messages
        and isinstance(messages[-1], dict)
        and messages[-1].get("role") == "assistant"
    ):
        return
    if row.get("thinking"):
        yield _block("thinking", row["thinking"], max_text, thinking=True)
    if row.get("completion"):
        yield from _says(row["completion"], "assistant", max_text)


def _says(value: Any, role: str, max_text: int) -> Iterator[Block]:
    """The blocks of a text, or of a list of chat messages."""
    if not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        yield _block(role, value, max_text)
        return
    for message in value:
        who = _fact(message.get("role") or message.get("from") or role)
        for key in _THINKING:
            if message.get(key):
                yield _block("thinking", message[key], max_text, thinking=True)
        content = message.get("content", message.get("value"))
        if content is not None:
            yield _block(who, content, max_text)
        if message.get("tool_calls"):
            yield _block(f"{who} calls", message["tool_calls"], max_text)


def _block(role: str, value: Any, max_text: int, *, thinking: bool = False) -> Block:
    text, more = clip(_plain(value), max_text)
    return Block(role, text, more, thinking)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _fact(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text, more = clip(_plain(value), MAX_FACT)
    return f"{text}… (+{more:,})" if more else text


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def kept(run: Run, wanted: int) -> dict[str, list[Sample]]:
    """At most `wanted` final rows of each split, spread over its sources."""
    return {split: _spread(rows, wanted) for split, rows in splits(run).items()}


def _spread(rows: Table, wanted: int) -> list[Sample]:
    key = pl.col("source").cast(pl.String) if "source" in rows else pl.lit("")
    groups = rows.collect(
        rows.lazy.select(key.alias("source")).with_row_index("row").group_by("source", maintain_order=True).agg("row")
    )
    each, rest = divmod(wanted, max(1, groups.height))
    chosen = [place for index, places in enumerate(groups["row"]) for place in _some(places, each + (index < rest))]
    return [sample(row) for row in rows.rows(chosen)]


def gone(run: Run, outcome: Outcome, reasons: int, wanted: int) -> list[Gone]:
    """Rows that left each step: at most `wanted` for each of its `reasons` most frequent reasons."""
    return [found for entry in run.ledger for found in _gone(run, entry.step, outcome, reasons, wanted)]


def _gone(run: Run, step: str, outcome: Outcome, reasons: int, wanted: int) -> Iterator[Gone]:
    rows = table(run, step, outcome)
    if rows is None:
        return
    unsaid = "no reason given"
    reason = pl.col("reason").cast(pl.String).fill_null(unsaid) if "reason" in rows else pl.lit(unsaid)
    left = rows.select(reason=reason)["reason"]
    texts = left.unique(maintain_order=True).to_list()
    kinds = pl.DataFrame({"reason": texts, "kind": kinds_of(texts)})
    placed = pl.DataFrame({"reason": left}).with_row_index("row").join(kinds, on="reason", maintain_order="left")
    groups = placed.group_by("kind").agg(pl.len().alias("rows"), pl.col("row").sort())
    for text, count, places in groups.sort(["rows", "kind"], descending=[True, False]).head(reasons).rows():
        yield Gone(
            step, text, count, outcome, tuple(sample(row) for row in rows.rows(_some(pl.Series(places), wanted)))
        )


def _some(places: pl.Series, wanted: int) -> list[int]:
    return [places[index] for index in spread(len(places), wanted)]
