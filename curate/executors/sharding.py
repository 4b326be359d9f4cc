"""A row-wise step over the shards of a table: the rows that come out are those of the step over the whole table."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import polars as pl

from curate.errors import CurateError
from curate.executors.base import Executor
from curate.executors.failures import raised, to_bytes
from curate.responses import Journal
from curate.result import Result, Usage
from curate.step import Context, Step
from curate.steps import step_class

ROW_WISE = ("map", "filter")
"""Kinds of step that look at one row at a time."""

HERE = ("keep", "format")
"""Row-wise steps that cost less than moving their rows does."""


def is_sharded(step: Step) -> bool:
    """Whether a step's shards may run elsewhere. A step that asks an engine runs here; its requests are spread."""
    return step.kind in ROW_WISE and step.step not in HERE and not step.asks


def run_step(executor: Executor | None, step: Step, table: pl.DataFrame, context: Context, folder: Path) -> Result:
    """`step.run(table, context)`, by shards where there is an executor and more than one shard.

    folder: where the executor may keep its files.
    """
    parts = slices(table, executor.settings.rows, executor.settings.shard_mb) if executor and is_sharded(step) else []
    if executor is None or len(parts) < 2:
        return step.run(table, context)
    context.progress.start(step.title, table.height)
    task = StepTask(step.step, step.model_dump_json(), context.seed, str(context.folder.absolute()))
    results: dict[int, Result] = {}
    for number, packed in executor.map(step.title, task, [table_bytes(part) for part in parts], folder):
        results[number] = unpack(raised(packed))
        context.progress.advance(parts[number].height, 0, None)
    return merge(step, [results[number] for number in range(len(parts))])


@dataclass(frozen=True)
class StepTask:
    """Run a step on a shard: its word, its settings as JSON, the recipe's seed and folder."""

    word: str
    settings: str
    seed: int
    folder: str
    holds_model: ClassVar[bool] = False

    def __call__(self, part: bytes, /) -> bytes:
        """The packed result, or an error a user can meet."""
        step = step_class(self.word).model_validate_json(self.settings)
        with tempfile.TemporaryDirectory() as nowhere, Journal(Path(nowhere) / "none.jsonl", read_only=True) as journal:
            context = Context(self.seed, Path(self.folder), _no_engine, _no_engine, {}, journal)
            try:
                return pack(step.run(table_of(part), context))
            except CurateError as error:
                return to_bytes(error)


def _no_engine(name: str) -> NoReturn:
    raise CurateError(f"a step that runs by shards asked for engine '{name}'; this is a bug of the step")


def slices(table: pl.DataFrame, rows: int, megabytes: int) -> list[pl.DataFrame]:
    """Shards of at most `rows` rows and about `megabytes` MB each, in order."""
    if not table.height:
        return []
    count = max(ceil(table.height / rows), ceil(table.estimated_size("mb") / megabytes))
    return list(table.iter_slices(max(1, ceil(table.height / count))))


def merge(step: Step, parts: Sequence[Result]) -> Result:
    """The results of the shards as one, in order."""
    kept = _stack([part.kept for part in parts])
    return Result(
        kept=kept,
        dropped=_stack([part.dropped for part in parts if part.dropped.height]),
        failed=_stack([part.failed for part in parts if part.failed.height]),
        notes=step.join_notes([part.notes for part in parts], kept),
        usage=Usage(
            sum(part.usage.requests for part in parts),
            sum(part.usage.prompt_tokens for part in parts),
            sum(part.usage.completion_tokens for part in parts),
        ),
        retriable=sum(part.retriable for part in parts),
    )


def _stack(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames, how="vertical_relaxed", rechunk=True) if frames else pl.DataFrame()


# Bytes


def table_bytes(table: pl.DataFrame) -> bytes:
    """A table as an Arrow file."""
    buffer = io.BytesIO()
    table.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()


def table_of(data: bytes) -> pl.DataFrame:
    """A table from its Arrow file."""
    return pl.read_ipc(io.BytesIO(data)) if data else pl.DataFrame()


def pack(result: Result) -> bytes:
    """A result as bytes: a line of JSON with the lengths, then three Arrow files."""
    tables = [table_bytes(table) if table.width else b"" for table in (result.kept, result.dropped, result.failed)]
    facts = {
        "lengths": [len(table) for table in tables], "notes": result.notes, "usage": asdict(result.usage),
        "retriable": result.retriable,
    }  # fmt: skip
    return b"".join([json.dumps(facts, default=_plain).encode(), b"\n", *tables])


def unpack(data: bytes) -> Result:
    """A result from its bytes."""
    head = data.index(b"\n")
    facts = json.loads(data[:head])
    tables, start = [], head + 1
    for length in facts["lengths"]:
        tables.append(table_of(data[start : start + length]))
        start += length
    kept, dropped, failed = tables
    return Result(kept, dropped, failed, facts["notes"], Usage(**facts["usage"]), facts["retriable"])


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
