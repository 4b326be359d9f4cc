"""`format`: rows in the shape a trainer takes."""

from __future__ import annotations

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate import schema
from curate.errors import DataError, did_you_mean
from curate.result import ID, PARENT, REASON, Result
from curate.step import Context, Kind, Step

PROVENANCE = (
    ID, PARENT, "source", "origin", "kind", "difficulty", "answer", "verifier", "pass_rate", "judged", "model",
    "finish_reason", "chosen_score", "rejected_score", "rejected_id",
)  # fmt: skip
"""What stays beside the contract's columns where a row has it: where it comes from and how it was judged."""

SAID = frozenset({"prompt", "messages", "completion", "thinking"})
"""What a contract's own columns say, in its shape."""


class Format(Step):
    """Write the columns of a contract (`curate.schema`), keep truth and provenance beside them, leave the rest.

    Truth is every column that the rewards of these rows read: a published row can be verified again. A `verifiable` row
    holds no answer, so an answer's scores and finish_reason go.

    A row that cannot take the shape is dropped with the reason: no answer, cut off before its end, no label.
    """

    kind: ClassVar[Kind] = "map"
    version: ClassVar[int] = 2
    reshapes: ClassVar[bool] = True

    step: Literal["format"]
    to: Literal["sft", "prompt-completion", "preference", "verifiable", "kto"]
    thinking: Literal["tags", "drop", "field"] = Field(
        default="tags", description="Thinking in <think> tags before the answer, left out, or as reasoning_content."
    )
    system: str | None = Field(default=None, description="A system message to begin every chat with.")
    label: str | None = Field(default=None, description="kto: the column that says whether a completion is good.")
    threshold: float = Field(default=1.0, description="kto: good means at least this.")
    truncated: bool = Field(default=False, description="Take answers that were cut off (finish_reason length) too.")
    columns: tuple[str, ...] = Field(default=(), description="More columns to keep.")

    def needs(self) -> frozenset[str]:
        """The columns named in the settings, and those that no other shape of a row can stand for."""
        always = {"preference": {"chosen", "rejected"}, "kto": {self.label or "label"}}
        return frozenset(self.columns) | always.get(self.to, set())

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The contract's columns and what is kept beside them."""
        truth = _read_by(_reward_names(), with_optional=False)
        beside = {name for name in columns if self._stays(name, truth)}
        return frozenset(beside | set(schema.CONTRACTS[self.to].columns))

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Convert all rows; those that cannot be are dropped."""
        missing = sorted(self.needs() - set(table.columns))
        if missing:
            raise DataError(f"{self.title}: no column '{missing[0]}'{did_you_mean(missing[0], table.columns)}")
        shaped = schema.convert(
            table, self.to, thinking=self.thinking, system=self.system, label=self.label,
            threshold=self.threshold, truncated=self.truncated,
        )  # fmt: skip
        context.progress.advance(table.height, 0, None)
        fits = shaped.reasons.is_null()
        truth = _read_by(_judges_of(table), with_optional=True)
        beside = [name for name in table.columns if self._stays(name, truth) and name not in shaped.columns]
        kept = table.select(beside).with_columns(**shaped.columns).filter(fits)
        order = [ID, *shaped.columns, *(name for name in beside if name != ID)]
        dropped = table.with_columns(shaped.reasons.alias(REASON)).filter(~fits)
        return Result(kept=kept.select(order), dropped=dropped)

    def _stays(self, name: str, truth: frozenset[str]) -> bool:
        if self.to == "verifiable" and (name == "finish_reason" or name.startswith("score.")):
            return name in self.columns
        return name in PROVENANCE or name.startswith("score.") or name in truth or name in self.columns


def _reward_names() -> frozenset[str]:
    import rewards

    return frozenset(rewards.names())


def _judges_of(table: pl.DataFrame) -> frozenset[str]:
    """The rewards of these rows: those that each row's verifier names, and those that have judged them."""
    named = {column.removeprefix("score.") for column in table.columns if column.startswith("score.")}
    if "verifier" in table.columns:
        named |= set(table["verifier"].drop_nulls().cast(pl.String).unique())
    return frozenset(named & _reward_names())


def _read_by(names: frozenset[str], *, with_optional: bool) -> frozenset[str]:
    """The columns that these rewards read beside what was asked and said. Optional ones load the reward's code."""
    import rewards
    from rewards.base import signature_of

    entries = [rewards.get(name).entry for name in names]
    read = {column for entry in entries for column in entry.columns}
    if with_optional:
        read |= {column for entry in entries for column in signature_of(entry.use).optional}
    return frozenset(read - SAID)
