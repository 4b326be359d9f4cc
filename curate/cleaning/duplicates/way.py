"""The way rows are compared: checked once, for frames, files and indexes alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from curate.cleaning.duplicates import facts, fuzzy, semantic
from curate.errors import DataError, UsageError, did_you_mean
from curate.text.embed import Encoder
from curate.text.embed import encoder as open_encoder
from curate.text.minhash import Bands, plan
from curate.text.shingles import WORDS

Normal = Literal["loose", "exact"]
By = Literal["exact", "minhash", "semantic"]
WAYS = ("exact", "minhash", "semantic")
THRESHOLDS = {"exact": 1.0, "minhash": 0.8, "semantic": 0.95}
BELOW = {"exact": 0.0, "minhash": fuzzy.BELOW, "semantic": semantic.BELOW}


class Way(NamedTuple):
    """How rows are compared; see `dedupe` for each word. encoder: what reads meaning, where that is compared."""

    by: By
    threshold: float
    normal: Normal
    numbers: bool
    template: bool
    code: bool
    encoder: Encoder | None
    groups: bool | None

    @classmethod
    def of(
        cls,
        by: By,
        threshold: float | None,
        normal: Normal,
        *,
        numbers: bool,
        template: bool,
        code: bool,
        encoder: str | Path | Encoder,
        groups: bool | None,
    ) -> Way:
        """Raises UsageError for a word or a number that means nothing."""
        if by not in WAYS:
            raise UsageError(f"dedupe: by '{by}' is no way to compare{did_you_mean(by, WAYS)}")
        if normal not in ("loose", "exact"):
            raise UsageError(f"dedupe: normal '{normal}' is no form{did_you_mean(normal, ('loose', 'exact'))}")
        if threshold is not None and not 0 < threshold <= 1:
            raise UsageError(f"dedupe: threshold {threshold} is no similarity; it lies in (0, 1]")
        reader = open_encoder(encoder) if by == "semantic" else None
        threshold = THRESHOLDS[by] if threshold is None else threshold
        return cls(by, threshold, normal, numbers, template, code, reader, groups)

    @property
    def bands(self) -> Bands:
        """How signatures are cut."""
        return plan(self.threshold)

    @property
    def stored_bands(self) -> Bands | None:
        """The same, where rows are stored with their signature."""
        return self.bands if self.by == "minhash" else None

    @property
    def told(self) -> dict[str, Any]:
        """What the notes say of it first."""
        return {"by": self.by, "encoder": self.encoder.identity} if self.encoder else {"by": self.by}

    @property
    def lowest(self) -> float:
        """Similarity down to which pairs are known."""
        return max(self.threshold - BELOW[self.by], 0.0)

    @property
    def stored_as(self) -> dict[str, Any]:
        """What two searches must share for the rows of one to be compared with those of the other."""
        if self.by == "exact":
            return {"by": self.by, "normal": self.normal}
        if self.encoder:
            return {**self.told, "facts": facts.READ_AS}
        return {"by": self.by, "bands": list(self.bands), "words": WORDS}


def check_columns(columns: Sequence[str], there: Sequence[str]) -> None:
    """Raises DataError naming the nearest column for one that is missing."""
    if not columns:
        raise UsageError("dedupe: name a column to compare")
    for name in columns:
        if name not in there:
            raise DataError(f"dedupe: no column '{name}' to compare{did_you_mean(name, there)}")
