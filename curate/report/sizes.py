"""How long the final rows are, by source: in tokens where the engine counted them, else in characters."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from curate.report.distribution import Distribution, axis_end, distribution
from curate.report.tables import Table, splits, table
from curate.run import Run

COMPLETION = "tokens of the completion as the engine counted them, thinking included"
PROMPT = "tokens of the prompt as the engine counted them"
CHARACTERS = "characters"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Lengths of the final rows. unit: one of `COMPLETION`, `PROMPT` (for prompts without answers), `CHARACTERS`.

    groups: all rows as "", then each source, with histograms on one axis. left_out: sources beyond the largest ones.
    """

    unit: str
    groups: tuple[tuple[str, Distribution], ...]
    left_out: int = 0


def sizes(run: Run, bins: int = 50, sources: int = 40) -> Sizes | None:
    """Lengths of all final rows, and of the largest `sources` by themselves; None when there are none."""
    parts = list(splits(run).values())
    answered = any(name in part for part in parts for name in ("messages", "completion", "chosen"))
    tokens = _tokens(run, parts, "completion_tokens" if answered else "prompt_tokens")
    rows = tokens if tokens is not None else _concat([_characters(part) for part in parts])
    if rows is None or not rows.height:
        return None
    end = axis_end(rows["length"].to_numpy())
    named = rows.partition_by("source", as_dict=True, maintain_order=True)
    largest = sorted(named, key=lambda key: (-named[key].height, key))[:sources] if len(named) > 1 else []
    groups = [("", rows), *((str(name), named[name,]) for (name,) in sorted(largest))]
    described = tuple((name, distribution(part["length"].to_numpy(), bins, end)) for name, part in groups)
    unit = CHARACTERS if tokens is None else COMPLETION if answered else PROMPT
    return Sizes(unit, described, max(0, len(named) - max(1, sources)))


def _concat(frames: list[pl.DataFrame]) -> pl.DataFrame | None:
    return pl.concat(frames) if frames else None


def _tokens(run: Run, parts: list[Table], column: str) -> pl.DataFrame | None:
    """Tokens of the final rows, as counted when their step asked for them; None when one has no count."""
    if not parts or not all("id" in part for part in parts):
        return None
    rows = pl.concat([part.select(pl.col("id").cast(pl.String), source=part.source()) for part in parts])
    for entry in reversed(run.ledger):
        counted = table(run, entry.step)
        if counted is not None and column in counted and "id" in counted:
            numbers = counted.select(pl.col("id").cast(pl.String), length=pl.col(column).cast(pl.Int64))
            joined = rows.join(numbers.unique("id", keep="first"), on="id", how="left", maintain_order="left")
            full = not joined["length"].null_count() and bool((joined["length"] > 0).any())
            return joined.select("source", "length") if full else None
    return None


def _characters(part: Table) -> pl.DataFrame:
    names = [name for name in ("messages", "prompt", "thinking", "completion", "chosen", "rejected") if name in part]
    lengths = [size for size in (_length(name, part.schema[name]) for name in names) if size is not None]
    total = pl.sum_horizontal(lengths) if lengths else pl.lit(0)
    return part.select(source=part.source(), length=total.cast(pl.Int64))


def _length(name: str, kind: pl.DataType) -> pl.Expr | None:
    """Characters of a text or of the contents of chat messages; None for anything else."""
    if kind == pl.String:
        return pl.col(name).str.len_chars().fill_null(0)
    inner = kind.inner if isinstance(kind, pl.List) else None
    texts = [field.name for field in inner.fields if field.dtype == pl.String] if isinstance(inner, pl.Struct) else []
    spoken = [text for text in texts if text in ("content", "reasoning_content", "thinking", "value")]
    if not spoken:
        return None
    each = pl.sum_horizontal([pl.element().struct.field(text).str.len_chars().fill_null(0) for text in spoken])
    return pl.col(name).list.eval(each).list.sum().fill_null(0)
