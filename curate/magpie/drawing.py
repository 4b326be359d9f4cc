"""The pool of instructions: how many are missing, and what came of those that were drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from curate.magpie.instructions import Reader
from curate.result import ID, REASON, Result, Usage
from curate.text.thinking import join_thinking

SLOT, NUMBER, PREFIX = "slot", "number", "prefix"
COLUMNS = {
    ID: pl.String, SLOT: pl.Int64, NUMBER: pl.Int64, "prompt": pl.String, "prompt_model": pl.String,
    "prompt_response": pl.String, REASON: pl.String,
}  # fmt: skip


@dataclass
class Slot:
    """What instructions are drawn for: the step itself, or a row that came in.

    begins: what the ids of its draws begin with. prefix: what the model is given. system: the system prompt in it.
    place: of the row. asked, kept: how many so far.
    """

    begins: str
    prefix: str
    system: str | None = None
    place: int = 0
    asked: int = 0
    kept: int = 0


@dataclass
class Draws:
    """Draws in rounds. rows: wanted of each slot. tries: draws at most for each of them."""

    slots: Sequence[Slot]
    rows: int
    tries: int
    reader: Reader
    drawn: list[pl.DataFrame] = field(default_factory=list)
    failed: list[pl.DataFrame] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    retriable: int = 0

    def next(self) -> pl.DataFrame:
        """The draws of the next round, (id, slot, number, prefix): for each slot as many as it lacks."""
        lines = [
            (f"{slot.begins}{number}", place, number, slot.prefix)
            for place, slot in enumerate(self.slots)
            for number in range(slot.asked, min(slot.asked + self.rows - slot.kept, self.rows * self.tries))
        ]
        columns = {ID: pl.String, SLOT: pl.Int64, NUMBER: pl.Int64, PREFIX: pl.String}
        return pl.DataFrame(lines, schema=columns, orient="row")

    def add(self, asked: pl.DataFrame, result: Result) -> None:
        """What came of a round: `result` has the answers to `asked`, or the reasons why there are none."""
        self.rounds.append(asked.height)
        self.usages.append(result.usage)
        self.retriable += result.retriable
        for place in asked[SLOT]:
            self.slots[place].asked += 1
        answers = result.kept.select(ID, "thinking", "completion", "finish_reason").iter_rows()
        read = [self.reader.read(row, join_thinking(thought, text), reason) for row, thought, text, reason in answers]
        drawn = result.kept.select(
            ID, SLOT, NUMBER, prompt=pl.Series([text for text, _ in read], dtype=pl.String), prompt_model="model",
            prompt_response="response",
        ).with_columns(pl.Series(REASON, [reason for _, reason in read], dtype=pl.String))  # fmt: skip
        for place in drawn.filter(pl.col(REASON).is_null())[SLOT]:
            self.slots[place].kept += 1
        self.drawn.append(drawn)
        none = {name: pl.lit(None, pl.String) for name in ("prompt", "prompt_model", "prompt_response")}
        self.failed.append(result.failed.select(ID, SLOT, NUMBER, **none, reason=REASON))

    @property
    def room(self) -> int:
        """Draws that may still be made."""
        return sum(self.rows * self.tries - slot.asked for slot in self.slots if slot.kept < self.rows)

    @property
    def answered(self) -> int:
        """Draws that were answered, whatever came of them."""
        return sum(part.height for part in self.drawn)

    @property
    def kept(self) -> int:
        """Instructions so far."""
        return sum(slot.kept for slot in self.slots)

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What was drawn, with the reason of what is dropped; what failed. In the order of slots and draws."""
        none = pl.DataFrame(schema=COLUMNS)
        drawn, failed = (pl.concat([none, *parts]).sort(SLOT, NUMBER) for parts in (self.drawn, self.failed))
        return drawn, failed

    def told(self) -> dict[str, object]:
        """Notes: what was wanted, what was drawn in each round."""
        wanted = self.rows * len(self.slots)
        return {"wanted": wanted, "drawn": sum(self.rounds), "rounds": self.rounds, "short": wanted - self.kept}
