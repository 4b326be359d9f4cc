"""Rows on disk, as they are compared: an index that new data is held against, or the room for data larger than memory.

A folder of flat files that only grow. `state.json` is replaced last and says how much of each file counts, so a run
that was killed leaves the folder as it was. In memory there are a few numbers a row, and one band at a time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from io import BufferedWriter
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.cleaning.duplicates import facts
from curate.cleaning.duplicates.buckets import Rows
from curate.cleaning.duplicates.fuzzy import Compared
from curate.cleaning.duplicates.overlap import Sets
from curate.cleaning.duplicates.semantic import Embedded, vectors_of
from curate.errors import DataError
from curate.table import write_text_atomic
from curate.text.embed import Encoder
from curate.text.minhash import Bands, band_keys
from curate.text.shingles import Hashes, plain_bytes, shingles

STATE = "state.json"
VERSION = 2
DIGEST = 16
"""Bytes of a text's digest: of 10^12 texts, no two different ones are expected to agree."""


class Stored:
    """Rows in a folder; `with` closes its files, and what was not committed does not count.

    settings: how the rows are compared. Raises DataError for a folder made with others, or that is none.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], bands: Bands | None, encoder: Encoder | None = None
    ) -> None:
        self.folder, self.bands, self.encoder = folder, bands, encoder
        self._settings = json.loads(json.dumps({"version": VERSION, **settings}))
        self._sizes, before = self._opened()
        self._told = blake2b(before.encode())
        self._files: dict[str, BufferedWriter] = {}
        self.before = self._sizes.get("alive", 0)
        self.rows = self.before
        self._edges: dict[str, NDArray[np.int64]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def append(self, ids: pl.Series, texts: pl.Series, digested: pl.Series) -> None:
        """Add rows. digested: what equal rows are equal in; a null equals nothing."""
        told = texts.fill_null("")
        digests = b"".join(_digests(digested))
        self._told.update(digests)
        self._write("digests", digests)
        self._write("null", digested.is_null().to_numpy().astype(np.uint8).tobytes())
        for name, column in (("ids", ids), ("texts", told)):
            data, edges = plain_bytes(column)
            self._write(name, data)
            self._write(f"{name}_sizes", np.diff(edges).astype(np.int64).tobytes())
        if self.bands:
            made = shingles(told)
            self._write("shingles", made.flat.tobytes())
            self._write("counts", made.counts.astype(np.int32).tobytes())
            for band, keys in enumerate(band_keys(made.flat, made.starts, self.bands)):
                self._write(f"band-{band:03}", keys.tobytes())
        if self.encoder:
            self._write("facts", facts.keys(texts).tobytes())
            rows, vectors = vectors_of(texts, np.zeros(len(texts), bool), self.encoder)
            self._write("vectors", vectors.tobytes())
            self._write("embedded", np.isin(np.arange(len(texts)), rows).astype(np.uint8).tobytes())
        self.rows += len(ids)

    def commit(self, alive: NDArray[np.bool_]) -> None:
        """What was added counts from now on. alive: which of the rows added stay; the others meet nobody again."""
        self._write("alive", alive.astype(np.uint8).tobytes())
        for file in self._files.values():
            file.flush()
        sizes = {name: (self.folder / name).stat().st_size for name in sorted({*self._sizes, *self._files})}
        self._told.update(alive.tobytes())
        state = {"settings": self._settings, "sizes": sizes, "told": self._told.hexdigest()}
        write_text_atomic(self.folder / STATE, json.dumps(state, indent=1))

    def compared(self, own: NDArray[np.bool_]) -> Compared:
        """The rows as `fuzzy.find` wants them; shingles and texts stay on disk. own: rows that equal no better one."""
        assert self.bands is not None
        counts = self._numbers("counts", np.int32)
        starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        flat = self._mapped("shingles", np.uint32)
        meets = own & self._alive()

        def keys(band: int) -> Hashes:
            return np.where(meets, self._numbers(f"band-{band:03}", np.uint64), np.uint64(0))

        sizes = self._numbers("texts_sizes", np.int64)
        return Compared(Sets(flat, starts), keys, self.texts, self.bands, sizes)

    def embedded(self, own: NDArray[np.bool_]) -> Embedded:
        """The rows as `semantic.find` wants them; vectors and texts stay on disk. own: as in `compared`."""
        there = self._numbers("embedded", np.uint8).astype(bool)
        count = int(there.sum())
        places = np.where(there & own & self._alive(), np.cumsum(there) - 1, -1)
        vectors = self._mapped("vectors", np.float32).reshape(count, -1 if count else 1)
        keys = self._numbers("facts", np.uint64)
        return Embedded(places, vectors, keys, self.texts, self._numbers("texts_sizes", np.int64))

    def digests(self) -> tuple[Hashes, NDArray[np.bool_]]:
        """Digests of shape (rows, 2), and which rows may equal another."""
        null = self._numbers("null", np.uint8).astype(bool)
        return self._numbers("digests", np.uint64).reshape(-1, 2), ~null & self._alive()

    def ids(self, rows: Rows) -> pl.Series:
        """The ids of some rows."""
        return self._gathered("ids", rows).alias("id")

    def texts(self, rows: Rows) -> pl.Series:
        """The texts of some rows."""
        return self._gathered("texts", rows)

    def _alive(self) -> NDArray[np.bool_]:
        alive = np.ones(self.rows, bool)
        alive[: self.before] = self._numbers("alive", np.uint8).astype(bool)
        return alive

    def _gathered(self, name: str, rows: Rows) -> pl.Series:
        if name not in self._edges or len(self._edges[name]) != self.rows + 1:
            self._edges[name] = np.concatenate([[0], np.cumsum(self._numbers(f"{name}_sizes", np.int64))])
        edges, data = self._edges[name], self._mapped(name, np.uint8)
        lines = zip(edges[rows].tolist(), edges[rows + 1].tolist(), strict=True)
        return pl.Series([data[start:end].tobytes().decode() for start, end in lines], dtype=pl.String)

    def _numbers(self, name: str, kind: Any) -> NDArray[Any]:
        self._flush(name)
        path = self.folder / name
        return np.fromfile(path, kind) if path.is_file() else np.zeros(0, kind)

    def _mapped(self, name: str, kind: Any) -> NDArray[Any]:
        self._flush(name)
        path = self.folder / name
        return np.memmap(path, kind, "r") if path.is_file() and path.stat().st_size else np.zeros(0, kind)

    def _flush(self, name: str) -> None:
        if name in self._files:
            self._files[name].flush()

    def _write(self, name: str, data: bytes) -> None:
        if name not in self._files:
            path = self.folder / name
            path.touch()
            with path.open("r+b") as file:
                file.truncate(self._sizes.get(name, 0))
            self._files[name] = path.open("ab")
        self._files[name].write(data)

    def _opened(self) -> tuple[dict[str, int], str]:
        """The sizes that count, and the digest of all that was added."""
        state = self.folder / STATE
        if not state.is_file():
            if self.folder.is_dir() and any(self.folder.iterdir()) and not (self.folder / "digests").is_file():
                raise DataError(f"index {self.folder} holds other files; name an empty folder, or one dedupe made")
            self.folder.mkdir(parents=True, exist_ok=True)
            return {}, ""
        try:
            told = json.loads(state.read_text(encoding="utf-8"))
            made, sizes = dict(told["settings"]), {str(name): int(size) for name, size in told["sizes"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as broken:
            raise DataError(f"{state} is not the state of an index: {broken}") from broken
        other = [name for name in self._settings if made.get(name) != self._settings[name]]
        if other:
            raise DataError(
                f"index {self.folder} was made with {other[0]} {made.get(other[0])!r}, not "
                f"{self._settings[other[0]]!r}; compare in the same way, or name another folder"
            )
        short = [name for name, size in sizes.items() if _size(self.folder / name) < size]
        if short:
            raise DataError(f"index {self.folder}: {short[0]} is damaged; make the index again")
        for name, size in sizes.items():  # what a killed run left beyond them goes
            os.truncate(self.folder / name, size)
        return sizes, str(told.get("told", ""))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _digests(texts: pl.Series) -> Iterable[bytes]:
    data, edges = plain_bytes(texts.fill_null(""))
    for start, end in pairwise(edges.tolist()):
        yield blake2b(data[start:end], digest_size=DIGEST).digest()
