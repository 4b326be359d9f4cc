"""Recorded responses from a file, given back as if a model had just written them.

A request matches by the text of its last user message (or its bare prefix), letter by letter: the k-th recorded
response of that prompt, in the order of the file, answers sample k. A response that was not recorded is an error value
on that row; no model is asked. Where the prompts of a build differ from the recorded ones (another template), give both
files a column with the same ids and match by `row`: then the request's row id is looked up in that column.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, cast

from curate.engines.base import Completion, Request
from curate.engines.content import last_user_text
from curate.engines.usage import Usage
from curate.errors import DataError, did_you_mean

BUNDLE: Final = 256


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded response. text: what stood in the file, which may be no text at all."""

    text: object
    reasoning: str | None
    finish_reason: str


class ReplayEngine:
    """Answers from `path` (.jsonl, .jsonl.gz or .parquet; the whole file is held in memory).

    prompt, completion: columns. thinking: column of the thinking that was kept apart.
    finish_reason: column; without it every response counts as finished (`stop`).
    sample: column of the sample's number (0 .. n-1; the first of equal ones counts); without it the order counts.
    row: column of row ids to match by, instead of `prompt`. model: who wrote the responses.

    Raises DataError when the file cannot be read, or a column is missing.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        prompt: str = "prompt",
        completion: str = "completion",
        thinking: str | None = None,
        finish_reason: str | None = None,
        sample: str | None = None,
        row: str | None = None,
        model: str = "recorded",
    ) -> None:
        self.path = Path(path)
        self.model = model
        self.usage = Usage()
        self._columns = (prompt, completion, thinking, finish_reason, sample, row)
        self._by_row = row is not None
        match = prompt if row is None else row
        needed = [name for name in (match, completion, thinking, finish_reason, sample) if name is not None]
        self._recorded: dict[str, dict[int, Recorded]] = {}
        for place, record in _read(self.path, needed):
            matched = record[match]
            if not isinstance(matched, (str, int)):
                raise DataError(f"{place}: column '{match}' must be a text, got {_shown(matched)}")
            samples = self._recorded.setdefault(str(matched), {})
            number = len(samples) if sample is None else _integer(record[sample], place, sample)
            samples.setdefault(
                number,
                Recorded(
                    text=record[completion],
                    reasoning=_text_or_none(record[thinking]) if thinking else None,
                    finish_reason=(_text_or_none(record[finish_reason]) if finish_reason else None) or "stop",
                ),
            )
        with self.path.open("rb") as file:
            self._digest = file_digest(file, "sha256").hexdigest()

    @property
    def identity(self) -> Mapping[str, Any]:
        """The file's content and how it is read."""
        return {"model": self.model, "recording": self._digest, "columns": list(self._columns)}

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        """Answer 256 requests at a time."""
        source = iter(requests)
        while asked := list(islice(source, BUNDLE)):
            bundle = [self._answer(request) for request in asked]
            for completion in bundle:
                self.usage.add(completion)
            yield bundle

    def close(self) -> None:
        """Nothing to free."""

    def _answer(self, request: Request) -> Completion:
        samples = self._recorded.get(
            request.row if self._by_row else request.prefix or last_user_text(request.messages), {}
        )
        recorded = samples.get(request.sample)
        limit = request.sampling.max_tokens
        if recorded is not None and isinstance(recorded.text, str):
            return Completion(
                key=request.key,
                text=recorded.text,
                finish_reason=recorded.finish_reason,
                reasoning=recorded.reasoning,
                max_tokens=limit,
            )
        if recorded is not None:
            why = f"the recorded response is not a text but {_shown(recorded.text)}"
        elif samples:
            why = f"it holds {len(samples)} responses to this prompt and none for sample {request.sample}"
        else:
            why = f"it holds no response to {'this row id' if self._by_row else 'this prompt'}"
        error = f"{self.path.name}: {why} (row {request.row}). Record it, or drop the row."
        return Completion(key=request.key, text=None, finish_reason="", max_tokens=limit, error=error)


def _read(path: Path, columns: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The records of a file, each with its place for error messages; every record has all `columns`."""
    if not path.is_file():
        raise DataError(f"{path}: no such recording. Give the path of a .jsonl, .jsonl.gz or .parquet file.")
    read = _read_parquet if path.suffix == ".parquet" else _read_jsonl
    for place, record in read(path):
        for column in columns:
            if column not in record:
                raise DataError(f"{place}: no column '{column}'{did_you_mean(column, map(str, record))}")
        yield place, record


def _read_jsonl(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{path}:{number}", _parse(line, f"{path}:{number}")
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Is it a whole file?") from error


def _open(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _parse(line: bytes, place: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place}: not a line of JSON ({error})") from error
    if not isinstance(record, dict):
        raise DataError(f"{place}: expected an object with columns, got {_shown(record)}")
    return record


def _read_parquet(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    import polars as pl

    try:
        table = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Is it a whole parquet file?") from error
    for number, record in enumerate(table.iter_rows(named=True)):
        yield f"{path}: row {number}", record


def _integer(value: object, place: str, column: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise DataError(f"{place}: column '{column}' must number the samples 0, 1, ..., got {_shown(value)}")
    return value


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _shown(value: object) -> str:
    """A value in an error message: its type and its beginning."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:60] + '...'}"
