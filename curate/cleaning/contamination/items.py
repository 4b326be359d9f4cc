"""The items of benchmarks: read from files, the Hub or frames, as one table of texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.cleaning.contamination.texts import IDS, question_columns, texts_of
from curate.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from curate.sources.loaded import Loaded

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
"""Where well-known benchmarks lie on the Hub, as the scripts of Open-R1 and Tulu 3 read them; a revision pins one."""

Source = pl.DataFrame | pl.Series | str | Path | Sequence[str] | Mapping[str, Any]
"""What a benchmark may be given as: a frame, texts, a path (file, glob, folder), or a mapping of `KEYS`."""


def read_items(against: Mapping[str, Source], folder: Path = Path()) -> pl.DataFrame:
    """All items: columns `benchmark item text`, in order; items without text are left out.

    folder: where relative paths start. Raises one DataError that names every benchmark that cannot be read.
    """
    if not isinstance(against, Mapping) or not against:
        raise DataError('decontaminate: against needs a benchmark by name, for example {"math500": "math500.jsonl"}')
    frames, mistakes = [], []
    for name, source in against.items():
        try:
            frames.append(_items(str(name), source, folder))
        except DataError as broken:
            mistakes.append(str(broken))
    if len(mistakes) == 1:
        raise DataError(f"decontaminate: {mistakes[0]}")
    if mistakes:
        lines = "".join(f"\n  {line}" for line in mistakes)
        raise DataError(f"decontaminate: {len(mistakes)} benchmarks cannot be read:{lines}")
    return pl.concat(frames)


def identity(items: pl.DataFrame) -> str:
    """sha256 over names, items and texts: what a result depends on."""
    total = hashlib.sha256()
    for column in ("benchmark", "item", "text"):
        lengths = items[column].str.len_bytes()
        total.update(lengths.to_numpy().tobytes())
        total.update("".join(items[column]).encode())
    return total.hexdigest()


def _items(name: str, source: Source, folder: Path) -> pl.DataFrame:
    where = f"benchmark '{name}'"
    wanted: str | Sequence[str] | None = None
    if isinstance(source, Mapping):
        wanted = source.get("column")
        frame = _mapped(name, source, folder, where)
    elif isinstance(source, pl.DataFrame):
        frame = source
    elif isinstance(source, str | Path):
        frame = _read(source, folder, where)
    elif isinstance(source, pl.Series):
        frame = pl.DataFrame({"text": source})
    elif isinstance(source, Iterable):
        frame = pl.DataFrame({"text": list(source)}, schema={"text": pl.String})
    else:
        raise DataError(f"{where}: a frame, a path, texts or a mapping is wanted (got {type(source).__name__})")
    texts = texts_of(frame, question_columns(frame, wanted, where))
    table = pl.DataFrame([_names(frame).alias("item"), texts.alias("text")])
    table = table.filter(pl.col("text").str.strip_chars().str.len_bytes() > 0)
    if not table.height:
        raise DataError(f"{where} has no item with a text in it")
    return table.select(pl.lit(name).alias("benchmark"), "item", "text")


def _mapped(name: str, source: Mapping[str, Any], folder: Path, where: str) -> pl.DataFrame:
    for key in source:
        if key not in KEYS:
            raise DataError(f"{where}: unknown key '{key}'{did_you_mean(str(key), KEYS)}")
    if source.get("file") is not None:
        return _read(source["file"], folder, where)
    place = dict(source)
    if place.get("hub") is None:
        if name not in HUB:
            raise DataError(f"{where}: give file: or hub:{did_you_mean(name, HUB)}")
        place = HUB[name] | {key: value for key, value in place.items() if value is not None}
    return _loaded(lambda: _from_hub(place), where).frame


def _from_hub(place: Mapping[str, Any]) -> Loaded:
    from curate.sources import hub

    return hub.read(
        place["hub"],
        revision=place.get("revision"),
        config=place.get("config"),
        split=place.get("split") or "test",
    )


def _read(path: str | Path, folder: Path, where: str) -> pl.DataFrame:
    from curate.sources import files

    loaded = _loaded(lambda: files.read(files.resolve(path, folder)), where)
    if loaded.failed.height:
        first = loaded.failed.row(0, named=True)
        raise DataError(
            f"{where}: {loaded.failed.height:,} of its rows cannot be read, the first at "
            f"{first['file']}:{first['line']} ({first['reason']}); a benchmark must be whole"
        )
    return loaded.frame


def _loaded(read: Any, where: str) -> Loaded:
    try:
        return read()  # type: ignore[no-any-return]
    except DataError as broken:
        raise DataError(f"{where}: {broken}") from broken


def _names(frame: pl.DataFrame) -> pl.Series:
    known = {name.lower(): name for name in reversed(frame.columns)}
    for word in IDS:
        if word in known:
            column = frame[known[word]]
            if column.null_count() == 0 and not column.dtype.is_nested() and column.n_unique() == column.len():
                return column.cast(pl.String)
    return pl.Series(range(frame.height), dtype=pl.Int64).cast(pl.String)
