"""`decontaminate`: rows that hold items of benchmarks leave, each with the span, the benchmark and the item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from curate.errors import DataError, did_you_mean
from curate.result import Result
from curate.step import Context, Kind, Pin, Step, Unknown, unknown


class Benchmark(BaseModel):
    """Where the items of a benchmark lie: `file`, or `hub`, or nothing for a name in `contamination.items.HUB`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str | None = Field(
        default=None, min_length=1, description="A path or glob; jsonl, json, csv, tsv, parquet, also .gz, .zst."
    )
    hub: str | None = Field(default=None, min_length=1, description="A data set of the Hub, ORG/NAME.")
    revision: str | None = Field(default=None, description="Commit of a Hub data set; needed for one.")
    config: str | None = None
    split: str | None = Field(default=None, description="Of a Hub data set: test unless given.")
    column: str | tuple[str, ...] | None = Field(default=None, description="Where its questions stand.")

    @model_validator(mode="after")
    def _one_place(self) -> Benchmark:
        if self.file is not None and (self.hub or self.revision or self.config or self.split):
            raise ValueError("hub, revision, config and split are for Hub data sets, not for a file")
        return self


class Decontaminate(Step):
    """Drop the rows that hold an item of a benchmark; see `curate.cleaning.contamination.decontaminate`.

    The same text with other numbers is labelled in the report and dropped only with `numbers: true`.
    """

    kind: ClassVar[Kind] = "filter"

    step: Literal["decontaminate"]
    against: dict[str, Benchmark] = Field(min_length=1, description="Benchmarks by name: a path, or file:, or hub:.")
    column: str | tuple[str, ...] | None = Field(
        default=None, description="Columns that are searched; prompt, problem, question or messages unless given."
    )
    profile: str = Field(default="default", description="default, embedding, openthoughts, open-r1, tulu3 or gpt3.")
    numbers: bool = Field(default=False, description="Drop rows that differ from an item in numbers alone.")
    covered: float | None = Field(
        default=None, ge=0, le=1, description="Share of an item from which on a row is a hit."
    )
    span: int | None = Field(default=None, ge=1, description="Words of an item in a row that are enough alone.")
    ratio: float | None = Field(default=None, ge=50, le=100, description="For openthoughts: 95 unless given.")
    similarity: float | None = Field(
        default=None, ge=0, le=1, description="For embedding: alike enough to mean the same."
    )
    encoder: str = Field(default="static", description="For embedding: static, a folder, or a model of the Hub.")

    @field_validator("against", mode="before")
    @classmethod
    def _a_path_is_enough(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: {"file": place} if isinstance(place, str) else place for name, place in value.items()}

    @model_validator(mode="after")
    def _places(self) -> Decontaminate:
        from curate.cleaning.contamination.items import HUB

        for name, benchmark in self.against.items():
            if benchmark.file is None and benchmark.hub is None and name not in HUB:
                raise ValueError(f"benchmark '{name}': give file: or hub:{did_you_mean(name, HUB)}")
        return self

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The profile must exist."""
        from curate.cleaning.contamination.profiles import PROFILES

        yield from unknown(("profile",), self.profile, PROFILES)

    def pins(self) -> Iterator[Pin]:
        """The benchmarks that lie on the Hub."""
        from curate.cleaning.contamination.items import HUB

        for name, benchmark in self.against.items():
            if benchmark.file is None:
                yield Pin(("against", name), benchmark.hub or HUB[name]["hub"], benchmark.revision)

    def needs(self) -> frozenset[str]:
        """The columns that are named."""
        return frozenset([self.column] if isinstance(self.column, str) else self.column or ())

    @property
    def fetches(self) -> bool:
        """Whether a benchmark lies on the Hub."""
        return any(benchmark.file is None for benchmark in self.against.values())

    def check(self, context: Context) -> None:
        """Raise one DataError that names every benchmark whose file is missing."""
        from curate.cleaning.contamination.items import every
        from curate.sources.files import find, resolve

        files = {name: resolve(place, context.folder) for name, place in self._files().items()}
        try:
            every({name: partial(find, path) for name, path in files.items()})
        except DataError as broken:
            raise DataError(f"{self.title}: {broken}") from broken

    def depends(self, context: Context) -> Mapping[str, Any]:
        """What the files of the benchmarks hold (those of the Hub are pinned by the settings), and the encoder."""
        from curate.sources.files import resolve, source_hash

        found: dict[str, Any] = {
            "files": {name: source_hash(resolve(place, context.folder)) for name, place in self._files().items()}
        }
        if self.profile == "embedding":
            from curate.text.embed import encoder

            found["encoder"] = encoder(self.encoder).identity
        return found

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Search and drop."""
        from curate.cleaning.contamination import decontaminate

        try:
            result = decontaminate(
                table,
                self.column,
                against=self._against(),
                profile=self.profile,
                numbers=self.numbers,
                covered=self.covered,
                span=self.span,
                ratio=self.ratio,
                similarity=self.similarity,
                encoder=self.encoder,
                folder=context.folder,
            )
        except DataError as broken:
            raise DataError(f"{self.title}: {str(broken).removeprefix('decontaminate: ')}") from broken
        context.progress.advance(table.height, 0, None)
        return result

    def join_notes(self, notes: Sequence[Mapping[str, Any]], kept: pl.DataFrame) -> Mapping[str, Any]:
        """One table of benchmarks, and the worst pairs of all shards."""
        from curate.cleaning.contamination.decontaminated import join_notes

        return join_notes(notes)

    def _files(self) -> dict[str, str]:
        return {name: benchmark.file for name, benchmark in self.against.items() if benchmark.file is not None}

    def _against(self) -> dict[str, dict[str, Any]]:
        return {name: benchmark.model_dump(exclude_none=True) for name, benchmark in self.against.items()}
