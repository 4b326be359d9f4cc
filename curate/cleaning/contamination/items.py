"""The items of benchmarks: read from files, the Hub or frames, as one table of texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from curate.cleaning.contamination.texts import IDS, got, question_columns, text_of, texts_of
from curate.errors import DataError, did_you_mean
from curate.sources import files, hub

T = TypeVar("T")

KEYS = ("file", "hub", "revision", "config", "split", "column")

HUB: dict[str, dict[str, Any]] = {
    "aime24": {"hub": "HuggingFaceH4/aime_2024", "split": "train", "column": "problem"},
    "aime25": {"hub": "yentinglin/aime_2025", "split": "train", "column": "problem"},
    "alpaca_eval": {"hub": "tatsu-lab/alpaca_eval", "split": "eval", "column": "instruction"},
    "gpqa": {"hub": "Idavidrein/gpqa", "config": "gpqa_diamond", "split": "train", "column": "Question"},
    "gsm8k": {"hub": "openai/gsm8k", "config": "main", "split": "test", "column": "question"},
    "humaneval": {"hub": "openai/openai_humaneval", "split": "test", "column": "prompt"},
    "ifeval": {"hub": "google/IFEval", "split": "train", "column": "prompt"},
    "math500": {"hub": "HuggingFaceH4/MATH-500", "split": "test", "column": "problem"},
    "mmlu": {"hub": "cais/mmlu", "config": "all", "split": "test", "column": "question"},
    "mmlu_pro": {"hub": "TIGER-Lab/MMLU-Pro", "split": "test", "column": "question"},
}
"""Where well-known benchmarks lie on the Hub, as the scripts of Open-R1 and Tulu 3 read them; `revision` pins one."""

Source = pl.DataFrame | pl.Series | str | Path | Sequence[str] | Mapping[str, Any]
"""What a benchmark may be given as: a frame, texts, a path (file, glob, folder), or a mapping of `KEYS`."""


def read_items(against: Mapping[str, Source], folder: Path = Path()) -> pl.DataFrame:
    """All items: columns `benchmark item text`, in order; items without text are left out.

    folder: where relative paths start. Raises one DataError that names every benchmark that cannot be read.
    """
    if not isinstance(against, Mapping) or not against:
        raise DataError('against needs a benchmark by name, for example {"math500": "math500.jsonl"}')
    for name in against:
        if not isinstance(name, str) or not name.strip():
            raise DataError(f"against: a benchmark's name is a text (got {name!r})")
    return pl.concat(every({name: partial(_items, name, one, folder) for name, one in against.items()}))


def every(reads: Mapping[str, Callable[[], T]]) -> list[T]:
    """What each benchmark's `read` gives. Raises one DataError that names every benchmark that cannot be read."""
    done, mistakes = [], []
    for name, read in reads.items():
        try:
            done.append(read())
        except DataError as broken:
            mistakes.append(f"benchmark '{name}': {broken}")
    if mistakes:
        lines = "".join(f"\n  {line}" for line in mistakes)
        raise DataError(mistakes[0] if len(mistakes) == 1 else f"{len(mistakes)} benchmarks cannot be read:{lines}")
    return done


def identity(items: pl.DataFrame) -> str:
    """sha256 over names, items and texts: what an index depends on."""
    total = hashlib.sha256()
    for column in ("benchmark", "item", "text"):
        total.update(items[column].str.len_bytes().to_numpy().tobytes())
        total.update("".join(items[column]).encode())
    return total.hexdigest()


def _items(name: str, source: Source, folder: Path) -> pl.DataFrame:
    frame, column = _frame(name, source, folder)
    texts = texts_of(frame, question_columns(frame, column))
    table = pl.DataFrame([_names(frame).alias("item"), texts.alias("text")])
    table = table.filter(pl.col("text").str.strip_chars().str.len_bytes() > 0)
    if not table.height:
        raise DataError("no item has a text in it")
    return table.select(pl.lit(name).alias("benchmark"), "item", "text")


def _frame(name: str, source: Source, folder: Path) -> tuple[pl.DataFrame, str | Sequence[str] | None]:
    """The rows of a benchmark, and the column that was asked for."""
    if isinstance(source, Mapping):
        return _mapped(name, source, folder), source.get("column") or HUB.get(name, {}).get("column")
    if isinstance(source, pl.DataFrame):
        return source, None
    if isinstance(source, str | Path):
        return _read(source, folder), None
    if isinstance(source, pl.Series):
        return pl.DataFrame({"text": source}), "text"
    if isinstance(source, Iterable):
        texts = list(source)
        if not all(text is None or isinstance(text, str) for text in texts):
            kind = next(type(text).__name__ for text in texts if text is not None and not isinstance(text, str))
            raise DataError(f"texts are wanted in a list (it holds a {kind}); rows are given as pl.DataFrame(rows)")
        return pl.DataFrame({"text": texts}, schema={"text": pl.String}), "text"
    raise DataError(f"a frame, a path, texts or a mapping is wanted {got(source)}")


def _mapped(name: str, source: Mapping[str, Any], folder: Path) -> pl.DataFrame:
    for key in source:
        if key not in KEYS:
            raise DataError(f"unknown key '{key}'{did_you_mean(str(key), KEYS)}")
    if source.get("file") is not None:
        return _read(source["file"], folder)
    if source.get("hub") is None and name not in HUB:
        raise DataError(f"give file: or hub:{did_you_mean(name, HUB)}")
    known = {} if source.get("hub") else HUB[name]
    place = known | {key: value for key, value in source.items() if value is not None}
    return hub.read(
        place["hub"],
        revision=place.get("revision"),
        config=place.get("config"),
        split=place.get("split", "test"),
    ).frame


def _read(path: str | Path, folder: Path) -> pl.DataFrame:
    if not isinstance(path, str | Path) or not str(path).strip():
        raise DataError(f"file: a path is wanted (got {path!r})")
    loaded = files.read(files.resolve(path, folder))
    if loaded.failed.height:
        first = loaded.failed.row(0, named=True)
        raise DataError(
            f"{loaded.failed.height:,} of its rows cannot be read, the first at {first['file']}:{first['line']} "
            f"({first['reason']}); a benchmark must be whole"
        )
    return loaded.frame


def _names(frame: pl.DataFrame) -> pl.Series:
    """The items' own names, where a column of `IDS` has one for each, else their numbers."""
    known = {name.lower(): name for name in reversed(frame.columns)}
    for word in IDS:
        if word in known:
            column = frame[known[word]]
            if column.null_count() == 0 and not column.dtype.is_nested():
                names = text_of(column)
                if names.n_unique() == names.len():
                    return names
    return pl.Series(range(frame.height), dtype=pl.Int64).cast(pl.String)
