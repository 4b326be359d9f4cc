"""`split`: train and test, so that rows of one prompt never cross."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, model_validator

from curate.errors import DataError, did_you_mean
from curate.result import ID, PARENT, Result
from curate.step import Context, Kind, Step


class Split(Step):
    """Write `split` by a hash of the group and the seed: a group's split never changes when other rows come or go.

    The group is the `by` column in its normal form; unless given, the prompt (else the first user message), else the
    parent, else the row itself.
    """

    kind: ClassVar[Kind] = "group"

    step: Literal["split"]
    parts: dict[str, float] = Field(
        default={"train": 0.95, "test": 0.05}, description="Shares by name; they add up to 1."
    )
    by: str | None = Field(default=None, description="Rows that share this column stay together.")

    @model_validator(mode="after")
    def _shares(self) -> Split:
        if abs(sum(self.parts.values()) - 1) > 1e-6 or any(share <= 0 for share in self.parts.values()):
            raise ValueError(f"the shares of parts must be above 0 and add up to 1 (got {sum(self.parts.values()):g})")
        bad = [name for name in self.parts if not name.replace("_", "").isalnum()]
        if bad:
            raise ValueError(f"a part's name has letters, digits and underscores (got '{bad[0]}')")
        return self

    def needs(self) -> frozenset[str]:
        """The group's column, when given."""
        return frozenset({self.by} if self.by else set())

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The part's name is added."""
        return columns | {"split"}

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Place each group by its hash."""
        if self.by is not None and self.by not in table.columns:
            raise DataError(f"{self.title}: no column '{self.by}' to group by{did_you_mean(self.by, table.columns)}")
        groups = _group_keys(table, self.by)
        placed = {key: self._part(context.seed, key) for key in dict.fromkeys(groups)}
        context.progress.advance(table.height, 0, None)
        parts = pl.Series("split", [placed[key] for key in groups], dtype=pl.String)
        counts = {name: int((parts == name).sum()) for name in self.parts}
        notes: dict[str, Any] = {"rows": counts}
        empty = [name for name, count in counts.items() if not count and table.height]
        if empty:
            notes["warning"] = f"no rows fell into {', '.join(empty)}: too few groups ({len(placed)}) for its share"
        return Result(kept=table.with_columns(parts), notes=notes)

    def _part(self, seed: int, key: str) -> str:
        place = int.from_bytes(sha256(f"{seed}:{key}".encode("utf-8", "surrogatepass")).digest()[:8]) / 2**64
        for name, share in self.parts.items():
            place -= share
            if place < 0:
                return name
        return name


def _group_keys(table: pl.DataFrame, by: str | None) -> list[str]:
    names = [by] if by else [name for name in ("prompt", "messages", PARENT, ID) if name in table.columns]
    columns = [table[name].to_list() for name in names]
    return [
        next((_normal(value) for value in values if value is not None), "") for values in zip(*columns, strict=True)
    ]


def _normal(value: Any) -> str:
    if isinstance(value, list):  # messages: what the user asked first
        value = next((m.get("content") for m in value if isinstance(m, dict) and m.get("role") == "user"), value)
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return " ".join(text.lower().split())
