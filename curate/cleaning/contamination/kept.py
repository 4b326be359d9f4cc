"""What is made of benchmarks and takes a while (indexes, vectors): arrays on disk, named by all that they depend on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import polars as pl

from curate.errors import StepFailed
from curate.table import replacing

Arrays = Mapping[str, Any]
"""Arrays of numpy, by name."""

KEEP_FROM = 2_000
"""Items from which on an index is worth a file: a smaller one is built in the time that reading it takes."""


def cache_folder() -> Path:
    """Where they are kept: `$CURATE_CACHE`, else `~/.cache/curate`; its files may be deleted at any time."""
    return Path(os.environ.get("CURATE_CACHE") or Path.home() / ".cache" / "curate") / "benchmarks"


def kept_arrays(folder: Path, depends: Mapping[str, Any], make: Callable[[], Arrays]) -> Arrays:
    """What `make` gives, read from `folder` when it lies there whole, else made and left there.

    depends: all that the arrays depend on, so that a changed benchmark never meets an old index; polars's version,
    whose normal forms they may be made of, is always a part. A folder that cannot be written to costs but time.
    """
    what = json.dumps({**depends, "polars": pl.__version__}, sort_keys=True)
    path = folder / f"{hashlib.sha256(what.encode()).hexdigest()[:32]}.npz"
    found = _read(path)
    if found is not None:
        return found
    made = make()
    with suppress(OSError, StepFailed), replacing(path) as draft, draft.open("wb") as file:
        np.savez(file, **made)
    return made


def _read(path: Path) -> Arrays | None:
    """The stored arrays, or None when there are none or they are damaged."""
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
