"""Where the rows of a recipe come from: one entry of `sources:`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Source(BaseModel):
    """Where rows come from: exactly one of `file`, `hub`, `procedural`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str | None = Field(
        default=None, description="A path or glob; jsonl, json, csv, tsv, parquet, arrow, also .gz, .zst."
    )
    hub: str | None = Field(default=None, description="A data set of the Hub, ORG/NAME.")
    procedural: str | None = Field(default=None, description="A kind of problem made here, with a known answer.")
    name: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Stands in the rows' ids."
    )
    revision: str | None = Field(default=None, description="Commit of a Hub data set; needed for one.")
    config: str | None = None
    split: str | None = Field(
        default=None, description="Of a Hub data set: train unless given. Procedural: train, test, all."
    )
    columns: dict[str, str] = Field(default_factory=dict, description="New name: name in the source.")
    dialect: str | None = Field(
        default=None, description="How to read its columns; told from the columns unless given."
    )
    format: Literal["arrow", "csv", "json", "jsonl", "parquet", "tsv"] | None = Field(
        default=None, description="Of a file whose name does not say."
    )
    license: str | None = None
    rows: int | None = Field(default=None, ge=1, description="At most so many rows; how many to make, for procedural.")
    seed: int | None = Field(default=None, ge=0, description="For procedural; the recipe's seed unless given.")
    options: dict[str, Any] = Field(
        default_factory=dict, description="For procedural: see `curate.sources.procedural`."
    )
    verifier: str | None = Field(default=None, description="The reward that judges answers to these rows.")

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        given = [word for word in ("file", "hub", "procedural") if getattr(self, word) is not None]
        if len(given) != 1:
            raise ValueError(f"a source has one of file, hub, procedural (got {', '.join(given) or 'none of them'})")
        if self.hub is None and (self.revision or self.config):
            raise ValueError("revision and config are for hub sources")
        if self.file is None and self.format:
            raise ValueError("format is for file sources")
        return self

    @property
    def kind(self) -> str:
        """`file`, `hub` or `procedural`."""
        return "file" if self.file else "hub" if self.hub else "procedural"

    @property
    def where(self) -> str:
        """The path, data set or kind of problem."""
        return self.file or self.hub or self.procedural or ""

    @property
    def label(self) -> str:
        """What its rows carry as `source`."""
        from curate.table import slug

        stem = Path(self.where).name.split(".")[0] if self.kind == "file" else self.where.split("/")[-1]
        return self.name or slug(stem)
