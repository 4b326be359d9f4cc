"""`load`: rows from files, the Hub and procedural problems, in the words of the toolkit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field, field_validator, model_validator

from curate.errors import DataError
from curate.result import ID, REASON, Result
from curate.sources.settings import Source
from curate.step import Context, Cost, Kind, Pin, Step, Unknown, unknown
from curate.widen import stack


@dataclass(frozen=True)
class _Part:
    """What one source gave."""

    frame: pl.DataFrame
    failed: pl.DataFrame
    notes: Mapping[str, Any]


def _dialects() -> Iterable[str]:
    from curate.dialects import DIALECTS

    return DIALECTS


def _problems() -> Iterable[str]:
    from curate.sources.procedural import KINDS

    return KINDS


def _rewards() -> Iterable[str]:
    import rewards

    return rewards.names()


_KNOWN: dict[str, Callable[[], Iterable[str]]] = {"procedural": _problems, "dialect": _dialects, "verifier": _rewards}


class Load(Step):
    """Read every source, tell its dialect, give each row an id made of its content, and stack them.

    A row that cannot be read is a failed row with its line and the reason. The columns a source has beyond the known
    words stay as they are. All rows have one form, see `curate.dialects.evening`.
    """

    kind: ClassVar[Kind] = "source"
    version: ClassVar[int] = 3

    step: Literal["load"]
    sources: tuple[Source, ...] = Field(min_length=1, description="Each a path, or what else a source is told.")

    @field_validator("sources", mode="before")
    @classmethod
    def _a_path_is_enough(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return tuple({"file": one} if isinstance(one, str) else one for one in value)

    @model_validator(mode="after")
    def _distinct(self) -> Load:
        labels = [source.label for source in self.sources]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"two sources are called {', '.join(twice)}; give each a name: of its own")
        return self

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """Dialects, kinds of problem and verifiers must exist."""
        for index, source in enumerate(self.sources):
            for field, known in _KNOWN.items():
                if (word := getattr(source, field)) is not None:
                    yield from unknown(("sources", index, field), word, known())

    def pins(self) -> Iterator[Pin]:
        """The sources that lie on the Hub."""
        for index, source in enumerate(self.sources):
            if source.hub is not None:
                yield Pin(("sources", index, "hub"), source.hub, source.revision)

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The content of every file, the version of the problem makers, and the limit."""
        from curate.sources.procedural import VERSION

        makers = VERSION if any(source.procedural for source in self.sources) else None
        files = {source.label: _hashes(source, context) for source in self.sources if source.file}
        return {"files": files, "makers": makers, "limit": context.limit}

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Read all sources, in order. Raises one DataError with every source that cannot be read."""
        context.progress.start(self.title, None)
        parts, mistakes = list[_Part](), list[str]()
        for source in self.sources:
            try:
                part = read_source(source, context)
            except DataError as broken:
                mistakes.append(f"load: {str(broken).removeprefix('load: ')}")
                continue
            context.progress.advance(part.frame.height, 0, None)
            for note in part.notes.get("notes", ()):
                context.progress.say(f"{self.title}: {source.label}: {note}")
            parts.append(part)
        if mistakes:
            raise DataError("\n".join(mistakes))
        kept = stack(self._even([part.frame for part in parts], context))
        failed = stack(part.failed for part in parts)
        if not kept.height:
            raise DataError(f"{self.title}: no rows came from {', '.join(source.where for source in self.sources)}")
        return Result(kept=kept, failed=failed, notes={"sources": [dict(part.notes) for part in parts]})

    def _even(self, frames: list[pl.DataFrame], context: Context) -> list[pl.DataFrame]:
        """The rows of all sources in one form, said aloud where that takes a column away."""
        from curate.dialects.evening import even

        made = even(frames)
        if any("prompt" in old.columns and "prompt" not in new.columns for old, new in zip(frames, made, strict=True)):
            context.progress.say(
                f"{self.title}: some rows are conversations, so all are: a prompt is now in `messages`"
            )
        return made

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """Costs no requests; the rows are counted by reading them (`curate plan` does)."""
        return Cost(rows)


def read_source(source: Source, context: Context) -> _Part:
    """The rows of one source, normalised, with `id` and `source`. Raises DataError naming the source."""
    limit = min((n for n in (source.rows, context.limit) if n is not None), default=None)
    raw, failed, facts = _read(source, context, limit)
    frame, unread = _named(raw, source.label), [failed]
    if source.kind != "procedural":  # those are made in our words
        from curate.dialects import normalise

        try:
            normal = normalise(frame, source.dialect)
        except DataError as broken:
            raise DataError(f"load: {source.kind} '{source.where}': {broken}") from broken
        frame, unread = normal.frame, [failed, normal.failed]
        said = [*facts.pop("notes", ()), *normal.notes]
        facts = {"dialect": normal.dialect, **({"notes": said} if said else {}), **facts}
    if source.verifier:
        frame = frame.with_columns(verifier=pl.lit(source.verifier))
    facts["license"] = source.license or facts.get("license")
    notes = {"name": source.label, "kind": source.kind, "where": source.where, "rows": frame.height, **facts}
    return _Part(frame, _failed_rows([part for part in unread if part.height], source.label), notes)


def _named(raw: pl.DataFrame, label: str) -> pl.DataFrame:
    """Each row with an id made of its content, and its source; an id or source it brought along is kept beside."""
    from curate.table import row_ids

    ids = row_ids(raw, label).alias(ID)
    theirs = {name: f"source_{name}" if name == ID else "origin" for name in (ID, "source") if name in raw.columns}
    renamed = raw.rename({name: new for name, new in theirs.items() if new not in raw.columns}).drop(
        theirs, strict=False
    )
    return renamed.select(ids, pl.lit(label).alias("source"), pl.all())


def _failed_rows(parts: list[pl.DataFrame], label: str) -> pl.DataFrame:
    """Rows that could not be read, with an id each: they never had one of their own."""
    if not parts:
        return pl.DataFrame()
    failed = stack(parts).with_columns(source=pl.lit(label))
    numbers = pl.Series(ID, [f"{label}-unread-{number}" for number in range(1, failed.height + 1)])
    ids = pl.coalesce(pl.col(ID), numbers).alias(ID) if ID in failed.columns else numbers
    return failed.select(ids, pl.exclude(ID, REASON), pl.col(REASON))


def _read(source: Source, context: Context, limit: int | None) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    if source.kind == "procedural":
        from curate.sources import procedural

        seed = context.seed if source.seed is None else source.seed
        options = dict(source.options) | ({"split": source.split} if source.split else {})
        try:
            frame = procedural.generate(source.where, rows=limit or 100, seed=seed, **options)
        except TypeError as broken:
            raise DataError(f"load: procedural '{source.where}': {broken}") from None
        return frame, pl.DataFrame(), {"seed": seed, "license": source.license or "cc0-1.0"}
    if source.kind == "hub":
        from curate.sources import hub

        loaded = hub.read(
            str(context.folder / Path(source.where).expanduser()) if hub.is_folder(source.where) else source.where,
            revision=source.revision,
            config=source.config,
            split=source.split or "train",
            limit=limit,
            columns=source.columns,
        )
        return loaded.frame, loaded.failed, {**loaded.provenance, "notes": loaded.notes}
    from curate.sources import files

    loaded = files.read(_path(source, context), columns=source.columns, limit=limit, format=source.format)
    return loaded.frame, loaded.failed, {"sha256": _hashes(source, context), "notes": loaded.notes}


def _path(source: Source, context: Context) -> Path:
    return context.folder / Path(source.file or "").expanduser()


def _hashes(source: Source, context: Context) -> str | None:
    """One hash over the files of a source; None where there is none (reading it says so better)."""
    from curate.sources.files import source_hash

    return source_hash(_path(source, context))
