"""The numbers of a length profile: what is measured of a data set, without how it is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from curate.report.distribution import Distribution
from curate.report.figures import count as counted
from curate.report.figures import percent, rows


@dataclass(frozen=True, slots=True)
class Truncated:
    """What a max_length cuts: the share of rows that are longer, and the share of all tokens beyond it."""

    max_length: int
    rows: float
    tokens: float


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one source. total = prompt + completion, row by row.

    padding_waste, packing: at the profile's recommended max_length and batch size; see `curate.report.distribution`.
    """

    name: str
    total: Distribution
    prompt: Distribution
    completion: Distribution
    truncated: tuple[Truncated, ...]
    padding_waste: float
    packing: float


@dataclass(frozen=True)
class Measured:
    """Token lengths of a data set, in all and by source.

    tokenizer: its name. rows: of the table; measured: rows counted, when a sample was asked for.
    unreadable: rows by the reason why they could not be tokenised; they are in no other number.
    recommended: the smallest of the max_lengths that loses at most 1% of the tokens of all rows but outliers; when none
    does, the smallest multiple of 1,024 that does. outliers: rows far beyond the 99th percentile (see
    `curate.report.distribution.outlier`), which it cuts.
    """

    tokenizer: str
    rows: int
    measured: int
    unreadable: Mapping[str, int]
    recommended: int
    batch_size: int
    overall: Group
    groups: tuple[Group, ...]
    notes: tuple[str, ...] = ()
    outliers: int = 0

    @property
    def config_line(self) -> str:
        """What to write in the training script."""
        return f"SFTConfig(max_length={self.recommended})"

    @property
    def loss(self) -> Truncated:
        """What the recommended max_length cuts off."""
        return next(cut for cut in self.overall.truncated if cut.max_length == self.recommended)

    def to_dict(self) -> dict[str, Any]:
        """All numbers, as JSON holds them."""
        return {**asdict(self), "config_line": self.config_line}

    def to_json(self) -> str:
        """All numbers as JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    @property
    def shown(self) -> tuple[Group, ...]:
        """The groups worth a line: all rows, and each source where there are several."""
        return (self.overall, *self.groups) if len(self.groups) > 1 else (self.overall,)

    def sentences(self) -> list[str]:
        """What the numbers come to."""
        cut, whole = self.loss, self.overall
        said = [
            f"max_length {self.recommended:,}: loses {percent(cut.tokens)} of tokens, cuts {percent(cut.rows)} of rows",
            f"batches of {self.batch_size} are {percent(whole.padding_waste)} padding",
            f"packed sequences are {percent(whole.packing)} full",
        ]
        return [*said, *self.cautions(), "", self.config_line]

    def cautions(self) -> list[str]:
        """What must be known of the numbers to read them right."""
        said = [f"{rows(number)} not counted: {reason}" for reason, number in self.unreadable.items()]
        if self.measured < self.rows:
            said.append(f"measured on {self.measured:,} of {rows(self.rows)}")
        if self.outliers:
            longest = counted(self.overall.total.max)
            said.append(
                f"{rows(self.outliers)} far longer than all others (up to {longest} tokens), which max_length cuts and "
                "is not chosen for: best dropped before training"
            )
        return [*said, *self.notes]
